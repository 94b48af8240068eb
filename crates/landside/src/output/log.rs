//! The words for a terminal's log and for those who watch over it.

use std::iter;

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
    let mut rows = vec![["log".to_owned(), entries(log)], ["witnessed".to_owned(), witnessed]];
    for refusing in log.list("refused_by") {
        let held = match refusing.is("of_this_log") {
            true => "; see its alarm".to_owned(),
            false => format!(
                "; it holds a head of {} signed with this node's key that is not of this log",
                entries(refusing)
            ),
        };
        rows.push(["refused".to_owned(), style.bad(&format!("{}{held}", refuses(refusing)))]);
    }
    rows
}

fn refuses(refusing: View<'_>) -> String {
    let [party, since] = [refusing.text("party"), refusing.second("since")];
    format!("{party} refuses to cosign since {since}")
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
            let file = watched.some("file").map(|file| format!("see {file}"));
            let file = file.unwrap_or_else(|| "its file could not be written".to_owned());
            style.bad(&format!("ALARM, not cosigned: {file}"))
        }
        Some(trouble) => format!("{seen}{cosigned}; {}", style.warn(&trouble)),
        None => format!("{seen}{cosigned}"),
    };
    ["watches".to_owned(), format!("{}: {state}", watched.text("log"))]
}

/// A line below a gate decision.
pub(super) fn beside_a_decision(log: View<'_>, style: Style) -> String {
    let witnessed = match log.inner("final") {
        None => style.dim("log not witnessed"),
        Some(last) => {
            let text = format!("log witnessed {} ago", since(last));
            if last.is("overdue") { style.warn(&text) } else { style.dim(&text) }
        }
    };
    let refused = log.list("refused_by").into_iter().map(|by| style.bad(&refuses(by)));
    iter::once(witnessed).chain(refused).collect::<Vec<_>>().join("; ")
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
