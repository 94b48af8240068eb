//! What is not answered: a status, a stable code and words.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use landside_proto::merkle::PathError;

/// Why a request is not answered (docs/OPERATING.md § The log over HTTP).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No such path.
    NotFound,
    /// Below `tile/`, and not the path of a tile or of entries.
    Path(PathError),
    /// A path of the log, but the log has no such thing, or not durable yet.
    NotInLog,
    /// The path is there, the method is not.
    Method,
    /// A request with content where none belongs.
    Content,
    /// The store is slow, or has too many readers.
    Busy,
    /// The store cannot be read. What it says is for the operator: it may name files.
    Store,
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::NotInLog => StatusCode::NOT_FOUND,
            Self::Path(_) => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Content => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    fn code(self) -> &'static str {
        match self {
            Self::NotFound => "path-unknown",
            Self::Path(error) => error.code(),
            Self::NotInLog => "not-in-log",
            Self::Method => "method-unknown",
            Self::Content => "content-unwanted",
            Self::Busy => "node-busy",
            Self::Store => "store-unreadable",
        }
    }

    fn words(self) -> String {
        let words = match self {
            Self::NotFound => "nothing is served at this path",
            Self::Path(error) => return error.to_string(),
            Self::NotInLog => "the log has no such entries, or not yet, or this node keeps no log",
            Self::Method => "this path is only read: GET or HEAD",
            Self::Content => "a request that reads has no content",
            Self::Busy => "the answer takes too long, ask again later",
            Self::Store => "the node cannot read its store",
        };
        words.to_owned()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let fields = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            // What is not there may be there in a second (RFC 9111 § 4.2.2 lets caches keep a 404).
            (header::CACHE_CONTROL, "no-store"),
        ];
        (self.status(), fields, format!("{}: {}\n", self.code(), self.words())).into_response()
    }
}
