//! Scenarios over real nodes: one test binary.

mod agents;
mod attack;
mod clocks;
mod console;
mod customs;
mod directory;
mod driving;
mod examples;
mod exchange;
mod export;
mod forger;
mod keys;
mod messages;
mod overriding;
mod peer;
mod process;
mod questions;
mod rotation;
mod rotation_of_terminal;
mod rules;
mod sealed;
mod tidy;
mod two_persons;
mod web;
mod witness;
mod world;
