//! Webhooks: which programs are told of events, how far each was told, and the events themselves.
//!
//! Events are rows of the store, written in the commit of what they tell of, so that none is lost with the
//! process; only while there are webhooks, and only the latest. Who is told is one file of the home
//! (`webhooks.json`, mode 0600) with the secret of each: whoever signs with a shared secret must have it.
//!
//! What is not in it: sending, which is HTTP's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use data_encoding::BASE64;
use landside_proto::ids::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::event::Event;
use crate::group::Group;
use crate::home::{Home, HomeError};
use crate::kept::{Kept, KeptFile};
use crate::node::Node;
use crate::people::By;
use crate::rows;
use crate::shares::Whose;
use crate::store::{Range, StoreError};
use crate::view;

mod verbs;

pub(crate) use self::verbs::handle;

/// Most webhooks of a node: each is a program and a connection.
pub const HOOKS_MAX: usize = 16;

/// Longest address of a webhook, in bytes.
pub const HOOK_URL_MAX: usize = 512;

/// Events kept for webhooks: a receiver may be down for a day at a full port.
pub const HOOK_EVENTS_KEPT: u64 = 100_000;

/// Failures in a row after which a webhook is told nothing more until somebody replays: some two days.
pub const HOOK_FAILURES_MAX: u32 = 100;

/// Random bytes of a secret, as Standard Webhooks asks for (24 to 64).
const SECRET_LEN: usize = 32;

/// What a secret begins with (Standard Webhooks).
const SECRET_MARK: &str = "whsec_";

/// Longest file of webhooks, in bytes: about twice what so many take.
const HOOKS_FILE_MAX: usize = 64 * 1024;

/// Longest words on why a delivery failed.
const WHY_MAX: usize = 200;

/// A webhook.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Number here, from 1; never given twice.
    pub id: u64,
    /// Where events go.
    pub url: String,
    /// Shared with the receiver.
    secret: String,
    /// When it was made.
    pub made_at: UnixMillis,
    /// Who made it.
    pub made_by: Option<Whose>,
    /// Number of the last event that it was told.
    pub told: u64,
    /// Failures since it was last told something.
    pub failures: u32,
    /// Why it failed last, and when.
    pub trouble: Option<(UnixMillis, String)>,
    /// When it was given up.
    pub disabled_at: Option<UnixMillis>,
}

impl Hook {
    /// The signature of a message by Standard Webhooks: HMAC-SHA-256 over id, time and body.
    #[must_use]
    pub fn signature(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let secret = self.secret.trim_start_matches(SECRET_MARK).as_bytes();
        let secret = BASE64.decode(secret).unwrap_or_default();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret);
        let mut context = ring::hmac::Context::with_key(&key);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", BASE64.encode(context.sign().as_ref()))
    }
}

/// Something cannot be done with a webhook. [`HookError::code`] is the stable part.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum HookError {
    #[error("no webhook here has the number {0}")]
    Unknown(u64),
    #[error("{0}; a webhook is https://host/path, or http:// of this machine")]
    Url(String),
    #[error("{HOOKS_MAX} webhooks are there, which is the most; remove one")]
    Full,
    #[error("give after, the number of an event, or since, a time")]
    Replay,
    #[error("{0}")]
    Broken(String),
}

impl HookError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "webhook-unknown",
            Self::Url(_) => "webhook-url",
            Self::Full => "webhooks-full",
            Self::Replay => "webhook-replay",
            Self::Broken(_) => "webhooks-unreadable",
        }
    }
}

impl From<HomeError> for HookError {
    fn from(error: HomeError) -> Self {
        Self::Broken(error.to_string())
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    version: u32,
    /// The number given last.
    last: u64,
    hooks: Vec<Hook>,
}

impl Kept for Told {
    const FILE: &'static str = "webhooks.json";
    const BYTES: usize = HOOKS_FILE_MAX;
    const VERSION: u32 = 1;

