//! The JSON door: one file a resource. What may be asked, and by whom, the node says; here is only how.

mod cases;
mod documents;
mod drivers;
mod events;
mod evidence;
mod figures;
mod gate;
mod import;
mod parties;
mod passkeys;
mod pending;
mod people;
mod session;
mod share;
mod slots;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use landside_node::Asked;
use landside_node::board::Board;
use landside_node::config;
use landside_node::control::Request as Ask;
use landside_node::node::Node;
use landside_node::people::People;
use landside_proto::ids::UnixMillis;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use self::events::Ring;
use crate::assets::Assets;
use crate::attempts::Attempts;
use crate::driver::{self, Offered, Phones};
use crate::fault::Fault;
use crate::guard::guard;
use crate::passkeys::Passkeys;
use crate::requests::numbered;
use crate::sessions::{Live, Sessions};

pub(crate) use self::events::streams;
pub use self::events::{EVENTS_KEPT, STREAMS_MAX};

/// How long a document's answer is awaited, in milliseconds: a link that stands answers in a tenth of
/// it, and one that does not is told by the events.
const WAIT_MS: u64 = 4_000;

/// Files read, checked or written at once: each takes up to 64 MiB of memory.
const FILES_MAX: usize = 2;

/// Everything that requests share.
pub(crate) struct Shared {
    pub(crate) node: Node,
    people: Arc<People>,
    sessions: Sessions,
    attempts: Attempts,
    looks: share::Looks,
    pub(crate) phones: Phones,
    passkeys: Passkeys,
    board: Board,
    written: cases::Written,
    ring: Ring,
    assets: Assets,
    hashing: session::Hashing,
    files: Semaphore,
    streams: Arc<Semaphore>,
    cookie: String,
    pub(crate) zone: String,
    clock: fn() -> UnixMillis,
    /// Whether browsers come over TLS.
    pub(crate) secure: bool,
    /// Where browsers come to, when that was configured.
    pub(crate) origin: Option<String>,
    /// The console's own port.
    pub(crate) port: u16,
    /// What phones are told of QUIC, where they may come over it.
    pub(crate) offered: Option<Offered>,
}

impl Shared {
    pub(crate) fn new(
        node: Node,
        board: Board,
        settings: &config::Console,
        (port, streams, offered): (u16, usize, Option<Offered>),
        clock: fn() -> UnixMillis,
    ) -> Self {
        let secure = settings.is_secure();
        // Cookies know no ports: two nodes on one machine must not write over each other's.
        let cookie = match secure {
            true => "__Host-landside".to_owned(),
            false => format!("landside-{port}"),
        };
        Self {
            people: node.people(),
            board,
            written: cases::Written::default(),
            ring: Ring::new(clock()),
            sessions: Sessions::taken_up(node.home(), clock()),
            attempts: Attempts::default(),
            looks: share::Looks::default(),
            node,
            phones: Phones::default(),
            passkeys: Passkeys::of(settings, port),
            assets: Assets::new(),
            hashing: session::Hashing::default(),
            files: Semaphore::new(FILES_MAX),
            streams: Arc::new(Semaphore::new(streams)),
            cookie,
            zone: settings.zone.clone(),
            clock,
            secure,
            origin: Some(settings.origin.clone()).filter(|origin| !origin.is_empty()),
            port,
            offered,
        }
    }

    /// Keeps the last events for streams that come back.
    pub(crate) async fn keep_events(&self) {
        self.ring.keep(&self.node, self.board.changes()).await;
    }

    /// Keeps who is logged in for the node's next start, which comes at once when it is a new version's.
    pub(crate) fn keep_sessions(&self) {
        self.sessions.keep(self.node.home(), self.now());
    }

    pub(crate) fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    fn live(&self, parts: &Parts) -> Option<Live> {
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|list| list.split(';')).filter_map(|c| c.split_once('='));
        let (_, token) = pairs.find(|(name, _)| name.trim() == self.cookie)?;
        self.sessions.find(token.trim(), &self.people, self.now())
    }

    /// Asks the node in the name of who is logged in.
    async fn ask(&self, known: &Known, request: Ask) -> Result<Asked, Fault> {
        let asked = self.node.ask(&known.0.person.by(), request).await;
        // Exit 1 without an error is an answer: a truck refused, a document refused.
        match asked.done.error {
            Some(_) => Err(Fault::of(asked.done)),
            None => Ok(asked),
        }
    }
}

