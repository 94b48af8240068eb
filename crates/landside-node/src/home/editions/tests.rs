use std::time::Duration;

use landside_proto::directory::{add_signature, edition_id};
use landside_proto::document::Remark;
use landside_proto::ids::PartyId;
use landside_proto::key::{SecretKey, Signer as _};
use tempfile::TempDir;

use super::*;
use crate::home::InitActor;

const START: UnixMillis = UnixMillis::from_millis(1_795_406_400_000);
const HOUR: Duration = Duration::from_secs(3600);

fn authority() -> SecretKey {
    SecretKey::from_seed([9; 32])
}

/// The edition after another; with `hours`, it waits for so long from the start on.
fn next(before: Option<&Directory>, hours: u32, network: &str) -> Vec<u8> {
    let edition = DirectoryEdition {
        network: Remark::parse(network).unwrap(),
        number: before.map_or(1, |before| before.edition().number + 1),
        previous: before.map(Directory::id),
        threshold: 1,
        authorities: vec![authority().public_key()],
        valid_from: START.plus(hours * HOUR),
        valid_until: START.plus(1000 * HOUR),
        parties: Vec::new(),
    };
    add_signature(&[], &edition, START, &authority()).unwrap()
}

/// The same edition with another end, so with another id.
fn twin(of: &[u8], hours: u32) -> Vec<u8> {
    let (edition, _) = peek_bundle(of).unwrap();
    let edition = DirectoryEdition { valid_until: START.plus(hours * HOUR), ..edition };
    add_signature(&[], &edition, START, &authority()).unwrap()
}

#[test]
fn what_leads_up_to_an_edition_is_all_that_the_home_has_and_no_more_than_a_file_holds() {
    let mut desk = Desk::new();
    let mut chain = vec![desk.kept.newest.bundle().to_vec()];
    for _ in 0..EDITIONS_MAX {
        let bundle = next(Some(&desk.kept.newest), 0, "tests");
        assert!(matches!(desk.take(&bundle, START), Taken::New(_)));
        chain.push(bundle);
    }
    let led = |from: usize| desk.home.led_up_to(chain[from..].to_vec());
    assert_eq!(led(0)[..3], chain[..3]);
    assert_eq!(desk.home.led_up_to(chain[2..4].to_vec()), chain[..4]);
    // One more than a file may have: the oldest one is left out.
    assert_eq!(led(EDITIONS_MAX), chain[1..]);
    // What is not there ends what leads up.
    fs::remove_file(desk.home.edition_file(3)).unwrap();
    assert_eq!(desk.home.led_up_to(chain[4..6].to_vec()), chain[3..6]);
    assert_eq!(desk.home.led_up_to(Vec::new()), Vec::<Vec<u8>>::new());
    assert_eq!(desk.home.led_up_to(vec![b"x".to_vec()]), [b"x".to_vec()]);
}

struct Desk {
    home: Home,
    kept: Kept,
    _dir: TempDir,
}

impl Desk {
    /// A home with edition 1, in force at the start.
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let actor = InitActor::Party(PartyId::parse("line").unwrap());
        let home = Home::init(dir.path().join("home"), actor, [[1; 32], [2; 32]]).unwrap();
        let bundle = next(None, 0, "tests");
        let id = edition_id(&peek_bundle(&bundle).unwrap().0).unwrap();
        home.keep_edition(&Directory::found(&bundle, id, START).unwrap()).unwrap();
        let kept = home.editions(START).unwrap();
        Self { home, kept, _dir: dir }
    }

    fn take(&mut self, bundle: &[u8], now: UnixMillis) -> Taken {
        self.kept.take(&self.home, bundle, None, now)
    }

    /// Takes the edition after the newest, which waits for so many hours from the start on.
    fn add(&mut self, hours: u32, now: UnixMillis) -> Vec<u8> {
        let bundle = next(Some(&self.kept.newest), hours, "tests");
        assert!(matches!(self.take(&bundle, now), Taken::New(_)));
        bundle
    }

    fn in_force(&self) -> u64 {
        self.kept.in_force.edition().number
    }

    fn in_force_anew(&self, now: UnixMillis) -> u64 {
        self.home.directory(now).unwrap().edition().number
    }
}

