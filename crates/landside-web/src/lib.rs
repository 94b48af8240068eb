//! A Landside node over HTTP.
//!
//! - `handed`: addresses that the service manager holds
//! - `server`: listeners, and every bound on connections, heads and time; `files`: how many the system allows
//! - `certificate`: what a listener shows to browsers, taken anew when its files change
//! - [`Web`], `routes`, `log`, `problem`: the public log of a terminal (C2SP tlog-tiles), read and checked
//!   by clients of others
//! - [`Metrics`]: what programs that watch the node ask: metrics, health
//! - [`Console`]: screens for the people of the party and the JSON door behind them: `api`, one file a
//!   resource; `sessions`, `attempts`: who is logged in, and who guesses; `programs`: those that show a token; `hooks`: those that are told of events; `guard`: what holds for every
//!   request; `requests`: their numbers in the log; `passkeys`: log-ins without a password; `driver`: the node's side of the driver app; `fault`: what is not done, and its code; `assets`: the screens themselves
//!
//! What is not in it: rules, rows and keys, and who may do what. It asks the node and says the answer;
//! nothing here judges, signs or stores.
//!
//! Only this crate names axum, hyper, webauthn-rs and wtransport.

mod api;
mod assets;
mod attempts;
mod body;
mod certificate;
mod console;
mod driver;
mod fault;
mod files;
mod guard;
mod handed;
mod hooks;
mod log;
mod metrics;
mod passkeys;
mod problem;
mod programs;
mod requests;
mod routes;
mod server;
mod sessions;

pub use self::api::{EVENTS_KEPT, REQUEST_NAME_MAX, STREAMS_MAX, openapi};
pub use self::attempts::{ACCOUNT_FAILURES_MAX, ADDRESS_FAILURES_MAX, LOCK_LIFE, LOCK_LIFE_MAX};
pub use self::body::{BODY_LIFE, JSON_MAX};
pub use self::certificate::CERTIFICATE_LOOK_EVERY;
pub use self::console::{CONSOLE_CONNECTIONS_MAX, Console};
pub use self::driver::{
    CERTIFICATE_LIFE, CHALLENGE_LIFE, LINK_IDLE, LINKS_MAX, POLLS_MAX, PROOF_LIFE, QUESTIONS_MAX,
    SHOWN, STRANGERS_MAX, TOKEN_LIFE,
};
pub use self::hooks::{HOOK_ANSWER_LIFE, HOOK_RETRY_MAX, HOOK_RETRY_MIN, Pace};
pub use self::metrics::{METRICS_CONNECTIONS_MAX, Metrics};
pub use self::passkeys::CEREMONY_LIFE;
pub use self::programs::{TOKEN_REQUESTS_MAX, TOKEN_WINDOW};
pub use self::server::{
    CLOSE_LIFE, CONNECTION_LIFE, CONNECTIONS_MAX, FIELDS_MAX, HEAD_LIFE, HEAD_MAX, Web, WebError,
};
pub use self::sessions::{SESSION_IDLE, SESSION_LIFE};
