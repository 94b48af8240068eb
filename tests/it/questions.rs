//! Questions and promised times over real nodes: who is asked, who learns of it, what is overdue.
use std::time::Duration;

use landside_node::board::Query;
use serde_json::{Value, json};

use crate::world::{World, container, id_of, later, release_fields, until};

const NODES: [&str; 4] = ["customs", "haulier", "line", "terminal"];

fn asks(number: &str, to: &str) -> Value {
    json!({ "container": number, "subject": "complaint", "to": to, "text": "where is it?" })
}

async fn asked(world: &World, name: &str, number: &str) -> Vec<Value> {
    let case = world.status(name, number).await;
    case.and_then(|case| case["questions"].as_array().cloned()).unwrap_or_default()
}

/// Why a document was refused, by the node or by the registrar.
async fn refused(world: &World, name: &str, kind: &str, fields: Value) -> String {
    let line = world.issue(name, kind, fields).await;
    line["refused"]["code"].as_str().map(str::to_owned).unwrap_or_else(|| line.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_reaches_the_office_asked_and_its_answer_everybody_who_may_know() {
    let world = World::new(&NODES).await;
    let number = container(71);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let id = world.accepted("line", "question", asks(&number, "customs")).await;
    until("customs is asked, with the case before it", async || {
        asked(&world, "customs", &number).await.len() == 1
    })
    .await;
    let question = asked(&world, "customs", &number).await.remove(0);
    assert_eq!(question["asked_by"], "line");
    assert_eq!(question["overdue"], false);
    assert!(question.get("answer").is_none(), "{question}");
    // The draft needs no id: one question is open, and this party is asked.
    let answer = json!({ "container": number, "text": "on the pier" });
    let code = refused(
        &world,
        "line",
        "answer",
        json!({
            "container": number, "text": "myself", "builds_on": id,
        }),
    );
    assert_eq!(code.await, "not-asked");
    world.accepted("customs", "answer", answer).await;
    until("the line has the answer", async || {
        asked(&world, "line", &number).await[0]["answer"]["text"] == "on the pier"
    })
    .await;
    let again = json!({ "container": number, "text": "again", "builds_on": id });
    assert_eq!(refused(&world, "customs", "answer", again).await, "head-moved");
    assert_eq!(refused(&world, "line", "question", asks(&number, "line")).await, "not-askable");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_answered_in_time_is_overdue_on_the_board_of_both_sides() {
    let world = World::new(&NODES).await;
    let number = container(72);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let (board, kept) = world.node("terminal").board();
    let keeping = tokio::spawn(kept);
    let mut fields = asks(&number, "terminal");
    fields["answer_by"] = json!(later(Duration::from_secs(3)));
    world.accepted("line", "question", fields).await;
    until("the terminal is overdue", async || {
        board.page(&Query::default()).unwrap().overdue.get("terminal") == Some(&1)
    })
    .await;
    let page = board.page(&Query { mine: true, ..Query::default() }).unwrap();
    assert_eq!(page.lines[0]["questions_for_me"], 1);
    assert_eq!(page.lines[0]["overdue"], true);
    assert_eq!(asked(&world, "line", &number).await[0]["overdue"], true);
    let late = json!({ "container": number, "text": "here" });
    world.accepted("terminal", "answer", late).await;
    until("nobody is overdue", async || board.page(&Query::default()).unwrap().overdue.is_empty())
        .await;
    let answered = asked(&world, "terminal", &number).await.remove(0);
    assert_eq!(answered["overdue"], true, "it was answered late: {answered}");
    keeping.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_need_says_since_when_it_is_owed_and_by_when_it_was_promised() {
    let world = World::new(&NODES).await;
    let number = container(73);
    let here = json!({
        "container": number, "discharged_at": later(Duration::ZERO), "available": true,
        "cleared": true,
    });
    let arrival = world.issue("terminal", "arrival", here).await;
    let case = world.status("terminal", &number).await.unwrap();
    let needs = case["needs"].as_array().unwrap();
    let need = needs.iter().find(|need| need["code"] == "not-released").unwrap();
    assert_eq!(need["since"], arrival["at"], "{need} {}", id_of(&arrival));
    assert_eq!(need["overdue"], false);
    assert!(need["promised_at"].as_str() > need["since"].as_str(), "{need}");
}
