//! `ETag` and `If-None-Match`: an answer that whoever asks has already is not sent again (RFC 9110 § 13.1.2).
//!
//! Tags are weak: what only grows older by itself is no change.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use landside_proto::ids::Hash32;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema::shaped;

/// Members that grow by themselves.
const AGES: [&str; 2] = ["directory_age_s", "directory_overdue_s"];

/// Bytes of a hash in a tag: 96 bits tell any two answers apart.
const TAG_LEN: usize = 12;

/// An answer that is what its type says, or that it is the one named.
pub(super) fn tagged<T: Serialize + DeserializeOwned>(
    asked: &HeaderMap,
    value: &Value,
) -> Response {
    let mut ageless = value.clone();
    if let Value::Object(members) = &mut ageless {
        members.retain(|name, _| !AGES.contains(&name.as_str()));
    }
    with_tag(asked, ageless.to_string().as_bytes(), || shaped::<T>(value))
}

/// As [`tagged`], for an answer that is written already.
pub(super) fn tagged_bytes(asked: &HeaderMap, answer: Bytes) -> Response {
    let hashed = answer.clone();
    with_tag(asked, &hashed, || {
        ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
    })
}

fn with_tag(asked: &HeaderMap, hashed: &[u8], answer: impl FnOnce() -> Response) -> Response {
    let hash = Hash32::of(hashed);
    let hash = hash.as_bytes().get(..TAG_LEN).unwrap_or_default();
    let tag = format!("W/\"{}\"", HEXLOWER.encode(hash));
    let mut response = match names(asked, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => answer(),
    };
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR
        && let Ok(tag) = HeaderValue::from_str(&tag)
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether a request names the answer, by weak comparison (RFC 9110 § 8.8.3.2).
fn names(asked: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let fields = asked.get_all(header::IF_NONE_MATCH).iter();
    let listed = fields.filter_map(|field| field.to_str().ok()).flat_map(|list| list.split(','));
    listed.map(opaque).any(|named| named == "*" || named == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(tags: &str) -> HeaderMap {
        let tags = HeaderValue::from_str(tags).unwrap();
        HeaderMap::from_iter([(header::IF_NONE_MATCH, tags)])
    }

    #[test]
    fn an_answer_is_named_by_its_tag_in_any_list_weak_or_not_and_by_a_star() {
        let tag = "W/\"0123\"";
        for tags in ["W/\"0123\"", "\"0123\"", "\"x\", W/\"0123\"", "*", " \"0123\" "] {
            assert!(names(&asked(tags), tag), "{tags}");
        }
        for tags in ["", "0123", "\"01234\"", "W/\"x\"", "\"012\", \"3\""] {
            assert!(!names(&asked(tags), tag), "{tags}");
        }
        assert!(!names(&HeaderMap::new(), tag));
    }
}
