//! Frames of a phone, as they come: a length, looked at before anything is kept for it, and the body.

use landside_proto::device::link::{self, LENGTH_LEN};
use landside_proto::refusal::{Code, Refusal};
use wtransport::RecvStream;

/// The body of the next frame. Whoever calls sets the time it may take.
///
/// # Errors
/// [`Code::TooLarge`] by its length; [`Code::Malformed`] when the stream ends before it does.
pub(super) async fn body(from: &mut RecvStream) -> Result<Vec<u8>, Refusal> {
    let mut head = [0; LENGTH_LEN];
    from.read_exact(&mut head).await.map_err(cut_off)?;
    let mut body = vec![0; link::length(head)?];
    from.read_exact(&mut body).await.map_err(cut_off)?;
    Ok(body)
}

fn cut_off(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::Malformed, error.to_string())
}
