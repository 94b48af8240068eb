use super::*;

pub(super) const WORD: &str = "a lorry full of tulips";

pub(super) fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let party = landside_proto::ids::PartyId::parse("line").unwrap();
    let actor = crate::home::InitActor::Party(party);
    let home = Home::init(dir.path().join("home"), actor, [[1; 32], [2; 32]]).unwrap();
    (dir, home)
}

pub(super) fn at(hours: u64) -> UnixMillis {
    UnixMillis::from_millis(1_000_000_000_000 + hours * 60 * 60 * 1000)
}

pub(super) fn token(link: &Link) -> String {
    link.path.strip_prefix("/#link=").unwrap().to_owned()
}

fn chosen(password: &str) -> Chosen<'_> {
    Chosen { login: Some("wang.wei"), name: Some("Wang Wei"), password }
}

pub(super) fn code<T>(outcome: Result<T, PeopleError>) -> &'static str {
    outcome.err().map_or("", |error| error.code())
}

#[test]
fn the_first_link_makes_one_administrator_and_dies() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let token = token(&people.admin_link(at(0)).unwrap());
    assert_eq!(people.look_at(&token, at(0)).unwrap(), LinkFor::Admin);
    assert_eq!(code(people.follow(&token, &chosen("short"), at(0))), "password-short");
    let person = people.follow(&token, &chosen(WORD), at(0)).unwrap();
    assert_eq!((person.role, person.enrolled), (PersonRole::Admin, true));
    assert_eq!(code(people.follow(&token, &chosen(WORD), at(0))), "link-unknown");
    // All of it is there after a restart, and nothing that was secret.
    let people = People::of(&home).unwrap();
    assert_eq!(people.check("wang.wei", WORD).map(|p| p.login).as_deref(), Some("wang.wei"));
    let file = std::fs::read_to_string(home.path().join("people.json")).unwrap();
    assert!(!file.contains(WORD) && !file.contains(&token));
}

#[test]
fn a_link_ends_with_its_time_with_the_next_one_and_with_the_account() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let first = token(&people.admin_link(at(0)).unwrap());
    assert_eq!(code(people.look_at(&first, at(1))), "link-unknown", "an hour later");
    let second = token(&people.admin_link(at(0)).unwrap());
    assert_eq!(code(people.look_at(&first, at(0))), "link-unknown", "another was made");
    people.look_at(&second, at(0)).unwrap();
    let invited = token(&people.add("li.na", "Li Na", PersonRole::Clerk, at(0)).unwrap());
    people.look_at(&invited, at(23)).unwrap();
    people.close("li.na").unwrap();
    assert_eq!(code(people.look_at(&invited, at(23))), "link-unknown");
}

#[test]
fn names_tell_persons_apart_and_no_login_name_is_given_twice() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let add = |login: &str, name: &str| code(people.add(login, name, PersonRole::Clerk, at(0)));
    assert_eq!(add("li.na", "Li Na"), "");
    assert_eq!(add("li.na", "Another"), "login-taken");
    assert_eq!(add("li.na2", "li  NA"), "person-name-taken");
    assert_eq!(add("Li.Na", "Another"), "login-form");
    assert_eq!(add("l", "Another"), "login-form");
    assert_eq!(add("another", ""), "person");
    people.close("li.na").unwrap();
    assert_eq!(add("li.na", "Li Na"), "login-taken");
    assert_eq!(add("li.na2", "Li Na"), "");
    assert_eq!(code(people.reset("li.na", at(0))), "person-closed");
    assert_eq!(code(people.close("nobody")), "person-unknown");
}

#[test]
fn a_reset_and_a_close_end_the_password_at_once() {
    let (_dir, home) = home();
    let people = People::of(&home).unwrap();
    let link = people.admin_link(at(0)).unwrap();
    let before = people.follow(&token(&link), &chosen(WORD), at(0)).unwrap();
    let link = people.reset("wang.wei", at(0)).unwrap();
    assert!(people.check("wang.wei", WORD).is_none());
    let after = people.follow(&token(&link), &chosen("a lorry full of bricks"), at(0)).unwrap();
    assert!(after.epoch > before.epoch, "sessions of before must end");
    assert!(people.check("wang.wei", "a lorry full of bricks").is_some());
    let closed = people.close("wang.wei").unwrap();
    assert!(closed.epoch > after.epoch);
    assert!(people.check("wang.wei", "a lorry full of bricks").is_none());
}

#[test]
fn a_file_of_another_version_or_none_of_ours_stops_the_start() {
    let (_dir, home) = home();
    for text in ["", "{}", r#"{"version": 2, "people": [], "links": []}"#] {
        std::fs::write(home.path().join("people.json"), text).unwrap();
        assert_eq!(code(People::of(&home)), "people-unreadable", "{text}");
    }
}
