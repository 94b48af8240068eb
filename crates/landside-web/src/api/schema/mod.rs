//! The description of the JSON door in OpenAPI 3.1, made from the handlers and the types below.
//!
//! It is served at `/api/v1/openapi.json` and kept, for people to review, as `docs/openapi.json`; a test
//! holds that the two are one. Answers are put together by the node as JSON; here is what they are. Where
//! debug assertions are on, and so in every test, an answer that is not what its type says is a fault.

use std::collections::BTreeMap;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref,
    RefOr, ResponseBuilder, SecurityRequirement,
};
use utoipa::{IntoResponses, PartialSchema as _, ToSchema};

pub(crate) mod cases;
pub(crate) mod desk;
pub(crate) mod drafts;
pub(crate) mod figures;
pub(crate) mod people;
pub(crate) mod words;

use crate::fault::Fault;

/// Version of the JSON door: see docs/API.md § Versions.
pub(crate) const API_VERSION: &str = "1.0.0";

/// Why a request was not done (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The status in words.
    title: String,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Stable code: of docs/API.md, or a refusal of PROTOCOL § 7.
    #[schema(pattern = "^[a-z][a-z0-9-]*$", example = "not-permitted")]
    code: String,
    /// The fact in words.
    detail: String,
    /// What to do about it.
    remedy: Option<String>,
    /// The answer of a terminal that refused a document.
    answer: Option<desk::Issued>,
}

/// An answer that is what its type says.
pub(super) fn shaped<T: Serialize + DeserializeOwned>(value: &Value) -> Response {
    if cfg!(debug_assertions)
        && let Err(why) = is_shaped::<T>(value)
    {
        return Fault::broken(why).into_response();
    }
    super::said(value)
}

/// Whether a value is read as a type and nothing of it is lost.
fn is_shaped<T: Serialize + DeserializeOwned>(value: &Value) -> Result<(), String> {
    let name = std::any::type_name::<T>();
    let wrong = |why: String| format!("an answer is no {name}: {why}: {value}");
    let read: T = serde_json::from_value(value.clone()).map_err(|e| wrong(e.to_string()))?;
    let again = serde_json::to_value(&read).map_err(|e| wrong(e.to_string()))?;
    match without_nulls(&again) == without_nulls(value) {
        true => Ok(()),
        false => Err(wrong(format!("it has more than {again}"))),
    }
}

