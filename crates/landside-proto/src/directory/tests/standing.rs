//! How an edition grows old: every row of the table in docs/PROTOCOL.md § 5.

use std::time::Duration;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

fn until() -> UnixMillis {
    directory().edition().valid_until
}

/// What becomes of a credential at a moment, on the word of a haulier that vouches for `DRIVER`
/// since a year ago.
fn enrols(now: UnixMillis, credential: DriverCredential) -> Result<(), Refusal> {
    let mut world = World::new();
    let known =
        DriverCredential { valid_until: until().plus(400 * DAY), ..self::credential(DRIVER) };
    world.register(known, HAULIER).unwrap();
    world.authorities.may_say(&credential.into(), &actor(HAULIER), now, GRACE)
}

#[test]
fn an_edition_is_current_to_its_last_moment_overdue_for_the_grace_and_then_past_it() {
    for (now, standing, overdue_s) in [
        (START, Standing::Current, None),
        (until(), Standing::Current, None),
        (until().plus(MILLI), Standing::Overdue, Some(0)),
        (until().plus(HOUR), Standing::Overdue, Some(3600)),
        (until().plus(GRACE), Standing::Overdue, Some(GRACE.as_secs())),
        (until().plus(GRACE + MILLI), Standing::PastGrace, Some(GRACE.as_secs())),
    ] {
        assert_eq!(directory().standing(now, GRACE), standing);
        assert_eq!(directory().overdue_s(now), overdue_s);
        let warning = directory().warning(now).map(|warning| warning.code);
        assert_eq!(warning, overdue_s.map(|_| Code::EditionOverdue));
    }
    assert_eq!(directory().standing(until().plus(MILLI), Duration::ZERO), Standing::PastGrace);
}

#[test]
fn a_new_device_key_is_taken_while_the_edition_is_current_or_overdue_and_refused_past_the_grace() {
    for now in [START, until(), until().plus(MILLI), until().plus(GRACE)] {
        enrols(now, credential(DRIVER_2)).unwrap();
    }
    let past = until().plus(GRACE + MILLI);
    assert_eq!(code(enrols(past, credential(DRIVER_2))), Code::EditionOverdue);
    let replaces = Some(public(DRIVER).id());
    let new_phone = DriverCredential { replaces, ..credential(DRIVER_2) };
    assert_eq!(code(enrols(past, new_phone)), Code::EditionOverdue);
}

#[test]
fn a_withdrawal_and_a_longer_time_for_a_known_device_are_taken_however_old_the_edition_is() {
    let past = until().plus(GRACE + 100 * DAY);
    enrols(past, withdrawal(DRIVER)).unwrap();
    enrols(past, withdrawal(DRIVER_2)).unwrap();
    let longer = DriverCredential { valid_until: past.plus(DAY), ..credential(DRIVER) };
    enrols(past, longer).unwrap();
}

#[test]
fn a_device_that_only_another_haulier_vouches_for_is_new() {
    let mut world = World::new();
    let known = DriverCredential { valid_until: until().plus(400 * DAY), ..credential(DRIVER) };
    world.register(known, HAULIER).unwrap();
    let past = until().plus(GRACE + MILLI);
    let says = |haulier: &str| {
        world.authorities.may_say(&credential(DRIVER).into(), &actor(haulier), past, GRACE)
    };
    says(HAULIER).unwrap();
    assert_eq!(code(says(SUB_HAULIER)), Code::EditionOverdue);
}

#[test]
fn no_document_of_a_case_is_refused_for_the_age_of_the_edition() {
    let past = until().plus(GRACE + 100 * DAY);
    let authorities = World::new().authorities;
    let head = DocId::from_bytes([1; 32]);
    let documents: [Document; 9] = [
        release(FORWARDER).into(),
        status(None, crate::document::CustomsState::Released).into(),
        hold(crate::document::HoldType::CustomsScan).into(),
        arrival().into(),
        pass_to(HAULIER, head).into(),
        binding(head, DRIVER).into(),
        slot_request(head).into(),
        interchange(head).into(),
        World::handed_over().gate_out().into(),
    ];
    for document in documents {
        authorities.may_say(&document, &actor(LINE), past, GRACE).unwrap();
    }
}

#[test]
fn the_gate_admits_on_an_old_edition_and_writes_its_age_down() {
    for (now, overdue_s) in [(START, None), (until().plus(100 * DAY), Some(100 * 24 * 3600))] {
        let world = World::new();
        let case = crate::case::Case::empty(visit(), crate::ids::CaseCode::from_seed(&[0; 32]));
        let seen = crate::case::Seen { shown: None, plate: None };
        let decision = case.gate_decision(&seen, &world.authorities, now);
        let age = now.since(directory().edition().valid_from).as_secs();
        assert_eq!((decision.directory, decision.directory_age_s), (1, age));
        assert_eq!(decision.directory_overdue_s, overdue_s);
        let reasons: Vec<_> = decision.reasons.iter().map(|r| r.code.as_str()).collect();
        assert!(!reasons.contains(&"edition-overdue"), "{reasons:?}");
    }
}