/// Who is logged in; a request of anybody else ends here.
pub(crate) struct Known(Live);

impl FromRequestParts<Arc<Shared>> for Known {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        shared.live(parts).map(Self).ok_or_else(Fault::nobody)
    }
}

/// What a request asks behind the `?`, by name; a name twice, or one that is not known, is refused.
pub(crate) struct Asking(Vec<(String, String)>);

impl FromRequestParts<Arc<Shared>> for Asking {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Fault> {
        let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|error| Fault::form(error.body_text()))
    }
}

impl Asking {
    /// The values of these names, and of no others.
    pub(crate) fn of<const N: usize>(self, names: [&str; N]) -> Result<[Option<String>; N], Fault> {
        let mut values = [const { None }; N];
        for (name, value) in self.0 {
            let at = names.iter().position(|known| *known == name);
            match at.and_then(|at| values.get_mut(at)) {
                Some(place @ None) => *place = Some(value),
                Some(_) => return Err(Fault::form(format!("{} twice", names.join(", ")))),
                None => return Err(Fault::form(format!("known are {}", names.join(", ")))),
            }
        }
        Ok(values)
    }
}

/// Everything that the console serves.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    let v1 = Router::new()
        .route("/session", get(session::who).post(session::login).delete(session::logout))
        .route("/session/link", post(session::follow))
        .route("/session/link/look", post(session::look_at))
        .route("/session/password", put(session::password))
        .route("/session/language", put(session::language))
        .route("/session/passkey", get(passkeys::offered).post(passkeys::log_in))
        .route("/session/passkey/options", post(passkeys::ask))
        .route("/session/passkeys", get(passkeys::list).post(passkeys::add))
        .route("/session/passkeys/options", post(passkeys::enrol))
        .route("/session/passkeys/{id}", delete(passkeys::remove))
        .route("/cases", get(cases::list))
        .route("/cases/{subject}", get(cases::one))
        .route("/cases/{subject}/shares", get(share::list).post(share::make))
        .route("/shares/{id}", delete(share::revoke))
        .route("/share", post(share::follow))
        .route("/documents", post(documents::issue))
        .route("/documents/{id}", get(documents::one))
        .route("/slots", get(slots::list))
        .route("/figures", get(figures::whole))
        .route("/figures/{chart}", get(figures::chart))
        .route("/gate/check", post(gate::check))
        .route("/gate/out", post(gate::out))
        .route("/pending", get(pending::list))
        .route("/approve", post(pending::approve))
        .route("/decline", post(pending::decline))
        .route("/evidence/verify", post(evidence::verify))
        .route("/evidence/{subject}", get(evidence::export))
        .route("/import", post(import::run))
        .route("/parties", get(parties::list))
        .route("/outbox", get(cases::outbox))
        .route("/events", get(events::stream))
        .route("/drivers", get(drivers::list).post(drivers::invite))
        .route("/drivers/{id}", delete(drivers::close))
        .route("/drivers/{id}/phone", post(drivers::change_phone))
        .route("/people", get(people::list).post(people::add))
        .route("/people/{login}", delete(people::close))
        .route("/people/{login}/passkeys", delete(passkeys::remove_all))
        .route("/people/{login}/reset", post(people::reset));
    Router::new()
        .nest("/api/v1", v1)
        .nest(driver::BASE.trim_end_matches('/'), driver::routes())
        .fallback(elsewhere)
        .method_not_allowed_fallback(async |_: Known| Fault::method())
        .layer(from_fn_with_state(Arc::clone(&shared), guard))
        .layer(from_fn(numbered))
        .with_state(shared)
}

/// Below `/api` whoever is not known learns nothing of which paths there are; all else is a file.
async fn elsewhere(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Infallible> {
    let is_api = request.uri().path().split('/').nth(1) == Some("api");
    if !is_api {
        return Ok(shared.assets.answer(&request));
    }
    let (parts, _) = request.into_parts();
    let fault = if shared.live(&parts).is_some() { Fault::path() } else { Fault::nobody() };
    Ok(fault.into_response())
}

fn said(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, kind, value.to_string()).into_response()
}

/// The first line of an answer that has one.
fn first(asked: Asked) -> Result<Value, Fault> {
    asked.lines.into_iter().next().ok_or_else(|| Fault::broken("an answer has no line"))
}

/// Every line of an answer, under a name.
fn list(name: &str, asked: Asked) -> Response {
    said(&json!({ name: asked.lines }))
}
