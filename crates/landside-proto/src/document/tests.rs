use std::collections::BTreeSet;

use super::*;
use crate::ids::{CaseCode, Hash32, ImoNo, Reference, SizeType};
use crate::key::Signer;
use crate::world::*;

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn any_id() -> DocId {
    DocId::from_bytes([7; 32])
}

/// One document of every kind, with every field that may be absent present.
fn samples() -> Vec<Document> {
    [of_authorities(), of_the_chain(), of_the_gate(), of_clocks()].concat()
}

fn of_clocks() -> Vec<Document> {
    let terms = ClockTerms {
        builds_on: Some(any_id()),
        free_count: DayCount::Working,
        weekdays: vec![Weekday::Monday, Weekday::Sunday],
        holidays: vec![date("2026-12-25"), date("2027-01-01")],
        offset_changes: vec![
            OffsetChange { from: START, minutes: -720 },
            OffsetChange { from: START.plus(DAY), minutes: 840 },
        ],
        ..clock_terms(Charge::Demurrage)
    };
    let rest = suspension(&Charge::ALL, START, START.plus(DAY));
    vec![
        terms.into(),
        clock_terms(Charge::Storage).into(),
        ClockEvent { builds_on: Some(any_id()), ..rest }.into(),
        ClockEvent { reason: Some(remark("at the depot")), ..returned(any_id(), START) }.into(),
        waiver(any_id(), 366).into(),
    ]
}

fn of_authorities() -> Vec<Document> {
    let source = Source { interchange: Hash32::of(b"UNB"), message: 1, equipment: 2 };
    let terms = ReleaseTerms {
        valid_from: Some(START),
        reference: Some(reference("REL-1")),
        empty_return: Some(EmptyReturn {
            depot: reference("DEPOT-1"),
            reference: Some(reference("EMPTY-1")),
        }),
        ..terms(FORWARDER)
    };
    let vessel = Vessel {
        name: Some(remark("EVER GIVEN")),
        imo: Some(ImoNo::parse("9074729").unwrap()),
        voyage: Some(reference("0123E")),
    };
    let mut order = ReleaseOrder { terms: terms.clone(), ..release(FORWARDER) };
    order.size_type = Some(SizeType::parse("22G1").unwrap());
    (order.vessel, order.source) = (Some(vessel), Some(source.clone()));
    let two = TwoPersons { asked: remark("Chen Yu"), agreed: remark("Li Na") };
    order.approved_by = Some(two.clone());
    let mut replaced = replace(any_id(), terms);
    (replaced.reason, replaced.source) = (Some(remark("a new date")), Some(source));
    let mut exam = status(Some(any_id()), CustomsState::Exam);
    exam.national_code = Some(reference("95"));
    exam.declaration = Some(reference("22NL1"));
    let mut here = Arrival { builds_on: Some(any_id()), ..arrival() };
    here.position = Some(reference("reefer"));
    here.damage = Some(remark("a dent, left side"));
    vec![
        order.into(),
        replaced.into(),
        exam.into(),
        hold(HoldType::Quarantine).into(),
        HoldLift { reason: Some(remark("inspected")), ..lift(any_id()) }.into(),
        here.into(),
        Override {
            visit: visit(),
            light: Light::Commercial,
            builds_on: Some(any_id()),
            covers: vec![Cover { code: remark("hold"), document: any_id() }],
            person: remark("Chen Yu"),
            reason: remark("paid in cash"),
            valid_until: Some(START),
            approved_by: Some(two),
            told: vec![party(CUSTOMS), party(CUSTOMS_2)],
        }
        .into(),
        edition(2, Some(Hash32::of(b"one"))).into(),
        rotation(),
    ]
}

fn rotation() -> Document {
    let (signing, node) = (key("a new key"), key("a new node key"));
    let new: (Option<&dyn Signer>, Option<&dyn Signer>) = (Some(&signing), Some(&node));
    let signed = crate::rotation::sign(party(LINE), START.plus(DAY), START, &key(LINE), new);
    signed.unwrap().document().clone()
}

