//! Batches: the changes of one commit, and what they take for granted.

use super::{CommitError, Table};

/// Longest value, in bytes. sled moves values of about 128 KiB into files it never syncs.
pub const VALUE_MAX: usize = 64 * 1024;
/// Longest key, in bytes; keys are copied into every inner page of a tree, so they stay short.
pub const KEY_MAX: usize = 256;
/// Most expectations and changes in a batch; bounds the time readers wait for one commit.
pub const BATCH_OPS_MAX: usize = 8_192;
/// Most bytes of keys and values in a batch; bounds memory, and what one commit adds to the disk.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The changes of one commit, in order; of several changes to one row the last holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Batch {
    expect: Vec<(Table, Vec<u8>, Expect)>,
    ops: Vec<Op>,
    bytes: usize,
    essential: bool,
}

/// What a row must be before the batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Expect {
    /// There is no row under the key.
    Absent,
    /// The row has exactly this value.
    Equals(Vec<u8>),
}

/// One change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Op {
    /// Write a row, whether it was there or not.
    Put {
        /// Its table.
        table: Table,
        /// Its key.
        key: Vec<u8>,
        /// Its new value.
        value: Vec<u8>,
    },
    /// Remove a row, whether it was there or not.
    Delete {
        /// Its table.
        table: Table,
        /// Its key.
        key: Vec<u8>,
    },
}

impl Batch {
    /// A batch that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` under `key`.
    pub fn put(
        &mut self,
        table: Table,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        let (key, value) = (key.into(), value.into());
        self.bytes += key.len() + value.len();
        self.ops.push(Op::Put { table, key, value });
        self
    }

    /// Removes the row under `key`.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        let key = key.into();
        self.bytes += key.len();
        self.ops.push(Op::Delete { table, key });
        self
    }

    /// Refuses the whole batch when there is a row under `key`.
    pub fn expect_absent(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        self.expect(table, key.into(), Expect::Absent)
    }

    /// Refuses the whole batch unless the row under `key` is exactly `value`.
    pub fn expect_equals(
        &mut self,
        table: Table,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.expect(table, key.into(), Expect::Equals(value.into()))
    }

    /// Lets the batch use the last of the disk: for gate decisions and for rows that free space,
    /// never for new work.
    pub fn essential(&mut self) -> &mut Self {
        self.essential = true;
        self
    }

    /// Whether the batch may use the last of the disk.
    pub fn is_essential(&self) -> bool {
        self.essential
    }

    /// Adds the changes and expectations of `other` after one's own, for a group commit.
    ///
    /// `other` must not expect anything of rows that `self` changes: expectations are checked
    /// against the rows before the whole batch. The group is essential only if both are.
    pub fn append(&mut self, other: Self) {
        let alone = self.ops.is_empty() && self.expect.is_empty();
        self.essential = other.essential && (alone || self.essential);
        self.bytes += other.bytes;
        self.expect.extend(other.expect);
        self.ops.extend(other.ops);
    }

    /// What the batch takes for granted.
    pub fn expectations(&self) -> &[(Table, Vec<u8>, Expect)] {
        &self.expect
    }

    /// The changes, in order.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Bytes of all keys and values, those of expectations included.
    pub fn byte_len(&self) -> usize {
        self.bytes
    }

    /// Whether the batch changes nothing.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Refuses what exceeds a limit. Every store calls this before it does anything else.
    pub fn check_limits(&self) -> Result<(), CommitError> {
        within("batch entries", self.expect.len() + self.ops.len(), BATCH_OPS_MAX)?;
        within("batch bytes", self.bytes, BATCH_BYTES_MAX)?;
        for (_, key, expect) in &self.expect {
            within("key bytes", key.len(), KEY_MAX)?;
            if let Expect::Equals(value) = expect {
                within("value bytes", value.len(), VALUE_MAX)?;
            }
        }
        for op in &self.ops {
            match op {
                Op::Put { key, value, .. } => {
                    within("key bytes", key.len(), KEY_MAX)?;
                    within("value bytes", value.len(), VALUE_MAX)?;
                }
                Op::Delete { key, .. } => within("key bytes", key.len(), KEY_MAX)?,
            }
        }
        Ok(())
    }

    fn expect(&mut self, table: Table, key: Vec<u8>, expect: Expect) -> &mut Self {
        self.bytes += key.len();
        if let Expect::Equals(value) = &expect {
            self.bytes += value.len();
        }
        self.expect.push((table, key, expect));
        self
    }
}

fn within(what: &'static str, found: usize, max: usize) -> Result<(), CommitError> {
    if found > max { Err(CommitError::TooLarge { what, found, max }) } else { Ok(()) }
}
