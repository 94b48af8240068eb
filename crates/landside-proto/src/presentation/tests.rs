use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::world::*;

fn at_the_gate() -> (World, Signed<Document>) {
    let mut world = World::with_pass();
    world.now = START.plus(HOUR);
    let pass = world.pass();
    (world, pass)
}

fn read_after(world: &World, text: &str, span: Duration) -> Result<Presented, Refusal> {
    read(text, &world.authorities, world.now.plus(span))
}

fn text_of(presentation: &Signed<Document>) -> String {
    format!("{PREFIX}{}", base45::encode(presentation.bytes()))
}

#[test]
fn a_driver_shows_a_pass_and_the_gate_reads_it_without_a_list_of_drivers() {
    let (mut world, pass) = at_the_gate();
    let text = present(&pass, world.now, &key(DRIVER)).unwrap();
    assert!(text.len() < 1024 && text.starts_with("LS1:"));
    world.authorities.drivers = std::sync::Arc::default();
    let shown = read(&text, &world.authorities, world.now).unwrap();
    assert_eq!((shown.pass, shown.driver), (pass, public(DRIVER).id()));
    assert_eq!(shown.made_at, world.now);
}

#[test]
fn a_photograph_of_the_screen_is_dead_in_a_minute() {
    let (world, pass) = at_the_gate();
    let text = present(&pass, world.now, &key(DRIVER)).unwrap();
    assert!(read_after(&world, &text, PRESENTATION_LIFE).is_ok());
    let late = PRESENTATION_LIFE + Duration::from_secs(1);
    assert_eq!(code(read_after(&world, &text, late)), Code::Expired);
}

#[test]
fn a_proof_made_ahead_does_not_outlive_its_minute() {
    let (world, pass) = at_the_gate();
    let ahead = |span| present(&pass, world.now.plus(span), &key(DRIVER)).unwrap();
    assert!(read_after(&world, &ahead(AHEAD_MAX), Duration::ZERO).is_ok());
    let further = ahead(AHEAD_MAX + Duration::from_secs(1));
    assert_eq!(code(read_after(&world, &further, Duration::ZERO)), Code::IssuedInFuture);
    let far = ahead(HOUR);
    assert_eq!(code(read_after(&world, &far, Duration::ZERO)), Code::IssuedInFuture);
}

#[test]
fn a_copied_pass_is_worth_nothing_without_the_device() {
    let (world, pass) = at_the_gate();
    let thief = present(&pass, world.now, &key(DRIVER_2)).unwrap();
    assert_eq!(code(read_after(&world, &thief, Duration::ZERO)), Code::NotBoundDriver);

    // The thief names the driver it is not.
    let proof = Presentation { pass: pass.bytes().to_vec() };
    let posing = envelope::seal(proof.into(), actor(DRIVER), world.now, &key(DRIVER_2)).unwrap();
    assert_eq!(code(read_after(&world, &text_of(&posing), Duration::ZERO)), Code::NotBoundDriver);
}

#[test]
fn a_proof_in_the_name_of_a_party_is_refused() {
    let (world, pass) = at_the_gate();
    let proof = Presentation { pass: pass.bytes().to_vec() };
    let posing = envelope::seal(proof.into(), actor(HAULIER), world.now, &key(DRIVER)).unwrap();
    assert_eq!(code(read_after(&world, &text_of(&posing), Duration::ZERO)), Code::NotBoundDriver);
}

#[test]
fn a_pass_that_no_terminal_signed_is_refused() {
    let (world, pass) = at_the_gate();
    for (signer, expected) in [
        (HAULIER, Code::RoleMayNotSign),
        (LINE, Code::RoleMayNotSign),
        ("stranger", Code::UnknownParty),
        (DRIVER, Code::RoleMayNotSign),
    ] {
        let own = pass.document().clone();
        let forged = envelope::seal(own, actor(signer), world.now, &key(signer)).unwrap();
        let text = present(&forged, world.now, &key(DRIVER)).unwrap();
        assert_eq!(code(read_after(&world, &text, Duration::ZERO)), expected, "{signer}");
    }
}

#[test]
fn a_document_that_is_no_pass_opens_no_gate() {
    let (world, pass) = at_the_gate();
    let here =
        envelope::seal(arrival().into(), actor(TERMINAL), world.now, &key(TERMINAL)).unwrap();
    let text = present(&here, world.now, &key(DRIVER)).unwrap();
    assert_eq!(code(read_after(&world, &text, Duration::ZERO)), Code::Malformed);
    let bare = text_of(&pass);
    assert_eq!(code(read_after(&world, &bare, Duration::ZERO)), Code::Malformed);
}

#[test]
fn text_that_is_no_presentation_is_refused() {
    let (world, pass) = at_the_gate();
    let good = present(&pass, world.now, &key(DRIVER)).unwrap();
    let lower = format!("ls1:{}", &good[4..]);
    let long = format!("{good}{}", " ".repeat(TEXT_MAX));
    for (text, expected) in [
        (String::new(), Code::Malformed),
        ("LS1:".to_owned(), Code::Malformed),
        ("LS1:::::".to_owned(), Code::Malformed),
        ("LS1:名前".to_owned(), Code::Malformed),
        (good[4..].to_owned(), Code::Malformed),
        (lower, Code::Malformed),
        (long, Code::TooLarge),
    ] {
        assert_eq!(code(read_after(&world, &text, Duration::ZERO)), expected, "{text:.20}");
    }
    assert!(read_after(&world, &format!(" {good}\r\n"), Duration::ZERO).is_ok(), "scanners add");
}

#[test]
fn a_text_cut_anywhere_is_refused() {
    let (world, pass) = at_the_gate();
    let good = present(&pass, world.now, &key(DRIVER)).unwrap();
    for length in 0..good.len() {
        assert!(read_after(&world, &good[..length], Duration::ZERO).is_err(), "{length}");
    }
}

proptest! {
    #[test]
    fn noise_at_the_gate_is_refused_and_never_panics(text in "(LS1:)?[0-9A-Z $%*+./:-]{0,300}") {
        let world = World::new();
        prop_assert!(read(&text, &world.authorities, world.now).is_err());
    }
}
