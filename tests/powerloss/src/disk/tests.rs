use tempfile::TempDir;

use super::*;

#[test]
fn what_was_not_synced_is_gone_from_the_strict_image() {
    let mut disk = disk(Syncs::All, &[open("a"), write(0, b"kept"), sync(), write(4, b" lost")]);
    assert_eq!(strict(&disk, "a"), b"kept");
    disk.apply(&sync()).unwrap();
    assert_eq!(strict(&disk, "a"), b"kept lost");
}

#[test]
fn a_file_that_was_never_synced_is_there_and_empty() {
    let disk = disk(Syncs::All, &[open("a"), write(0, b"lost")]);
    assert_eq!(strict(&disk, "a"), b"");
}

#[test]
fn a_data_sync_counts_unless_it_is_ignored() {
    let events = [open("a"), write(0, b"bytes"), Event::Sync { ino: 1, data_only: true }];
    assert_eq!(strict(&disk(Syncs::All, &events), "a"), b"bytes");
    assert_eq!(strict(&disk(Syncs::IgnoreDataSyncs, &events), "a"), b"");
}

#[test]
fn the_random_image_holds_every_state_a_page_has_had_and_no_other() {
    let disk =
        disk(Syncs::All, &[open("a"), write(0, b"1"), sync(), write(0, b"2"), write(0, b"3")]);
    let seen: BTreeSet<Vec<u8>> = (0..200).map(|seed| random(&disk, seed)).collect();
    assert_eq!(seen, [b"1", b"2", b"3"].map(|state| state.to_vec()).into());
}

#[test]
fn a_page_kept_behind_a_lost_one_leaves_zeros_between() {
    let bytes = vec![7; 2 * PAGE];
    let disk = disk(Syncs::All, &[open("a"), Event::Write { ino: 1, at: 0, bytes: &bytes }]);
    let seen: BTreeSet<Vec<u8>> = (0..200).map(|seed| random(&disk, seed)).collect();
    let mut hole = vec![0; PAGE];
    hole.resize(2 * PAGE, 7);
    assert_eq!(seen, [vec![], vec![7; PAGE], hole, vec![7; 2 * PAGE]].into());
}

#[test]
fn cutting_a_file_short_forgets_the_unsynced_tail() {
    let size = Event::Size { ino: 1, size: 2 };
    let disk = disk(Syncs::All, &[open("a"), write(0, b"long"), sync(), write(1, b"x"), size]);
    assert_eq!(strict(&disk, "a"), b"lo");
    let seen: BTreeSet<Vec<u8>> = (0..50).map(|seed| random(&disk, seed)).collect();
    assert_eq!(seen, [b"lo".to_vec(), b"lx".to_vec()].into());
}

#[test]
fn a_renamed_directory_takes_its_files_along_and_nothing_else() {
    let disk = disk(
        Syncs::All,
        &[
            Event::Mkdir { path: "new" },
            Event::Mkdir { path: "newer" },
            open("new/a"),
            write(0, b"x"),
            sync(),
            Event::Open { ino: 2, path: "newer/a", truncate: false },
            Event::Rename { from: "new", to: "old" },
        ],
    );
    assert_eq!(disk.names().collect::<Vec<_>>(), ["newer/a", "old/a"]);
    assert_eq!(strict(&disk, "old/a"), b"x");
}

#[test]
fn a_change_that_escaped_the_record_is_found() {
    let real = TempDir::new().unwrap();
    let disk = disk(Syncs::All, &[open("a"), write(0, b"x")]);
    assert!(disk.compare(real.path()).is_err(), "a file is missing");
    fs::write(real.path().join("a"), b"y").unwrap();
    assert!(disk.compare(real.path()).is_err(), "its bytes differ");
    fs::write(real.path().join("a"), b"x").unwrap();
    disk.compare(real.path()).unwrap();
    fs::write(real.path().join("b"), b"").unwrap();
    assert!(disk.compare(real.path()).is_err(), "a file is too many");
}

fn open(path: &str) -> Event<'_> {
    Event::Open { ino: 1, path, truncate: false }
}

fn write(at: u64, bytes: &[u8]) -> Event<'_> {
    Event::Write { ino: 1, at, bytes }
}

fn sync() -> Event<'static> {
    Event::Sync { ino: 1, data_only: false }
}

fn disk(syncs: Syncs, events: &[Event<'_>]) -> Disk {
    let mut disk = Disk::new(syncs);
    for event in events {
        disk.apply(event).unwrap();
    }
    disk
}

fn strict(disk: &Disk, name: &str) -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    disk.cut(dir.path(), Image::Strict, &mut Rng::new(0, 0)).unwrap();
    fs::read(dir.path().join(name)).unwrap()
}

fn random(disk: &Disk, seed: u64) -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    disk.cut(dir.path(), Image::Random, &mut Rng::new(seed, 0)).unwrap();
    fs::read(dir.path().join("a")).unwrap()
}
