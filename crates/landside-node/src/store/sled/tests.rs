use std::fs;
use std::sync::atomic::AtomicU64;

use tempfile::TempDir;

use super::*;
use crate::store::conformance::conformance;

const T: Table = Table(3);

conformance! {
    Opened::new();
    a_batch_whose_expectation_fails_changes_nothing_in_any_table,
    a_batch_whose_expectations_hold_is_committed,
    a_deleted_row_is_gone_and_deleting_it_again_is_no_error,
    a_range_holds_its_start_and_not_its_end,
    a_range_that_ends_before_it_starts_is_empty,
    a_row_is_read_back_and_only_from_its_table,
    a_scan_gives_byte_order_whatever_the_order_of_writing,
    a_scan_sees_a_batch_whole_or_not_at_all,
    a_scan_stays_in_its_table_even_the_last_one,
    a_scan_stops_at_its_limit_and_pages_go_on_without_gap,
    an_empty_key_and_an_empty_value_are_a_row,
    appended_batches_are_one,
    expectations_alone_are_checked_too,
    it_agrees_with_an_ordered_map_over_random_work,
    the_last_of_several_changes_to_a_row_holds,
    the_longest_key_and_value_and_the_heaviest_batch_are_taken,
    two_writers_who_expect_the_same_head_cannot_both_win,
    what_exceeds_a_limit_is_refused_and_nothing_of_it_written,
}

#[test]
fn rows_are_there_after_closing_and_opening_again() {
    let dir = TempDir::new().unwrap();
    for n in 0..20u8 {
        let store = open(&dir).unwrap();
        assert_eq!(store.scan(&Range::all(T), 99).unwrap().len(), usize::from(n));
        store.commit(Batch::new().put(T, [n], [n])).unwrap();
    }
}

#[test]
fn a_second_open_of_the_same_directory_is_refused_and_the_first_goes_on() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    let refused = open(&dir).err().unwrap();
    assert_eq!(refused.code(), "store-in-use");
    store.commit(Batch::new().put(T, b"k", b"v")).unwrap();
    drop(store);
    assert_eq!(open(&dir).unwrap().get(T, b"k").unwrap(), Some(b"v".to_vec()));
}

#[test]
fn no_store_is_made_where_one_must_be() {
    let dir = TempDir::new().unwrap();
    let refused = SledStore::open(dir.path(), StoreOptions { create: false, ..small() });
    assert_eq!(refused.err().unwrap().code(), "store-missing");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    drop(open(&dir).unwrap());
    SledStore::open(dir.path(), StoreOptions { create: false, ..small() }).unwrap();
}

#[test]
fn a_store_of_another_or_unknown_format_is_not_touched() {
    let dir = TempDir::new().unwrap();
    drop(open(&dir).unwrap());
    let format = dir.path().join("sled/format");
    for (text, code) in [
        ("landside store 3\n", "store-newer-format"),
        ("landside store 1\n", "store-older-format"),
        ("landside store 0\n", "store-unknown-format"),
        ("landside store one\n", "store-unknown-format"),
        ("", "store-unknown-format"),
    ] {
        fs::write(&format, text).unwrap();
        assert_eq!(open(&dir).err().unwrap().code(), code, "{text}");
    }
    fs::remove_file(&format).unwrap();
    assert_eq!(open(&dir).err().unwrap().code(), "store-unknown-format");
}

#[test]
fn damage_to_rows_under_the_page_table_is_found_at_open_or_at_verify() {
    let dir = TempDir::new().unwrap();
    fill(&dir);
    drop(open(&dir).unwrap());
    damage_row_250(&dir);
    match open(&dir) {
        Err(error) => assert_eq!(error.code(), "store-corrupt"),
        Ok(store) => assert_eq!(store.verify().unwrap_err().code(), "store-corrupt"),
    }
}

#[test]
fn damage_that_sled_takes_for_the_end_of_its_log_does_not_pass_for_a_shorter_store() {
    let dir = TempDir::new().unwrap();
    fill(&dir);
    damage_row_250(&dir);
    let refused = open(&dir).err().unwrap();
    assert_eq!(refused.code(), "store-rolled-back", "{refused}");
}