    fn nothing() -> Self {
        Self { version: Self::VERSION, last: 0, hooks: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// The webhooks of this party. Changes are on disk when they return; they block for that long.
pub(crate) struct Hooks {
    kept: KeptFile<Told>,
    /// Whether events are kept at all.
    recording: Arc<AtomicBool>,
    changed: watch::Sender<u64>,
}

impl Hooks {
    /// Reads the file of a home; there are none where there is none.
    pub(crate) fn of(home: &Home) -> Result<Self, HookError> {
        let kept: KeptFile<Told> = KeptFile::of(home).map_err(HookError::Broken)?;
        let some = !kept.look().hooks.is_empty();
        let recording = Arc::new(AtomicBool::new(some));
        Ok(Self { kept, recording, changed: watch::Sender::new(0) })
    }

    /// Whether events are to be kept, for the writer.
    pub(crate) fn recording(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.recording)
    }

    fn all(&self) -> Vec<Hook> {
        self.kept.look().hooks.clone()
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Told) -> Result<T, HookError>,
    ) -> Result<T, HookError> {
        let done = self.kept.change(change)?;
        self.recording.store(!self.kept.look().hooks.is_empty(), Ordering::Relaxed);
        Ok(done)
    }

    /// Makes a webhook that is told what happens behind `told`; gives its secret.
    fn make(
        &self,
        (url, told): (String, u64),
        by: Option<&By>,
        now: UnixMillis,
    ) -> Result<(Hook, String), HookError> {
        let mut secret = [0; SECRET_LEN];
        getrandom::fill(&mut secret).map_err(|e| HookError::Broken(e.to_string()))?;
        let secret = format!("{SECRET_MARK}{}", BASE64.encode(&secret));
        let hook = self.change(|kept| {
            if kept.hooks.len() >= HOOKS_MAX {
                return Err(HookError::Full);
            }
            kept.last = kept.last.saturating_add(1);
            let hook = Hook {
                id: kept.last,
                url,
                secret: secret.clone(),
                made_at: now,
                made_by: by.map(Whose::from),
                told,
                failures: 0,
                trouble: None,
                disabled_at: None,
            };
            kept.hooks.push(hook.clone());
            Ok(hook)
        })?;
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
        Ok((hook, secret))
    }

    fn one<T>(&self, id: u64, change: impl FnOnce(&mut Hook) -> T) -> Result<T, HookError> {
        self.change(|kept| {
            let hook = kept.hooks.iter_mut().find(|hook| hook.id == id);
            hook.map(change).ok_or(HookError::Unknown(id))
        })
    }

    fn remove(&self, id: u64) -> Result<Hook, HookError> {
        let gone = self.change(|kept| {
            let at = kept.hooks.iter().position(|hook| hook.id == id);
            at.map(|at| kept.hooks.remove(at)).ok_or(HookError::Unknown(id))
        })?;
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
        Ok(gone)
    }
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptEvent {
    /// Its number, which rises.
    pub number: u64,
    /// When it happened.
    pub at: UnixMillis,
    /// As `landside watch` tells it.
    pub view: Value,
}

/// Keeps the events of a group, and lets go of the oldest. Asked once, before a commit.
pub(crate) fn record(group: &mut Group<'_>) -> Result<(), StoreError> {
    let views: Vec<Value> = group.events.iter().map(|event| of(event, group.now)).collect();
    for view in views {
        let number = group.counters.event;
        group.counters.event = number.saturating_add(1);
        let mut row = group.now.as_millis().to_be_bytes().to_vec();
        row.extend_from_slice(view.to_string().as_bytes());
        group.put(rows::EVENTS, number.to_be_bytes(), row);
        if let Some(old) = number.checked_sub(HOOK_EVENTS_KEPT) {
            group.delete(rows::EVENTS, old.to_be_bytes());
        }
    }
    Ok(())
}

fn of(event: &Event, now: UnixMillis) -> Value {
    let mut view = view::event(event, now);
    view::put(&mut view, "at", Some(now));
    view
}

fn read(key: &[u8], value: &[u8]) -> Result<KeptEvent, StoreError> {
    let (at, view) = value.split_at_checked(8).ok_or_else(|| rows::damaged("event"))?;
    let at = UnixMillis::from_millis(rows::number(at)?);
    let view = serde_json::from_slice(view).map_err(rows::damaged)?;
    Ok(KeptEvent { number: rows::number(key)?, at, view })
}

impl Node {
    /// Every webhook.
    #[must_use]
    pub fn hooks(&self) -> Vec<Hook> {
        self.inner.programs.hooks.all()
    }

    /// Rises with each webhook that is made, replayed or removed.
    #[must_use]
    pub fn hooks_changed(&self) -> watch::Receiver<u64> {
        self.inner.programs.hooks.changed.subscribe()
    }

    /// Whether webhooks may go to addresses of a private network.
    #[must_use]
    pub fn hooks_go_to_private(&self) -> bool {
        self.inner.console.webhooks_private
    }

    /// Kept events behind a number, at most `limit`; and how many were let go in between.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn events_after(
        &self,
        told: u64,
        limit: usize,
    ) -> Result<(Vec<KeptEvent>, u64), StoreError> {
        self.read(move |node| {
            let from = told.saturating_add(1).to_be_bytes();
            let range = Range { from: &from, ..Range::all(rows::EVENTS) };
            let rows = node.store.scan(&range, limit)?;
            let events: Result<Vec<_>, _> = rows.iter().map(|(k, v)| read(k, v)).collect();
            let events = events?;
            let first = events.first().map_or(0, |event| event.number);
            Ok((events, first.saturating_sub(told.saturating_add(1))))
        })
        .await
    }

    /// A webhook was told an event, the next behind `before`; false where a replay came meanwhile, which
    /// counts.
    ///
    /// # Errors
    /// It is gone, or the file cannot be written.
    pub async fn hook_told(&self, id: u64, before: u64, number: u64) -> Result<bool, HookError> {
        self.hook(id, move |hook| {
            let goes_on = hook.told == before;
            if goes_on {
                (hook.told, hook.failures, hook.trouble) = (number, 0, None);
            }
            goes_on
        })
        .await
    }

    /// A webhook could not be told; gives how often that was so in a row, and whether it is given up.
    ///
    /// # Errors
    /// As [`Node::hook_told`].
    pub async fn hook_failed(
        &self,
        id: u64,
        why: String,
        now: UnixMillis,
    ) -> Result<(u32, bool), HookError> {
        self.hook(id, move |hook| {
            hook.failures = hook.failures.saturating_add(1);
            let why = why.chars().filter(|c| !c.is_control()).take(WHY_MAX).collect();
            hook.trouble = Some((now, why));
            if hook.failures >= HOOK_FAILURES_MAX {
                hook.disabled_at = Some(now);
                tracing::error!(
                    webhook = hook.id,
                    url = hook.url,
                    "webhook given up: it failed too often"
                );
            }
            (hook.failures, hook.disabled_at.is_some())
        })
        .await
    }

    async fn hook<T: Send + 'static>(
        &self,
        id: u64,
        change: impl FnOnce(&mut Hook) -> T + Send + 'static,
    ) -> Result<T, HookError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || inner.programs.hooks.one(id, change)).await;
        done.map_err(|error| HookError::Broken(error.to_string()))?
    }
}

