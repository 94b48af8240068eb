//! The bytes of a backup: a line that names the form, chunks, and a hash over all of it.
//!
//! ```text
//! landside backup 1\n
//! chunk*            kind (1 byte), length (4 bytes, big-endian), content
//! hash              SHA-256 of every byte before it
//! ```
//!
//! The first chunk is the head, the last the tail, both JSON. Between: pages of rows, batches in the order
//! of their commits, parts of files.

use std::io::{self, Read, Write};

use landside_proto::ids::UnixMillis;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::store::{BATCH_BYTES_MAX, BATCH_OPS_MAX, Batch, Op, Row, Table};

/// What a backup begins with.
pub(super) const FIRST_LINE: &[u8] = b"landside backup 1\n";

/// Longest chunk, in bytes: a whole batch with what is written around each of its changes.
pub(super) const CHUNK_MAX: usize = BATCH_BYTES_MAX + 16 * BATCH_OPS_MAX;

/// Bytes of a file in one chunk.
pub(super) const FILE_PART: usize = 1024 * 1024;

pub(super) const HASH_LEN: u64 = 32;

/// What a chunk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Head,
    Rows,
    Batch,
    File,
    Tail,
}

impl Kind {
    const ALL: [(Self, u8); 5] = [
        (Self::Head, b'H'),
        (Self::Rows, b'R'),
        (Self::Batch, b'B'),
        (Self::File, b'F'),
        (Self::Tail, b'T'),
    ];

    fn byte(self) -> u8 {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, byte)| *byte)
    }

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, b)| *b == byte).map(|(kind, _)| *kind)
    }
}

/// Whose home it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) actor: String,
    pub(super) program: String,
    pub(super) begun_at: UnixMillis,
}

/// What the backup has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tail {
    pub(super) done_at: UnixMillis,
    pub(super) rows: u64,
    pub(super) batches: u64,
    pub(super) files: u64,
    pub(super) keys: bool,
}

/// Writes chunks, and the hash over them.
pub(super) struct Sink<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Sink<W> {
    pub(super) fn begin(to: W) -> io::Result<Self> {
        let mut sink = Self { to, hash: Sha256::new() };
        sink.bytes(FIRST_LINE)?;
        Ok(sink)
    }

    pub(super) fn chunk(&mut self, kind: Kind, content: &[u8]) -> io::Result<()> {
        let len = u32::try_from(content.len()).map_err(io::Error::other)?;
        self.bytes(&[kind.byte()])?;
        self.bytes(&len.to_be_bytes())?;
        self.bytes(content)
    }

    pub(super) fn end(mut self) -> io::Result<W> {
        let hash = self.hash.finalize();
        self.to.write_all(&hash)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.to.write_all(bytes)
    }
}

/// One page of rows.
pub(super) fn rows_chunk(table: Table, rows: &[Row]) -> Vec<u8> {
    let mut chunk = vec![table.0];
    for (key, value) in rows {
        put_bytes(&mut chunk, key);
        put_bytes(&mut chunk, value);
    }
    chunk
}

/// One committed batch.
pub(super) fn batch_chunk(batch: &Batch) -> Vec<u8> {
    let mut chunk = Vec::with_capacity(batch.byte_len() + 16 * batch.ops().len());
    for op in batch.ops() {
        match op {
            Op::Put { table, key, value } => {
                chunk.extend([1, table.0]);
                put_bytes(&mut chunk, key);
                put_bytes(&mut chunk, value);
            }
            Op::Delete { table, key } => {
                chunk.extend([0, table.0]);
                put_bytes(&mut chunk, key);
            }
        }
    }
    chunk
}

/// A part of a file: its name below the home, its mode, some of its bytes.
pub(super) fn file_chunk(name: &str, mode: u32, part: &[u8]) -> Vec<u8> {
    let mut chunk = mode.to_be_bytes().to_vec();
    put_bytes(&mut chunk, name.as_bytes());
    chunk.extend_from_slice(part);
    chunk
}

fn put_bytes(chunk: &mut Vec<u8>, bytes: &[u8]) {
    // Keys, values and names are far shorter than 4 GiB.
    chunk.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    chunk.extend_from_slice(bytes);
}

/// Reads chunks. What is read counts once the whole file's hash was compared, and not before.
pub(super) struct Source<R> {
    from: R,
    left: u64,
}

