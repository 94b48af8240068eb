use super::*;
use crate::people::Chosen;

const WORD: &str = "a lorry full of tulips";

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let party = landside_proto::ids::PartyId::parse("line").unwrap();
    let actor = crate::home::InitActor::Party(party);
    let home = Home::init(dir.path().join("home"), actor, [[1; 32], [2; 32]]).unwrap();
    (dir, home)
}

fn at(days: u64) -> UnixMillis {
    UnixMillis::from_millis(1_000_000_000_000 + days * 24 * 60 * 60 * 1000)
}

fn case(serial: u32) -> CaseCode {
    CaseCode::from_seed(Hash32::of(&serial.to_be_bytes()).as_bytes())
}

fn new(case: CaseCode, days: u64) -> NewShare {
    let life = Duration::from_secs(days * 24 * 60 * 60);
    NewShare { case, label: Some(Remark::parse("the importer").unwrap()), life }
}

/// A person who has chosen a password.
fn enrolled(people: &People, login: &str, role: PersonRole) -> By {
    let link = people.add(login, &format!("Person {login}"), role, at(0)).unwrap();
    let token = link.path.strip_prefix("/#link=").unwrap();
    let chosen = Chosen { login: None, name: None, password: WORD };
    people.follow(token, &chosen, at(0)).unwrap().by()
}

fn code<T>(outcome: Result<T, ShareError>) -> &'static str {
    outcome.err().map_or("", |error| error.code())
}

#[test]
fn a_link_is_good_until_its_time_and_its_token_is_kept_nowhere() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let by = enrolled(&people, "li.na", PersonRole::Clerk);
    let shares = Shares::of(&home).unwrap();
    let (made, token) = shares.make(new(case(1), 7), Some(&by), at(0)).unwrap();
    assert_eq!(BASE64URL_NOPAD.decode(token.as_bytes()).unwrap().len(), 32);
    // All of it is there after a restart, and nothing that was secret.
    let shares = Shares::of(&home).unwrap();
    assert_eq!(shares.find(&token, &people, at(6)).unwrap(), made);
    let last = UnixMillis::from_millis(at(7).as_millis() - 1);
    assert!(shares.find(&token, &people, last).is_ok());
    assert_eq!(code(shares.find(&token, &people, at(7))), "share-link-unknown");
    let file = std::fs::read_to_string(home.path().join("shares.json")).unwrap();
    assert!(file.contains("Person li.na") && !file.contains(&token), "{file}");
}

#[test]
fn nothing_near_a_token_is_one() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let shares = Shares::of(&home).unwrap();
    let (_, token) = shares.make(new(case(1), 7), None, at(0)).unwrap();
    let hash = Hash32::of(token.as_bytes()).to_string();
    for wrong in [
        "",
        &token[1..],
        &token.to_lowercase(),
        &format!("{token}="),
        &format!(" {token}"),
        &hash,
        "7K3M-Q2ZC-4",
    ] {
        assert_eq!(code(shares.find(wrong, &people, at(1))), "share-link-unknown", "{wrong}");
    }
    assert!(shares.find(&token, &people, at(1)).is_ok());
}

#[test]
fn a_link_taken_back_is_dead_for_good_and_says_who_did_it() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let [maker, other] = ["li.na", "ole"].map(|login| enrolled(&people, login, PersonRole::Clerk));
    let shares = Shares::of(&home).unwrap();
    let (made, token) = shares.make(new(case(1), 7), Some(&maker), at(0)).unwrap();
    let ended = shares.revoke(made.id, Some(&other), at(1)).unwrap();
    assert_eq!(ended.state(&people, at(1)), ShareState::Revoked);
    assert_eq!(code(shares.find(&token, &people, at(1))), "share-link-unknown");
    // Once more changes nothing: the first word on it stands.
    let again = shares.revoke(made.id, Some(&maker), at(2)).unwrap();
    assert_eq!(again.revoked_by.map(|by| by.login).as_deref(), Some("ole"));
    assert_eq!(code(shares.revoke(99, None, at(2))), "share-unknown");
    assert_eq!(code(Shares::of(&home).unwrap().find(&token, &people, at(2))), "share-link-unknown");
}

