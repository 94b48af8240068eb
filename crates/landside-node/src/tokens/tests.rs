use landside_proto::ids::PartyId;

use super::*;
use crate::home::InitActor;
use crate::people::PersonRole;

const DAY: u64 = 24 * 60 * 60;

fn at(days: u64) -> UnixMillis {
    UnixMillis::from_millis(1_000_000_000_000 + days * DAY * 1000)
}

struct Desk {
    dir: tempfile::TempDir,
    people: People,
    tokens: Tokens,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let actor = InitActor::Party(PartyId::parse("line").unwrap());
        let home = Home::init(dir.path().join("home"), actor, [[1; 32], [2; 32]]).unwrap();
        let people = People::of(&home).unwrap();
        people.add("erp", "ERP of the line", PersonRole::Clerk, at(0)).unwrap();
        Self { tokens: Tokens::of(&home).unwrap(), dir, people }
    }

    fn make(
        &self,
        person: &str,
        days: u64,
        now: UnixMillis,
    ) -> Result<(ApiToken, String), TokenError> {
        let new = NewToken {
            person: person.to_owned(),
            label: Remark::parse("releases").unwrap(),
            scopes: Scopes::parse(["read", "sign:release-order"]).unwrap(),
            life: Duration::from_secs(days * DAY),
        };
        self.tokens.make(new, &self.people, None, now)
    }

    fn is_good(&self, text: &str, now: UnixMillis) -> bool {
        self.tokens.find(text, &self.people, now).is_ok()
    }
}

#[test]
fn a_token_is_kept_as_its_hash_and_found_by_its_text_alone() {
    let desk = Desk::new();
    let (token, text) = desk.make("erp", 30, at(0)).unwrap();
    let file = std::fs::read_to_string(desk.dir.path().join("home/tokens.json")).unwrap();
    assert!(text.starts_with("landside_") && !file.contains(&text[9..]), "{file}");
    let found = desk.tokens.find(&text, &desk.people, at(1)).unwrap();
    assert_eq!((found.token, found.person.login.as_str()), (token, "erp"));
    for wrong in ["", "landside_", &text[1..], &text[9..], &text.to_lowercase()] {
        assert!(!desk.is_good(wrong, at(1)), "{wrong}");
    }
}

#[test]
fn a_token_ends_with_its_time_when_it_is_taken_back_and_with_its_persons_account() {
    let desk = Desk::new();
    let (_, short) = desk.make("erp", 30, at(0)).unwrap();
    assert!(desk.is_good(&short, at(29)) && !desk.is_good(&short, at(30)));
    let (token, revoked) = desk.make("erp", 30, at(0)).unwrap();
    desk.tokens.revoke(token.id, None, at(1)).unwrap();
    assert!(!desk.is_good(&revoked, at(1)));
    let (token, orphan) = desk.make("erp", 30, at(0)).unwrap();
    desk.people.close("erp").unwrap();
    assert!(!desk.is_good(&orphan, at(1)));
    assert_eq!(token.state(&desk.people, at(1)), TokenState::Orphaned);
    assert!(!desk.tokens.goes_on(token.id, &desk.people, at(1)));
}

#[test]
fn a_token_of_nobody_or_beyond_a_year_is_not_made() {
    let desk = Desk::new();
    assert_eq!(desk.make("nobody", 30, at(0)).unwrap_err().code(), "token-person-unknown");
    desk.people.close("erp").unwrap();
    assert_eq!(desk.make("erp", 30, at(0)).unwrap_err().code(), "token-person-unknown");
    let desk = Desk::new();
    let (token, _) = desk.make("erp", 9_999, at(0)).unwrap();
    assert_eq!(token.until, at(366));
}

#[test]
fn a_person_has_so_many_good_tokens_and_one_more_when_one_ended() {
    let desk = Desk::new();
    for _ in 0..API_TOKENS_PER_PERSON_MAX {
        desk.make("erp", 30, at(0)).unwrap();
    }
    assert_eq!(desk.make("erp", 30, at(0)).unwrap_err().code(), "token-person-full");
    desk.tokens.revoke(1, None, at(1)).unwrap();
    assert!(desk.make("erp", 30, at(1)).is_ok());
    assert_eq!(desk.tokens.revoke(99, None, at(1)).unwrap_err().code(), "token-unknown");
}

#[test]
fn a_token_may_no_more_than_its_person_and_no_more_than_its_scopes() {
    let desk = Desk::new();
    let (_, text) = desk.make("erp", 30, at(0)).unwrap();
    let by = desk.tokens.find(&text, &desk.people, at(0)).unwrap().by();
    use crate::people::Act;
    use landside_proto::document::Kind;
    assert!(by.may(Act::Look) && by.may(Act::Sign(Kind::ReleaseOrder)));
    assert!(!by.may(Act::Sign(Kind::Hold)) && !by.may(Act::Approve) && !by.may(Act::Import));
    desk.people.add("guest", "Guest", PersonRole::Viewer, at(0)).unwrap();
    let (_, text) = desk.make("guest", 30, at(0)).unwrap();
    let by = desk.tokens.find(&text, &desk.people, at(0)).unwrap().by();
    assert!(by.may(Act::Look) && !by.may(Act::Sign(Kind::ReleaseOrder)));
}
