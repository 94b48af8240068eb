//! A Landside node: the shell around the pure crates.
//!
//! - [`home`], [`config`]: one party's directory on disk and its settings
//! - [`store`]: rows that survive power loss
//! - `writer`, `group`, `intake`, `registrar`, `slots`: the one thread that changes the store, a group at a time
//! - `ledger`, `rows`: what the rows mean, and reading them
//! - `exchange`: QUIC links, the outbox, who dials whom
//! - `editions`: directory editions kept, brought in force, and handed on
//! - [`control`], `service`, `draft`, `view`: what commands on the same machine ask of a node
//! - [`node`]: all of it wired together; [`inspect`]: a stopped node looked through
//!
//! Only this crate names tokio, quinn and sled.

mod codeco;
pub mod config;
pub mod control;
mod draft;
mod editions;
pub mod event;
mod exchange;
mod group;
pub mod home;
mod import;
pub mod inspect;
mod intake;
mod ledger;
pub mod node;
mod registrar;
mod rows;
mod service;
mod slots;
pub mod store;
mod view;
mod writer;

pub use self::ledger::Stored;
pub use self::writer::{Decided, Fatal, Issued};
