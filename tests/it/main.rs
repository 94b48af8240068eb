//! Scenarios over real nodes: one test binary.

mod attack;
mod directory;
mod examples;
mod exchange;
mod peer;
mod process;
mod rules;
mod tidy;
mod world;
