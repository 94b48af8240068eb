//! What is wrong with a node, running or not: each finding with a stable code and what to do about it.
//!
//! - [`CHECKS`]: every code, how much it weighs, and its remedy; docs/OPERATING.md has the same table
//! - `files`: what can be seen in the home and on the machine, whether the node runs or not
//! - `running`: what only the running node knows; of that, what keeps it from being ready
//!
//! Nothing here changes anything.

mod files;
mod running;
mod table;

pub use self::table::{CHECKS, Check, Weight};

use serde_json::{Value, json};

/// Something that was looked at and is not as it should be.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What was found.
    pub check: &'static Check,
    /// The fact, with its values.
    pub fact: String,
}

impl Finding {
    pub(crate) fn new(check: &'static Check, fact: impl Into<String>) -> Self {
        Self { check, fact: fact.into() }
    }

    /// As the event `finding`.
    #[must_use]
    pub fn view(&self) -> Value {
        json!({
            "event": "finding",
            "code": self.check.code,
            "weight": self.check.weight.as_str(),
            "text": self.fact,
            "remedy": self.check.remedy,
        })
    }
}
