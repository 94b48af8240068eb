//! `session`: log in and out, who am I, first passwords by link.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use landside_node::people::{Chosen, Language, LinkFor, PeopleError, Person};
use landside_node::tokens::Bearer;
use landside_proto::ids::UnixMillis;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::schema::people::{self, LinkFor as Linked, Session};
use super::schema::{Acts, Looks, Strange, shaped};
use super::{Known, Seated, Shared};
use crate::body;
use crate::fault::Fault;
use crate::server::Peer;
use crate::sessions::Way;

/// Passwords hashed at once: each takes a core for a moment, and the gate needs the other.
const HASHES_MAX: usize = 1;

/// Log-ins that wait for their turn; further ones are told to come again.
const LOGINS_WAITING_MAX: usize = 32;

/// Turns to hash a password.
pub(super) struct Hashing {
    turns: Semaphore,
    waiting: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { turns: Semaphore::new(HASHES_MAX), waiting: Semaphore::new(LOGINS_WAITING_MAX) }
    }
}

impl Hashing {
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Fault> {
        let _waits = self.waiting.try_acquire().map_err(|_| Fault::busy())?;
        self.turns.acquire().await.map_err(|_| Fault::busy())
    }
}

/// Does what blocks, such as hashing a password or writing the file of people, on a thread for that.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(Fault::broken)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    login: String,
    #[schema(value_type = String, max_length = 1024)]
    password: Zeroizing<String>,
}

/// A log-in.
#[utoipa::path(
    post,
    path = "/session",
    tag = "session",
    operation_id = "logIn",
    request_body = Login,
    security(()),
    responses(
        (status = 200, description = "Logged in; the cookie is in `Set-Cookie`", body = Session),
        Strange,
    ),
)]
pub(super) async fn login(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let Login { login, password } = body::json_of_stranger(body).await?;
    let attempt = shared.attempts.begin(&login, from, shared.now()).map_err(Fault::wait)?;
    let person = {
        let _turn = shared.hashing.turn().await?;
        let people = Arc::clone(&shared.people);
        aside(move || people.check(&login, &password)).await?
    };
    let Some(person) = person else {
        tracing::info!(%from, "log-in refused");
        return Err(Fault::login());
    };
    shared.attempts.succeeded(&attempt, shared.now());
    tracing::info!(login = %person.login, %from, "logged in");
    begin(&shared, &person, Way::Password, &asked)
}

/// Begins a session and says who it is.
pub(super) fn begin(
    shared: &Shared,
    person: &Person,
    way: Way,
    asked: &HeaderMap,
) -> Result<Response, Fault> {
    let now = shared.now();
    let token = shared.sessions.begin(person, way, now).map_err(Fault::broken)?;
    let ends = now.plus(crate::SESSION_IDLE);
    let mut response = shaped::<Session>(&identity(shared, person, (ends, way), asked));
    set_cookie(shared, &mut response, &token, "");
    Ok(response)
}

fn set_cookie(shared: &Shared, response: &mut Response, token: &str, more: &str) {
    let secure = if shared.secure { "; Secure" } else { "" };
    let name = &shared.cookie;
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// Who is logged in.
#[utoipa::path(
    get,
    path = "/session",
    tag = "session",
    operation_id = "whoAmI",
    responses(
        (status = 200, description = "Who asks", body = Session),
        Looks,
    ),
)]
pub(super) async fn who(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asked: HeaderMap,
) -> Response {
    let live = match &known {
        Known::Person(live) => live,
        Known::Program(bearer) => return shaped::<Session>(&program(&shared, bearer, &asked)),
    };
    shaped::<Session>(&identity(&shared, &live.person, (live.ends, live.way), &asked))
}

/// Whose program asks, and what it may.
fn program(shared: &Shared, bearer: &Bearer, asked: &HeaderMap) -> Value {
    let ends = (bearer.token.until, Way::Token);
    let mut view = identity(shared, &bearer.person, ends, asked);
    view["may"] = json!(bearer.by().acts());
    view["scopes"] = json!(bearer.token.scopes.words());
    view
}

fn identity(
    shared: &Shared,
    person: &Person,
    (ends, way): (UnixMillis, Way),
    asked: &HeaderMap,
) -> Value {
    let of = shared.node.identity();
    let roles: Vec<&str> = of.roles.iter().map(|role| role.as_str()).collect();
    let language = person.language.unwrap_or_else(|| spoken(asked));
    json!({
        "login": person.login, "name": person.name, "role": person.role, "may": person.role.acts(),
        "party": of.actor, "party_name": of.name, "party_roles": roles,
        "zone": shared.zone, "language": language, "ends_at": ends, "now": shared.now(),
        "way": way.as_str(), "two_persons": of.wants_two,
    })
}

/// The language that a browser names first, of those there are.
fn spoken(asked: &HeaderMap) -> Language {
    let said = asked.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let mut tags = said.unwrap_or_default().split(',').map(|tag| tag.trim().to_ascii_lowercase());
    let first = tags.find(|tag| tag.starts_with("zh") || tag.starts_with("en"));
    if first.is_some_and(|tag| tag.starts_with("zh")) { Language::Zh } else { Language::En }
}

