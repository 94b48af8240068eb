use landside_proto::ids::PartyId;
use landside_proto::key::{SecretKey, Signer as _};

use super::*;
use crate::home::InitActor;

fn at(minutes: u64) -> UnixMillis {
    UnixMillis::from_millis(1_000_000_000_000 + minutes * 60_000)
}

fn key(seed: u8) -> PublicKey {
    SecretKey::from_seed([seed; 32]).public_key()
}

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let actor = InitActor::Party(PartyId::parse("haulier").unwrap());
    let home = Home::init(dir.path().join("home"), actor, [[1; 32], [2; 32]]).unwrap();
    (dir, home)
}

fn by() -> By {
    let (login, name) = ("amina".to_owned(), Remark::parse("Amina Said").unwrap());
    By { login, name, role: PersonRole::Clerk, with: None }
}

fn new() -> NewDriver {
    NewDriver { name: Remark::parse("Wang Wei").unwrap(), licence: None, valid_until: None }
}

fn code<T: std::fmt::Debug>(result: Result<T, DriverError>) -> String {
    result.unwrap_err().code().to_owned()
}

const SECRET: [u8; SECRET_LEN] = [7; SECRET_LEN];

#[test]
fn an_invitation_ends_after_a_day_and_is_good_for_one_key() {
    let (_dir, home) = home();
    let drivers = Drivers::of(&home).unwrap();
    let invited = drivers.invite(new(), &by(), (&SECRET, None), at(0)).unwrap();
    let day = 24 * 60;
    assert_eq!(invited.state(at(day - 1)), DriverState::Invited);
    assert_eq!(invited.state(at(day)), DriverState::Expired);
    assert_eq!(code(drivers.enrol(&SECRET, key(1), |_| true, at(day))), "invitation-expired");
    assert_eq!(code(drivers.enrol(&[8; 16], key(1), |_| true, at(0))), "invitation-unknown");
    assert_eq!(code(drivers.enrol(&SECRET, key(1), |_| false, at(0))), "invitation-unknown");
    let enrolled = drivers.enrol(&SECRET, key(1), |_| true, at(0)).unwrap();
    assert_eq!(enrolled.state(at(0)), DriverState::Enrolling);
    // Asked again long after, when nobody may invite any more: it is the same phone's answer.
    assert_eq!(drivers.enrol(&SECRET, key(1), |_| false, at(2 * day)).unwrap(), enrolled);
    assert_eq!(code(drivers.enrol(&SECRET, key(2), |_| true, at(0))), "invitation-used");
    drivers.invite(new(), &by(), (&[9; 16], None), at(0)).unwrap();
    assert_eq!(code(drivers.enrol(&[9; 16], key(1), |_| true, at(0))), "device-taken");
}

#[test]
fn what_is_noted_is_there_after_a_restart_and_the_secret_is_not() {
    let (_dir, home) = home();
    let drivers = Drivers::of(&home).unwrap();
    let invited = drivers.invite(new(), &by(), (&SECRET, None), at(0)).unwrap();
    drivers.enrol(&SECRET, key(1), |_| true, at(1)).unwrap();
    drivers.vouched(invited.id).unwrap();
    let again = Drivers::of(&home).unwrap();
    assert_eq!(again.all(), drivers.all());
    assert_eq!(again.of_key(&key(1)).unwrap().state(at(1)), DriverState::Enrolled);
    let file = std::fs::read(home.path().join("drivers.json")).unwrap();
    assert!(!file.windows(SECRET_LEN).any(|part| part == SECRET));
    std::fs::write(home.path().join("drivers.json"), "{").unwrap();
    assert_eq!(code(Drivers::of(&home).map(|_| ())), "drivers-unreadable");
}

#[test]
fn a_new_phone_takes_the_place_of_the_old_one_the_moment_it_comes() {
    let (_dir, home) = home();
    let drivers = Drivers::of(&home).unwrap();
    let old = drivers.invite(new(), &by(), (&SECRET, None), at(0)).unwrap();
    drivers.enrol(&SECRET, key(1), |_| true, at(0)).unwrap();
    let next = drivers.invite(new(), &by(), (&[9; 16], Some(old.id)), at(1)).unwrap();
    assert!(drivers.of_key(&key(1)).is_some(), "an invitation alone changes nothing");
    let next = drivers.enrol(&[9; 16], key(2), |_| true, at(2)).map(|d| (d.id, next.id)).unwrap();
    assert_eq!(next.0, next.1);
    assert!(drivers.of_key(&key(1)).is_none() && drivers.of_key(&key(2)).is_some());
    assert_eq!(drivers.find(old.id).unwrap().state(at(2)), DriverState::Replaced);
    assert_eq!(drivers.replaced(&drivers.find(next.0).unwrap()), Some(key(1).id()));
    assert_eq!(code(drivers.close(old.id, at(3))), "driver-closed");
    drivers.close(next.0, at(3)).unwrap();
    assert!(drivers.of_key(&key(2)).is_none());
    assert_eq!(code(drivers.close(99, at(3))), "driver-unknown");
}

#[test]
fn a_key_does_not_count_before_today() {
    let (_dir, home) = home();
    let drivers = Drivers::of(&home).unwrap();
    let past = NewDriver { valid_until: Some(at(0)), ..new() };
    assert_eq!(code(drivers.invite(past, &by(), (&SECRET, None), at(0))), "valid-until-past");
    assert!(drivers.all().is_empty());
}
