//! What a case with sealed fields or an override shows a stranger.

use super::super::super::{
    CaseEvidence, Evidence, FindingCode, Registered, Report, Severity, verify, write,
};
use crate::case::Light;
use crate::directory::edition_id;
use crate::document::{Cover, HoldType, Kind, Override, ReleaseOrder, TwoPersons};
use crate::envelope::Signed;
use crate::sealed::{Disclosure, SealedField, SealedFields, SealedValue};
use crate::world::*;

fn cargo(text: &str) -> Disclosure {
    Disclosure::new(SealedValue::parse(SealedField::Cargo, text).unwrap(), [7; 16])
}

/// Checks the case of a world as a file that rests on nothing but the documents; the first goes with
/// these disclosures.
fn checked(world: &World, disclosures: &[&Disclosure]) -> Report {
    let registered = |(signed, position): &(Signed<crate::document::Document>, _)| Registered {
        envelope: signed.bytes().to_vec(),
        position: *position,
        proof: None,
        disclosures: Vec::new(),
    };
    let all = world.log.iter().map(registered);
    let (mut documents, credentials): (Vec<_>, Vec<_>) =
        all.partition(|registered: &Registered| registered.position.case.is_some());
    documents[0].disclosures = disclosures.iter().map(|d| d.bytes().to_vec()).collect();
    let first = edition(1, None);
    let case = CaseEvidence {
        network: first.network.clone(),
        visit: visit(),
        code: world.case().code,
        editions: vec![bundle(&first, &["authority-1", "authority-2"])],
        head: None,
        credentials,
        documents,
        receipts: Vec::new(),
        interchanges: Vec::new(),
        photos: Vec::new(),
    };
    verify(&write(&Evidence::Case(case)), Some(edition_id(&first).unwrap()))
}

fn told(report: &Report, code: FindingCode) -> Vec<(Option<Kind>, &str)> {
    let of_code = report.findings.iter().filter(|finding| finding.code == code);
    of_code.map(|finding| (finding.place.kind, finding.text.as_str())).collect()
}

fn overriding(world: &World) -> Override {
    Override {
        visit: visit(),
        light: Light::Commercial,
        builds_on: world.case().overrides.get(&Light::Commercial).map(|fact| fact.document),
        covers: Vec::new(),
        person: remark("Chen Yu"),
        reason: remark("the line objects"),
        valid_until: None,
        approved_by: None,
        told: Vec::new(),
    }
}

#[test]
fn an_override_is_told_with_person_second_person_and_reason_and_is_no_offence() {
    let mut world = World::with_pass();
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    let over = Override {
        covers: vec![Cover { code: remark("hold"), document: stop }],
        reason: remark("paid in cash"),
        valid_until: Some(START.plus(HOUR)),
        approved_by: Some(TwoPersons { asked: remark("Chen Yu"), agreed: remark("Li Na") }),
        ..overriding(&world)
    };
    world.register(over, TERMINAL).unwrap();
    world.register(overriding(&world), TERMINAL).unwrap();
    let report = checked(&world, &[]);
    let until = START.plus(HOUR);
    assert_eq!(
        told(&report, FindingCode::Overridden),
        [
            (
                Some(Kind::Override),
                &*format!(
                    "Chen Yu passes over the commercial light until {until}, Li Na agreed: \
                     paid in cash"
                )
            ),
            (
                Some(Kind::Override),
                "Chen Yu no longer passes over the commercial light: the line objects"
            ),
        ]
    );
    assert_eq!(FindingCode::Overridden.severity(), Severity::Note);
    assert_eq!(told(&report, FindingCode::RuleBroken), []);
}

#[test]
fn an_override_that_the_terminal_had_to_refuse_is_told_and_breaks_a_rule() {
    let mut world = World::with_pass();
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    let late = Override {
        covers: vec![Cover { code: remark("hold"), document: stop }],
        valid_until: Some(START.plus(2 * DAY)),
        ..overriding(&world)
    };
    let signed = world.signed(late, TERMINAL).unwrap();
    let mut position = world.log.last().unwrap().1;
    position.log += 1;
    position.case.as_mut().unwrap().place += 1;
    world.log.push((signed, position));
    let report = checked(&world, &[]);
    assert_eq!(told(&report, FindingCode::Overridden).len(), 1);
    let broken = told(&report, FindingCode::RuleBroken);
    assert!(matches!(broken[..], [(_, text)] if text.contains("override-too-long")), "{broken:?}");
}

#[test]
fn a_disclosure_is_counted_when_it_opens_what_the_document_seals_and_refused_else() {
    let sealed = SealedFields::of(Kind::ReleaseOrder, &[cargo("toys")]);
    let mut world = World::new();
    world.register(ReleaseOrder { sealed, ..release(FORWARDER) }, LINE).unwrap();
    let good = checked(&world, &[&cargo("toys")]);
    assert_eq!(told(&good, FindingCode::DisclosureRefused), []);
    assert_eq!(good.steps[0].disclosed.len(), 1);
    assert_eq!(checked(&world, &[]).steps[0].disclosed.len(), 0, "nobody must disclose");

    let forged = checked(&world, &[&cargo("trains")]);
    let refused = told(&forged, FindingCode::DisclosureRefused);
    assert!(matches!(refused[..], [(_, text)] if text.starts_with("disclosure-mismatch")));
    assert!(!refused[0].1.contains("trains"), "no value is told");
    let unsealed = World::released();
    let refused = checked(&unsealed, &[&cargo("toys")]);
    assert_eq!(told(&refused, FindingCode::DisclosureRefused).len(), 1);
}