fn refused(taken: Taken) -> Code {
    match taken {
        Taken::Refused(refusal) | Taken::Parted(refusal) | Taken::Fork(refusal) => refusal.code,
        other => panic!("must be refused: {other:?}"),
    }
}

#[test]
fn what_is_taken_is_there_for_the_next_start_in_its_exact_bytes() {
    let mut desk = Desk::new();
    let bundles = [desk.add(0, START), desk.add(0, START)];
    let anew = desk.home.editions(START).unwrap();
    assert_eq!(anew.chain, desk.kept.chain);
    assert_eq!(anew.in_force.edition().number, 3);
    for (number, bundle) in (2..).zip(&bundles) {
        assert_eq!(desk.home.edition(number).unwrap().as_ref(), Some(bundle));
    }
    assert_eq!(desk.home.edition(4).unwrap(), None);
    let (total, part) = desk.home.edition_part(2, 5, 7).unwrap();
    assert_eq!((total, &part[..]), (bundles[0].len() as u64, &bundles[0][5..12]));
    let end = desk.home.edition_part(2, total, 7).unwrap();
    assert_eq!(end, (total, vec![]));
}

#[test]
fn an_edition_waits_for_its_time_and_is_kept_meanwhile() {
    let mut desk = Desk::new();
    desk.add(2, START);
    assert_eq!((desk.in_force(), desk.kept.chain.newest().0), (1, 2));
    assert!(!desk.kept.come_due(&desk.home, START.plus(HOUR)).unwrap());
    assert!(desk.kept.come_due(&desk.home, START.plus(2 * HOUR)).unwrap());
    assert_eq!(desk.in_force(), 2);
    assert!(!desk.kept.come_due(&desk.home, START.plus(3 * HOUR)).unwrap(), "only once");
    assert_eq!([1, 2].map(|h| desk.in_force_anew(START.plus(h * HOUR))), [1, 2]);
}

#[test]
fn of_several_that_wait_the_highest_number_whose_time_has_come_is_in_force() {
    let mut desk = Desk::new();
    for hours in [4, 2, 6] {
        desk.add(hours, START);
    }
    let seen: Vec<_> = (0..=6).map(|h| desk.in_force_anew(START.plus(h * HOUR))).collect();
    assert_eq!(seen, [1, 1, 3, 3, 3, 3, 4]);
    assert!(desk.kept.come_due(&desk.home, START.plus(4 * HOUR)).unwrap());
    assert_eq!(desk.in_force(), 3, "edition 2 was overtaken before its time");
    assert_eq!(desk.kept.waiting.keys().collect::<Vec<_>>(), [&4]);
}

#[test]
fn the_first_edition_of_a_home_is_in_force_before_its_time() {
    let desk = Desk::new();
    let before = UnixMillis::from_millis(START.as_millis() - 60_000);
    assert_eq!(desk.in_force_anew(before), 1);
}

#[test]
fn a_clock_that_goes_back_brings_no_earlier_edition_back() {
    let mut desk = Desk::new();
    desk.add(2, START);
    assert!(desk.kept.come_due(&desk.home, START.plus(2 * HOUR)).unwrap());
    desk.home.note_in_force(2).unwrap();
    assert_eq!(desk.in_force_anew(START), 2);
    assert!(!desk.kept.come_due(&desk.home, START).unwrap());
    desk.add(5, START);
    assert_eq!(desk.in_force(), 2, "one that never was in force waits all the same");
    assert_eq!(desk.in_force_anew(START), 2);
}

