//! The words of `landside edi`.

use super::style::{Style, padded};
use super::view::{View, counted, joined, plain, under};

/// Width of the longest word before a finding or document, `would sign`.
const WORD_WIDTH: usize = 10;

/// Width of a segment's number: files of a hundred thousand segments are rare.
const NUMBER_WIDTH: usize = 5;

/// The head of an interchange.
pub(super) fn interchange(view: View<'_>, style: Style) -> String {
    let [from, to] = ["sender", "recipient"].map(|name| match view.text(name) {
        nobody if nobody.is_empty() => "?".to_owned(),
        somebody => somebody,
    });
    let line = joined([
        Some(format!("{from} to {to}")),
        view.some("control_ref").filter(|text| !text.is_empty()),
        view.some("syntax").filter(|text| !text.is_empty()),
        Some(counted(view.count("messages"), "message")),
        view.is("test").then(|| style.warn("a test: nothing is signed")),
    ]);
    format!("{}  {line}", style.head(&format!("interchange {}", view.text("number"))))
}

/// The head of a message.
pub(super) fn message(view: View<'_>, style: Style) -> String {
    let [position, kind, version, words] =
        ["position", "kind", "version", "words"].map(|name| view.text(name));
    format!("{}  {kind} {version}  {words}", style.head(&format!("message {position}")))
}

/// A segment in words.
pub(super) fn segment(view: View<'_>, style: Style) -> String {
    let number = format!("{:>NUMBER_WIDTH$}", view.text("segment"));
    format!("{}  {}  {}", style.dim(&number), view.text("tag"), view.text("words"))
}

/// Something odd or wrong, and what to do.
pub(super) fn finding(view: View<'_>, style: Style) -> String {
    let word = if view.is("stops") {
        style.bad(&padded("refused", WORD_WIDTH))
    } else {
        style.warn(&padded("note", WORD_WIDTH))
    };
    let place = match view.count("segment") {
        0 => format!("(byte {})", view.text("offset")),
        segment => format!("(segment {segment})"),
    };
    let place = style.dim(&place);
    let about = about(view);
    let line = format!("{word}  {}: {about}{}  {place}", view.text("code"), view.text("text"));
    under(line, [format!("-> {}", view.text("remedy"))])
}

/// A document that would be signed.
pub(super) fn signing(view: View<'_>, style: Style) -> String {
    let word = style.good(&padded("would sign", WORD_WIDTH));
    let fields = view.0.get("fields").and_then(serde_json::Value::as_object);
    let fields = fields.into_iter().flatten();
    let fields: Vec<_> = fields.map(|(name, value)| format!("{name} {}", plain(value))).collect();
    let line = format!("{word}  {}  {}{}", view.text("kind"), about(view), fields.join(", "));
    under(line, view.texts("needs").into_iter().map(|need| format!("needs {need}")))
}

/// Why nothing would be signed.
pub(super) fn unsigned(view: View<'_>, style: Style) -> String {
    let word = if view.is("at_fault") {
        style.bad(&padded("unusable", WORD_WIDTH))
    } else {
        style.dim(&padded("unsigned", WORD_WIDTH))
    };
    format!("{word}  {}{}", about(view), view.text("text"))
}

/// What the file comes to.
pub(super) fn checked(view: View<'_>, style: Style) -> String {
    let verdict = match (view.is("refused"), view.is("usable")) {
        (true, _) => style.bad("refused: nothing of this file would be signed"),
        (_, false) => style.bad("unusable: nothing in this file could be signed"),
        _ => style.good("usable"),
    };
    let counts = joined([
        Some(counted(view.count("interchanges"), "interchange")),
        Some(counted(view.count("messages"), "message")),
        Some(format!("{} to sign", counted(view.count("documents"), "document"))),
        Some(format!("{} unusable", view.count("unusable"))),
        Some(counted(view.count("findings"), "finding")),
    ]);
    format!("{verdict}  {counts}")
}

fn about(view: View<'_>) -> String {
    match view.container() {
        nothing if nothing.is_empty() => nothing,
        container => format!("{container}  "),
    }
}
