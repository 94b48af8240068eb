use crate::case::{ANSWER_LIFE, CASE_DOCS_MAX, CASE_DOCS_RESERVED, QUESTIONS_MAX};
use crate::document::{Answer, Document, HoldType, Question, QuestionSubject};
use crate::ids::DocId;
use crate::refusal::Code;
use crate::world::*;

pub(super) fn question(world: &World, to: &str) -> Question {
    Question {
        visit: visit(),
        subject: QuestionSubject::Question,
        to: party(to),
        text: remark("when will it be free?"),
        answer_by: world.now.plus(DAY),
        about: None,
    }
}

pub(super) fn answer(builds_on: DocId) -> Answer {
    Answer { visit: visit(), builds_on, text: remark("tomorrow") }
}

#[test]
fn a_question_stands_open_until_the_party_asked_answers() {
    let mut world = World::with_haulier();
    let asked = world.register(question(&world, CUSTOMS), HAULIER).unwrap();
    let open = world.case().open_questions();
    assert_eq!(open.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [asked]);
    assert!(!open[0].1.is_overdue(world.now));
    assert!(open[0].1.is_overdue(world.now.plus(2 * DAY)));
    let said = world.register(answer(asked), CUSTOMS).unwrap();
    assert!(world.case().open_questions().is_empty());
    let fact = &world.case().questions[&asked];
    assert_eq!(fact.answer.as_ref().unwrap().document, said);
    assert!(!fact.is_overdue(world.now.plus(2 * DAY)), "answered in time, for good");
    assert_eq!(world.refold().as_ref(), Some(world.case()));
}

#[test]
fn an_answer_that_comes_late_was_late_for_good() {
    let mut world = World::with_haulier();
    let asked = world.register(question(&world, CUSTOMS), HAULIER).unwrap();
    world.pass_time(2 * DAY);
    world.register(answer(asked), CUSTOMS).unwrap();
    assert!(world.case().questions[&asked].is_overdue(world.now));
}

#[test]
fn questions_and_answers_move_no_light_and_no_right() {
    let mut world = World::with_pass();
    let before = (world.needs(), world.right(), world.pass_as_issued());
    let asked = world.register(question(&world, TERMINAL), HAULIER).unwrap();
    world.register(answer(asked), TERMINAL).unwrap();
    assert_eq!((world.needs(), world.right(), world.pass_as_issued()), before);
}

#[test]
fn only_a_reader_asks_and_only_a_reader_or_customs_is_asked() {
    let mut world = World::released();
    for stranger in [HAULIER, LINE_2, CUSTOMS] {
        assert_eq!(code(world.register(question(&world, LINE), stranger)), Code::NotReader);
    }
    for stranger in [HAULIER, LINE_2, TERMINAL_2, FORWARDER, "nobody-here"] {
        let refused = world.register(question(&world, stranger), FORWARDER);
        assert_eq!(code(refused), Code::NotAskable, "{stranger}");
    }
    // The terminal reads its own cases before it has signed anything in them.
    world.register(question(&world, TERMINAL), FORWARDER).unwrap();
    world.register(question(&world, LINE), TERMINAL).unwrap();
}

#[test]
fn a_customs_office_that_is_asked_reads_the_case_from_then_on() {
    let mut world = World::released();
    assert!(!world.case().is_read_by(&party(CUSTOMS)));
    let asked = world.register(question(&world, CUSTOMS), FORWARDER).unwrap();
    assert!(world.case().is_read_by(&party(CUSTOMS)));
    world.register(answer(asked), CUSTOMS).unwrap();
    // It may ask back, which is no answer.
    world.register(question(&world, FORWARDER), CUSTOMS).unwrap();
}

#[test]
fn an_answer_is_due_within_thirty_days_and_not_in_the_past() {
    let mut world = World::released();
    for due in [START, world.now, world.now.plus(ANSWER_LIFE + HOUR)] {
        let wrong = Question { answer_by: due, ..question(&world, LINE) };
        assert_eq!(code(world.register(wrong, FORWARDER)), Code::AnswerTime, "{due}");
    }
    let last = Question { answer_by: world.now.plus(ANSWER_LIFE), ..question(&world, LINE) };
    world.register(last, FORWARDER).unwrap();
}

