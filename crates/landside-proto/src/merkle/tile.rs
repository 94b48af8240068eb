//! Where hashes and entries lie: the tiles of C2SP tlog-tiles, and their paths.

use std::fmt;

use super::{HASH_LEN, LEAVES_MAX};

/// Levels of the tree in one tile.
pub const TILE_HEIGHT: u32 = 8;

/// Hashes of a full tile, entries of a full bundle.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// Highest level of a tile; a tree of [`LEAVES_MAX`] leaves needs no higher one.
pub const TILE_LEVEL_MAX: u8 = 7;

/// Longest path read, in bytes: that of the last partial bundle of the largest tree has 47.
pub const PATH_MAX: usize = 64;

/// Up to 256 consecutive hashes of one level of a tree. Level 0 has leaf hashes; each hash above it
/// is the root of a full tile of the level below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

/// Up to 256 consecutive entries: those that the tile of level 0 of the same index has the hashes
/// of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle(Tile);

/// What a log serves below its address, each at its own path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The newest signed checkpoint.
    Checkpoint,
    /// Hashes.
    Tile(Tile),
    /// Entries.
    Entries(Bundle),
}

/// The text is not the path of anything a log may have. [`PathError::code`] is the stable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("path is not of the form checkpoint, tile/1/x001/234 or tile/entries/x001/234.p/7")]
pub struct PathError;

impl PathError {
    /// The stable code of this fault.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "path-form"
    }
}

impl Tile {
    /// The first `width` hashes, 1 to 256, of tile `index` at `level`; nothing when no tree has it.
    #[must_use]
    pub fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        let fits = level <= TILE_LEVEL_MAX && width >= 1 && u64::from(width) <= TILE_WIDTH;
        let end = index.checked_mul(TILE_WIDTH)?.checked_add(u64::from(width))?;
        (fits && end <= hashes_at(level, LEAVES_MAX)).then_some(Self { level, index, width })
    }

    /// Tile `index` at `level` as a tree of `size` leaves has it; nothing when it has none there.
    #[must_use]
    pub fn of(level: u8, index: u64, size: u64) -> Option<Self> {
        let before = index.checked_mul(TILE_WIDTH)?;
        let width = hashes_at(level, size).checked_sub(before)?.min(TILE_WIDTH);
        Self::new(level, index, u16::try_from(width).ok()?)
    }

    /// Those whose hashes are other ones, or more, after a tree grew from `old` leaves to `new`:
    /// what must be written before a checkpoint of the new size may be signed. By level, then by
    /// index.
    pub fn grown(old: u64, new: u64) -> impl Iterator<Item = Self> {
        (0..=TILE_LEVEL_MAX).flat_map(move |level| {
            let (had, has) = (hashes_at(level, old), hashes_at(level, new));
            let changed = if has > had { had / TILE_WIDTH..has.div_ceil(TILE_WIDTH) } else { 0..0 };
            changed.filter_map(move |index| Self::of(level, index, new))
        })
    }

    /// The tile whose last hash is number `index` of its level.
    pub(super) fn ending_with(level: u8, index: u64) -> Self {
        let width = u16::try_from(index % TILE_WIDTH).unwrap_or(0) + 1;
        Self { level, index: index / TILE_WIDTH, width }
    }

    /// 0 for leaf hashes, up to [`TILE_LEVEL_MAX`].
    #[must_use]
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Counted from 0 along the level.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes it has: 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it has all its hashes and will never change.
    #[must_use]
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The length of its bytes: hashes one after the other, nothing else.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        usize::from(self.width) * HASH_LEN
    }

    /// Its path, as `tile/0/x001/x234/067.p/8`.
    #[must_use]
    pub fn path(&self) -> String {
        Resource::Tile(*self).path()
    }

    /// Reads what [`Tile::path`] writes, exactly.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn parse(path: &str) -> Result<Self, PathError> {
        match Resource::parse(path)? {
            Resource::Tile(tile) => Ok(tile),
            Resource::Checkpoint | Resource::Entries(_) => Err(PathError),
        }
    }
}

impl Bundle {
    /// Bundle `index` as a log of `size` entries has it; nothing when it has none there.
    #[must_use]
    pub fn of(index: u64, size: u64) -> Option<Self> {
        Tile::of(0, index, size).map(Self)
    }

    /// The bundle of an entry, as a log of `size` entries has it.
    #[must_use]
    pub fn holding(entry: u64, size: u64) -> Option<Self> {
        Self::of(entry / TILE_WIDTH, size).filter(|_| entry < size)
    }

    /// Counted from 0; its first entry is number `256 * index` of the log.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.0.index
    }

    /// How many entries it has: 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.0.width
    }

    /// The tile with the hashes of these entries.
    #[must_use]
    pub fn tile(&self) -> Tile {
        self.0
    }

    /// Its path, as `tile/entries/x001/x234/067.p/8`.
    #[must_use]
    pub fn path(&self) -> String {
        Resource::Entries(*self).path()
    }
}

impl Resource {
    /// Its path below the address of the log, without a slash in front.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Checkpoint => CHECKPOINT.to_owned(),
            Self::Tile(tile) => format!("tile/{}/{}", tile.level, Place(*tile)),
            Self::Entries(Bundle(tile)) => format!("tile/{ENTRIES}/{}", Place(*tile)),
        }
    }

    /// Reads what [`Resource::path`] writes, exactly: no leading zeroes, no full tile written as a
    /// partial one. What a tree of [`LEAVES_MAX`] leaves would not have is no path either.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn parse(path: &str) -> Result<Self, PathError> {
        if path.len() > PATH_MAX {
            return Err(PathError);
        }
        let read = if path == CHECKPOINT { Some(Self::Checkpoint) } else { read_tile(path) };
        // Numbers have one spelling: the one that is written.
        read.filter(|resource| resource.path() == path).ok_or(PathError)
    }
}

const CHECKPOINT: &str = "checkpoint";
const ENTRIES: &str = "entries";

/// How many hashes a level of tiles has in a tree of `size` leaves.
fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0)
}

fn read_tile(path: &str) -> Option<Resource> {
    let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
    let (index, width) = match place.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (place, u16::try_from(TILE_WIDTH).ok()?),
    };
    let mut number = 0u64;
    for part in index.split('/') {
        let part = part.strip_prefix('x').unwrap_or(part).parse::<u16>().ok()?;
        number = number.checked_mul(1000)?.checked_add(u64::from(part))?;
    }
    if level == ENTRIES {
        return Tile::new(0, number, width).map(|tile| Resource::Entries(Bundle(tile)));
    }
    Tile::new(level.parse().ok()?, number, width).map(Resource::Tile)
}

/// The number of a tile in groups of three digits, all but the last after an `x`; then the width of
/// a partial one.
struct Place(Tile);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = vec![self.0.index % 1000];
        let mut above = self.0.index / 1000;
        while above > 0 {
            groups.push(above % 1000);
            above /= 1000;
        }
        for (at, group) in groups.iter().enumerate().rev() {
            if at > 0 {
                write!(f, "x{group:03}/")?;
            } else {
                write!(f, "{group:03}")?;
            }
        }
        if self.0.is_full() { Ok(()) } else { write!(f, ".p/{}", self.0.width) }
    }
}