#[test]
fn an_old_copy_put_back_is_noticed_until_somebody_says_it_is_wanted() {
    let (dir, old) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    open(&dir).unwrap().commit(Batch::new().put(T, b"k", b"old")).unwrap();
    let live = dir.path().join("sled");
    copy_files(&live, old.path());
    open(&dir).unwrap().commit(Batch::new().put(T, b"k", b"new")).unwrap();
    fs::remove_dir_all(&live).unwrap();
    fs::create_dir(&live).unwrap();
    copy_files(old.path(), &live);
    let refused = open(&dir).err().unwrap();
    assert_eq!(refused.code(), "store-rolled-back", "{refused}");
    fs::remove_file(dir.path().join("commits")).unwrap();
    assert_eq!(open(&dir).unwrap().get(T, b"k").unwrap(), Some(b"old".to_vec()));
}

#[test]
fn an_empty_store_is_not_taken_for_the_one_that_was_lost() {
    let dir = TempDir::new().unwrap();
    open(&dir).unwrap().commit(Batch::new().put(T, b"k", b"v")).unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    for _ in 0..2 {
        assert_eq!(open(&dir).err().unwrap().code(), "store-rolled-back");
    }
}

#[test]
fn a_file_of_commits_that_is_empty_lags_and_one_that_is_nonsense_is_damage() {
    let dir = TempDir::new().unwrap();
    open(&dir).unwrap().commit(Batch::new().put(T, b"k", b"v")).unwrap();
    let mark = dir.path().join("commits");
    assert_eq!(fs::read_to_string(&mark).unwrap(), "00000000000000000001\n");
    for lagging in [&b""[..], b"00000000000000000000\n", &[0; 21]] {
        fs::write(&mark, lagging).unwrap();
        open(&dir).unwrap();
    }
    fs::write(&mark, b"many\n").unwrap();
    assert_eq!(open(&dir).err().unwrap().code(), "store-corrupt");
}

#[test]
fn verify_counts_rows_and_bytes() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    for n in 0..300u32 {
        store.commit(Batch::new().put(T, n.to_be_bytes(), [1; 6])).unwrap();
    }
    assert_eq!(store.verify().unwrap(), VerifyReport { format: 2, rows: 300, bytes: 3000 });
}

#[test]
fn an_unfinished_first_start_is_begun_again() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("sled.new")).unwrap();
    fs::write(dir.path().join("sled.new/conf"), b"torn").unwrap();
    open(&dir).unwrap().commit(Batch::new().put(T, b"k", b"v")).unwrap();
    assert!(!dir.path().join("sled.new").exists());
}

#[test]
fn an_unfinished_page_table_does_not_keep_the_store_from_opening() {
    let dir = TempDir::new().unwrap();
    open(&dir).unwrap().commit(Batch::new().put(T, b"k", b"v")).unwrap();
    let torn = dir.path().join("sled/snap.FFFFFFFFFFFFFFFF.generating");
    fs::write(&torn, b"torn").unwrap();
    assert_eq!(open(&dir).unwrap().get(T, b"k").unwrap(), Some(b"v".to_vec()));
    assert!(!torn.exists());
}

#[test]
fn a_full_disk_refuses_new_work_takes_essential_work_and_goes_on_reading() {
    let dir = TempDir::new().unwrap();
    let free = Arc::new(AtomicU64::new(1_000));
    let seen = Arc::clone(&free);
    let options = StoreOptions {
        free_min: 500,
        free_min_essential: 100,
        free_bytes: Arc::new(move |_| Ok(seen.load(Ordering::SeqCst))),
        ..small()
    };
    let store = SledStore::open(dir.path(), options).unwrap();
    store.commit(Batch::new().put(T, b"before", b"v")).unwrap();

    free.store(499, Ordering::SeqCst);
    let refused = store.commit(Batch::new().put(T, b"new", b"v")).unwrap_err();
    assert_eq!(refused, CommitError::Full { free: 499, needed: 500 });
    assert_eq!(refused.code(), "store-full");
    assert_eq!(store.get(T, b"new").unwrap(), None);
    assert_eq!(store.get(T, b"before").unwrap(), Some(b"v".to_vec()));
    store.commit(Batch::new().put(T, b"gate", b"v").essential()).unwrap();

    free.store(99, Ordering::SeqCst);
    let refused = store.commit(Batch::new().delete(T, b"gate").essential()).unwrap_err();
    assert_eq!(refused, CommitError::Full { free: 99, needed: 100 });
    assert_eq!(store.scan(&Range::all(T), 9).unwrap().len(), 2);

    free.store(500, Ordering::SeqCst);
    store.commit(Batch::new().put(T, b"new", b"v")).unwrap();
}

