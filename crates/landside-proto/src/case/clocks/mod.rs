//! The clock ledger: how long a container stayed free of charge, and what its stay costs by the terms.
//!
//! [`Case::clocks`] is a pure function of the case and the time, so that line, terminal, debtor and a
//! court compute the same figure from the same documents. Days are cut at the port's midnight by the
//! offsets in the terms: this crate has no time zones, and two nodes whose zone tables differ would differ.

mod days;
mod facts;
mod figure;
mod rules;

pub(super) use self::facts::ClockFacts;
pub use self::facts::{CLOCK_EVENTS_MAX, CLOCK_TERMS_MAX};
pub use self::figure::{
    CLOCK_DAYS_MAX, Clock, ClockState, Held, Moment, Suspension, TierSum, Waiver,
};