#[test]
fn the_links_of_who_has_left_end_with_the_account() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let by = enrolled(&people, "li.na", PersonRole::Clerk);
    let shares = Shares::of(&home).unwrap();
    let (made, token) = shares.make(new(case(1), 7), Some(&by), at(0)).unwrap();
    let (_, of_machine) = shares.make(new(case(1), 7), None, at(0)).unwrap();
    people.close("li.na").unwrap();
    assert_eq!(made.state(&people, at(1)), ShareState::Orphaned);
    assert_eq!(code(shares.find(&token, &people, at(1))), "share-link-unknown");
    assert!(shares.find(&of_machine, &people, at(1)).is_ok());
}

#[test]
fn a_case_has_so_many_good_links_and_ended_ones_do_not_count() {
    let (_dir, home) = home();
    let shares = Shares::of(&home).unwrap();
    for _ in 0..SHARES_PER_CASE_MAX {
        shares.make(new(case(1), 1), None, at(0)).unwrap();
    }
    assert_eq!(code(shares.make(new(case(1), 1), None, at(0))), "share-case-full");
    shares.make(new(case(2), 1), None, at(0)).unwrap();
    shares.revoke(1, None, at(0)).unwrap();
    shares.make(new(case(1), 1), None, at(0)).unwrap();
    assert_eq!(code(shares.make(new(case(1), 1), None, at(0))), "share-case-full");
    shares.make(new(case(1), 1), None, at(1)).unwrap();
    assert_eq!(shares.all(Some(case(1))).len(), SHARES_PER_CASE_MAX + 2);
    assert_eq!(shares.all(None).len(), SHARES_PER_CASE_MAX + 3);
}

#[test]
fn no_link_is_longer_than_the_longest_and_ended_ones_go_after_a_while() {
    let (_dir, home) = home();
    let shares = Shares::of(&home).unwrap();
    let (made, _) = shares.make(new(case(1), 400), None, at(0)).unwrap();
    assert_eq!(made.until, at(30));
    shares.make(new(case(1), 1), None, at(30 + 89)).unwrap();
    assert_eq!(shares.all(None).len(), 2, "who made it can be asked for");
    let (last, _) = shares.make(new(case(1), 1), None, at(30 + 90)).unwrap();
    assert_eq!(last.id, 3, "no number is given twice");
    assert_eq!(shares.all(None).iter().map(|s| s.id).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn when_the_file_is_full_ended_links_make_place_and_good_ones_never_do() {
    let (_dir, home) = home();
    let shares = Shares::of(&home).unwrap();
    let share = |id: u64, until: UnixMillis| Share {
        id,
        case: case(u32::try_from(id).unwrap()),
        label: None,
        token: Hash32::of(&id.to_be_bytes()),
        made_at: at(0),
        until,
        made_by: None,
        revoked_at: None,
        revoked_by: None,
    };
    let count = u64::try_from(SHARES_MAX).unwrap();
    let full = |kept: &mut Links| {
        kept.shares = (1..=count).map(|id| share(id, at(if id == 7 { 2 } else { 9 }))).collect();
        kept.last = count;
        Ok::<_, ShareError>(())
    };
    shares.0.change(full).unwrap();
    assert_eq!(code(shares.make(new(case(1), 1), None, at(1))), "shares-full");
    shares.make(new(case(1), 30), None, at(2)).unwrap();
    assert!(shares.all(None).iter().all(|share| share.id != 7));
    assert_eq!(code(shares.make(new(case(2), 30), None, at(3))), "shares-full");
    assert!(std::fs::metadata(home.path().join("shares.json")).unwrap().len() > 1_000_000);
    assert_eq!(Shares::of(&home).unwrap().all(None).len(), SHARES_MAX);
}

#[test]
fn a_file_that_is_damaged_or_of_a_later_version_is_not_taken_for_an_empty_one() {
    let (_dir, home) = home();
    let file = home.path().join("shares.json");
    for text in ["", "{", "{\"version\":2,\"last\":0,\"shares\":[]}", "{\"version\":1}"] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(code(Shares::of(&home)), "shares-unreadable", "{text}");
    }
}
