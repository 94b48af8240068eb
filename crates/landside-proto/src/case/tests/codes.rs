//! Every refusal code has a way to it, or a reason why this crate cannot produce it.

use super::questions::{answer, question};
use crate::directory::ROTATIONS_MAX;
use crate::document::{
    Arrival, Charge, ClockTerms, Cover, DirectoryEdition, Document, DriverBinding, GateDecision,
    GateOut, HoldType, Kind, Light, Limits, Override, PassRight, Question, Receipt, ReleaseAction,
    ReleaseOrder, TwoPersons, Window,
};
use crate::envelope::{self, ENVELOPE_MAX, Signed};
use crate::ids::DocId;
use crate::key::Signer;
use crate::refusal::{Code, Refusal};
use crate::sealed::{Disclosure, SealedField, SealedFields, SealedValue};
use crate::world::*;

#[test]
fn every_code_is_produced_or_belongs_to_the_node() {
    let by_node: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| match provoked(*code) {
            Some(refusal) => {
                assert_eq!(refusal.code, *code, "{refusal}");
                assert!(!refusal.detail.is_empty(), "{code:?} says what was wrong");
                false
            }
            None => true,
        })
        .collect();
    // A party's own rule, a peer that delivers what it may not, a registration it cannot prove, a full
    // disk, a token that was pulled: node, session, store and signer know these, the rules of
    // documents do not.
    let expected = [
        Code::TwoPersons,
        Code::NotYourDocument,
        Code::RegistrationUnproven,
        Code::StoreFull,
        Code::NotSigned,
    ];
    assert_eq!(by_node, expected);
}

/// A refusal with this code, through the public doors; `None` for the codes of the node.
fn provoked(code: Code) -> Option<Refusal> {
    let refused = of_envelope(code).or_else(|| of_authority(code)).or_else(|| of_right(code));
    let refused = refused.or_else(|| of_disclosure(code)).or_else(|| of_override(code));
    let refused = refused.or_else(|| of_question(code)).or_else(|| of_clock(code));
    let refused = refused.or_else(|| of_agent(code));
    refused.or_else(|| of_gate(code)).or_else(|| of_directory(code)).or_else(|| of_rotation(code))
}

fn of_agent(code: Code) -> Option<Refusal> {
    let mut world = World::with_agents();
    let order = release_by(TERMINAL, FORWARDER);
    Some(match code {
        Code::AgentMark => world.signed_for_line(order, LINE).unwrap_err(),
        Code::AgentElsewhere => {
            let order = release_by(TERMINAL_2, FORWARDER);
            let signed = world.signed_for_line(order, AGENT_KEY_2).unwrap();
            world.deliver(signed).unwrap_err()
        }
        Code::LineSpeaks => {
            world.register(hold(HoldType::Freight), LINE).unwrap();
            world.register_by_agent(order).unwrap_err()
        }
        _ => return None,
    })
}

fn of_rotation(code: Code) -> Option<Refusal> {
    let mut world = World::new();
    let mut rotate = |old: &str, new: &str| {
        let (new, until) = (key(new), START.plus(DAY));
        let pair: (Option<&dyn Signer>, Option<&dyn Signer>) = (Some(&new), None);
        let said = crate::rotation::sign(party(LINE), until, world.now, &key(old), pair).unwrap();
        world.deliver(envelope::open(said.shared_bytes(), &world.authorities, world.now).unwrap())
    };
    Some(match code {
        Code::KeyTaken => rotate(LINE, FORWARDER).unwrap_err(),
        Code::KeyRotated => {
            rotate(LINE, "line key").unwrap();
            rotate(LINE, "another").unwrap_err()
        }
        Code::RotationsFull => {
            let names: Vec<_> = (0..=ROTATIONS_MAX).map(|n| format!("line key {n}")).collect();
            let olds = [LINE].into_iter().chain(names.iter().map(String::as_str));
            let answers = olds.zip(&names).map(|(old, new)| rotate(old, new));
            answers.last()?.unwrap_err()
        }
        _ => return None,
    })
}

fn of_question(code: Code) -> Option<Refusal> {
    let mut world = World::green();
    let asked = world.register(question(&world, LINE), FORWARDER).unwrap();
    let answer = match code {
        Code::NotReader => world.register(question(&world, LINE), HAULIER),
        Code::NotAskable => world.register(question(&world, HAULIER), FORWARDER),
        Code::AnswerTime => {
            let late = Question { answer_by: START, ..question(&world, LINE) };
            world.register(late, FORWARDER)
        }
        Code::NotAsked => world.register(answer(asked), CUSTOMS),
        _ => return None,
    };
    Some(answer.unwrap_err())
}

