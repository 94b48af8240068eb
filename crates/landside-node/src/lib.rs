//! A Landside node: the shell around the pure crates.
//!
//! - [`home`], [`config`]: one party's directory on disk and its settings
//! - [`custody`]: private key files, and where their passphrase comes from
//! - [`store`]: rows that survive power loss
//! - `writer`, `group`, `intake`, `registrar`, `slots`: the one thread that changes the store, a group at a time
//! - `grants`: which disclosures go to whom
//! - `pending`, `approval`: drafts that wait for a second person
//! - `ledger`, `rows`: what the rows mean, and reading them; `log`: entries and their tree
//! - `exchange`: QUIC links, the outbox, who dials whom
//! - `editions`: directory editions kept, brought in force, and handed on
//! - [`control`], `service`, `draft`, `sealing`, `overriding`, `view`: what commands on the same machine ask of a node
//! - [`people`]: who may use the screens, and what each may do; [`board`]: open cases at a glance
//! - [`hooks`]: which programs are told of events, and the events
//! - [`repeats`]: requests that name themselves, done once
//! - [`tokens`]: with which programs act in a person's name
//! - [`shares`]: links to how far one case is; `kept`: small files of a home that are replaced whole
//! - [`certificates`]: what listeners beside the node show to browsers
//! - [`figures`]: how long the steps took over a period, and who kept what was promised
//! - `import`: the door for EDIFACT files; [`channels`]: folders shared with partners
//! - [`backup`]: a home in one file, and back
//! - `export`: the evidence file of a case
//! - [`drivers`]: whose phones this haulier serves; `feed`: what each gets; `handing`: what it hands in; `photos`
//! - [`rotations`]: new keys that parties vouch for themselves
//! - [`metrics`], [`health`]: what is measured of a running node, what is wrong with one, running or not
//! - [`node`]: all of it wired together; [`inspect`]: a stopped node looked through
//! - [`open_files`]: how many the process may have
//! - [`measure`]: the log by itself, for benchmarks
//!
//! Only this crate names quinn and sled.

mod agents;
mod approval;
pub mod backup;
pub mod board;
pub mod certificates;
pub mod channels;
pub mod clocks;
mod codeco;
pub mod config;
pub mod control;
pub mod custody;
mod draft;
pub mod drivers;
mod editions;
pub mod event;
mod exchange;
mod export;
mod feed;
pub mod figures;
mod grants;
mod group;
mod handing;
pub mod health;
pub mod home;
pub mod hooks;
mod import;
pub mod inspect;
mod intake;
mod kept;
mod ledger;
mod log;
pub mod measure;
pub mod metrics;
pub mod node;
pub mod open_files;
mod overriding;
mod pending;
pub mod people;
mod photos;
pub mod promised;
mod readers;
mod registrar;
pub mod repeats;
pub mod rotations;
mod rows;
mod sealing;
mod service;
pub mod shares;
mod slots;
pub mod store;
pub mod tokens;
mod view;
mod writer;

pub use self::agents::AGENTS_MAX;
pub use self::handing::HandedIn;
pub use self::import::{Given, ImportOrder};
pub use self::ledger::Stored;
pub use self::photos::{PHOTO_MAX, PHOTOS_WAITING_MAX, PhotoKept};
pub use self::service::Asked;
pub use self::view::{event as event_view, words};
pub use self::writer::{Decided, Fatal, Issued, Statement};
