//! Answers to messages: CONTRL says whether the syntax was understood, APERAK whether the content
//! could be used. An answer is never answered, whoever sends it: two systems would never stop.

use crate::syntax::Interchange;

pub mod aperak;
pub mod contrl;

/// The messages that are answers.
const ANSWERS: [&str; 2] = ["CONTRL", "APERAK"];

/// Whether a message of this type (UNH 0065) is an answer.
pub fn is_answer(kind: &str) -> bool {
    ANSWERS.contains(&kind)
}

/// Whether an interchange has an answer in it.
pub fn has_answer(interchange: &Interchange<'_>) -> bool {
    interchange.messages.iter().any(|message| is_answer(&message.kind))
}
