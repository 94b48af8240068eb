//! The record of one directory, as `shim.c` writes it.

use std::io;

/// One thing that happened, in the order it happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Event<'a> {
    /// A file was opened, and made if it was not there; `truncate` empties it.
    Open { ino: u64, path: &'a str, truncate: bool },
    /// Bytes were written to a file, not yet to the disk.
    Write { ino: u64, at: u64, bytes: &'a [u8] },
    /// A file was cut or lengthened.
    Size { ino: u64, size: u64 },
    /// Everything written to a file so far is on the disk.
    Sync { ino: u64, data_only: bool },
    /// A file or directory has another name.
    Rename { from: &'a str, to: &'a str },
    /// A file or an empty directory is gone.
    Unlink { path: &'a str },
    /// A directory was made.
    Mkdir { path: &'a str },
    /// The subject acknowledged something.
    Ack { line: &'a str },
}

/// Splits a record into its events.
pub(crate) fn parse(mut bytes: &[u8]) -> io::Result<Vec<Event<'_>>> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let (event, rest) = first(bytes).ok_or_else(|| wrong(events.len()))?;
        events.push(event);
        bytes = rest;
    }
    Ok(events)
}

fn first(bytes: &[u8]) -> Option<(Event<'_>, &[u8])> {
    let (kind, bytes) = bytes.split_first_chunk::<4>()?;
    let (len, bytes) = bytes.split_first_chunk::<4>()?;
    let (ino, bytes) = bytes.split_first_chunk::<8>()?;
    let (arg, bytes) = bytes.split_first_chunk::<8>()?;
    let (payload, rest) = bytes.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    let (ino, arg) = (u64::from_le_bytes(*ino), u64::from_le_bytes(*arg));
    let text = || std::str::from_utf8(payload).ok();
    let event = match u32::from_le_bytes(*kind) {
        1 => Event::Open { ino, path: text()?, truncate: arg != 0 },
        2 => Event::Write { ino, at: arg, bytes: payload },
        3 => Event::Size { ino, size: arg },
        4 => Event::Sync { ino, data_only: arg != 0 },
        5 => {
            let (from, to) = text()?.split_once('\0')?;
            Event::Rename { from, to }
        }
        6 => Event::Unlink { path: text()? },
        7 => Event::Mkdir { path: text()? },
        8 => Event::Ack { line: text()?.trim_end() },
        _ => return None,
    };
    Some((event, rest))
}

fn wrong(event: usize) -> io::Error {
    io::Error::other(format!("record is damaged at event {event}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_ends_within_an_event_is_refused() {
        let mut record = Vec::new();
        record.extend(7u32.to_le_bytes());
        record.extend(3u32.to_le_bytes());
        record.extend([0; 16]);
        record.extend(b"dir");
        assert_eq!(parse(&record).unwrap(), [Event::Mkdir { path: "dir" }]);
        for cut in 1..record.len() {
            assert!(parse(&record[..cut]).is_err(), "{cut}");
        }
    }
}
