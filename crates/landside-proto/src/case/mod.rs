//! A case: what the registered documents of one container's visit add up to.
//!
//! [`Case::apply`] is the fold: documents in log order in, state out, the same on every node. It
//! does not judge; [`judge`] does, at the registrar, before a document is registered. What the
//! state means at a moment (lights, what is missing and who owes it, what the terminal owes, the
//! gate's verdict) is computed from it with `now` as an argument and never stored.

mod agent;
mod clocks;
mod due;
mod figures;
mod gate;
mod needs;
mod overrides;
mod part;
mod questions;
mod rules;
mod state;
mod times;

pub use self::clocks::{
    CLOCK_DAYS_MAX, CLOCK_EVENTS_MAX, CLOCK_TERMS_MAX, Clock, ClockState, Held, Moment, Suspension,
    TierSum, Waiver,
};
pub use self::due::{Due, PassPolicy};
pub use self::figures::{AskedFact, CaseFigures, Lapse, OwedFact, Spell};
pub use self::gate::Seen;
pub use self::needs::{About, Need};
pub use self::overrides::{Colour, OVERRIDE_LIFE, OverrideFact};
pub use self::part::Share;
pub(crate) use self::part::is_of_a_part;
pub use self::questions::{ANSWER_LIFE, AnswerFact, QUESTIONS_MAX, QuestionFact};
pub use self::rules::{Context, Target, judge};
pub use self::state::{
    Binding, CASE_DOCS_MAX, CASE_DOCS_RESERVED, Case, CustomsFact, Granted, HOPS_MAX, HoldFact,
    Hop, Issued, Release, ReleaseState, Right, SlotState, Step,
};

pub use crate::document::Light;

#[cfg(test)]
mod tests;
