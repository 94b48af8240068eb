//! Paths have one spelling, and only what a log may have has one.

use proptest::prelude::*;

use super::*;

#[test]
fn paths_are_those_of_the_specification() {
    let path = |level, index, width| Tile::new(level, index, width).unwrap().path();
    assert_eq!(path(0, 0, 256), "tile/0/000");
    assert_eq!(path(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(1, 999, 1), "tile/1/999.p/1");
    assert_eq!(path(2, 1000, 255), "tile/2/x001/000.p/255");
    let bundle = Bundle::holding(315_921_160, 315_921_161).unwrap();
    assert_eq!(bundle.path(), "tile/entries/x001/x234/067.p/9");
    assert_eq!(Resource::Checkpoint.path(), "checkpoint");
}

#[test]
fn another_spelling_of_a_path_is_no_path() {
    for path in [
        "",
        "/checkpoint",
        "checkpoint/",
        "Checkpoint",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/x1/002",
        "tile/0/X001/002",
        "tile/00/000",
        "tile/+0/000",
        "tile/0/+01",
        "tile/-1/000",
        "tile/8/000",
        "tile/256/000",
        "tile/8/0/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/07",
        "tile/0/000.p/+7",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/7/",
        "tile/0/000.p/7.p/7",
        "tile/0/000 ",
        "tile/0/٠٠٠",
        "tile/entries/0",
        "tile/entries/",
        "tile/Entries/000",
        "tile/data/000",
        "tile/0/../000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        // One more than the last tile of the largest tree, and the level where it has one hash of 64.
        "tile/0/x018/x014/x398/x509/x481/984",
        "tile/7/000.p/65",
        "tile/7/001.p/1",
    ] {
        assert_eq!(Resource::parse(path), Err(PathError), "{path}");
    }
    let long = format!("tile/0/{}000", "x000/".repeat(100));
    assert_eq!(Resource::parse(&long), Err(PathError));
}

#[test]
fn the_last_tiles_of_the_largest_tree_have_paths() {
    for path in
        ["tile/0/x018/x014/x398/x509/x481/983", "tile/7/000.p/64", "tile/6/063", "checkpoint"]
    {
        assert_eq!(Resource::parse(path).unwrap().path(), path);
    }
    let last = Bundle::holding(LEAVES_MAX - 2, LEAVES_MAX - 1).unwrap().path();
    assert_eq!(Resource::parse(&last).unwrap().path(), last);
    assert_eq!(last.len(), 47, "{last}");
}

#[test]
fn a_tile_that_no_tree_has_cannot_be_named() {
    assert_eq!(Tile::new(0, 0, 0), None);
    assert_eq!(Tile::new(0, 0, 257), None);
    assert_eq!(Tile::new(TILE_LEVEL_MAX + 1, 0, 1), None);
    assert_eq!(Tile::new(0, u64::MAX, 1), None);
    assert_eq!(Tile::of(0, 1, 256), None, "an empty tile");
    assert_eq!(Tile::of(1, 0, 255), None, "nothing is full yet");
    assert_eq!(Bundle::of(0, 0), None);
    assert_eq!(Bundle::holding(256, 256), None);
    assert_eq!(Bundle::holding(200, 200), None);
}

#[test]
fn a_tile_is_not_read_as_a_bundle_nor_the_reverse() {
    assert_eq!(Tile::parse("tile/entries/000"), Err(PathError));
    assert_eq!(Tile::parse("checkpoint"), Err(PathError));
    assert_eq!(Tile::parse("tile/0/000.p/3"), Ok(Tile::new(0, 0, 3).unwrap()));
    let bundle = Bundle::of(0, 3).unwrap();
    assert_eq!(Resource::parse("tile/entries/000.p/3"), Ok(Resource::Entries(bundle)));
    assert_eq!(bundle.tile(), Tile::new(0, 0, 3).unwrap());
}

proptest! {
    #[test]
    fn every_path_written_is_read_back(level in 0..8u8, index in any::<u64>(), width in 1..=256u16) {
        let index = index >> (9 + u32::from(level) * 8).min(63);
        if let Some(tile) = Tile::new(level, index, width) {
            prop_assert_eq!(Tile::parse(&tile.path()), Ok(tile));
        }
    }

    #[test]
    fn no_text_is_read_as_another_path(text in "(tile/)?(entries|[0-9]{1,2})?/?(x?[0-9]{2,4}/?){0,4}(\\.p/[0-9]{0,4})?") {
        if let Ok(resource) = Resource::parse(&text) {
            prop_assert_eq!(resource.path(), text);
        }
    }
}