#[test]
fn unknown_free_space_refuses_the_commit() {
    let dir = TempDir::new().unwrap();
    let options = StoreOptions { reserve_bytes: 0, ..small() };
    let mut store = SledStore::open(dir.path(), options).unwrap();
    store.options.free_bytes = Arc::new(|_| Err(io::Error::other("no such file system")));
    let refused = store.commit(Batch::new().put(T, b"k", b"v")).unwrap_err();
    assert_eq!(refused.code(), "store-io");
    assert_eq!(store.get(T, b"k").unwrap(), None);
}

#[test]
fn the_reserve_is_made_at_open_and_only_when_there_is_room() {
    let dir = TempDir::new().unwrap();
    let reserve = dir.path().join("reserve");
    let with = |free| StoreOptions {
        reserve_bytes: 4096,
        free_min: 500,
        free_bytes: Arc::new(move |_| Ok(free)),
        ..small()
    };
    drop(SledStore::open(dir.path(), with(4595)).unwrap());
    assert!(!reserve.exists());
    drop(SledStore::open(dir.path(), with(4596)).unwrap());
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 4096);
}

#[test]
fn the_reserve_is_given_up_when_sled_finds_the_disk_full_and_not_otherwise() {
    let dir = TempDir::new().unwrap();
    let reserve = dir.path().join("reserve");
    let full = || sled::Error::Io(io::ErrorKind::StorageFull.into());

    fs::write(&reserve, b"room").unwrap();
    let denied = || Err::<(), _>(sled::Error::Io(io::ErrorKind::PermissionDenied.into()));
    open::open_with_reserve(&reserve, denied).unwrap_err();
    assert!(reserve.exists());

    let opened =
        open::open_with_reserve(&reserve, || if reserve.exists() { Err(full()) } else { Ok(()) });
    opened.unwrap();
    assert!(!reserve.exists());

    let mut tries = 0;
    let refused = open::open_with_reserve(&reserve, || {
        tries += 1;
        Err::<(), _>(full())
    });
    assert!(refused.is_err());
    assert_eq!(tries, 1, "there was nothing left to give up");
}

#[test]
fn after_a_commit_of_unknown_outcome_every_call_fails_until_it_is_opened_again() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    store.commit(Batch::new().put(T, b"k", b"v")).unwrap();
    drop(InDoubt(&store.stopped));
    assert_eq!(store.get(T, b"k").unwrap_err(), StoreError::Stopped);
    assert_eq!(store.scan(&Range::all(T), 1).unwrap_err(), StoreError::Stopped);
    assert_eq!(store.verify().unwrap_err(), StoreError::Stopped);
    let refused = store.commit(Batch::new().put(T, b"k", b"w")).unwrap_err();
    assert_eq!(refused.code(), "store-stopped");
    drop(store);
    assert_eq!(open(&dir).unwrap().get(T, b"k").unwrap(), Some(b"v".to_vec()));
}

#[test]
fn a_failed_sync_is_an_unknown_outcome() {
    let dir = TempDir::new().unwrap();
    let mut store = open(&dir).unwrap();
    // A socket cannot be synced: stands in for a disk that fails.
    store.file =
        File::from(std::os::fd::OwnedFd::from(std::net::UdpSocket::bind("127.0.0.1:0").unwrap()));
    let unknown = store.commit(Batch::new().put(T, b"k", b"v")).unwrap_err();
    assert_eq!(unknown.code(), "store-unknown-outcome");
    assert_eq!(store.get(T, b"k").unwrap_err(), StoreError::Stopped);
}

#[test]
fn a_damaged_long_value_is_found_when_it_is_read_and_at_verify() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    store.commit(Batch::new().put(T, b"long", vec![7; 300]).put(T, b"short", b"v")).unwrap();
    let path = bodies(&dir);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(store.get(T, b"long").unwrap_err().code(), "store-corrupt", "byte {at}");
        assert_eq!(store.verify().unwrap_err().code(), "store-corrupt", "byte {at}");
        assert_eq!(store.scan(&Range::all(T), 9).unwrap_err().code(), "store-corrupt");
        assert_eq!(store.get(T, b"short").unwrap(), Some(b"v".to_vec()));
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(store.get(T, b"long").unwrap(), Some(vec![7; 300]));
}

