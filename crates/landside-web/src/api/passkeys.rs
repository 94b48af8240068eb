//! `session/passkeys`: a person's own passkeys; `session/passkey`: a log-in with one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use landside_node::control::Request as Ask;
use landside_node::people::{Passkey, Person};
use landside_proto::document::Remark;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};
use zeroize::Zeroizing;

use super::schema::people::{
    PasskeyLine, PasskeyOptions, Passkeys, PasskeysOffered, PersonLine, Session,
};
use super::schema::{Acts, Looks, Strange, shaped};
use super::session::{aside, begin};
use super::{Known, Part, Seated, Shared, first};
use crate::body;
use crate::fault::Fault;
use crate::passkeys::{Enrolling, claimed};
use crate::server::Peer;
use crate::sessions::Way;

/// Whether log-ins with passkeys are offered, and at which origin.
#[utoipa::path(
    get,
    path = "/session/passkey",
    tag = "session",
    operation_id = "passkeysOffered",
    security(()),
    responses(
        (status = 200, description = "Where they work", body = PasskeysOffered),
        Looks,
    ),
)]
pub(super) async fn offered(State(shared): State<Arc<Shared>>) -> Response {
    shaped::<PasskeysOffered>(&json!({ "origin": shared.passkeys.origin() }))
}

/// A log-in begins: what names it, and what the browser is to be asked.
#[utoipa::path(
    post,
    path = "/session/passkey/options",
    tag = "session",
    operation_id = "askForPasskey",
    security(()),
    responses(
        (status = 200, description = "What to ask the browser", body = PasskeyOptions),
        Strange,
    ),
)]
pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
) -> Result<Response, Fault> {
    let asked = shared.passkeys.ask(from, shared.now());
    let (id, options) = asked.ok_or_else(Fault::passkeys_not_offered)?;
    Ok(shaped::<PasskeyOptions>(&json!({ "id": id, "options": options })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasskeyAnswer {
    #[schema(max_length = 128)]
    id: String,
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
}

/// A log-in with a passkey. Every refusal is the same: who it is of, and what is wrong with it, is not said.
#[utoipa::path(
    post,
    path = "/session/passkey",
    tag = "session",
    operation_id = "logInByPasskey",
    request_body = PasskeyAnswer,
    security(()),
    responses(
        (status = 200, description = "Logged in", body = Session),
        Strange,
    ),
)]
pub(super) async fn log_in(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let PasskeyAnswer { id, credential } = body::json_of_stranger(body).await?;
    let now = shared.now();
    let Some((handle, key)) = claimed(&credential) else { return Err(Fault::passkey()) };
    // Signatures cannot be guessed; who tries all the same waits.
    let attempt = shared.attempts.begin(&key, from, now).map_err(Fault::wait)?;
    let found = shared.people.by_handle(&handle).and_then(|(person, passkeys)| {
        let passkey = passkeys.into_iter().find(|passkey| passkey.id == key)?;
        Some((person, passkey))
    });
    // Taken in any case: one challenge, one answer.
    let ceremony = shared.passkeys.take(&id, now);
    let (Some((person, passkey)), Some(ceremony)) = (found, ceremony) else {
        tracing::info!(%from, "log-in by passkey refused");
        return Err(Fault::passkey());
    };
    let kept = shared.passkeys.judge(ceremony, &credential, &passkey).map_err(|why| {
        tracing::warn!(login = %person.login, passkey = %passkey.name, %from, %why, "passkey refused");
        Fault::passkey()
    })?;
    let (people, of, name) = (Arc::clone(&shared.people), person.clone(), passkey.name.clone());
    let used = aside(move || people.passkey_used(&of, &passkey, kept, now)).await?;
    if let Err(error) = used {
        tracing::warn!(login = %person.login, passkey = %name, %from, why = %error, "passkey refused");
        return Err(Fault::passkey());
    }
    shared.attempts.succeeded(&attempt, now);
    tracing::info!(login = %person.login, passkey = %name, %from, "logged in by passkey");
    begin(&shared, &person, Way::Passkey, &asked)
}

/// The person's own.
#[utoipa::path(
    get,
    path = "/session/passkeys",
    tag = "session",
    operation_id = "listPasskeys",
    security(("session" = [])),
    responses(
        (status = 200, description = "The own ones", body = Passkeys),
        Looks,
    ),
)]
pub(super) async fn list(State(shared): State<Arc<Shared>>, Seated(live): Seated) -> Response {
    let passkeys = shared.people.passkeys(&live.person.login);
    let passkeys: Vec<Value> = passkeys.iter().map(view).collect();
    shaped::<Passkeys>(&json!({ "origin": shared.passkeys.origin(), "passkeys": passkeys }))
}

