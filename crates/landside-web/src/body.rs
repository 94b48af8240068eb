//! What a request brings: bounded in bytes and in time, and read only for who is let in.

use std::time::Duration;

use axum::body::{Body, Bytes};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::fault::Fault;

/// A request's content must be there, whole, within this time: some seconds of a poor line.
pub const BODY_LIFE: Duration = Duration::from_secs(5);

/// Longest JSON of a request, in bytes: the longest document a few times over.
pub const JSON_MAX: usize = 256 * 1024;

/// Longest JSON of who is not logged in, in bytes: names, a password and a token.
const STRANGER_MAX: usize = 4 * 1024;

/// A file's content must be there, whole, within this time: 64 MiB over a usual line.
const FILE_LIFE: Duration = Duration::from_secs(25);

/// The bytes of a request.
pub(crate) async fn bytes(body: Body, max: usize) -> Result<Bytes, Fault> {
    read(body, max, BODY_LIFE).await
}

/// The bytes of a file that a request brings.
pub(crate) async fn file(body: Body, max: usize) -> Result<Bytes, Fault> {
    read(body, max, FILE_LIFE).await
}

/// The JSON of a request of somebody who may be a stranger.
pub(crate) async fn json_of_stranger<T: DeserializeOwned>(body: Body) -> Result<T, Fault> {
    let bytes = bytes(body, STRANGER_MAX).await?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::form(error.to_string()))
}

/// The JSON of a request, whatever type it says it has.
pub(crate) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Fault> {
    let bytes = bytes(body, JSON_MAX).await?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::form(error.to_string()))
}

/// The bytes of the JSON of a request.
pub(crate) async fn json_bytes(body: Body) -> Result<Bytes, Fault> {
    bytes(body, JSON_MAX).await
}

/// JSON as what it is to be.
pub(crate) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| Fault::form(error.to_string()))
}

async fn read(body: Body, max: usize, life: Duration) -> Result<Bytes, Fault> {
    match timeout(life, axum::body::to_bytes(body, max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Too long, or broken off; then nobody reads what is said.
        Ok(Err(_)) => Err(Fault::too_long(max)),
        Err(_) => Err(Fault::slow()),
    }
}
