//! The node's side of the driver app, below `/driver/api/` (assets/driver/API.md): phones that enrol with
//! an invitation, prove their key, and get and hand in documents. No cookies: a phone shows a token.

mod links;
mod phones;
mod rates;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use data_encoding::BASE64URL_NOPAD;
use landside_node::drivers::{Driver, DriverState};
use landside_node::{PHOTO_MAX, PhotoKept};
use landside_proto::device::{Feed, Purpose, SECRET_LEN, proof};
use landside_proto::envelope::ENVELOPE_MAX;
use landside_proto::ids::Hash32;
use landside_proto::key::PublicKey;
use landside_proto::refusal::Code;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use self::rates::{Asker, Door};
use crate::api::{Asking, Shared};
use crate::body;
use crate::fault::Fault;
use crate::guard::own_origin;
use crate::server::Peer;

pub use self::links::{
    CERTIFICATE_LIFE, LINK_IDLE, LINKS_MAX, PROOF_LIFE, QUESTIONS_MAX, SHOWN, STRANGERS_MAX,
};
pub(crate) use self::links::{Links, OfLink, Offered};
use self::phones::OpenQuestion;
pub(crate) use self::phones::Phones;
pub use self::phones::{CHALLENGE_LIFE, POLLS_MAX, TOKEN_LIFE};

/// Where the interface is.
pub(crate) const BASE: &str = "/driver/api/";

/// Longest time that a question for documents is held, in seconds.
const WAIT_S_MAX: u64 = 25;

/// How long a terminal's answer to a driver's document is awaited: a phone waits 15 s.
const ANSWER_LIFE: Duration = Duration::from_secs(8);

/// Characters of a signature in base64url.
const PROOF_LEN: usize = 64;

/// The paths below [`BASE`].
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/enrol", post(enrol))
        .route("/challenge", post(challenge))
        .route("/session", post(session))
        .route("/directory", get(directory))
        .route("/documents", get(feed).post(hand_in))
        .route("/photos/{hash}", put(photo))
}

/// The device whose token a request shows, or whose link it came on; a request of nobody's ends here.
pub(crate) struct Device(PublicKey);

impl FromRequestParts<Arc<Shared>> for Device {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        let of_link = parts.extensions.get().map(|OfLink(key)| *key);
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = shown.and_then(|shown| shown.strip_prefix("Bearer "));
        let of_token = || token.and_then(|token| shared.phones.of_token(token, shared.now()));
        match of_link.or_else(of_token).filter(|key| shared.node.driver_of(key).is_some()) {
            Some(key) => Ok(Self(key)),
            None => Err(over()),
        }
    }
}

fn over() -> Fault {
    Fault::of_phone(StatusCode::UNAUTHORIZED, "session-over", "prove the key first")
}

fn wrong_field(what: &str) -> Fault {
    Fault::of_phone(StatusCode::BAD_REQUEST, "bad-field", what)
}

impl Shared {
    /// Lets somebody in who does not ask too often.
    fn admit(&self, door: Door, asker: Asker) -> Result<(), Fault> {
        if self.phones.rates.may(door, asker, self.now()) {
            return Ok(());
        }
        let text = format!("more than {} times in a minute", door.times());
        Err(Fault::of_phone(StatusCode::TOO_MANY_REQUESTS, "asked-too-often", text))
    }

