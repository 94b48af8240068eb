//! The least client there is: bytes to a socket, and what comes back.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::world::PATIENCE;

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a field that is there exactly once, or not at all.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} twice in {self:?}");
        value
    }

    /// The code that an answer which is a refusal begins with.
    pub(crate) fn code(&self) -> &str {
        let text = std::str::from_utf8(&self.body).unwrap();
        assert_eq!(self.field("content-type"), Some("text/plain; charset=utf-8"), "{self:?}");
        assert_eq!(self.field("cache-control"), Some("no-store"), "{self:?}");
        text.split_once(": ").unwrap_or_else(|| panic!("no code in {text:?}")).0
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let body = bytes[end + 4..].to_vec();
        Some(Self { status, fields: lines.map(field).collect(), body })
    }
}

/// A `GET` of its own connection.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path).await
}

/// A request without content, by its method.
pub(crate) async fn ask(address: SocketAddr, method: &str, target: &str) -> Answer {
    let request = format!("{method} {target} HTTP/1.1\r\nHost: log\r\nConnection: close\r\n\r\n");
    let said = say(address, request.as_bytes()).await;
    Answer::read(&said).unwrap_or_else(|| panic!("{method} {target}: {said:?}"))
}

/// What comes back for these bytes; nothing when the connection ends without an answer.
pub(crate) async fn answer_to(address: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    Answer::read(&say(address, bytes).await)
}

/// Writes and reads until the other side ends the connection.
async fn say(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let talk = async {
        let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
        // Whoever is refused may be cut off while still writing.
        let _ = write.write_all(bytes).await;
        all(&mut read).await
    };
    timeout(PATIENCE, talk).await.expect("the connection ends")
}

/// Everything up to the end of a connection, orderly or not.
pub(crate) async fn all(read: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let (mut said, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = read.read(&mut part).await {
        said.extend(&part[..length]);
    }
    said
}
