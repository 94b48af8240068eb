//! What commands say: one place that turns objects with an `event` into words or JSON.
//!
//! Objects come from a node ([`landside_node::control`]) or from commands that need none; both kinds
//! go through [`Output::object`]. With `--json` each is one line as it is; else [`words`] has one
//! formatter an event.

mod case;
mod clocks;
mod edi;
mod evidence;
mod figures;
mod local;
mod log;
mod operating;
mod page;
mod style;
mod view;
mod words;

use std::io::{self, Write as _};
use std::sync::Mutex;

use landside_node::control::Failure;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

pub(crate) use self::page::page;
pub(crate) use self::style::Style;

/// Where the words of a command go.
#[derive(Debug)]
pub(crate) struct Output {
    form: Form,
    /// Set when nobody reads standard output any more.
    reader_gone: Notify,
}

#[derive(Debug)]
enum Form {
    /// One object a line, for programs.
    Json,
    /// For people.
    Words(Style),
    /// Kept for a test to look at.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests make it"))]
    Kept(Mutex<Vec<Map<String, Value>>>),
}

impl Output {
    /// To standard output, in JSON or in words.
    pub(crate) fn new(json: bool) -> Self {
        let form = if json { Form::Json } else { Form::Words(Style::of_stdout()) };
        Self { form, reader_gone: Notify::new() }
    }

    /// Says an object.
    pub(crate) fn object(&self, object: &Map<String, Value>) {
        match &self.form {
            Form::Json => self.print(&Value::Object(object.clone()).to_string()),
            Form::Words(style) => self.print(&words::of(object, *style)),
            Form::Kept(kept) => {
                kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(object.clone());
            }
        }
    }

    /// Says an object given as the JSON of an object; anything else is not said.
    pub(crate) fn value(&self, value: Value) {
        if let Value::Object(object) = value {
            self.object(&object);
        }
    }

    /// A remark for people, such as that a list is empty; programs see that for themselves.
    pub(crate) fn remark(&self, text: &str) {
        if let Form::Words(style) = &self.form {
            self.print(&style.dim(text));
        }
    }

    /// Says why a command was not done: on standard error, and with `--json` as an object too.
    pub(crate) fn failure(&self, failure: &Failure) {
        let _ = writeln!(io::stderr(), "{}", failed(failure));
        if matches!(self.form, Form::Json) {
            let Failure { code, text, remedy } = failure;
            self.value(json!({"event": "error", "code": code, "text": text, "remedy": remedy}));
        }
    }

    /// Comes back once nobody reads standard output any more.
    pub(crate) async fn reader_gone(&self) {
        self.reader_gone.notified().await;
    }

    fn print(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        if writeln!(stdout, "{text}").and_then(|()| stdout.flush()).is_err() {
            self.reader_gone.notify_one();
        }
    }
}

/// Why a command was not done, in words: the stable code, the fact, and what to do.
fn failed(failure: &Failure) -> String {
    let fact = format!("error[{}]: {}", failure.code, failure.text);
    let remedy = failure.remedy.as_ref().map(|remedy| format!("\n  -> {remedy}"));
    fact + &remedy.unwrap_or_default()
}

#[cfg(test)]
impl Output {
    /// Keeps what is said, for a test to look at.
    pub(crate) fn kept() -> Self {
        Self { form: Form::Kept(Mutex::new(Vec::new())), reader_gone: Notify::new() }
    }

    /// What was said so far; forgets it.
    pub(crate) fn take(&self) -> Vec<Map<String, Value>> {
        match &self.form {
            Form::Kept(kept) => std::mem::take(&mut *kept.lock().unwrap()),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