    /// Whether a proof is of this key, made for this purpose at this place with this challenge.
    fn proves(
        &self,
        asked: &HeaderMap,
        key: &PublicKey,
        purpose: Purpose,
        (challenge, shown): (&str, &str),
    ) -> Result<(), Fault> {
        let wrong = || {
            let text = "not signed by this key for this place";
            Fault::of_phone(StatusCode::FORBIDDEN, "proof-wrong", text)
        };
        let signature = BASE64URL_NOPAD.decode(shown.as_bytes()).map_err(|_| wrong())?;
        let origin = own_origin(asked, self).ok_or_else(wrong)?;
        if signature.len() != PROOF_LEN {
            return Err(wrong());
        }
        key.verify(&proof(purpose, &origin, challenge), &signature).map_err(|_| wrong())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrol {
    secret: String,
    key: String,
    proof: String,
}

/// A phone shows an invitation and its key.
async fn enrol(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    shared.admit(Door::Enrol, Asker::at(from))?;
    let Enrol { secret: text, key, proof } = body::json_of_stranger(body).await?;
    let key = PublicKey::parse(&key).map_err(|error| wrong_field(&error.to_string()))?;
    let secret = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
    if secret.len() != SECRET_LEN {
        return Err(wrong_field("a secret has 16 bytes"));
    }
    shared.proves(&asked, &key, Purpose::Enrol, (&text, &proof))?;
    let driver = shared.node.enrol(&secret, key).await?;
    tracing::info!(driver = driver.id, device = %key.id(), %from, "phone enrolled");
    Ok(json_said(&json!({ "zone": shared.zone })))
}

/// A challenge for a session.
async fn challenge(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    body: Body,
) -> Result<Response, Fault> {
    shared.admit(Door::Session, Asker::at(from))?;
    let _: serde_json::Map<String, Value> = body::json_of_stranger(body).await?;
    let challenge = shared.phones.challenge(shared.now()).map_err(Fault::broken)?;
    Ok(json_said(&json!({ "challenge": challenge })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    key: String,
    challenge: String,
    proof: String,
}

/// A phone proves its key and gets a token.
async fn session(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    shared.admit(Door::Session, Asker::at(from))?;
    let Session { key, challenge, proof } = body::json_of_stranger(body).await?;
    let key = PublicKey::parse(&key).map_err(|error| wrong_field(&error.to_string()))?;
    if !shared.phones.answer(&challenge, shared.now()) {
        let text = "no challenge of this node that waits for an answer";
        return Err(Fault::of_phone(StatusCode::FORBIDDEN, "challenge-unknown", text));
    }
    shared.proves(&asked, &key, Purpose::Session, (&challenge, &proof))?;
    let driver = shared.node.driver_of(&key).ok_or_else(|| {
        let text = "no phone with this key is enrolled here";
        Fault::of_phone(StatusCode::FORBIDDEN, "key-unknown", text)
    })?;
    vouch_late(&shared, driver).await;
    let token = shared.phones.begin(key, shared.now()).map_err(Fault::broken)?;
    Ok(json_said(&json!({ "token": token })))
}

/// The haulier's word is said now, where the node could not when the phone came.
async fn vouch_late(shared: &Shared, driver: Driver) {
    if driver.state(shared.now()) == DriverState::Enrolling
        && let Err(error) = shared.node.vouch(driver).await
    {
        tracing::error!(%error, "the word on a driver's phone cannot be said");
    }
}

/// An edition of the directory: that of an id, or the one after a number.
async fn directory(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    asking: Asking,
) -> Result<Response, Fault> {
    shared.admit(Door::Directory, Asker::at(from))?;
    let [id, after] = asking.of(["id", "after"])?;
    let node = shared.node.clone();
    let look = move || match (id, after) {
        (Some(id), None) => {
            let id = Hash32::parse(&id).map_err(|error| wrong_field(&error.to_string()))?;
            node.edition_of(id).map_err(Fault::broken)
        }
        (None, Some(after)) => {
            let after: u64 = after.parse().map_err(|_| wrong_field("after is a number"))?;
            node.edition(after.saturating_add(1)).map_err(Fault::broken)
        }
        _ => Err(wrong_field("give id or after")),
    };
    let bundle = tokio::task::spawn_blocking(look).await.map_err(Fault::broken)??;
    Ok(bundle.map_or_else(|| StatusCode::NO_CONTENT.into_response(), cbor))
}

/// What came for this phone; held until something comes.
async fn feed(
    State(shared): State<Arc<Shared>>,
    Device(key): Device,
    asking: Asking,
) -> Result<Response, Fault> {
    let [after, wait] = asking.of(["after", "wait"])?;
    let number = |text: Option<String>| text.unwrap_or_else(|| "0".to_owned()).parse::<u64>();
    let (after, wait) = number(after)
        .and_then(|after| Ok((after, number(wait)?)))
        .map_err(|_| wrong_field("after and wait are numbers"))?;
    let deadline = Instant::now() + Duration::from_secs(wait.min(WAIT_S_MAX));
    let _place = shared.phones.polls.try_acquire().map_err(|_| Fault::busy())?;
    let question = shared.phones.open(key.id());
    let next = next_feed(&shared, &key, (after, deadline), &question).await?;
    // A connection has an end, which would cut the next question off.
    let close = [(header::CONNECTION, "close")];
    Ok((close, cbor(next.feed.to_cbor().map_err(Fault::broken)?)).into_response())
}

/// What comes next for a phone.
struct NextFeed {
    feed: Feed,
    /// Whether the phone asked anew meanwhile, or the node stops.
    is_last: bool,
}

/// What came for a phone after a number; waits for something until the deadline.
async fn next_feed(
    shared: &Shared,
    key: &PublicKey,
    (after, deadline): (u64, Instant),
    question: &OpenQuestion<'_>,
) -> Result<NextFeed, Fault> {
    let mut feeds = shared.node.feeds();
    let (mut is_last, mut is_due) = (false, false);
    loop {
        feeds.borrow_and_update();
        let feed = shared.node.feed(key.id(), after).await.map_err(Fault::broken)?;
        // It may have been taken back while the question was held.
        if shared.node.driver_of(key).is_none() {
            return Err(over());
        }
        if is_last || is_due || !feed.documents.is_empty() || Instant::now() >= deadline {
            let feed = Feed { link: shared.offer(), ..feed };
            return Ok(NextFeed { feed, is_last });
        }
        tokio::select! {
            changed = feeds.changed() => is_last = changed.is_err(),
            () = question.ended() => is_last = true,
            () = question.is_due() => is_due = true,
            () = sleep_until(deadline) => {}
        }
    }
}

/// A phone hands in what its driver signed.
async fn hand_in(
    State(shared): State<Arc<Shared>>,
    Device(key): Device,
    body: Body,
) -> Result<Response, Fault> {
    shared.admit(Door::HandIn, Asker::Device(key.id()))?;
    let envelope = body::bytes(body, ENVELOPE_MAX).await?.to_vec();
    let handed = match shared.node.hand_in(key, envelope, ANSWER_LIFE).await {
        Ok(handed) => handed,
        // Later it may be taken; the phone keeps it.
        Err(refusal) if refusal.code == Code::StoreFull => return Err(Fault::busy()),
        Err(refusal) => {
            return Ok(json_said(&json!({
                "outcome": "refused", "code": refusal.code.as_str(), "detail": refusal.fact(),
            })));
        }
    };
    Ok(json_said(&match handed.refused {
        None => json!({ "outcome": handed.outcome }),
        Some(why) => json!({ "outcome": handed.outcome, "code": why.code, "detail": why.detail }),
    }))
}

/// A photograph that the driver's receipt will name.
async fn photo(
    State(shared): State<Arc<Shared>>,
    Device(key): Device,
    Path(hash): Path<String>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    shared.admit(Door::Photo, Asker::Device(key.id()))?;
    let hash = Hash32::parse(&hash).map_err(|error| wrong_field(&error.to_string()))?;
    let kind = asked.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("image/")) {
        return Err(wrong_field("a photograph has the type image/..."));
    }
    let _place = shared.phones.photos.acquire().await.map_err(|_| Fault::busy())?;
    let bytes = body::file(body, PHOTO_MAX).await?;
    if Hash32::of(&bytes) != hash {
        return Err(wrong_field("these bytes have another SHA-256"));
    }
    match shared.node.keep_photo(key, &bytes).await {
        Ok(PhotoKept::New) => Ok(StatusCode::CREATED.into_response()),
        Ok(PhotoKept::Known) => Ok(StatusCode::OK.into_response()),
        Ok(PhotoKept::TooMany) => {
            let text = "as many photographs wait as may before the driver signs";
            Err(Fault::of_phone(StatusCode::CONFLICT, "photos-full", text))
        }
        Err(_) => Err(Fault::busy()),
    }
}

fn json_said(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn cbor(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/cbor")], bytes).into_response()
}
