//! A Landside node over HTTP.
//!
//! - [`Web`]: the listener, and every bound on connections, heads and time
//! - `routes`: which path is answered by what; `problem`: what is not answered, and its code
//! - `log`: the public log of a terminal (C2SP tlog-tiles), read and checked by clients of others
//!
//! What is not in it: rules, rows and keys. It asks the node and says the answer; nothing here judges,
//! signs or stores. No TLS: a reverse proxy does that (docs/OPERATING.md § The log over HTTP).
//!
//! Only this crate names axum and hyper.

mod log;
mod problem;
mod routes;
mod server;

pub use self::server::{
    CLOSE_LIFE, CONNECTION_LIFE, CONNECTIONS_MAX, FIELDS_MAX, HEAD_LIFE, HEAD_MAX, Web, WebError,
};