fn of_clock(code: Code) -> Option<Refusal> {
    let mut world = World::green();
    let terms = world.register(clock_terms(Charge::Storage), TERMINAL).unwrap();
    let rest = suspension(&[Charge::Storage], START, world.now);
    let worse = ClockTerms { free_days: 1, ..clock_terms(Charge::Storage) };
    let answer = match code {
        Code::ClockNotYours => world.register(waiver(terms, 1), LINE),
        Code::ClockTime => {
            world.register(suspension(&[Charge::Storage], START, START.plus(DAY)), TERMINAL)
        }
        Code::ClockOverlap => {
            world.register(rest.clone(), TERMINAL).unwrap();
            world.register(rest, TERMINAL)
        }
        Code::TermsLate => {
            world.pass_time(30 * DAY);
            world.register(clock_terms(Charge::Demurrage), LINE)
        }
        Code::TermsWorse => {
            world.register(ClockTerms { builds_on: Some(terms), ..worse }, TERMINAL)
        }
        _ => return None,
    };
    Some(answer.unwrap_err())
}

fn of_override(code: Code) -> Option<Refusal> {
    let mut world = World::with_pass();
    world.now = START.plus(HOUR);
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    let good = Override {
        visit: visit(),
        light: Light::Commercial,
        builds_on: None,
        covers: vec![Cover { code: remark("hold"), document: stop }],
        person: remark("Chen Yu"),
        reason: remark("paid in cash"),
        valid_until: Some(world.now.plus(HOUR)),
        approved_by: None,
        told: Vec::new(),
    };
    let wrong = match code {
        Code::NotOverridable => Override { light: Light::Customs, ..good },
        Code::NothingToOverride => Override { light: Light::Terminal, ..good },
        Code::OverrideTooLong => Override { valid_until: Some(world.now.plus(2 * DAY)), ..good },
        Code::CustomsUntold => Override { told: vec![party(CUSTOMS)], ..good },
        Code::SamePerson => {
            let twice = TwoPersons { asked: remark("Chen Yu"), agreed: remark("Chen Yu") };
            Override { approved_by: Some(twice), ..good }
        }
        Code::NotCustoms => {
            let wrong = Arrival { told: vec![party(HAULIER)], ..arrival() };
            return Some(World::released().register(wrong, TERMINAL).unwrap_err());
        }
        Code::OverrideUnnamed => {
            world.register(good, TERMINAL).unwrap();
            let decision = GateDecision { overrides: Vec::new(), ..world.verdict_on_driver() };
            return Some(world.register(decision, TERMINAL).unwrap_err());
        }
        _ => return None,
    };
    Some(world.register(wrong, TERMINAL).unwrap_err())
}

fn of_envelope(code: Code) -> Option<Refusal> {
    let open = |bytes: &[u8]| envelope::open(bytes, &World::new().authorities, START).unwrap_err();
    let sealed = |name: &str| {
        envelope::seal(release(FORWARDER).into(), actor(name), START, &key(name)).unwrap()
    };
    let good = sealed(LINE).bytes().to_vec();
    let with = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|part| part == from).unwrap();
        open(&[&good[..at], to, &good[at + from.len()..]].concat())
    };
    Some(match code {
        Code::TooLarge => open(&vec![0; ENVELOPE_MAX + 1]),
        Code::Malformed => open(b"paper"),
        Code::NotCanonical => open(&[&good[..], &[0]].concat()),
        Code::UnsupportedAlgorithm => with(&[1, 0x27, 3], &[1, 0x26, 3]),
        Code::UnknownKind => with(b"release-order", b"release-0rder"),
        Code::UnknownParty => open(sealed("stranger").bytes()),
        Code::KeyUnknown => with(public(LINE).id().as_bytes(), public(LINE_2).id().as_bytes()),
        Code::KeyNotInForce => open(sealed(LATE_LINE).bytes()),
        Code::BadSignature => with(b"BL-1", b"BL-2"),
        Code::RoleMayNotSign => open(sealed(CUSTOMS).bytes()),
        Code::IssuedInFuture => {
            let later = START.plus(HOUR);
            let ahead = envelope::seal(arrival().into(), actor(TERMINAL), later, &key(TERMINAL));
            open(ahead.unwrap().bytes())
        }
        Code::SubjectMismatch => open(&subject_swapped()),
        Code::BadField => {
            let mut order = release(FORWARDER);
            order.terms.valid_from = Some(order.terms.valid_until);
            World::new().register(order, LINE).unwrap_err()
        }
        _ => return None,
    })
}