fn of_the_chain() -> Vec<Document> {
    let limits = Limits {
        from: Some(START),
        until: Some(START.plus(DAY)),
        plate: Some(plate(PLATE)),
        depot: Some(reference("DEPOT-1")),
        hops: Some(3),
    };
    let enrolled = DriverCredential {
        licence: Some(reference("310115")),
        replaces: Some(KeyId::from_bytes([3; 8])),
        ..credential(DRIVER)
    };
    vec![
        PassRight { limits, ..pass_to(HAULIER, any_id()) }.into(),
        ReturnRight { reason: Some(remark("no truck")), ..give_back(any_id()) }.into(),
        RevokeRight { reason: Some(remark("too late")), ..revoke(any_id()) }.into(),
        enrolled.into(),
        DriverBinding { builds_on: Some(any_id()), ..binding(any_id(), DRIVER) }.into(),
        SlotRequest { builds_on: Some(any_id()), ..slot_request(any_id()) }.into(),
        Slot { reason: Some(remark("as asked")), ..grant(any_id()) }.into(),
    ]
}

fn of_the_gate() -> Vec<Document> {
    let world = World::handed_over();
    let relied = ReliedOverride { document: any_id(), person: remark("Chen Yu") };
    let mut refused = world.verdict(None, Some("沪B99999"));
    refused.overrides = vec![relied.clone()];
    let mut left = world.gate_out();
    (left.unsigned_because, left.overrides) = (Some(remark("no battery")), vec![relied]);
    let mut damaged = interchange(any_id());
    (damaged.condition, damaged.remark) = (Condition::Damaged, Some(remark("left side")));
    (damaged.seals, damaged.damage) = (vec![reference("SEAL-1")], vec![reference("DT")]);
    damaged.photos = vec![Hash32::of(b"photo")];
    let case = Some(CasePlace { code: CaseCode::from_seed(&[1; 32]), place: 3 });
    let accepted = Entry {
        document: any_id(),
        outcome: Outcome::Accepted,
        position: Some(Position { log: u64::MAX, at: START, case }),
        refused: None,
    };
    let reason = Refused { code: "expired".to_owned(), names: Some(any_id()), detail: "é".into() };
    let (outcome, why) = (Outcome::Refused, Some(reason));
    let rejected = Entry { document: any_id(), outcome, position: None, refused: why };
    vec![
        world.pass().document().clone(),
        progress(&world).into(),
        Question {
            visit: visit(),
            subject: QuestionSubject::Complaint,
            to: party(CUSTOMS),
            text: remark("where is the seal?"),
            answer_by: START.plus(DAY),
            about: Some(any_id()),
        }
        .into(),
        Answer { visit: visit(), builds_on: any_id(), text: remark("with us") }.into(),
        Presentation { pass: world.pass().bytes().to_vec() }.into(),
        refused.into(),
        damaged.into(),
        left.into(),
        Receipt { to: actor(DRIVER), entries: vec![accepted, rejected] }.into(),
    ]
}

/// With everything in it that it can have.
fn progress(world: &World) -> Progress {
    let need = |light, code| ProgressNeed { light, code: remark(code), owed_by: remark(CUSTOMS) };
    Progress {
        needs: vec![need(Light::Commercial, "hold"), need(Light::Customs, "customs-silent")],
        overridden: vec![Light::Terminal],
        position: Some(reference("yard")),
        size_type: Some(SizeType::parse("45G1").unwrap()),
        empty_return: vec![EmptyReturn {
            depot: reference("DEPOT-1"),
            reference: Some(reference("R-9")),
        }],
        binding: Some(any_id()),
        ..world.progress()
    }
}

#[test]
fn progress_that_repeats_itself_or_names_no_hop_is_a_bad_field() {
    let good = progress(&World::handed_over());
    let right = good.right.clone().unwrap();
    let mut twice = good.clone();
    twice.needs.push(good.needs[0].clone());
    let mut backwards = good.clone();
    backwards.overridden = vec![Light::Terminal, Light::Customs];
    let mut nowhere = good.clone();
    nowhere.right = Some(ProgressRight { hops: Vec::new(), ..right.clone() });
    let mut endless = good.clone();
    endless.right = Some(ProgressRight { hops: vec![any_id(); 9], ..right });
    let mut everywhere = good.clone();
    everywhere.empty_return = vec![good.empty_return[0].clone(); 65];
    for bad in [twice, backwards, nowhere, endless, everywhere] {
        assert_eq!(code(Document::from(bad.clone()).checked()), Code::BadField, "{bad:?}");
    }
    assert!(Document::from(good).checked().is_ok());
}