/// A log-out.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "session",
    operation_id = "logOut",
    security(("session" = [])),
    responses(
        (status = 204, description = "Logged out"),
        Acts,
    ),
)]
pub(super) async fn logout(State(shared): State<Arc<Shared>>, Seated(live): Seated) -> Response {
    shared.sessions.end(&live);
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&shared, &mut response, "", "; Max-Age=0");
    response
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkToken {
    #[schema(value_type = String, max_length = 1024)]
    token: Zeroizing<String>,
}

/// Whom a link is for.
#[utoipa::path(
    post,
    path = "/session/link/look",
    tag = "session",
    operation_id = "lookAtLink",
    request_body = LinkToken,
    security(()),
    responses(
        (status = 200, description = "Whom the link is for", body = Linked),
        Strange,
    ),
)]
pub(super) async fn look_at(
    State(shared): State<Arc<Shared>>,
    body: Body,
) -> Result<Response, Fault> {
    let LinkToken { token } = body::json_of_stranger(body).await?;
    let view = match shared.people.look_at(&token, shared.now())? {
        LinkFor::Admin => json!({ "for": "admin" }),
        LinkFor::Person(person) => json!({
            "for": "person", "login": person.login, "name": person.name, "role": person.role,
        }),
    };
    Ok(shaped::<Linked>(&view))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Follow {
    #[schema(value_type = String, max_length = 1024)]
    token: Zeroizing<String>,
    #[schema(value_type = String, max_length = 1024)]
    password: Zeroizing<String>,
    login: Option<String>,
    name: Option<String>,
}

/// A password is chosen with a link, which then is gone.
#[utoipa::path(
    post,
    path = "/session/link",
    tag = "session",
    operation_id = "followLink",
    request_body = Follow,
    security(()),
    responses(
        (status = 200, description = "Logged in with the new password", body = Session),
        Strange,
    ),
)]
pub(super) async fn follow(
    State(shared): State<Arc<Shared>>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let Follow { token, password, login, name } = body::json_of_stranger(body).await?;
    let now = shared.now();
    // Before a turn is waited for: who has no link takes nobody's.
    shared.people.look_at(&token, now)?;
    let person = {
        let _turn = shared.hashing.turn().await?;
        let people = Arc::clone(&shared.people);
        aside(move || {
            let (login, name) = (login.as_deref(), name.as_deref());
            people.follow(&token, &Chosen { login, name, password: &password }, now)
        })
        .await??
    };
    tracing::info!(login = %person.login, role = person.role.as_str(), "a person chose a password");
    begin(&shared, &person, Way::Password, &asked)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    #[schema(value_type = String, max_length = 1024)]
    old: Zeroizing<String>,
    #[schema(value_type = String, max_length = 1024)]
    new: Zeroizing<String>,
}

impl Shared {
    /// Whether this is the password of who is logged in: whoever finds a screen open is not to guess it there.
    pub(super) async fn check_password(
        &self,
        login: &str,
        password: Zeroizing<String>,
        from: std::net::IpAddr,
    ) -> Result<(), Fault> {
        let attempt = self.attempts.begin(login, from, self.now()).map_err(Fault::wait)?;
        let person = {
            let _turn = self.hashing.turn().await?;
            let (people, login) = (Arc::clone(&self.people), login.to_owned());
            aside(move || people.check(&login, &password)).await?
        };
        person.ok_or(PeopleError::PasswordWrong)?;
        self.attempts.succeeded(&attempt, self.now());
        Ok(())
    }
}

/// Another password. Every session of the person ends, and a new one begins here.
#[utoipa::path(
    put,
    path = "/session/password",
    tag = "session",
    operation_id = "changePassword",
    request_body = NewPassword,
    security(("session" = [])),
    responses(
        (status = 200, description = "A new session", body = Session),
        Acts,
    ),
)]
pub(super) async fn password(
    State(shared): State<Arc<Shared>>,
    Seated(live): Seated,
    Extension(Peer(from)): Extension<Peer>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let NewPassword { old, new } = body::json(body).await?;
    let login = live.person.login;
    // Whoever finds a screen open is not to guess the password there.
    let attempt = shared.attempts.begin(&login, from, shared.now()).map_err(Fault::wait)?;
    let person = {
        let _turn = shared.hashing.turn().await?;
        let people = Arc::clone(&shared.people);
        aside(move || people.change_password(&login, &old, &new)).await??
    };
    shared.attempts.succeeded(&attempt, shared.now());
    begin(&shared, &person, Way::Password, &asked)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Speaks {
    #[schema(value_type = people::Language)]
    language: Language,
}

/// Another language of the screens.
#[utoipa::path(
    put,
    path = "/session/language",
    tag = "session",
    operation_id = "changeLanguage",
    request_body = Speaks,
    security(("session" = [])),
    responses(
        (status = 200, description = "Who asks", body = Session),
        Acts,
    ),
)]
pub(super) async fn language(
    State(shared): State<Arc<Shared>>,
    Seated(live): Seated,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let Speaks { language } = body::json(body).await?;
    let people = Arc::clone(&shared.people);
    let person = aside(move || people.speak(&live.person.login, language)).await??;
    Ok(shaped::<Session>(&identity(&shared, &person, (live.ends, live.way), &asked)))
}
