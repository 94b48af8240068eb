//! A Landside node: the shell around the pure crates.
//!
//! - [`home`], [`config`]: one party's directory on disk and its settings
//! - [`store`]: rows that survive power loss
//! - `writer`, `group`, `intake`, `registrar`, `slots`: the one thread that changes the store, a group at a time
//! - `pending`, `approval`: drafts that wait for a second person
//! - `ledger`, `rows`: what the rows mean, and reading them
//! - `exchange`: QUIC links, the outbox, who dials whom
//! - [`control`], `service`, `draft`, `overriding`, `view`: what commands on the same machine ask of a node
//! - [`node`]: all of it wired together; [`inspect`]: a stopped node looked through
//!
//! Only this crate names tokio, quinn and sled.

mod approval;
mod codeco;
pub mod config;
pub mod control;
mod draft;
pub mod event;
mod exchange;
mod group;
pub mod home;
mod import;
pub mod inspect;
mod intake;
mod ledger;
pub mod node;
mod overriding;
mod pending;
mod registrar;
mod rows;
mod service;
mod slots;
pub mod store;
mod view;
mod writer;

pub use self::ledger::Stored;
pub use self::writer::{Decided, Fatal, Issued};
