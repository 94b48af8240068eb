//! `session/passkeys`: a person's own passkeys; `session/passkey`: a log-in with one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use landside_node::control::Request as Ask;
use landside_node::people::{Passkey, Person};
use landside_proto::document::Remark;
use serde::Deserialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};
use zeroize::Zeroizing;

use super::session::{aside, begin};
use super::{Known, Shared, first, said};
use crate::body;
use crate::fault::Fault;
use crate::passkeys::{Enrolling, claimed};
use crate::server::Peer;
use crate::sessions::Way;

/// Whether log-ins with passkeys are offered, and at which origin.
pub(super) async fn offered(State(shared): State<Arc<Shared>>) -> Response {
    said(&json!({ "origin": shared.passkeys.origin() }))
}

/// A log-in begins: what names it, and what the browser is to be asked.
pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
) -> Result<Response, Fault> {
    let asked = shared.passkeys.ask(from, shared.now());
    let (id, options) = asked.ok_or_else(Fault::passkeys_not_offered)?;
    Ok(said(&json!({ "id": id, "options": options })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    id: String,
    credential: PublicKeyCredential,
}

/// A log-in with a passkey. Every refusal is the same: who it is of, and what is wrong with it, is not said.
pub(super) async fn log_in(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let Answer { id, credential } = body::json_of_stranger(body).await?;
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
pub(super) async fn list(State(shared): State<Arc<Shared>>, Known(live): Known) -> Response {
    let passkeys = shared.people.passkeys(&live.person.login);
    let passkeys: Vec<Value> = passkeys.iter().map(view).collect();
    said(&json!({ "origin": shared.passkeys.origin(), "passkeys": passkeys }))
}

fn view(passkey: &Passkey) -> Value {
    let Passkey { id, name, added_at, used_at, .. } = passkey;
    json!({ "id": id, "name": name, "added_at": added_at, "used_at": used_at })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    password: Zeroizing<String>,
}

/// An enrolment begins. The password is asked for: who finds a screen open is not to make a way in that stays.
pub(super) async fn enrol(
    State(shared): State<Arc<Shared>>,
    Known(live): Known,
    Extension(Peer(from)): Extension<Peer>,
    body: Body,
) -> Result<Response, Fault> {
    let Password { password } = body::json_of_stranger(body).await?;
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
    Ok(said(&json!({ "options": options })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    credential: RegisterPublicKeyCredential,
}

/// An enrolment ends.
pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    Known(live): Known,
    body: Body,
) -> Result<Response, Fault> {
    let New { name, credential } = body::json(body).await?;
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
    Ok(said(&line))
}

/// Takes an own passkey away, as of a telephone that was lost. Every session of the person ends, and a new one begins here.
pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Known(live): Known,
    Path(id): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Fault> {
    let (people, login) = (Arc::clone(&shared.people), live.person.login.clone());
    let person = aside(move || people.remove_passkey(&login, &id)).await??;
    tracing::info!(login = %person.login, "passkey removed");
    begin(&shared, &person, live.way, &asked)
}

/// Takes every passkey of a person away, for administrators.
pub(super) async fn remove_all(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Path(login): Path<String>,
) -> Result<Response, Fault> {
    Ok(said(&first(shared.ask(&known, Ask::PersonPasskeysEnd { login }).await?)?))
}
