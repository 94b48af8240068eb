//! A phone asks on its feed's stream whether the node is there (docs/PROTOCOL.md § 16): a link whose node
//! was killed looks open to it for as long as QUIC waits.

use std::time::Duration;

use landside_proto::device::link::{self, Beat};
use tokio::time::sleep;
use wtransport::RecvStream;

use super::{OpenQuestion, frames};

/// From one beat that is heard to the next: what a phone says in between waits on its stream, and what comes
/// together after a bad stretch is one beat or two.
const BEAT_GAP: Duration = Duration::from_secs(1);

/// Has the feed told as it stands at each beat, until something comes that is none.
pub(super) async fn hear(mut from: RecvStream, open: &OpenQuestion<'_>) {
    while let Ok(body) = frames::body(&mut from).await
        && link::read::<Beat>(&body).is_ok()
    {
        open.ask();
        sleep(BEAT_GAP).await;
    }
}
