//! As much of a browser as the console needs: a cookie, and fields that only own pages send.

use std::net::SocketAddr;

use serde_json::Value;

use crate::web::client::{Answer, answer_to};

/// One browser.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) address: SocketAddr,
    /// Name and value.
    pub(super) cookie: Option<String>,
    /// More fields of each request, each with its line end.
    pub(super) fields: String,
}

/// An answer with its JSON, if it is some.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) json: Value,
    pub(super) answer: Answer,
}

impl Said {
    /// Status and code of a refusal, which must be problem details.
    #[track_caller]
    pub(super) fn refusal(&self) -> (u16, &str) {
        let kind = self.answer.field("content-type");
        assert_eq!(kind, Some("application/problem+json"), "{self:?}");
        assert_eq!(self.answer.field("cache-control"), Some("no-store"), "{self:?}");
        assert_eq!(self.json["status"], self.status, "{self:?}");
        assert!(self.json["detail"].is_string() && self.json["title"].is_string(), "{self:?}");
        (self.status, self.json["code"].as_str().unwrap())
    }
}

impl Browser {
    pub(super) fn at(address: SocketAddr) -> Self {
        let fields = "X-Landside: 1\r\nSec-Fetch-Site: same-origin\r\n".to_owned();
        Self { address, cookie: None, fields }
    }

    pub(super) async fn get(&mut self, path: &str) -> Said {
        self.ask("GET", path, &[]).await
    }

    pub(super) async fn post(&mut self, path: &str, body: Value) -> Said {
        self.ask("POST", path, body.to_string().as_bytes()).await
    }

    pub(super) async fn put(&mut self, path: &str, body: Value) -> Said {
        self.ask("PUT", path, body.to_string().as_bytes()).await
    }

    pub(super) async fn delete(&mut self, path: &str) -> Said {
        self.ask("DELETE", path, &[]).await
    }

    /// Asks below the API, or at a path that begins with two slashes by itself; keeps a cookie that it
    /// is given.
    pub(super) async fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Said {
        let answer = answer_to(self.address, &self.request(method, path, body)).await;
        let answer = answer.unwrap_or_else(|| panic!("{method} {path}: no answer"));
        if let Some(cookie) = answer.field("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let json = serde_json::from_slice(&answer.body).unwrap_or_default();
        Said { status: answer.status, json, answer }
    }

    /// The bytes of a request.
    pub(super) fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let path = match path.strip_prefix('/') {
            Some(own) if own.starts_with('/') => own.to_owned(),
            _ => format!("/api/v1{path}"),
        };
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        head.push_str(&self.fields);
        if let Some(cookie) = &self.cookie {
            head.push_str(&format!("Cookie: other=1; {cookie}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("Connection: close\r\n\r\n");
        [head.as_bytes(), body].concat()
    }
}