#[test]
fn only_who_is_asked_answers_and_once() {
    let mut world = World::green();
    let asked = world.register(question(&world, CUSTOMS), FORWARDER).unwrap();
    for other in [FORWARDER, LINE, TERMINAL, CUSTOMS_2] {
        assert_eq!(code(world.register(answer(asked), other)), Code::NotAsked, "{other}");
    }
    let first = world.register(answer(asked), CUSTOMS).unwrap();
    let again = world.register(answer(asked), CUSTOMS).unwrap_err();
    assert_eq!((again.code, again.names), (Code::HeadMoved, Some(first)));
}

#[test]
fn what_is_no_question_of_this_case_has_no_answer() {
    let mut world = World::green();
    let release = world.right();
    assert_eq!(code(world.register(answer(release), FORWARDER)), Code::ParentUnknown);
    let elsewhere = DocId::from_bytes([9; 32]);
    assert_eq!(code(world.register(answer(elsewhere), FORWARDER)), Code::ParentUnknown);
    let about = Question { about: Some(elsewhere), ..question(&world, LINE) };
    assert_eq!(code(world.register(about, FORWARDER)), Code::ParentUnknown);
}

#[test]
fn nobody_asks_without_a_case() {
    let mut world = World::new();
    assert_eq!(code(world.register(question(&world, LINE), FORWARDER)), Code::CaseUnknown);
}

#[test]
fn damage_that_shows_after_the_gate_is_complained_of_and_answered() {
    let mut world = World::left();
    let (gate_out, _) = world.case().gate_out.unwrap();
    let complaint = Question {
        subject: QuestionSubject::Complaint,
        about: Some(gate_out),
        ..question(&world, TERMINAL)
    };
    let asked = world.register(complaint, HAULIER).unwrap();
    world.register(answer(asked), TERMINAL).unwrap();
    assert!(world.case().open_questions().is_empty());
    assert_eq!(world.refold().as_ref(), Some(world.case()));
    assert_eq!(code(world.register(hold(HoldType::Security), CUSTOMS)), Code::CaseClosed);
}

#[test]
fn a_party_asks_so_often_in_a_case_and_no_more() {
    let mut world = World::green();
    for _ in 0..QUESTIONS_MAX {
        let asked = world.register(question(&world, LINE), FORWARDER).unwrap();
        world.register(answer(asked), LINE).unwrap();
    }
    assert_eq!(code(world.register(question(&world, LINE), FORWARDER)), Code::CaseFull);
    world.register(question(&world, LINE), TERMINAL).unwrap();
}

#[test]
fn the_last_places_of_a_case_are_not_for_questions() {
    let mut world = World::green();
    let asked = world.register(question(&world, CUSTOMS), FORWARDER).unwrap();
    while world.case().steps.len() < CASE_DOCS_MAX - CASE_DOCS_RESERVED {
        let hold = world.register(hold(HoldType::Security), CUSTOMS).unwrap();
        world.register(lift(hold), CUSTOMS).unwrap();
    }
    assert_eq!(code(world.register(question(&world, LINE), FORWARDER)), Code::CaseFull);
    world.register(answer(asked), CUSTOMS).unwrap();
}

#[test]
fn a_haulier_with_a_part_gets_what_it_asks_and_is_asked_and_nothing_else() {
    let mut world = World::with_haulier();
    let haulier = party(HAULIER);
    let mut concerns = |said: Document, signer: &str| {
        let id = world.register(said, signer).unwrap();
        let (signed, _) = world.log.last().unwrap();
        (id, world.case().concerns(&haulier, signed.document()))
    };
    let fresh = World::with_haulier();
    let (theirs, sent) = concerns(question(&fresh, LINE).into(), FORWARDER);
    assert!(!sent, "what others ask");
    assert!(!concerns(answer(theirs).into(), LINE).1, "what others answer");
    let (to_it, sent) = concerns(question(&fresh, HAULIER).into(), FORWARDER);
    assert!(sent, "what it is asked");
    assert!(!concerns(answer(to_it).into(), HAULIER).1, "its own answer comes back as a receipt");
    let (its_own, _) = concerns(question(&fresh, CUSTOMS).into(), HAULIER);
    assert!(concerns(answer(its_own).into(), CUSTOMS).1, "what it is answered");
}

#[test]
fn a_part_knows_the_questions_it_was_sent() {
    let mut world = World::with_haulier();
    let from = world.log.len() - 3;
    let asked = world.register(question(&world, HAULIER), FORWARDER).unwrap();
    let sent = world.log[from..].iter().map(|(signed, position)| (signed, *position));
    let part = crate::case::Case::fold(sent).unwrap();
    assert!(part.part);
    assert!(part.questions.contains_key(&asked));
}
