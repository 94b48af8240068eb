//! `events`: what happens, as it happens, as server-sent events (HTML § 9.2).
//!
//! The last events are kept in a ring with numbers. A stream that comes back with `Last-Event-ID` goes
//! on behind it as far as the ring reaches, else is told `missed` and looks at everything anew.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Body as HttpBody, Frame};
use landside_node::event_view;
use landside_node::node::{Node, clock};
use landside_proto::ids::UnixMillis;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, interval};

use super::schema::Looks;
use super::{Known, Shared};
use crate::fault::Fault;

/// Events kept for streams that come back: as many as the node keeps for a slow listener, some seconds
/// of a full port.
pub const EVENTS_KEPT: usize = 4_096;

/// Most streams served at once, one for each browser whatever screens it shows; further ones are told to come again, and
/// look by themselves now and then. Half of the console's connections.
pub const STREAMS_MAX: usize = 1_024;

/// How long one stream is at most; the browser comes back by itself. Shorter than a connection's life, so that
/// it ends in order. Up to a fifth shorter, or all that began together would come back together.
const STREAM_LIFE: Duration = Duration::from_secs(50);

/// What a stream says before it ends in order: come back at once. Who is cut off waits a second, as it was told first.
const COME_BACK: &str = "retry: 50\n\n";

/// How often a stream without events says that it lives, and looks whether its session does.
const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// Parts that a slow reader may leave unread before nothing more is read for it.
const PARTS_AHEAD_MAX: usize = 4;

/// Events of one part: with each of some hundred bytes, a part is read in one go.
const PART_EVENTS_MAX: usize = 64;

/// How many streams a console with so many connections serves.
pub(crate) fn streams(connections: usize) -> usize {
    STREAMS_MAX.min(connections / 2)
}

/// The last events, with the number of the first that is kept.
pub(super) struct Ring {
    /// Tells the numbers of this start of the node from those of another.
    boot: u64,
    kept: Mutex<Kept>,
    next: watch::Sender<u64>,
}

/// Numbers begin at 1, so that 0 is what has been seen before the first.
struct Kept {
    first: u64,
    /// As streams have them: written once, whoever reads them.
    events: VecDeque<Bytes>,
}

impl Kept {
    fn next(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.events.len()).unwrap_or(u64::MAX))
    }
}

impl Ring {
    pub(super) fn new(now: UnixMillis) -> Self {
        Self {
            boot: now.as_millis(),
            kept: Mutex::new(Kept { first: 1, events: VecDeque::new() }),
            next: watch::Sender::new(0),
        }
    }

    /// Takes down what happens, for as long as it is awaited.
    pub(super) async fn keep(&self, node: &Node, mut board: watch::Receiver<u64>) {
        let mut events = node.events();
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => {
                        let view = event_view(&event, clock());
                        let name = if view["event"] == "answered" { "answered" } else { "taken" };
                        self.add(name, &view);
                    }
                    Err(RecvError::Lagged(missed)) => {
                        self.add("missed", &json!({ "event": "missed", "events": missed }));
                    }
                    Err(RecvError::Closed) => return,
                },
                changed = board.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    board.mark_unchanged();
                    self.add("board", &json!({ "event": "board" }));
                }
            }
        }
    }

    fn add(&self, name: &'static str, view: &Value) {
        let next = {
            let mut kept = self.kept();
            if kept.events.len() >= EVENTS_KEPT {
                kept.events.pop_front();
                kept.first = kept.first.saturating_add(1);
            }
            let number = kept.next();
            let text = format!("id: {}-{number}\nevent: {name}\ndata: {view}\n\n", self.boot);
            kept.events.push_back(text.into());
            kept.next()
        };
        self.next.send_replace(next);
    }

    /// Where a stream goes on that has seen up to this id; none when the ring does not reach there.
    fn behind(&self, last: &str) -> Option<u64> {
        let (boot, number) = last.split_once('-')?;
        let after = number.parse::<u64>().ok()?.checked_add(1)?;
        let kept = self.kept();
        let reached = (kept.first..=kept.next()).contains(&after);
        (boot.parse() == Ok(self.boot) && reached).then_some(after)
    }

    /// Some events from a number on, as a stream has them, and the number behind them.
    fn part(&self, from: u64) -> (Bytes, u64) {
        let kept = self.kept();
        let begin = from.max(kept.first);
        let skip = usize::try_from(begin - kept.first).unwrap_or(usize::MAX);
        let mut events = kept.events.iter().skip(skip).take(PART_EVENTS_MAX);
        let next = begin.saturating_add(u64::try_from(events.len()).unwrap_or(u64::MAX));
        if begin == from && events.len() <= 1 {
            // As nearly always: every stream sends the same bytes.
            return (events.next().cloned().unwrap_or_default(), next);
        }
        let mut text = Vec::new();
        if begin > from {
            text.extend_from_slice(missed(begin - from).as_bytes());
        }
        events.for_each(|event| text.extend_from_slice(event));
        (text.into(), next)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without an id, so that who comes back is told again.
fn missed(events: u64) -> String {
    let data = json!({ "event": "missed", "events": events });
    format!("event: missed\ndata: {data}\n\n")
}

/// A stream of events.
#[utoipa::path(
    get,
    path = "/events",
    tag = "events",
    operation_id = "streamEvents",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The last id that was seen", max_length = 64),
    ),
    responses(
        (status = 200, description = "Events: `open`, `taken`, `answered`, `board`, `missed`", content_type = "text/event-stream", body = String),
        Looks,
    ),
)]
pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asked: HeaderMap,
) -> Result<Response, Fault> {
    let place = Arc::clone(&shared.streams).try_acquire_owned().map_err(|_| Fault::streams())?;
    let last = asked.get("last-event-id").map(|id| id.to_str().unwrap_or_default());
    let now = shared.ring.kept().next();
    // The number behind which it begins is told at once, or a stream that is cut before its first
    // event would come back without one.
    let mut opening = format!("retry: 1000\nid: {}-{}\n", shared.ring.boot, now.saturating_sub(1));
    opening.push_str("event: open\ndata: {}\n\n");
    let from = match last.map(|last| shared.ring.behind(last)) {
        None => now,
        Some(Some(from)) => {
            opening = "retry: 1000\n\n".to_owned();
            from
        }
        Some(None) => {
            opening.push_str(&missed(0));
            now
        }
    };
    let (parts, to_send) = mpsc::channel(PARTS_AHEAD_MAX);
    tokio::spawn(feed(shared, known, (opening, from), parts, place));
    let fields = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((fields, Body::new(Parts(to_send))).into_response())
}