fn view(passkey: &Passkey) -> Value {
    let Passkey { id, name, added_at, used_at, .. } = passkey;
    json!({ "id": id, "name": name, "added_at": added_at, "used_at": used_at })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordAgain {
    #[schema(value_type = String, max_length = 1024)]
    password: Zeroizing<String>,
}

/// An enrolment begins. The password is asked for: who finds a screen open is not to make a way in that stays.
#[utoipa::path(
    post,
    path = "/session/passkeys/options",
    tag = "session",
    operation_id = "beginPasskey",
    request_body = PasswordAgain,
    security(("session" = [])),
    responses(
        (status = 200, description = "What to ask the browser", body = PasskeyOptions),
        Acts,
    ),
)]
pub(super) async fn enrol(
    State(shared): State<Arc<Shared>>,
    Seated(live): Seated,
    Extension(Peer(from)): Extension<Peer>,
    body: Body,
) -> Result<Response, Fault> {
    let PasswordAgain { password } = body::json_of_stranger(body).await?;
    if shared.passkeys.origin().is_none() {
        return Err(Fault::passkeys_not_offered());
    }
    let login = live.person.login.clone();
    shared.check_password(&login, password, from).await?;
    let people = Arc::clone(&shared.people);
    let (handle, known) =
        aside(move || people.handle(&login).map(|handle| (handle, people.passkeys(&login))))
            .await??;
    let Person { login, name, .. } = &live.person;
    let of = Enrolling { login, name: &name.to_string(), handle, known: &known };
    let options = shared.passkeys.enrol(&live.key(), &of, (from, shared.now()));
    let options = options.ok_or_else(|| Fault::broken("an enrolment cannot begin"))?;
    Ok(shaped::<PasskeyOptions>(&json!({ "options": options })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPasskey {
    name: String,
    #[schema(value_type = Object)]
    credential: RegisterPublicKeyCredential,
}

/// An enrolment ends.
#[utoipa::path(
    post,
    path = "/session/passkeys",
    tag = "session",
    operation_id = "addPasskey",
    request_body = NewPasskey,
    security(("session" = [])),
    responses(
        (status = 200, description = "The passkey", body = PasskeyLine),
        Acts,
    ),
)]
pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    Seated(live): Seated,
    body: Body,
) -> Result<Response, Fault> {
    let NewPasskey { name, credential } = body::json(body).await?;
    let name = Remark::parse(&name).map_err(|error| Fault::form(format!("name: {error}")))?;
    let now = shared.now();
    let (id, kept) = shared
        .passkeys
        .enrolled(&live.key(), &credential, now)
        .map_err(Fault::passkey_not_enrolled)?;
    let passkey = Passkey { id, name, added_at: now, used_at: None, credential: kept };
    let line = view(&passkey);
    let (people, person) = (Arc::clone(&shared.people), live.person.clone());
    aside(move || people.add_passkey(&person, passkey)).await??;
    tracing::info!(login = %live.person.login, passkey = %line["name"], "passkey enrolled");
    Ok(shaped::<PasskeyLine>(&line))
}

/// Takes an own passkey away, as of a telephone that was lost. Every session of the person ends, and a new one begins here.
#[utoipa::path(
    delete,
    path = "/session/passkeys/{id}",
    tag = "session",
    operation_id = "removePasskey",
    params(
        ("id" = String, Path, description = "Its id", max_length = 1400, pattern = "^[A-Za-z0-9_-]+$"),
    ),
    security(("session" = [])),
    responses(
        (status = 200, description = "A new session", body = Session),
        Acts,
    ),
)]
pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Seated(live): Seated,
    Part(id): Part<String>,
    asked: HeaderMap,
) -> Result<Response, Fault> {
    let (people, login) = (Arc::clone(&shared.people), live.person.login.clone());
    let person = aside(move || people.remove_passkey(&login, &id)).await??;
    tracing::info!(login = %person.login, "passkey removed");
    begin(&shared, &person, live.way, &asked)
}

/// Takes every passkey of a person away, for administrators.
#[utoipa::path(
    delete,
    path = "/people/{login}/passkeys",
    tag = "people",
    operation_id = "removePasskeys",
    params(
        ("login" = String, Path, description = "The login name", max_length = 32),
    ),
    responses(
        (status = 200, description = "The person as it is now", body = PersonLine),
        Acts,
    ),
)]
pub(super) async fn remove_all(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(login): Part<String>,
) -> Result<Response, Fault> {
    Ok(shaped::<PersonLine>(&first(shared.ask(&known, Ask::PersonPasskeysEnd { login }).await?)?))
}