/// A value without members that are null: a type has them where an answer leaves them out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, member)| !member.is_null());
            Value::Object(
                kept.map(|(name, member)| (name.clone(), without_nulls(member))).collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

type Said = BTreeMap<String, RefOr<utoipa::openapi::Response>>;

/// Refusals of some statuses, as problem details.
fn problems(statuses: &[(u16, &str)]) -> Said {
    let problem = || Ref::from_schema_name("Problem");
    let response = |why: &str| {
        let content = ContentBuilder::new().schema(Some(problem())).build();
        ResponseBuilder::new().description(why).content("application/problem+json", content).build()
    };
    let said = statuses.iter().map(|(status, why)| (status.to_string(), response(why).into()));
    // Said by what reads heads, which knows of no codes.
    let long_head =
        ResponseBuilder::new().description("The head of the request is longer than 8 KiB.");
    said.chain([("431".to_owned(), long_head.build().into())]).collect()
}

const FORM: (u16, &str) = (400, "The request is not what the path takes.");
const NOBODY: (u16, &str) = (401, "Nobody is logged in, and no good token is shown.");
const FORBIDDEN: (u16, &str) = (403, "Whoever asks may not do this.");
const NOT_THERE: (u16, &str) = (404, "There is no such thing.");
const SLOW: (u16, &str) = (408, "The content did not come whole in time.");
const CONFLICT: (u16, &str) = (409, "Refused: by the rules, by a terminal, or by what is there.");
const LONG: (u16, &str) = (413, "Content is too long, or stands where none belongs.");
const MEDIA: (u16, &str) = (415, "The content is said to be of another type than is read here.");
const KEY_USED: (u16, &str) = (422, "The Idempotency-Key was used for another request.");
const OFTEN: (u16, &str) = (429, "Too often; `Retry-After` says when to go on.");
const BROKEN: (u16, &str) = (500, "Something of the node failed.");
const BUSY: (u16, &str) =
    (503, "The node cannot do this now; `Retry-After` says when to ask again.");

macro_rules! refusals {
    ($($(#[$meta:meta])* $name:ident: $($status:ident)*;)*) => {$(
        $(#[$meta])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> Said {
                problems(&[$($status),*])
            }
        }
    )*};
}

refusals! {
    /// Of what is looked at.
    Looks: FORM NOBODY FORBIDDEN LONG OFTEN BROKEN BUSY;
    /// Of one thing that is looked at.
    LooksFor: FORM NOBODY FORBIDDEN NOT_THERE CONFLICT LONG OFTEN BROKEN BUSY;
    /// Of what changes something.
    Acts: FORM NOBODY FORBIDDEN NOT_THERE SLOW CONFLICT LONG MEDIA OFTEN BROKEN BUSY;
    /// Of what signs something.
    Signs: FORM NOBODY FORBIDDEN NOT_THERE SLOW CONFLICT LONG MEDIA KEY_USED OFTEN BROKEN BUSY;
    /// Of what a stranger asks.
    Strange: FORM NOBODY FORBIDDEN NOT_THERE SLOW CONFLICT LONG MEDIA OFTEN BROKEN BUSY;
}

/// The document without its paths, which the routes add.
pub(super) fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Landside")
        .version(API_VERSION)
        .description(Some(
            "A party's node: cases, documents, the gate, evidence. docs/API.md says how to begin.",
        ))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of `landside token add`."))
        .build();
    let cookie = ApiKeyValue::with_description("landside", "The session of a person at a screen.");
    let components = ComponentsBuilder::new()
        .schema("Problem", Problem::schema())
        .security_scheme("token", SecurityScheme::Http(bearer))
        .security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let any = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components.build()))
        .security(Some([any("token"), any("session")]))
        .build()
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "session",
    operation_id = "readOpenApi",
    security(()),
    responses(
        (status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object),
        Looks,
    ),
)]
pub(super) async fn served() -> Result<Response, Fault> {
    let document = super::openapi().map_err(Fault::broken)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}

/// The document as it is served and kept: members in order, one line end at the end.
pub(super) fn written(document: &OpenApi) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(document)?;
    tidied(&mut value);
    Ok(format!("{}\n", serde_json::to_string_pretty(&value)?))
}

/// A member that may be left out is not said to be null instead.
fn tidied(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidied),
        Value::Object(members) => {
            let required: Vec<String> = match members.get("required") {
                Some(Value::Array(names)) => {
                    names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
                }
                _ => Vec::new(),
            };
            if let Some(Value::Object(properties)) = members.get_mut("properties") {
                let optional = properties.iter_mut().filter(|(name, _)| !required.contains(name));
                optional.for_each(|(_, property)| never_null(property));
            }
            let is_choice = !members.contains_key("discriminator");
            let may_be_null = |one: &Value| one.as_array().is_some_and(|of| of.iter().any(is_null));
            if is_choice
                && members.get("oneOf").is_some_and(|one| !may_be_null(one))
                && let Some(choices) = members.remove("oneOf")
            {
                // One may have all that another has.
                members.insert("anyOf".to_owned(), choices);
            }
            let is_parameter = members.contains_key("in");
            if let Some(schema) = members.get_mut("schema").filter(|_| is_parameter) {
                never_null(schema);
            }
            members.values_mut().for_each(tidied);
        }
        _ => {}
    }
}

fn is_null(choice: &Value) -> bool {
    choice["type"] == "null"
}

fn never_null(property: &mut Value) {
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = &types[..] {
            property["type"] = only.clone();
        }
    }
    if let Some(Value::Array(choices)) = property.get_mut("oneOf") {
        choices.retain(|choice| !is_null(choice));
        if let [Value::Object(only)] = &choices[..] {
            let only = only.clone();
            if let Value::Object(members) = property {
                members.remove("oneOf");
                members.extend(only);
            }
        }
    }
}

#[cfg(test)]
mod tests;
