//! The JSON door: one file a resource. What may be asked, and by whom, the node says; here is only how.

#![expect(unused_qualifications, reason = "the derive of utoipa writes them")]

mod cases;
mod documents;
mod drivers;
mod events;
mod evidence;
mod figures;
mod gate;
mod import;
mod moments;
mod once;
mod parties;
mod passkeys;
mod pending;
mod people;
mod schema;
mod session;
mod share;
mod slots;
mod tags;
mod tokens;
mod webhooks;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use landside_node::Asked;
use landside_node::board::Board;
use landside_node::config;
use landside_node::control::Request as Ask;
use landside_node::node::Node;
use landside_node::people::{By, People};
use landside_node::tokens::Bearer;
use landside_proto::ids::UnixMillis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::events::Ring;
use self::schema::shaped;
use crate::assets::Assets;
use crate::attempts::Attempts;
use crate::driver::{self, Offered, Phones};
use crate::fault::Fault;
use crate::guard::guard;
use crate::passkeys::Passkeys;
use crate::programs::{Programs, shows_token};
use crate::requests::numbered;
use crate::sessions::{Live, Sessions};

pub(crate) use self::events::streams;
pub use self::events::{EVENTS_KEPT, STREAMS_MAX};
pub use self::once::REQUEST_NAME_MAX;

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
    programs: Programs,
    attempts: Attempts,
    looks: share::Looks,
    pub(crate) phones: Phones,
    passkeys: Passkeys,
    board: Board,
    written: cases::Written,
    ring: Ring,
    assets: Assets,
    hashing: session::Hashing,
    files: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    cookie: String,
    pub(crate) zone: String,
    clock: fn() -> UnixMillis,
    /// Whether browsers come over TLS.
    pub(crate) secure: bool,
    /// Whether TLS is done here, so that a certificate answers for the name.
    pub(crate) has_certificate: bool,
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
            programs: Programs::default(),
            attempts: Attempts::default(),
            looks: share::Looks::default(),
            node,
            phones: Phones::default(),
            passkeys: Passkeys::of(settings, port),
            assets: Assets::new(),
            hashing: session::Hashing::default(),
            files: Arc::new(Semaphore::new(FILES_MAX)),
            streams: Arc::new(Semaphore::new(streams)),
            cookie,
            zone: settings.zone.clone(),
            clock,
            secure,
            has_certificate: settings.certificate.is_some(),
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

    /// Whose session the cookie of a request is. One that shows a token has none.
    fn live(&self, parts: &Parts) -> Option<Live> {
        if shows_token(&parts.headers) {
            return None;
        }
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|list| list.split(';')).filter_map(|c| c.split_once('='));
        let (_, token) = pairs.find(|(name, _)| name.trim() == self.cookie)?;
        self.sessions.find(token.trim(), &self.people, self.now())
    }

    /// Whether who asked is still let in.
    fn goes_on(&self, known: &Known) -> bool {
        match known {
            Known::Person(live) => self.sessions.goes_on(live, &self.people, self.now()),
            Known::Program(bearer) => self.node.bearer_goes_on(bearer, self.now()),
        }
    }

    /// Asks the node in the name of who is logged in, or whose program asks.
    async fn ask(&self, known: &Known, request: Ask) -> Result<Asked, Fault> {
        self.ask_by(&known.by(), request).await
    }

    /// As [`Shared::ask`], for work that outlives the request.
    async fn ask_by(&self, by: &By, request: Ask) -> Result<Asked, Fault> {
        let asked = self.node.ask(by, request).await;
        // Exit 1 without an error is an answer: a truck refused, a document refused.
        match asked.done.error {
            Some(_) => Err(Fault::of(asked.done)),
            None => Ok(asked),
        }
    }
}

/// Who asks: a person who is logged in, or a program with a token; a request of anybody else ends here.
pub(crate) enum Known {
    /// A session.
    Person(Live),
    /// A token.
    Program(Box<Bearer>),
}