/// Feeds a stream until it has lived long enough, its session ends, or nobody reads it.
async fn feed(
    shared: Arc<Shared>,
    known: Known,
    (opening, mut from): (String, u64),
    parts: mpsc::Sender<Bytes>,
    _place: OwnedSemaphorePermit,
) {
    let mut news = shared.ring.next.subscribe();
    let ends = Instant::now() + life();
    let mut alive = interval(ALIVE_EVERY);
    if parts.send(opening.into()).await.is_err() {
        return;
    }
    loop {
        news.mark_unchanged();
        let (text, next) = shared.ring.part(from);
        // Nothing of the node goes to who was logged out meanwhile.
        if !shared.goes_on(&known) {
            return;
        }
        if !text.is_empty() {
            from = next;
            let sent = tokio::time::timeout_at(ends, parts.send(text)).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
            continue;
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            _ = alive.tick() => {
                if parts.send(Bytes::from_static(b":\n\n")).await.is_err() {
                    return;
                }
            }
            () = parts.closed() => return,
            () = tokio::time::sleep_until(ends) => {
                let _ = parts.try_send(Bytes::from_static(COME_BACK.as_bytes()));
                return;
            }
        }
    }
}

/// How long this stream is.
fn life() -> Duration {
    let mut shorter = [0];
    // Without it the stream has its whole time.
    let _ = getrandom::fill(&mut shorter);
    STREAM_LIFE - STREAM_LIFE * u32::from(shorter[0]) / (5 * 256)
}

/// A body that comes in parts.
struct Parts(mpsc::Receiver<Bytes>);

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|part| part.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(events: u64) -> Ring {
        let ring = Ring::new(UnixMillis::from_millis(7));
        for number in 1..=events {
            ring.add("taken", &json!({ "event": "taken", "number": number }));
        }
        ring
    }

    fn part(ring: &Ring, from: u64) -> (String, u64) {
        let (bytes, next) = ring.part(from);
        (String::from_utf8(bytes.to_vec()).unwrap(), next)
    }

    #[test]
    fn streams_send_the_same_bytes_and_none_writes_them_anew() {
        let ring = ring(3);
        assert_eq!(ring.part(3).0.as_ptr(), ring.part(3).0.as_ptr());
        assert_eq!(streams(2_048), STREAMS_MAX);
        assert_eq!(streams(256), 128);
    }

    #[test]
    fn a_stream_goes_on_behind_what_it_has_seen() {
        let ring = ring(10);
        let from = ring.behind("7-4").unwrap();
        let (text, next) = part(&ring, from);
        assert!(text.starts_with("id: 7-5\nevent: taken\ndata: {"), "{text}");
        assert_eq!((text.matches("id: ").count(), next), (6, 11));
        assert_eq!(ring.behind("7-10"), Some(11));
        assert_eq!(ring.part(11).0, "");
        let (one, next) = part(&ring, 10);
        assert_eq!((one.matches("id: ").count(), next), (1, 11));
        assert_eq!(Ring::new(UnixMillis::from_millis(7)).behind("7-0"), Some(1));
    }

    #[test]
    fn an_id_that_the_ring_does_not_reach_is_none() {
        let ring = ring(u64::try_from(EVENTS_KEPT).unwrap() + 10);
        for gone in ["7-0", "7-9", "7-99999", "8-20", "", "7", "7-", "7-x", "x-20"] {
            assert_eq!(ring.behind(gone), None, "{gone}");
        }
        assert_eq!(ring.behind("7-10"), Some(11));
    }

    #[test]
    fn who_falls_behind_the_ring_is_told_how_many_were_missed() {
        let ring = ring(u64::try_from(EVENTS_KEPT).unwrap() + 10);
        let (text, _) = part(&ring, 4);
        assert!(text.starts_with("event: missed\ndata: {\"event\":\"missed\",\"events\":7}\n\n"));
        assert!(text.contains("id: 7-11\n"));
    }
}
