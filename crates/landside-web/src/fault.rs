//! What the console does not do: a status, a stable code and words, as problem details (RFC 9457).

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use landside_node::control::{Done, Failure};
use landside_node::drivers::DriverError;
use landside_node::people::PeopleError;
use landside_node::shares::ShareError;
use landside_proto::refusal::{Code, Refusal};
use serde_json::{Value, json};
use tracing::error;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    failure: Box<Failure>,
    /// Seconds after which to ask again.
    after: Option<u64>,
    /// The object that says more, such as the answer of a registrar.
    answer: Option<Box<Value>>,
}

impl Fault {
    fn new(status: StatusCode, code: &str, text: impl Into<String>) -> Self {
        let failure = Failure { code: code.to_owned(), text: text.into(), remedy: None };
        Self { status, failure: Box::new(failure), after: None, answer: None }
    }

    /// Nobody is logged in, or not any more. The same for every path, there or not.
    pub(crate) fn nobody() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not-logged-in", "log in first")
    }

    /// A token that is not good; why is not said.
    pub(crate) fn token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token-bad", "no such token is good here")
    }

    /// What a person does at a screen.
    pub(crate) fn person_alone() -> Self {
        let text = "this is for a person who is logged in, not for a program with a token";
        Self::new(StatusCode::FORBIDDEN, "not-for-programs", text)
    }

    /// A token is used too often.
    pub(crate) fn rate(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let text = format!("this token asks too often; go on in {seconds} s");
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", text);
        Self { after: Some(seconds), ..fault }
    }

    /// Too many tokens that are not good were shown.
    pub(crate) fn wait_with_token(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let text = format!("too many tokens were not good; try again in {seconds} s");
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "token-limited", text);
        Self { after: Some(seconds), ..fault }
    }

    /// Name or password is wrong; which of them is not said.
    pub(crate) fn login() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "login-wrong", "login name or password is wrong")
    }

    /// A passkey does not let anybody in; why is not said.
    pub(crate) fn passkey() -> Self {
        let text = "this passkey lets nobody in here";
        Self::new(StatusCode::UNAUTHORIZED, "passkey-wrong", text)
    }

    /// There is no name that passkeys could be for.
    pub(crate) fn passkeys_not_offered() -> Self {
        let text = "passkeys are not offered here: the console has no name for them";
        Self::new(StatusCode::NOT_FOUND, "passkeys-not-offered", text)
    }

    /// An enrolment came to nothing.
    pub(crate) fn passkey_not_enrolled(why: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "passkey-not-enrolled", why)
    }

    /// Too many log-ins failed.
    pub(crate) fn wait(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let text = format!("too many log-ins failed; try again in {seconds} s");
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "login-limited", text);
        Self { after: Some(seconds), ..fault }
    }

    /// Too many links that are not good were shown.
    pub(crate) fn wait_to_look(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let text = format!("too many links were not good; try again in {seconds} s");
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "share-limited", text);
        Self { after: Some(seconds), ..fault }
    }

    /// Another page than one of this console asks.
    pub(crate) fn foreign() -> Self {
        let text = "requests that change something come from pages of this console";
        Self::new(StatusCode::FORBIDDEN, "request-foreign", text)
    }

    /// The request names a host that is not this console.
    pub(crate) fn host() -> Self {
        let text = "this console is reached by its address, as localhost, or by console.origin";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "host-unknown", text)
    }

    pub(crate) fn path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "path-unknown", "nothing is served at this path")
    }

    pub(crate) fn method() -> Self {
        let text = "this path is not asked with this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-unknown", text)
    }

    /// Content where none belongs.
    pub(crate) fn content() -> Self {
        let text = "a request that reads has no content";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "content-unwanted", text)
    }

    pub(crate) fn too_long(max: usize) -> Self {
        let text = format!("the request has more than {max} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", text)
    }

    pub(crate) fn slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-slow",
            "the request did not come whole in time",
        )
    }

    /// The request is not what the path takes.
    pub(crate) fn form(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", text)
    }

    pub(crate) fn busy() -> Self {
        let text = "the node has too much to do, ask again";
        let fault = Self::new(StatusCode::SERVICE_UNAVAILABLE, "node-busy", text);
        Self { after: Some(2), ..fault }
    }

    /// A name of a request that is none.
    pub(crate) fn request_name() -> Self {
        let text = "an Idempotency-Key has 1 to 64 printable ASCII characters, and is given once";
        Self::new(StatusCode::BAD_REQUEST, "request-name", text)
    }

    /// The name is that of another request.
    pub(crate) fn request_other() -> Self {
        let text = "this Idempotency-Key was used for another request";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request-other", text)
    }

    /// The same request is being done.
    pub(crate) fn request_running() -> Self {
        let text = "the request with this Idempotency-Key is being done";
        let fault = Self::new(StatusCode::CONFLICT, "request-running", text);
        Self { after: Some(1), ..fault }
    }

    /// The node stopped while it was done.
    pub(crate) fn request_unknown() -> Self {
        let text = "the node stopped while the request with this Idempotency-Key was done: look at \
            what there is before you send it with another one";
        Self::new(StatusCode::CONFLICT, "request-unknown", text)
    }

    /// It was done, and its answer was too long to keep.
    pub(crate) fn request_done() -> Self {
        let text =
            "the request with this Idempotency-Key was done, and its answer was too long to keep";
        Self::new(StatusCode::CONFLICT, "request-done", text)
    }

    /// The name of a request cannot be kept.
    pub(crate) fn not_begun(refusal: Refusal) -> Self {
        let (code, text) = (refusal.code.as_str(), refusal.fact());
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, text)
    }

    /// The content is of another type than is read.
    pub(crate) fn media() -> Self {
        let text = "the content is JSON: application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", text)
    }

    /// Whether it is the answer of a registrar, to a document that was signed.
    pub(crate) fn is_answer(&self) -> bool {
        self.answer.is_some()
    }

    /// Too many streams of events.
    pub(crate) fn streams() -> Self {
        let text = "too many screens listen; close some";
        let fault = Self::new(StatusCode::SERVICE_UNAVAILABLE, "streams-full", text);
        Self { after: Some(30), ..fault }
    }

    /// What the interface of the driver app refuses; the codes are those of its API.md.
    pub(crate) fn of_phone(status: StatusCode, code: &str, text: impl Into<String>) -> Self {
        let after = (status == StatusCode::TOO_MANY_REQUESTS).then_some(60);
        Self { after, ..Self::new(status, code, text) }
    }

    /// Something of this machine failed. What it says is for the operator.
    pub(crate) fn broken(error: impl std::fmt::Display) -> Self {
        error!(%error, "the console cannot answer");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "console-broken",
            "the node cannot do this now",
        )
    }

    /// Why the node did not do it.
    pub(crate) fn of(done: Done) -> Self {
        let failure = done.error.unwrap_or_else(|| Failure {
            code: "refused".to_owned(),
            text: "the node refused".to_owned(),
            remedy: None,
        });
        let status = match (done.exit, failure.code.as_str()) {
            (_, "not-permitted") => StatusCode::FORBIDDEN,
            (1, code) if code.ends_with("-unknown") => StatusCode::NOT_FOUND,
            (1, _) => StatusCode::CONFLICT,
            (2, _) => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, failure: Box::new(failure), after: None, answer: None }
    }

    /// A registrar refused a document: its word, and the whole answer beside.
    pub(crate) fn refused(answer: Value) -> Self {
        let text = |name: &str| answer["refused"][name].as_str().map(str::to_owned);
        let failure = Failure {
            code: text("code").unwrap_or_else(|| "refused".to_owned()),
            text: text("detail").unwrap_or_default(),
            remedy: text("remedy"),
        };
        let (failure, answer) = (Box::new(failure), Some(Box::new(answer)));
        Self { status: StatusCode::CONFLICT, failure, after: None, answer }
    }
}

