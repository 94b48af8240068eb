//! A Landside node: the shell around the pure crates.

pub mod store;