impl Known {
    /// As recorded beside what is signed.
    fn by(&self) -> By {
        match self {
            Self::Person(live) => live.person.by(),
            Self::Program(bearer) => bearer.by(),
        }
    }
}

impl FromRequestParts<Arc<Shared>> for Known {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        if shows_token(&parts.headers) {
            let bearer = shared.programs.who(parts, &shared.node, shared.now())?;
            return Ok(Self::Program(Box::new(bearer)));
        }
        shared.live(parts).map(Self::Person).ok_or_else(Fault::nobody)
    }
}

/// A person who is logged in, at a screen; for what no program does.
pub(crate) struct Seated(Live);

impl FromRequestParts<Arc<Shared>> for Seated {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        match Known::from_request_parts(parts, shared).await? {
            Known::Person(live) => Ok(Self(live)),
            Known::Program(_) => Err(Fault::person_alone()),
        }
    }
}

/// A part of the path.
pub(crate) struct Part<T>(T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Part<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        let part = axum::extract::Path::<T>::from_request_parts(parts, shared).await;
        part.map(|part| Self(part.0)).map_err(|error| Fault::form(error.body_text()))
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

/// Every route of the JSON door, with what it takes and answers.
fn door() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::with_openapi(schema::base())
        .routes(routes!(session::who, session::login, session::logout))
        .routes(routes!(session::follow))
        .routes(routes!(session::look_at))
        .routes(routes!(session::password))
        .routes(routes!(session::language))
        .routes(routes!(passkeys::offered, passkeys::log_in))
        .routes(routes!(passkeys::ask))
        .routes(routes!(passkeys::list, passkeys::add))
        .routes(routes!(passkeys::enrol))
        .routes(routes!(passkeys::remove))
        .routes(routes!(cases::list))
        .routes(routes!(cases::one))
        .routes(routes!(share::list, share::make))
        .routes(routes!(share::revoke))
        .routes(routes!(share::follow))
        .routes(routes!(documents::issue))
        .routes(routes!(documents::one))
        .routes(routes!(slots::list))
        .routes(routes!(figures::whole))
        .routes(routes!(figures::chart))
        .routes(routes!(gate::check))
        .routes(routes!(gate::out))
        .routes(routes!(pending::list))
        .routes(routes!(pending::approve))
        .routes(routes!(pending::decline))
        .routes(routes!(evidence::verify))
        .routes(routes!(evidence::export))
        .routes(routes!(import::run))
        .routes(routes!(parties::list))
        .routes(routes!(cases::outbox))
        .routes(routes!(events::stream))
        .routes(routes!(drivers::list, drivers::invite))
        .routes(routes!(drivers::close))
        .routes(routes!(drivers::change_phone))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::close))
        .routes(routes!(passkeys::remove_all))
        .routes(routes!(people::reset))
        .routes(routes!(tokens::list, tokens::make))
        .routes(routes!(tokens::revoke))
        .routes(routes!(webhooks::list, webhooks::make))
        .routes(routes!(webhooks::replay))
        .routes(routes!(webhooks::remove))
        .routes(routes!(schema::served))
}

/// The description of the JSON door in OpenAPI 3.1, as it is served and kept in `docs/openapi.json`.
///
/// # Errors
/// It cannot be written as JSON.
pub fn openapi() -> Result<String, serde_json::Error> {
    let (_, document) = OpenApiRouter::new().nest("/api/v1", door()).split_for_parts();
    schema::written(&document)
}

/// Everything that the console serves.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    let (v1, _) = door().split_for_parts();
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
    let (mut parts, _) = request.into_parts();
    let known = Known::from_request_parts(&mut parts, &shared).await;
    let fault = known.map_or_else(|fault| fault, |_| Fault::path());
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
fn list<T: Serialize + DeserializeOwned>(name: &str, asked: Asked) -> Response {
    shaped::<T>(&json!({ name: asked.lines }))
}