#[test]
fn what_does_not_follow_has_its_own_code_and_changes_nothing() {
    let mut desk = Desk::new();
    let first = desk.home.edition(1).unwrap().unwrap();
    let second = desk.add(0, START);
    let third = next(Some(&desk.kept.newest), 0, "tests");
    let foreign = next(Some(&desk.kept.newest), 0, "another");
    let (mut edition, _) = peek_bundle(&third).unwrap();
    edition.number = 4;
    let gap = add_signature(&[], &edition, START, &authority()).unwrap();
    edition.number = 3;
    edition.previous = Some(Hash32::of(b"another second"));
    let parted = add_signature(&[], &edition, START, &authority()).unwrap();
    let mut unsigned = third.clone();
    *unsigned.last_mut().unwrap() ^= 1;

    let before = desk.kept.chain.clone();
    assert!(matches!(desk.take(&first, START), Taken::Known(1)));
    assert!(matches!(desk.take(&second, START), Taken::Known(2)));
    assert!(matches!(desk.take(&parted, START), Taken::Parted(_)));
    for (what, bundle, code) in [
        ("a gap", &gap, Code::EditionGap),
        ("another network", &foreign, Code::EditionFork),
        ("another branch", &parted, Code::EditionFork),
        ("signed by nobody", &unsigned, Code::EditionUnsigned),
        ("no bundle", &vec![0x80], Code::Malformed),
    ] {
        assert_eq!(refused(desk.take(bundle, START)), code, "{what}");
    }
    let asked = |desk: &mut Desk, bundle: &[u8]| {
        refused(desk.kept.take(&desk.home, bundle, Some(3), START))
    };
    assert_eq!(asked(&mut desk, &first), Code::EditionRollback);
    assert_eq!(asked(&mut desk, &gap), Code::EditionGap);
    assert_eq!(asked(&mut desk, &unsigned), Code::EditionUnsigned);
    assert_eq!(desk.kept.chain, before);
    assert_eq!(desk.home.forks().unwrap(), []);
}

#[test]
fn forks_of_any_number_are_proven_once_each_and_only_so_many_are_kept() {
    let mut desk = Desk::new();
    let first = desk.home.edition(1).unwrap().unwrap();
    let second = desk.add(0, START);
    desk.add(0, START);
    for bundle in [twin(&first, 500), twin(&second, 500), twin(&second, 500)] {
        assert!(matches!(desk.take(&bundle, START), Taken::Fork(_)));
    }
    let numbers: Vec<_> = desk.home.forks().unwrap().iter().map(|fork| fork.number).collect();
    assert_eq!(numbers, [1, 2]);
    for hours in 100..130 {
        assert!(matches!(desk.take(&twin(&second, hours), START), Taken::Fork(_)));
    }
    assert_eq!(desk.home.forks().unwrap().len(), FORKS_MAX);
    assert_eq!(desk.in_force_anew(START), 3);
}

#[test]
fn another_edition_of_a_number_that_no_authority_signed_is_said_to_be_unsigned() {
    let mut desk = Desk::new();
    let second = desk.add(0, START);
    let mut forged = twin(&second, 500);
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(refused(desk.take(&forged, START)), Code::EditionUnsigned);
    assert_eq!(desk.home.forks().unwrap(), []);
}

#[test]
fn a_proof_is_not_made_from_a_file_that_was_altered() {
    let mut desk = Desk::new();
    let second = desk.add(0, START);
    let twin = twin(&second, 500);
    fs::write(desk.home.edition_file(2), &twin).unwrap();
    assert_eq!(refused(desk.take(&twin, START)), Code::EditionFork);
    assert_eq!(desk.home.forks().unwrap(), []);
}

#[test]
fn an_edition_that_cannot_be_kept_is_not_in_force() {
    let mut desk = Desk::new();
    // Where the file is to be written, there is a directory.
    fs::create_dir(desk.home.edition_file(2).with_extension("tmp")).unwrap();
    let bundle = next(Some(&desk.kept.newest), 0, "tests");
    assert!(matches!(desk.take(&bundle, START), Taken::Later(_)));
    assert_eq!((desk.in_force(), desk.kept.chain.newest().0), (1, 1));
    fs::remove_dir(desk.home.edition_file(2).with_extension("tmp")).unwrap();
    assert!(matches!(desk.take(&bundle, START), Taken::New(_)));
}
