//! The words of what an operator asks.

use super::style::Style;
use super::view::{View, counted, under};

/// One finding: how much it weighs, its code, the fact, and below it what to do.
pub(super) fn finding(view: View<'_>, style: Style) -> String {
    let weight = match view.text("weight").as_str() {
        "bad" => style.bad("bad    "),
        "warning" => style.warn("warning"),
        _ => style.dim("note   "),
    };
    let line = format!("{weight}  {}: {}", view.text("code"), view.text("text"));
    under(line, [format!("-> {}", view.text("remedy"))])
}

/// The last line of a look.
pub(super) fn doctor(view: View<'_>, style: Style) -> String {
    match (view.count("bad"), view.count("warnings")) {
        (0, 0) => style.good("nothing is wrong"),
        (0, warnings) => style.warn(&counted(warnings, "warning")),
        (bad, warnings) => style.bad(&format!("{bad} bad, {}", counted(warnings, "warning"))),
    }
}

/// A backup that was made.
pub(super) fn backup(view: View<'_>) -> String {
    format!(
        "{}  {} bytes, {}, {} and {} meanwhile; it has every change until {}",
        view.text("file"),
        view.count("bytes"),
        counted(view.count("files"), "file"),
        counted(view.count("rows"), "row"),
        counted(view.count("batches"), "commit"),
        view.second("done_at"),
    )
}

/// A home that was made of one.
pub(super) fn restored(view: View<'_>, style: Style) -> String {
    let head = format!(
        "{}  {} as of {}",
        view.text("path"),
        style.head(&view.text("actor")),
        view.second("backup_at"),
    );
    let keys = (!view.is("keys")).then(|| style.warn("without private keys: put them into keys/"));
    let log = (view.count("log_entries") > 0).then(|| {
        style.warn(&format!(
            "a terminal's log with {}: it does not run before landside rejoin",
            counted(view.count("log_entries"), "entry").replace("entrys", "entries"),
        ))
    });
    under(head, keys.into_iter().chain(log))
}

/// How much of a log is known.
pub(super) fn known(view: View<'_>) -> String {
    format!("{} entries of the log of {}", view.count("entries"), view.text("terminal"))
}

/// A restored home that may run.
pub(super) fn rejoined(view: View<'_>) -> String {
    format!("{} may run", view.text("path"))
}

/// Cases that were archived.
pub(super) fn archived(view: View<'_>) -> String {
    format!("{} archived in {}", counted(view.count("cases"), "case"), view.text("dir"))
}

/// Cases that need not be kept any more.
pub(super) fn expired(view: View<'_>) -> String {
    let (cases, held) = (counted(view.count("cases"), "case"), view.count("held"));
    format!("{cases} removed from {}, {held} on hold", view.text("dir"))
}

/// An archive looked through.
pub(super) fn checked(view: View<'_>, style: Style) -> String {
    let problems = view.texts("problems");
    let verdict = if problems.is_empty() { style.good("whole") } else { style.bad("not whole") };
    under(format!("{verdict}  {} as written", counted(view.count("cases"), "case")), problems)
}