impl From<PeopleError> for Fault {
    fn from(error: PeopleError) -> Self {
        let status = match &error {
            PeopleError::Broken(error) => return Self::broken(error),
            PeopleError::LinkUnknown | PeopleError::Unknown(_) | PeopleError::PasskeyUnknown => {
                StatusCode::NOT_FOUND
            }
            PeopleError::PasswordWrong => StatusCode::FORBIDDEN,
            PeopleError::LoginTaken(_)
            | PeopleError::NameTaken(_)
            | PeopleError::Closed(_)
            | PeopleError::PasskeysFull
            | PeopleError::PasskeyTaken
            | PeopleError::AccountChanged => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.code(), error.to_string())
    }
}

impl From<ShareError> for Fault {
    fn from(error: ShareError) -> Self {
        match &error {
            ShareError::LinkUnknown => {
                Self::new(StatusCode::NOT_FOUND, error.code(), "no such link is good here")
            }
            _ => Self::broken(error),
        }
    }
}

impl From<DriverError> for Fault {
    fn from(error: DriverError) -> Self {
        let status = match &error {
            DriverError::Broken(error) => return Self::broken(error),
            DriverError::NotPermitted(_) => StatusCode::FORBIDDEN,
            DriverError::Unknown(_) | DriverError::InvitationUnknown => StatusCode::NOT_FOUND,
            DriverError::InvitationExpired => StatusCode::GONE,
            DriverError::Past => StatusCode::BAD_REQUEST,
            DriverError::Refused(refusal) if refusal.code == Code::StoreFull => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::CONFLICT,
        };
        Self::new(status, error.code(), error.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Self { status, failure, after, answer } = self;
        let mut body = json!({
            "title": status.canonical_reason().unwrap_or_default(), "status": status.as_u16(),
            "code": failure.code, "detail": failure.text,
        });
        if let Some(remedy) = failure.remedy {
            body["remedy"] = json!(remedy);
        }
        if let Some(answer) = answer {
            body["answer"] = *answer;
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body.to_string()).into_response();
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 § 15.5.2 asks for it; browsers show no box for this scheme.
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(seconds) = after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
