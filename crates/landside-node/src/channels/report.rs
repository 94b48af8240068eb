//! The report beside a file: what became of it, in words.

use std::fmt::Write as _;

use serde_json::Value;

/// A line of an answer, for people.
pub(crate) fn line(said: &Value) -> String {
    let text = |key: &str| said[key].as_str().unwrap_or_default();
    let container = match text("container") {
        "" => String::new(),
        container => format!("{container}: "),
    };
    match text("event") {
        "note" => {
            let mut line = format!("  {container}{} [{}]", text("text"), text("code"));
            if let Some(segment) = said["segment"].as_u64().filter(|segment| *segment > 0) {
                // Writing to a string does not fail.
                let _ = write!(line, " (segment {segment})");
            }
            line
        }
        "issued" => {
            let outcome = match text("outcome") {
                "registered" => "signed and registered",
                "queued" => "signed, on its way to the terminal",
                "before" => "signed by an earlier import",
                "refused" => "REFUSED",
                outcome => outcome,
            };
            let mut line = format!("  {container}{} {outcome}", text("kind"));
            let refused = &said["refused"];
            if let Some(code) = refused["code"].as_str() {
                let detail = refused["detail"].as_str().unwrap_or_default();
                let remedy = refused["remedy"].as_str().unwrap_or_default();
                let _ = write!(line, ": {detail} [{code}]; {remedy}");
            }
            if let Some(id) = said["id"].as_str() {
                let _ = write!(line, " ({id})");
            }
            line
        }
        "pending" => format!("  {container}{} waits for a second person", text("kind")),
        "imported" => {
            let count = |key: &str| said[key].as_u64().unwrap_or_default();
            format!(
                "{} documents: {} by an earlier import, {} waiting for a second person, {} refused; \
                 {} could not be used",
                count("documents"),
                count("before"),
                count("pending"),
                count("refused"),
                count("skipped"),
            )
        }
        _ => said.to_string(),
    }
}