fn of_disclosure(code: Code) -> Option<Refusal> {
    let cargo =
        |text| Disclosure::new(SealedValue::parse(SealedField::Cargo, text).unwrap(), [1; 16]);
    let sealed = SealedFields::of(Kind::ReleaseOrder, &[cargo("toys")]);
    let order = ReleaseOrder { sealed, ..release(FORWARDER) };
    let order = envelope::seal(order.into(), actor(LINE), START, &key(LINE)).unwrap();
    let opened = match code {
        Code::DisclosureMalformed => Disclosure::open(b"toys", &order).map(drop),
        Code::DisclosureMismatch => Disclosure::open(cargo("trains").bytes(), &order).map(drop),
        Code::DisclosureMissing => Disclosure::open_every(&[], &order).map(drop),
        _ => return None,
    };
    Some(opened.unwrap_err())
}

/// A release whose header names another container, with a good signature over both.
fn subject_swapped() -> Vec<u8> {
    let signed = envelope::seal(release(FORWARDER).into(), actor(LINE), START, &key(LINE)).unwrap();
    let mut bytes = signed.bytes().to_vec();
    let at = bytes.windows(BOX.len()).position(|part| part == BOX.as_bytes()).unwrap();
    bytes[at..at + BOX.len()].copy_from_slice(b"CSQU3054383");
    let mut d = minicbor::Decoder::new(&bytes);
    d.tag().unwrap();
    d.array().unwrap();
    let protected = d.bytes().unwrap().to_vec();
    d.map().unwrap();
    let payload = d.bytes().unwrap().to_vec();
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(4).unwrap().str("Signature1").unwrap().bytes(&protected).unwrap();
    e.bytes(&[]).unwrap().bytes(&payload).unwrap();
    let signature = key(LINE).sign(&e.into_writer());
    let start = bytes.len() - signature.len();
    bytes[start..].copy_from_slice(&signature);
    bytes
}

fn of_authority(code: Code) -> Option<Refusal> {
    let mut world = World::green();
    let head = world.case().releases[&bill(BILL)].head;
    let customs = world.case().customs[&bill(BILL)].head;
    let answer = match code {
        Code::WrongTerminal => {
            let mut order = release(FORWARDER);
            order.visit.terminal = party(TERMINAL_2);
            world.register(order, LINE)
        }
        Code::CaseUnknown => World::new().register(pass_to(HAULIER, head), FORWARDER),
        Code::CaseFull => loop {
            let answer = world.register(hold(HoldType::Freight), LINE);
            if answer.is_err() {
                break answer;
            }
        },
        Code::ParentUnknown => world.register(lift(DocId::from_bytes([0; 32])), LINE),
        Code::HoldNotYours => world.register(hold(HoldType::CustomsScan), LINE),
        Code::NotPlacer => {
            let stop = world.register(hold(HoldType::CustomsScan), CUSTOMS).unwrap();
            world.register(lift(stop), LINE)
        }
        Code::NotReleaseIssuer => world.register(change(head, ReleaseAction::Block), LINE_2),
        Code::NotCustomsOfCase => {
            let held = crate::document::CustomsState::Held;
            world.register(status(Some(customs), held), CUSTOMS_2)
        }
        Code::DoubleRelease => world.register(release(HAULIER), LINE),
        Code::ReleaseState => world.register(change(head, ReleaseAction::Unblock), LINE),
        Code::ReleaseRevoked => {
            world.register(change(head, ReleaseAction::Revoke), LINE).unwrap();
            world.register(pass_to(HAULIER, head), FORWARDER)
        }
        Code::NotDeliverable => {
            let receipt = Receipt { to: actor(LINE), entries: vec![receipt_entry(head)] };
            world.register(receipt, LINE)
        }
        _ => return None,
    };
    Some(answer.unwrap_err())
}

fn receipt_entry(document: DocId) -> crate::document::Entry {
    let outcome = crate::document::Outcome::Accepted;
    crate::document::Entry { document, outcome, position: None, refused: None }
}

