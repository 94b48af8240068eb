//! Reading an object for people: an absent field is an empty text, never a failure, so that the
//! words of a newer node still show.

use std::iter;

use landside_proto::ids::{ContainerNo, UnixMillis};
use landside_proto::key::PublicKey;
use serde_json::{Map, Value};

use crate::fields;

/// An object to show.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a>(pub(super) &'a Map<String, Value>);

impl<'a> View<'a> {
    /// Who signed: the issuer, or the agent that did for it. The line's name never stands alone there.
    pub(super) fn signer(self) -> String {
        match self.inner("agent") {
            Some(agent) => format!(
                "agent {} for {}, on message {}",
                agent.text("party"),
                self.text("issuer"),
                agent.short("message")
            ),
            None => self.text("issuer"),
        }
    }

    /// The field as text; empty when absent.
    pub(super) fn text(self, name: &str) -> String {
        self.some(name).unwrap_or_default()
    }

    /// The field as text, if it is there.
    pub(super) fn some(self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_null()).map(plain)
    }

    /// The field as a count; 0 when absent.
    pub(super) fn count(self, name: &str) -> u64 {
        self.0.get(name).and_then(Value::as_u64).unwrap_or(0)
    }

    /// Whether the field is true.
    pub(super) fn is(self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The field as an object, if it is one.
    pub(super) fn inner(self, name: &str) -> Option<Self> {
        self.0.get(name).and_then(Value::as_object).map(View)
    }

    /// The objects of a list.
    pub(super) fn list(self, name: &str) -> Vec<Self> {
        self.values(name).iter().filter_map(Value::as_object).map(View).collect()
    }

    /// The texts of a list.
    pub(super) fn texts(self, name: &str) -> Vec<String> {
        self.values(name).iter().map(plain).collect()
    }

    /// A container number as painted on the box.
    pub(super) fn container(self) -> String {
        let text = self.text("container");
        ContainerNo::parse(&text).map_or(text, |number| number.grouped())
    }

    /// The first digits of an id or hash, enough for people.
    pub(super) fn short(self, name: &str) -> String {
        self.text(name).chars().take(SHORT_LEN).collect()
    }

    /// A key by its short name, whichever way it is given.
    pub(super) fn key(self, name: &str) -> String {
        let text = self.text(name);
        PublicKey::parse(&text).map_or(text, |key| key.id().to_string())
    }

    /// A time to the minute.
    pub(super) fn minute(self, name: &str) -> String {
        self.some(name).map(|text| minute(&text)).unwrap_or_default()
    }

    /// A time to the second.
    pub(super) fn second(self, name: &str) -> String {
        self.some(name).map(|text| clock(&text, "YYYY-MM-DDTHH:MM:SS".len())).unwrap_or_default()
    }

    fn values(self, name: &str) -> &'a [Value] {
        self.0.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// What the payload of a document says, field by field; a sealed one with its value where that is
/// disclosed here.
pub(super) fn said(view: View<'_>) -> Vec<[String; 2]> {
    let Some(payload) = view.inner("payload") else { return Vec::new() };
    let disclosed = view.inner("disclosed");
    let row = |(path, value): (String, &Value)| match path.strip_prefix("sealed.") {
        Some(field) => {
            let value = disclosed.and_then(|disclosed| disclosed.some(field));
            [field.to_owned(), value.unwrap_or_else(|| SEALED.to_owned())]
        }
        None => [path, plain(value)],
    };
    fields::flat(payload.0).into_iter().map(row).collect()
}

/// What stands for a value that is not disclosed here.
pub(super) const SEALED: &str = "sealed";

/// Hexadecimal digits of a short id; as `short` of document ids.
const SHORT_LEN: usize = 8;

/// A JSON value as people read it: text without quotes, lists with commas.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object()) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// A time to the minute, `2026-11-23 04:00Z`; other text stays.
pub(super) fn minute(text: &str) -> String {
    clock(text, "YYYY-MM-DDTHH:MM".len())
}

/// Two times to the minute; the day of the second is left out when it is that of the first.
pub(super) fn between(from: &str, until: &str) -> String {
    let (from, until) = (minute(from), minute(until));
    match (from.split_once(' '), until.split_once(' ')) {
        (Some((day, clock)), Some((other_day, until))) if day == other_day => {
            format!("{day} {} to {until}", clock.trim_end_matches('Z'))
        }
        _ => format!("{from} to {until}"),
    }
}

/// Seconds as people say them: `40 s`, `3 min`, `2 h`, `5 d`.
pub(super) fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The edition that something rests on and its age, with a warning when it is overdue.
pub(super) fn edition(view: View<'_>, style: super::Style) -> String {
    let age = age(view.count("directory_age_s"));
    let text = format!("edition {}, {age} old", view.text("directory"));
    match view.some("directory_overdue_s") {
        Some(_) => format!("{text}{}", style.warn(&overdue(view.count("directory_overdue_s")))),
        None => text,
    }
}

fn overdue(seconds: u64) -> String {
    format!(", overdue for {}", age(seconds))
}

/// A count and its noun: `1 document`, `2 documents`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The parts that are there, with a comma and a blank between.
pub(super) fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A line, and lines under it further in.
pub(super) fn under(line: String, more: impl IntoIterator<Item = String>) -> String {
    let more = more.into_iter().map(|line| format!("  {line}").trim_end().to_owned());
    iter::once(line).chain(more).collect::<Vec<_>>().join("\n")
}

fn clock(text: &str, len: usize) -> String {
    match (UnixMillis::parse(text), text.get(..len)) {
        (Ok(_), Some(cut)) => format!("{}Z", cut.replacen('T', " ", 1)),
        _ => text.to_owned(),
    }
}
