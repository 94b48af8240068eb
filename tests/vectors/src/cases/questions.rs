//! Questions and complaints: who asks whom, who answers, and until when.

use landside_proto::ids::DocId;
use landside_proto::refusal::Code;
use serde_json::{Value, json};

use super::{GREEN, arrival, on, pass, release, status, story};
use crate::format::CaseFile;
use crate::story::Story;

const BY: &str = "2026-11-24T12:00:00Z";

pub(crate) fn file() -> CaseFile {
    let mut s = story(
        "Questions, complaints and answers. They move no light and no right. sent_to names those \
         with a part that get each.",
    );
    let needs = ["customs customs-silent customs", "- driver-missing @", "- slot-missing @"];
    let said = ("terminal", "arrival", arrival(None));
    let sea = ["commercial not-released line", "customs customs-silent customs"];
    s.registered(("arrival", "opens the case"), said, "", &sea);
    let title = ("by-a-stranger", "the line has no part in the case yet");
    s.refused(title, ("line", "question", question("terminal", BY)), Code::NotReader, None);
    let said = ("line", "release-order", release("forwarder"));
    let order = s.registered(("release", "the line takes part"), said, "forwarder", &needs);
    wrong_questions(&mut s);
    let said = ("forwarder", "question", question("customs", BY));
    let title = ("to-customs", "an office that has not spoken; it reads the case from now on");
    let silent = s.registered(title, said, "forwarder", &needs);
    s.sent_to(&[]);
    wrong_answers(&mut s, order, silent);
    let said = ("customs", "customs-status", status(None, "released"));
    s.registered(("status", "an act is no answer"), said, "forwarder", GREEN);
    let title = ("answered", "by the office that is asked");
    let first = s.registered(title, ("customs", "answer", answer(silent)), "forwarder", GREEN);
    s.sent_to(&[]);
    let title = ("answered-again", "a question has one answer");
    s.refused(title, ("customs", "answer", answer(silent)), Code::HeadMoved, first);
    with_a_haulier(&mut s, order);
    s.file()
}

fn question(to: &str, answer_by: &str) -> Value {
    on(json!({
        "subject": "question",
        "to": to,
        "text": "as the vector says",
        "answer_by": answer_by,
    }))
}

fn answer(builds_on: DocId) -> Value {
    on(json!({ "builds_on": builds_on, "text": "as the vector says" }))
}

fn wrong_questions(s: &mut Story) {
    for (name, shows, to) in [
        ("to-a-haulier", "who has no part must not learn of the case", "haulier"),
        ("to-another-line", "nor another line", "other-line"),
        ("to-itself", "the party asks itself", "forwarder"),
        ("to-nobody", "a party that no edition lists", "nobody"),
    ] {
        let said = ("forwarder", "question", question(to, BY));
        s.refused((name, shows), said, Code::NotAskable, None);
    }
    for (name, shows, by) in [
        ("due-in-the-past", "nobody can keep it", "2026-11-23T09:00:00Z"),
        ("due-next-year", "more than 30 days ahead", "2027-01-23T09:00:00Z"),
    ] {
        let said = ("forwarder", "question", question("line", by));
        s.refused((name, shows), said, Code::AnswerTime, None);
    }
    let mut elsewhere = question("line", BY);
    elsewhere["about"] = json!(DocId::from_bytes([7; 32]));
    let title = ("about-another-case", "the document is not of this case");
    s.refused(title, ("forwarder", "question", elsewhere), Code::ParentUnknown, None);
}

fn wrong_answers(s: &mut Story, order: DocId, asked: DocId) {
    for by in ["forwarder", "line", "terminal", "other-customs"] {
        let (name, shows) = (format!("answered-by-{by}"), format!("customs is asked, not {by}"));
        s.refused((&name, &shows), (by, "answer", answer(asked)), Code::NotAsked, asked);
    }
    let title = ("answer-to-a-release", "a release is no question");
    s.refused(title, ("customs", "answer", answer(order)), Code::ParentUnknown, None);
}

fn with_a_haulier(s: &mut Story, order: DocId) {
    let said = ("forwarder", "pass-right", pass(order, "haulier", json!({})));
    s.registered(("pass", "the haulier takes part"), said, "haulier", GREEN);
    s.sent_to(&["haulier"]);
    let said = ("forwarder", "question", question("terminal", BY));
    s.registered(("of-others", "the haulier is not concerned"), said, "haulier", GREEN);
    s.sent_to(&[]);
    let said = ("terminal", "question", question("haulier", BY));
    let asked =
        s.registered(("to-the-haulier", "it gets what it is asked"), said, "haulier", GREEN);
    s.sent_to(&["haulier"]);
    s.registered(
        ("by-the-haulier", "its answer"),
        ("haulier", "answer", answer(asked)),
        "haulier",
        GREEN,
    );
    s.sent_to(&[]);
    let mut complaint = question("terminal", BY);
    complaint["subject"] = json!("complaint");
    let said = ("haulier", "question", complaint);
    let asked = s.registered(("complaint", "by the haulier"), said, "haulier", GREEN);
    s.sent_to(&[]);
    let said = ("terminal", "answer", answer(asked));
    s.registered(("complaint-answered", "it gets the answer"), said, "haulier", GREEN);
    s.sent_to(&["haulier"]);
}