fn of_right(code: Code) -> Option<Refusal> {
    let mut world = World::with_haulier();
    let right = world.right();
    let with = |limits| PassRight { limits, ..pass_to(SUB_HAULIER, right) };
    let answer = match code {
        Code::HeadMoved => {
            world.register(pass_to(SUB_HAULIER, right), HAULIER).unwrap();
            world.register(pass_to(FORWARDER, right), HAULIER)
        }
        Code::NotHolder => world.register(pass_to(SUB_HAULIER, right), FORWARDER),
        Code::NotUpstream => world.register(revoke(right), SUB_HAULIER),
        Code::Expired => {
            world.now = START.plus(11 * DAY);
            world.register(pass_to(SUB_HAULIER, right), HAULIER)
        }
        Code::RightWidened => {
            let until = Some(START.plus(11 * DAY));
            world.register(with(Limits { until, ..Limits::default() }), HAULIER)
        }
        Code::HopsExhausted => {
            world.register(with(Limits { hops: Some(0), ..Limits::default() }), HAULIER).unwrap();
            world.register(pass_to(HAULIER, world.right()), SUB_HAULIER)
        }
        Code::HolderUnfit => world.register(pass_to(CUSTOMS, right), HAULIER),
        Code::DriverUnknown => world.register(binding(right, "driver-of-nobody"), HAULIER),
        Code::PlateNotAllowed => {
            let limits = Limits { plate: Some(plate("沪B99999")), ..Limits::default() };
            world.register(with(limits), HAULIER).unwrap();
            world.register(credential(DRIVER), SUB_HAULIER).unwrap();
            world.register(binding(world.right(), DRIVER), SUB_HAULIER)
        }
        Code::SlotWindow => {
            let mut request = slot_request(right);
            request.window = Window { from: START.plus(11 * DAY), until: START.plus(12 * DAY) };
            world.register(request, HAULIER)
        }
        _ => return None,
    };
    Some(answer.unwrap_err())
}

fn of_gate(code: Code) -> Option<Refusal> {
    let mut world = World::handed_over();
    let gate_out = world.gate_out();
    let answer = match code {
        Code::NotBoundDriver => {
            let receipt = world.case().receipt.unwrap();
            world.register(interchange(receipt), DRIVER_2)
        }
        Code::PassNotDue => {
            world.register(hold(HoldType::Security), CUSTOMS).unwrap();
            world.register(gate_out, TERMINAL)
        }
        Code::ProgressUntrue => {
            let mut progress = world.progress();
            progress.right = None;
            world.register(progress, TERMINAL)
        }
        Code::NotAdmitted => {
            let builds_on = world.case().binding.as_ref().map(|bound| bound.document);
            let swap = DriverBinding { builds_on, ..binding(world.right(), DRIVER_2) };
            world.register(swap, HAULIER).unwrap();
            world.register(gate_out, TERMINAL)
        }
        Code::ReceiptMissing => {
            let wrong = GateOut { builds_on: world.right(), ..gate_out };
            world.register(wrong, TERMINAL)
        }
        Code::RightConsumed => {
            world.register(gate_out.clone(), TERMINAL).unwrap();
            world.register(gate_out, TERMINAL)
        }
        Code::CaseClosed => {
            world.register(gate_out, TERMINAL).unwrap();
            world.register(hold(HoldType::Security), CUSTOMS)
        }
        _ => return None,
    };
    Some(answer.unwrap_err())
}

fn of_directory(code: Code) -> Option<Refusal> {
    let first = directory();
    let signed = |edition: &DirectoryEdition| bundle(edition, &["authority-1", "authority-2"]);
    let second = edition(2, Some(first.id()));
    let follow = |bundle: &[u8]| first.follow(bundle, START).unwrap_err();
    Some(match code {
        Code::EditionUnsigned => follow(&bundle(&second, &["authority-1"])),
        Code::EditionGap => follow(&signed(&edition(3, Some(first.id())))),
        Code::EditionRollback => follow(first.bundle()),
        Code::EditionFork => follow(&signed(&edition(2, Some(crate::ids::Hash32::of(b""))))),
        Code::EditionOverdue => {
            let late = first.edition().valid_until.plus(crate::directory::GRACE + HOUR);
            let enrolment = credential(DRIVER).into();
            let authorities = World::new().authorities;
            let said =
                authorities.may_say(&enrolment, &actor(HAULIER), late, crate::directory::GRACE);
            said.unwrap_err()
        }
        _ => return None,
    })
}

#[test]
fn a_refusal_of_a_document_is_the_same_whoever_asks_again() {
    let mut world = World::green();
    let signed: Signed<Document> = world.signed(release(HAULIER), LINE_2).unwrap();
    let first = world.deliver(signed.clone()).unwrap_err();
    assert_eq!(world.deliver(signed).unwrap_err(), first);
    assert_eq!(world.refold().as_ref(), Some(world.case()), "a refusal leaves no trace");
}
