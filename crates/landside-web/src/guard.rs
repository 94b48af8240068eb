//! What holds for every request to the console: no content where none belongs, no page of others, an end
//! to the wait, and an answer that no browser takes for something else than it says.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use landside_proto::device::link::Offer;
use tokio::time::timeout;

use crate::api::Shared;
use crate::driver::Offered;
use crate::fault::Fault;
use crate::programs::shows_token;

/// An answer must begin within this time, the reading of a file included.
pub(crate) const CONSOLE_ANSWER_LIFE: Duration = Duration::from_secs(30);

/// The field that a request which changes something must have. A page of another origin cannot send it
/// without asking first (Fetch § 4.8), and is never told yes.
pub(crate) const OWN_FIELD: &str = "x-landside";

/// What pages of the console may load and do: what is here, and the camera's pictures.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Where the driver app is, whose page may also go to the node's UDP port.
const APP: &str = "/driver/";

/// Fields of every answer.
const FIELDS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let of_app = request.uri().path().starts_with(APP);
    let policy = of_app.then(|| shared.policy_of_app(request.headers())).flatten();
    let mut response = if !is_named_here(&request, &shared) {
        Fault::host().into_response()
    } else if reads && !request.body().is_end_stream() {
        // The rest of the connection is not to be told apart from content that nobody reads.
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        (close, Fault::content()).into_response()
    } else if !reads && !is_own(&request, &shared) {
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        (close, Fault::foreign()).into_response()
    } else if !reads && !says_json(&request) {
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        (close, Fault::media()).into_response()
    } else {
        let answer = timeout(CONSOLE_ANSWER_LIFE, next.run(request)).await;
        answer.unwrap_or_else(|_| Fault::busy().into_response())
    };
    let fields = response.headers_mut();
    for (name, value) in FIELDS {
        fields.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(policy) = policy {
        fields.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if shared.secure {
        let year = HeaderValue::from_static("max-age=31536000");
        fields.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !fields.contains_key(header::CACHE_CONTROL) {
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Where browsers come to: as configured, else as this one says.
pub(crate) fn own_origin(fields: &HeaderMap, shared: &Shared) -> Option<String> {
    if let Some(own) = &shared.origin {
        return Some(own.clone());
    }
    let scheme = if shared.secure { "https" } else { "http" };
    let host = fields.get(header::HOST).and_then(|host| host.to_str().ok());
    host.map(|host| format!("{scheme}://{host}"))
}

impl Shared {
    /// What phones are told of QUIC.
    pub(crate) fn offer(&self) -> Option<Offer> {
        self.offered.as_ref().map(Offered::offer)
    }

    /// The policy of the driver app's page, where it may go to the UDP port too: by the same host, and by no
    /// other.
    fn policy_of_app(&self, asked: &HeaderMap) -> Option<HeaderValue> {
        let Offer { port, .. } = self.offer()?;
        let origin = own_origin(asked, self)?;
        let host = host_alone(origin.split_once("://")?.1);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        // An address in brackets cannot be written in a policy (CSP 3 § 2.3.1); the own port needs none.
        let named = host.chars().all(is_name).then(|| format!("'self' https://{host}:{port}"))?;
        let own = "connect-src 'self'";
        HeaderValue::from_str(&POLICY.replace(own, &format!("connect-src {named}"))).ok()
    }

    /// The name that the pages of a link are served under: by the host it was asked at.
    pub(crate) fn host_of_link(&self, authority: &str) -> Option<HeaderValue> {
        let host = host_alone(authority);
        let usual = if self.secure { 443 } else { 80 };
        let host = match self.port {
            port if port == usual => host.to_owned(),
            port => format!("{host}:{port}"),
        };
        HeaderValue::from_str(&host).ok()
    }
}

/// Whether a request names this console as its people do. Where no certificate answers for the name, another
/// site could give this machine's address to a name of its own, and its pages would be taken for ours (DNS
/// rebinding): the host is an address, this machine, or what the settings say.
fn is_named_here(request: &Request, shared: &Shared) -> bool {
    if shared.has_certificate {
        return true;
    }
    let field = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(named) = request.uri().authority().map(|own| own.as_str()).or(field) else {
        return !request.headers().contains_key(header::HOST);
    };
    let host = host_alone(named).trim_start_matches('[').trim_end_matches(']');
    let own = shared.origin.as_deref().and_then(|origin| origin.split_once("://"));
    host.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || own.is_some_and(|(_, own)| host_alone(own).eq_ignore_ascii_case(host))
}

/// A host without its port.
fn host_alone(authority: &str) -> &str {
    let after = authority.rfind(']').unwrap_or(0);
    let colon = authority.get(after..).and_then(|end| end.find(':'));
    colon.and_then(|colon| authority.get(..after + colon)).unwrap_or(authority)
}

/// Paths below the JSON door that take files, whatever type they are said to have.
const FILES: [&str; 2] = ["/api/v1/import", "/api/v1/evidence/verify"];

/// Whether what a program brings to the JSON door is said to be JSON, or nothing is said of it. Of pages of the
/// console, which browsers say other things of, nothing is asked.
fn says_json(request: &Request) -> bool {
    let path = request.uri().path();
    let is_program = path.starts_with("/api/") && shows_token(request.headers());
    let takes_json = is_program && !FILES.contains(&path);
    let said = request.headers().get(header::CONTENT_TYPE);
    let Some(kind) = said.filter(|_| takes_json) else { return true };
    let essence = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Whether a request that changes something comes from a page of this console, or from no page at all.
fn is_own(request: &Request, shared: &Shared) -> bool {
    let fields = request.headers();
    // A phone or program shows a token of its own with each request: no page of others can make a browser do that.
    let shows_itself = request.uri().path().starts_with(crate::driver::BASE) || shows_token(fields);
    let text = |name: &str| fields.get(name).map(|value| value.to_str().unwrap_or_default());
    let same_site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = text("origin").is_none_or(|origin| match shared.origin.as_deref() {
        Some(own) => origin == own,
        None => own_origin(fields, shared).is_some_and(|own| origin == own),
    });
    (shows_itself || text(OWN_FIELD).is_some()) && same_site && origin
}
