//! A question on a stream of its own, answered by the routes that answer over HTTPS.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Method, Request};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use landside_proto::device::link::{self, Answer, Question};
use landside_proto::key::PublicKey;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::debug;
use wtransport::{Connection, RecvStream, SendStream};

use super::{Doors, OfLink, QUESTIONS_MAX, WRITE_LIFE, frames};
use crate::body::BODY_LIFE;
use crate::fault::Fault;
use crate::guard::CONSOLE_ANSWER_LIFE;
use crate::server::Peer;

/// Longest answer, in bytes: a directory bundle.
const ANSWER_MAX: usize = landside_proto::directory::BUNDLE_MAX + 1024;

/// Content is read in pieces of this many bytes.
const PIECE: usize = 16 * 1024;

/// Answers what a phone asks, until one question is none or the link ends.
pub(super) async fn answer_all(
    doors: &Arc<Doors>,
    connection: &Connection,
    (key, peer, host): (PublicKey, Peer, &HeaderValue),
) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            stream = connection.accept_bi(), if open.len() < places() => {
                let Ok(stream) = stream else { return };
                let (doors, host) = (Arc::clone(doors), host.clone());
                open.spawn(async move { answer(&doors, stream, (key, peer, host)).await });
            }
            Some(answered) = open.join_next() => {
                if !matches!(answered, Ok(Ok(()))) {
                    return;
                }
            }
        }
    }
}

fn places() -> usize {
    usize::try_from(QUESTIONS_MAX).unwrap_or(1)
}

/// What is no question, or an answer that nobody takes: the link ends.
struct Unanswered;

async fn answer(
    doors: &Doors,
    (mut talk, mut heard): (SendStream, RecvStream),
    (key, peer, host): (PublicKey, Peer, HeaderValue),
) -> Result<(), Unanswered> {
    let unheard = |error: &dyn std::fmt::Display| {
        debug!(device = %key.id(), %error, "no question of a phone");
        Unanswered
    };
    let body = timeout(BODY_LIFE, frames::body(&mut heard)).await.map_err(|e| unheard(&e))?;
    let question: Question =
        body.and_then(|body| link::read(&body)).map_err(|refusal| unheard(&refusal))?;
    let mut request = request(question, heard).map_err(|error| unheard(&error))?;
    request.headers_mut().insert(HOST, host);
    request.extensions_mut().insert(peer);
    request.extensions_mut().insert(OfLink(key));
    let response = match doors.answering.acquire().await {
        Ok(_place) => ask(&doors.routes, request).await,
        Err(_) => Fault::busy().into_response(),
    };
    let (parts, body) = response.into_parts();
    let content = to_bytes(body, ANSWER_MAX).await.map_err(|error| unheard(&error))?;
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let answer =
        Answer { status: parts.status.as_u16(), media_type: media_type.map(str::to_owned) };
    let frame = link::framed(&answer).map_err(|refusal| unheard(&refusal))?;
    let written = async {
        talk.write_all(&frame).await.map_err(drop)?;
        talk.write_all(&content).await.map_err(drop)?;
        talk.finish().await.map_err(drop)
    };
    match timeout(WRITE_LIFE, written).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Unanswered),
    }
}

/// The question as a request to what is below `/driver/api/`.
fn request(question: Question, rest: RecvStream) -> Result<Request<Body>, axum::http::Error> {
    let Question { method, path, media_type } = question;
    let method = Method::from_bytes(method.as_bytes())?;
    let body = if method == Method::GET { Body::empty() } else { Body::new(Rest(rest)) };
    let mut request = Request::builder().method(method).uri(format!("/{path}"));
    if let Some(media_type) = media_type {
        request = request.header(CONTENT_TYPE, media_type);
    }
    request.body(body)
}

async fn ask(routes: &Router, request: Request<Body>) -> Response {
    let answered = TowerToHyperService::new(routes.clone()).call(request);
    match timeout(CONSOLE_ANSWER_LIFE, answered).await {
        Ok(Ok(response)) => response.into_response(),
        _ => Fault::busy().into_response(),
    }
}

/// What follows the question on its stream.
struct Rest(RecvStream);

impl HttpBody for Rest {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut piece = vec![0; PIECE];
        let mut buffer = ReadBuf::new(&mut piece);
        let read = ready!(Pin::new(&mut self.0).poll_read(context, &mut buffer));
        let length = buffer.filled().len();
        Poll::Ready(match read {
            Err(error) => Some(Err(error)),
            Ok(()) if length == 0 => None,
            Ok(()) => {
                piece.truncate(length);
                Some(Ok(Frame::data(piece.into())))
            }
        })
    }
}