/// Pause after so many failures in a row: doubles from `least` to `most`.
#[must_use]
pub fn pause_after(failures: u32, (least, most): (Duration, Duration)) -> Duration {
    least.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(most)
}

/// An address as it may be: https, or http where nobody listens in.
pub(crate) fn address(url: &str) -> Result<String, HookError> {
    let wrong = |why: &str| Err(HookError::Url(why.to_owned()));
    if url.len() > HOOK_URL_MAX || !url.bytes().all(|c| c.is_ascii_graphic()) {
        return wrong("the address is too long, or has signs that it cannot have");
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return wrong("the address has no scheme");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || url.contains('#') {
        return wrong("the address names no host, or a user, or a part of a page");
    }
    let host = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, _)) => host,
        None => authority.split(':').next().unwrap_or_default(),
    };
    let here = host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    match (scheme, here) {
        ("https", _) | ("http", true) => Ok(url.to_owned()),
        _ => wrong("the address is not safe to send to"),
    }
}

pub(crate) fn line(hook: &Hook) -> Value {
    let Hook { id, url, made_at, told, failures, disabled_at, .. } = hook;
    let mut line = json!({
        "event": "webhook", "id": id, "url": url, "made_at": made_at, "told": told,
        "failures": failures, "state": if disabled_at.is_some() { "disabled" } else { "on" },
    });
    view::put(&mut line, "made_by", hook.made_by.as_ref());
    view::put(&mut line, "disabled_at", *disabled_at);
    let trouble = hook.trouble.as_ref();
    view::put(&mut line, "failed_at", trouble.map(|(at, _)| *at));
    view::put(&mut line, "trouble", trouble.map(|(_, why)| why));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_somebody_else_reads_on_the_way_is_not_taken() {
        for good in [
            "https://erp.example/hook",
            "https://10.1.2.3:8443/",
            "http://127.0.0.1:9/x",
            "http://[::1]:9/",
            "http://localhost/",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "erp.example",
            "http://erp.example/",
            "http://10.1.2.3/",
            "ftp://localhost/",
            "https://",
            "https://user:word@erp.example/",
            "https://erp.example/#a",
            "https://erp example/",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "https:///path",
            "javascript:alert(1)",
        ] {
            assert_eq!(address(wrong).unwrap_err().code(), "webhook-url", "{wrong}");
        }
    }

    #[test]
    fn pauses_double_and_end_somewhere() {
        let bounds = (Duration::from_secs(1), Duration::from_secs(1800));
        let pauses = [1, 2, 5, 11, 12, 99, u32::MAX].map(|n| pause_after(n, bounds).as_secs());
        assert_eq!(pauses, [1, 2, 16, 1024, 1800, 1800, 1800]);
    }

    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        // The example of the specification's reference libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let hook = Hook {
            id: 1,
            url: String::new(),
            secret,
            made_at: UnixMillis::from_millis(0),
            made_by: None,
            told: 0,
            failures: 0,
            trouble: None,
            disabled_at: None,
        };
        let body = br#"{"test": 2432232314}"#;
        let signature = hook.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
