//! Reads a file on a thread of its own and gives what it says, one container at a time: however many it
//! names, few are in memory.

use std::sync::Arc;

use landside_edifact::check::{self, Said};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::{Header, Note, outline};
use landside_proto::ids::Hash32;
use tokio::sync::mpsc;

/// Most things read that wait to be signed: several groups of the writer.
const AHEAD_MAX: usize = 512;

/// Something of a file, in order.
pub(super) enum Item {
    /// An interchange begins.
    Interchange(Box<Head>),
    /// A message of it begins, by its number from 1.
    Message(u32),
    /// What it says.
    Said(Said),
    /// The interchange ends.
    End,
}

/// An interchange, without its messages.
pub(crate) struct Head {
    /// UNB, where there is one.
    pub(crate) header: Option<Header>,
    /// Where its bytes are in the file.
    pub(crate) span: std::ops::Range<usize>,
    /// The hash of these.
    pub(crate) hash: Hash32,
    /// What was odd about it.
    pub(crate) notes: Vec<Note>,
}

/// Starts to read a file that was surveyed. The reader waits for whoever takes what it gives, and ends
/// when that one is gone.
pub(super) fn start(file: Arc<Vec<u8>>, profile: Arc<Profile>) -> mpsc::Receiver<Item> {
    let (give, taken) = mpsc::channel(AHEAD_MAX);
    tokio::task::spawn_blocking(move || read(&file, &profile, &give));
    taken
}

fn read(file: &[u8], profile: &Profile, give: &mpsc::Sender<Item>) {
    // A fault was found by the survey, before anything was taken.
    for interchange in outline(file, &profile.syntax).map_while(Result::ok) {
        let head = Head {
            header: interchange.header.clone(),
            span: interchange.start..interchange.start + interchange.raw.len(),
            hash: interchange.hash,
            notes: interchange.notes.clone(),
        };
        if give.blocking_send(Item::Interchange(Box::new(head))).is_err() {
            return;
        }
        for message in &interchange.messages {
            if give.blocking_send(Item::Message(message.position)).is_err() {
                return;
            }
            let mut sink = |said| {
                // Nobody takes it: the next message is not begun.
                let _ = give.blocking_send(Item::Said(said));
            };
            if check::message(&interchange, message, profile, &mut sink).is_err() {
                return;
            }
        }
        if give.blocking_send(Item::End).is_err() {
            return;
        }
    }
}