#[test]
fn a_file_of_long_values_that_is_gone_or_cut_short_does_not_pass_for_a_whole_one() {
    let dir = TempDir::new().unwrap();
    open(&dir).unwrap().commit(Batch::new().put(T, b"k", vec![7; 300])).unwrap();
    let path = bodies(&dir);
    let whole = fs::read(&path).unwrap();
    for len in [0, 1, whole.len() - 1] {
        fs::write(&path, &whole[..len]).unwrap();
        let refused = open(&dir).err().unwrap();
        assert_eq!(refused.code(), "store-corrupt", "{refused}");
    }
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    assert_eq!(open(&dir).err().unwrap().code(), "store-corrupt");
}

#[test]
fn what_a_crash_left_behind_the_last_long_value_is_passed_over() {
    let dir = TempDir::new().unwrap();
    for n in 0..9u8 {
        let store = open(&dir).unwrap();
        store.commit(Batch::new().put(T, [n], vec![n; 300])).unwrap();
        drop(store);
        let left = [fs::read(bodies(&dir)).unwrap(), vec![0xff; usize::from(n)]].concat();
        fs::write(bodies(&dir), left).unwrap();
    }
    let store = open(&dir).unwrap();
    for n in 0..9u8 {
        assert_eq!(store.get(T, &[n]).unwrap(), Some(vec![n; 300]));
    }
}

#[test]
fn long_values_go_from_file_to_file() {
    let dir = TempDir::new().unwrap();
    let value = |n: u8| vec![n; 20_000];
    for n in 0..20 {
        open(&dir).unwrap().commit(Batch::new().put(T, [n], value(n))).unwrap();
    }
    assert!(fs::read_dir(dir.path().join("bodies")).unwrap().count() > 4);
    let store = open(&dir).unwrap();
    for n in 0..20 {
        assert_eq!(store.get(T, &[n]).unwrap(), Some(value(n)));
    }
}

#[test]
fn no_page_of_longest_keys_and_rows_becomes_an_unsynced_file_of_its_own() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).unwrap();
    for len in [bodies::INLINE_MAX, bodies::INLINE_MAX + 1, VALUE_MAX] {
        for n in 0..2_000u32 {
            // Nothing in common at the front, so that sled cannot shorten the keys of a page.
            let mut key = (n * 7919 % 2_000).to_le_bytes().repeat(KEY_MAX / 4);
            key.reverse();
            store.commit(Batch::new().put(T, key, vec![1; len])).unwrap();
        }
    }
    assert_eq!(fs::read_dir(dir.path().join("sled/blobs")).unwrap().count(), 0);
}

#[test]
fn a_largest_batch_over_many_pages_fits_the_smallest_cache() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path(), StoreOptions { cache_bytes: 0, ..small() }).unwrap();
    let keys = 40_000u64;
    let key = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes();
    for round in 0..3 {
        for from in (0..keys).step_by(BATCH_OPS) {
            let mut batch = Batch::new();
            for n in from..(from + BATCH_OPS as u64).min(keys) {
                batch.put(T, key((n * 7) % keys), vec![round; 480]);
            }
            store.commit(&batch).unwrap();
        }
    }
    assert_eq!(store.verify().unwrap().rows, keys);
}

const BATCH_OPS: usize = crate::store::BATCH_OPS_MAX;

/// A store that goes away with its directory.
struct Opened {
    store: SledStore,
    _dir: TempDir,
}

impl Opened {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        Self { store: open(&dir).unwrap(), _dir: dir }
    }
}

impl std::ops::Deref for Opened {
    type Target = SledStore;

    fn deref(&self) -> &SledStore {
        &self.store
    }
}

/// 500 rows of short values, a commit each, that can be found in sled's file.
fn fill(dir: &TempDir) {
    let store = open(dir).unwrap();
    for n in 0..500u32 {
        let value = format!("value {n:04} ").repeat(20);
        store.commit(Batch::new().put(T, n.to_be_bytes(), value)).unwrap();
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn bodies(dir: &TempDir) -> PathBuf {
    dir.path().join("bodies/0000000001")
}

fn damage_row_250(dir: &TempDir) {
    let db = dir.path().join("sled/db");
    let mut bytes = fs::read(&db).unwrap();
    let live = bytes.windows(11).rposition(|window| window == b"value 0250 ").unwrap();
    bytes[live] ^= 1;
    fs::write(&db, bytes).unwrap();
}

fn open(dir: &TempDir) -> Result<SledStore, OpenError> {
    SledStore::open(dir.path(), small())
}

fn small() -> StoreOptions {
    StoreOptions { reserve_bytes: 0, free_min: 0, free_min_essential: 0, ..StoreOptions::default() }
}
