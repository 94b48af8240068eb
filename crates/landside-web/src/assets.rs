//! The screens: files compiled into the program, looked at once when the console starts.

use std::collections::HashMap;
use std::io::Write as _;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use include_dir::{Dir, include_dir};
use landside_proto::ids::Hash32;

use crate::fault::Fault;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets");

/// Shorter files than this gain nothing by being compressed, in bytes.
const GZIP_MIN: usize = 512;

/// Every change of a file is seen at the next look: names do not change with content.
const CACHE: &str = "no-cache";

struct Asset {
    kind: &'static str,
    tag: HeaderValue,
    bytes: &'static [u8],
    gzip: Option<Bytes>,
}

/// Every file by its path, with what is sent of it.
pub(crate) struct Assets(HashMap<String, Asset>);

impl Assets {
    pub(crate) fn new() -> Self {
        let mut assets = HashMap::new();
        gather(&FILES, &mut assets);
        Self(assets)
    }

    /// The file of a path; a folder is its `index.html`.
    pub(crate) fn answer(&self, request: &Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Fault::method().into_response();
        }
        let path = request.uri().path().trim_start_matches('/');
        let path = match path {
            folder if folder.is_empty() || folder.ends_with('/') => format!("{folder}index.html"),
            file => file.to_owned(),
        };
        match self.0.get(&path) {
            Some(asset) => asset.answer(request.headers()),
            None => Fault::path().into_response(),
        }
    }
}

impl Asset {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let fields = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static(CACHE)),
            (header::ETAG, self.tag.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        let known = asked.get_all(header::IF_NONE_MATCH).iter();
        let known = known.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
        // Weakly, as RFC 9110 § 13.1.2 has it.
        let tag = self.tag.to_str().unwrap_or_default();
        if known.map(str::trim).any(|known| known.trim_start_matches("W/") == tag) {
            return (StatusCode::NOT_MODIFIED, fields).into_response();
        }
        match self.gzip.as_ref().filter(|_| takes_gzip(asked)) {
            Some(gzip) => {
                let coding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
                (fields, coding, gzip.clone()).into_response()
            }
            None => (fields, Bytes::from_static(self.bytes)).into_response(),
        }
    }
}

fn gather(dir: &'static Dir<'static>, assets: &mut HashMap<String, Asset>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        // Written for who works on the screens.
        if path.ends_with(".md") {
            continue;
        }
        let (kind, is_text) = kind(&path);
        let bytes = file.contents();
        let tag = format!("\"{}\"", Hash32::of(bytes));
        let Ok(tag) = HeaderValue::from_str(&tag) else { continue };
        let gzip = if is_text && bytes.len() >= GZIP_MIN { gzip(bytes) } else { None };
        assets.insert(path, Asset { kind, tag, bytes, gzip });
    }
    for dir in dir.dirs() {
        gather(dir, assets);
    }
}

fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Whether the browser takes gzip: named without `q=0` (RFC 9110 § 12.5.3).
fn takes_gzip(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip")
            && !parts.any(|q| q.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
    })
}

/// Media type of a file by its ending, and whether compressing it pays.
fn kind(path: &str) -> (&'static str, bool) {
    match path.rsplit_once('.').map_or("txt", |(_, ending)| ending) {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        // Licences of what is not ours have no ending.
        "txt" | "" => ("text/plain; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "png" => ("image/png", false),
        "ico" => ("image/x-icon", false),
        "webp" => ("image/webp", false),
        "woff2" => ("font/woff2", false),
        _ => ("application/octet-stream", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn gzip_goes_to_who_takes_it() {
        for (said, takes) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
            ("xgzip", false),
        ] {
            assert_eq!(takes_gzip(&fields(header::ACCEPT_ENCODING, said)), takes, "{said}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_is_known_already_is_not_sent_again() {
        let bytes: &[u8] = b"export {};";
        let tag = HeaderValue::from_static("\"abc\"");
        let asset = Asset { kind: kind("a.js").0, tag, bytes, gzip: None };
        for (known, status) in [("\"abc\"", 304), ("\"x\", W/\"abc\"", 304), ("\"ab\"", 200)] {
            let answer = asset.answer(&fields(header::IF_NONE_MATCH, known));
            assert_eq!(answer.status(), status, "{known}");
            assert_eq!(answer.headers()[header::ETAG], "\"abc\"");
        }
    }

    #[test]
    fn every_file_has_a_type_that_browsers_keep_to() {
        let assets = Assets::new();
        assert!(assets.0.contains_key("robots.txt"));
        for (path, asset) in &assets.0 {
            assert_ne!(asset.kind, "application/octet-stream", "{path}");
        }
    }
}