impl<R: Read> Source<R> {
    /// `len` is that of the whole file.
    pub(super) fn begin(mut from: R, len: u64) -> Result<Self, String> {
        let mut line = [0; FIRST_LINE.len()];
        from.read_exact(&mut line).map_err(|_| "is no backup")?;
        if line != *FIRST_LINE {
            return Err("is no backup, or one of another form".to_owned());
        }
        let around = HASH_LEN + u64::try_from(FIRST_LINE.len()).unwrap_or_default();
        let left = len.checked_sub(around).ok_or("is cut short")?;
        Ok(Self { from, left })
    }

    pub(super) fn next(&mut self) -> Result<Option<(Kind, Vec<u8>)>, String> {
        if self.left == 0 {
            return Ok(None);
        }
        let cut = |_| "is cut short".to_owned();
        let mut head = [0; 5];
        self.from.read_exact(&mut head).map_err(cut)?;
        let [kind, len @ ..] = head;
        let kind = Kind::of(kind).ok_or("has a chunk of no kind that is known")?;
        let len = u32::from_be_bytes(len);
        let size = usize::try_from(len).ok().filter(|len| *len <= CHUNK_MAX);
        let size = size.ok_or("has a chunk that is too long")?;
        self.left = self.left.checked_sub(5 + u64::from(len)).ok_or("is cut short")?;
        let mut content = vec![0; size];
        self.from.read_exact(&mut content).map_err(cut)?;
        Ok(Some((kind, content)))
    }
}

/// The hash of all bytes but the last ones, and the hash that these are.
pub(super) fn hashes(from: &mut impl Read, len: u64) -> io::Result<([u8; 32], [u8; 32])> {
    let mut hash = Sha256::new();
    let mut body = from.take(len.saturating_sub(HASH_LEN));
    let mut piece = vec![0; FILE_PART];
    loop {
        match body.read(&mut piece)? {
            0 => break,
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
    let mut said = [0; 32];
    body.into_inner().read_exact(&mut said)?;
    Ok((hash.finalize().into(), said))
}

/// The table of a page, and its rows.
pub(super) fn rows_of(chunk: &[u8]) -> Option<(Table, Vec<Row>)> {
    let (table, mut rest) = chunk.split_first()?;
    let mut rows = Vec::new();
    while !rest.is_empty() {
        let (key, after) = take_bytes(rest)?;
        let (value, after) = take_bytes(after)?;
        rows.push((key.to_vec(), value.to_vec()));
        rest = after;
    }
    Some((Table(*table), rows))
}

/// The changes of a batch.
pub(super) fn batch_of(chunk: &[u8]) -> Option<Batch> {
    let (mut batch, mut rest) = (Batch::new(), chunk);
    while let Some((puts, after)) = rest.split_first() {
        let (table, after) = after.split_first()?;
        let (key, after) = take_bytes(after)?;
        rest = match puts {
            1 => {
                let (value, after) = take_bytes(after)?;
                batch.put(Table(*table), key, value);
                after
            }
            0 => {
                batch.delete(Table(*table), key);
                after
            }
            _ => return None,
        };
    }
    Some(batch)
}

/// Name, mode and bytes of a part of a file.
pub(super) fn file_of(chunk: &[u8]) -> Option<(String, u32, &[u8])> {
    let (mode, rest) = chunk.split_first_chunk()?;
    let (name, part) = take_bytes(rest)?;
    Some((String::from_utf8(name.to_vec()).ok()?, u32::from_be_bytes(*mode), part))
}

fn take_bytes(from: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = from.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_and_a_page_come_back_as_they_were() {
        let mut batch = Batch::new();
        batch.put(Table(3), b"key".to_vec(), vec![7; 300]).delete(Table(8), b"gone".to_vec());
        assert_eq!(batch_of(&batch_chunk(&batch)), Some(batch));
        let rows = vec![(b"a".to_vec(), vec![]), (b"b".to_vec(), vec![1, 2])];
        assert_eq!(rows_of(&rows_chunk(Table(1), &rows)), Some((Table(1), rows)));
    }

    #[test]
    fn what_is_cut_or_too_long_is_no_chunk() {
        let mut batch = Batch::new();
        batch.put(Table(3), b"key".to_vec(), vec![7; 30]);
        let chunk = batch_chunk(&batch);
        for len in 1..chunk.len() {
            assert!(batch_of(&chunk[..len]).is_none(), "{len}");
        }
        let long = [FIRST_LINE, b"B", &u32::MAX.to_be_bytes()[..]].concat();
        let mut source = Source::begin(&long[..], 1 << 40).unwrap();
        assert!(source.next().unwrap_err().contains("too long"));
        assert!(Source::begin(&b"landside backup 2\n"[..], 100).is_err());
    }
}