#[test]
fn there_is_a_sample_of_every_kind() {
    let kinds: BTreeSet<Kind> = samples().iter().map(Document::kind).collect();
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
}

#[test]
fn every_kind_comes_back_from_cbor_and_json() {
    for document in samples() {
        let kind = document.kind();
        let cbor = document.to_cbor().unwrap();
        assert_eq!(Document::read(kind, &cbor).as_ref(), Ok(&document), "{kind:?}");
        let json = serde_json::to_string(&document).unwrap();
        let read = Document::deserialize(kind, &mut serde_json::Deserializer::from_str(&json));
        assert_eq!(read.unwrap(), document, "{json}");
    }
}

#[test]
fn a_payload_cut_anywhere_is_refused() {
    for document in samples() {
        let cbor = document.to_cbor().unwrap();
        for length in 0..cbor.len() {
            assert!(Document::read(document.kind(), &cbor[..length]).is_err(), "{length}");
        }
    }
}

#[test]
fn an_unknown_field_in_json_is_refused() {
    for document in samples() {
        let mut json = serde_json::to_value(&document).unwrap();
        json.as_object_mut().unwrap().insert("note".to_owned(), "hello".into());
        assert!(Document::deserialize(document.kind(), json).is_err(), "{:?}", document.kind());
    }
}

#[test]
fn a_document_speaks_of_one_container_or_of_no_case() {
    for document in samples() {
        let kind = document.kind();
        assert_eq!(document.visit().is_some(), document.subject() == BOX, "{kind:?}");
        assert!(!document.subject().is_empty(), "{kind:?}");
        assert!(!kind.opens_case() || document.visit().is_some(), "{kind:?}");
    }
}

#[test]
fn fields_that_contradict_each_other_are_refused() {
    let revoke_with_terms =
        ReleaseChange { terms: Some(terms(FORWARDER)), ..change(any_id(), ReleaseAction::Revoke) };
    let refused_with_window = Slot { answer: SlotAnswer::Refused, ..grant(any_id()) };
    let granted_without = Slot { window: None, ..grant(any_id()) };
    let damaged = InterchangeReceipt { condition: Condition::Damaged, ..interchange(any_id()) };
    let seals = vec![reference("S"); REASONS_MAX + 1];
    let many_seals = InterchangeReceipt { seals, ..interchange(any_id()) };
    let pass = World::with_pass().pass_as_issued();
    let backwards = PickupPass { not_before: pass.expires, ..pass };
    let silent = Receipt { to: actor(LINE), entries: Vec::new() };
    let unexplained =
        Entry { document: any_id(), outcome: Outcome::Refused, position: None, refused: None };
    let unexplained = Receipt { to: actor(LINE), entries: vec![unexplained] };
    let documents: Vec<Document> = vec![
        change(any_id(), ReleaseAction::Replace).into(),
        revoke_with_terms.into(),
        refused_with_window.into(),
        granted_without.into(),
        damaged.into(),
        many_seals.into(),
        backwards.into(),
        silent.into(),
        unexplained.into(),
    ];
    for document in documents {
        let payload = document.to_cbor().unwrap();
        assert_eq!(code(Document::read(document.kind(), &payload)), Code::BadField, "{document:?}");
        assert_eq!(code(document.checked()), Code::BadField);
    }
}

#[test]
fn a_remark_is_short_and_has_no_control_characters() {
    for text in ["", "two\nlines", "bell\u{7}", &"x".repeat(REMARK_MAX + 1)] {
        assert_eq!(Remark::parse(text), Err(RemarkError), "{text:?}");
    }
    assert_eq!(Remark::fitted("\n\n", "empty").as_str(), "empty");
    assert!(Remark::fitted(&"é".repeat(500), "empty").as_str().len() <= REMARK_MAX);
}

#[test]
fn kind_and_role_names_come_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        assert!(!kind.signers().is_empty());
    }
    for role in Role::ALL {
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
    assert_eq!(Kind::parse("delivery-order"), None);
}
