//! A number for each request, in its answer and in every log line that it leads to.
//!
//! What is not in it: paths beyond their first parts, questions, bodies and who asks: those name cases and
//! persons, and logs are kept and sent to others.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument as _, debug, info_span};

/// The field of an answer that says its number, for whoever looks it up in the log.
pub(crate) const NUMBER_FIELD: &str = "x-request-id";

/// Parts of a path that say which resource is asked, and nothing of which case or person.
const PARTS: usize = 3;

/// Numbers a request and says in the log what became of it.
pub(crate) async fn numbered(request: Request, next: Next) -> Response {
    let number = number();
    let method = request.method().clone();
    let resource = resource(request.uri().path());
    let span = info_span!("request", request = %number, %method, resource);
    let said = HeaderValue::from_str(&number);
    async move {
        let begun = Instant::now();
        let mut response = next.run(request).await;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        debug!(status = response.status().as_u16(), ms, "answered");
        if let Ok(said) = said {
            response.headers_mut().insert(NUMBER_FIELD, said);
        }
        response
    }
    .instrument(span)
    .await
}

/// A number that no other request of this node has: a random beginning for each start, and a count.
fn number() -> String {
    static START: OnceLock<u32> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let start = START.get_or_init(|| {
        let mut random = [0; 4];
        // Without randomness two starts have the same beginning; their times differ.
        let _ = getrandom::fill(&mut random);
        u32::from_be_bytes(random)
    });
    format!("{start:08x}-{:06x}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The first parts of a path: `/api/v1/cases` of `/api/v1/cases/MSKU1234565`.
fn resource(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').skip(1).take(PARTS).collect();
    // Folders of files are known, names of files in them say nothing to anybody.
    let parts =
        if parts.first() == Some(&"api") { &parts[..] } else { parts.get(..1).unwrap_or_default() };
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_says_which_resource_and_not_which_case() {
        for (path, said) in [
            ("/api/v1/cases/MSKU1234565", "/api/v1/cases"),
            ("/api/v1/share", "/api/v1/share"),
            ("/", "/"),
            ("/console/app.js", "/console"),
        ] {
            assert_eq!(resource(path), said);
        }
    }

    #[test]
    fn no_two_requests_have_one_number() {
        let numbers: std::collections::BTreeSet<_> = (0..1_000).map(|_| number()).collect();
        assert_eq!(numbers.len(), 1_000);
    }
}
