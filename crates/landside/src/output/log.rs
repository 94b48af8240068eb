//! The words for a terminal's log and for those who watch over it.

use super::style::Style;
use super::view::{View, age};

/// Rows about the node's own log.
pub(super) fn own(log: View<'_>, style: Style) -> Vec<[String; 2]> {
    let witnessed = match log.inner("final") {
        None => style.warn("by nobody: no head of it is final"),
        Some(last) => {
            let by = last.texts("witnesses").join(", ");
            let text = format!("{}, {} ago, by {by}", entries(last), since(last));
            if last.is("overdue") { style.warn(&text) } else { text }
        }
    };
    vec![["log".to_owned(), entries(log)], ["witnessed".to_owned(), witnessed]]
}

/// A row about the log of another that this node watches.
pub(super) fn watched(watched: View<'_>, style: Style) -> [String; 2] {
    let seen = match watched.some("entries") {
        Some(_) => entries(watched),
        None => "nothing seen yet".to_owned(),
    };
    let cosigned = watched
        .some("cosigned_s")
        .map(|_| format!(", cosigned {} ago", age(watched.count("cosigned_s"))));
    let cosigned = cosigned.unwrap_or_default();
    let state = match watched.some("trouble") {
        _ if watched.is("alarm") => {
            style.bad(&format!("ALARM: two histories, see {}", watched.text("file")))
        }
        Some(trouble) => format!("{seen}{cosigned}; {}", style.warn(&trouble)),
        None => format!("{seen}{cosigned}"),
    };
    ["watches".to_owned(), format!("{}: {state}", watched.text("log"))]
}

/// A line below a gate decision.
pub(super) fn beside_a_decision(log: View<'_>, style: Style) -> String {
    match log.inner("final") {
        None => style.dim("log not witnessed"),
        Some(last) => {
            let text = format!("log witnessed {} ago", since(last));
            if last.is("overdue") { style.warn(&text) } else { style.dim(&text) }
        }
    }
}

fn since(last: View<'_>) -> String {
    age(last.count("age_s"))
}

fn entries(view: View<'_>) -> String {
    match view.count("entries") {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    }
}
