//! Scenarios over real nodes: one test binary.

mod attack;
mod examples;
mod exchange;
mod keys;
mod overriding;
mod peer;
mod process;
mod rules;
mod sealed;
mod tidy;
mod two_persons;
mod world;
