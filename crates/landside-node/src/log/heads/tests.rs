use std::collections::HashMap;

use landside_proto::directory::{Actor, Directory, add_signature, edition_id};
use landside_proto::document::{DirectoryEdition, KeyEntry, PartyEntry, Remark, Role};
use landside_proto::ids::Hash32;
use landside_proto::key::{SecretKey, Signer as _};
use landside_proto::log::Entry;
use landside_proto::refusal::{Code, Refusal};
use tempfile::TempDir;

use super::*;
use crate::config::Config;
use crate::store::{Batch, SledStore, StoreOptions};

const NOW: UnixMillis = UnixMillis::from_millis(1_900_000_000_000);

#[tokio::test]
async fn a_head_waits_for_the_second_witness_while_the_log_grows() {
    let log = Log::of(&["customs", "line"], 2);
    log.grows_to(3);
    let first = log.offered(0);
    log.cosigned("customs", &first, 0).await;
    assert!(log.heads.last_final().is_none());

    log.grows_to(9);
    assert_eq!(log.offered(59), first);
    log.cosigned("line", &log.offered(59), 59).await;
    let last = log.heads.last_final().unwrap();
    assert_eq!(last.head.checkpoint(), first.checkpoint());
    assert_eq!(last.witnesses.keys().map(PartyId::as_str).collect::<Vec<_>>(), ["customs", "line"]);
    assert_eq!(log.offered(60).checkpoint().size, 9);
}

#[tokio::test]
async fn a_head_that_nobody_comes_for_makes_way_for_a_newer_one() {
    let log = Log::of(&[], 1);
    log.grows_to(3);
    let first = log.offered(0);
    log.grows_to(4);
    let life = OFFER_LIFE.as_secs();
    assert_eq!(log.offered(life - 1), first);
    assert_eq!(log.offered(life).checkpoint().size, 4);
    // Too late: it is not the head that is offered any more.
    log.cosigned("customs", &first, life).await;
    assert!(log.heads.last_final().is_none());
}

#[tokio::test]
async fn only_a_witness_that_counts_and_shows_its_own_cosignature_makes_a_head_final() {
    let log = Log::of(&["customs"], 1);
    log.grows_to(1);
    let head = log.offered(0);
    let by = |who: &str| log.with_cosignature_of(who, &head, 0);
    for (shown_by, note) in [
        ("line", by("line")),
        ("line", by("customs")),
        ("customs", by("line")),
        ("terminal", by("terminal")),
        ("customs", by("terminal")),
        ("customs", head.bytes().to_vec()),
        ("nobody", by("customs")),
    ] {
        log.heads.collect(&party(shown_by), &note, NOW).await;
        assert!(log.heads.last_final().is_none(), "{shown_by}");
    }
    let mut spoilt = by("customs");
    let last = spoilt.len() - 3;
    spoilt[last] ^= 1;
    log.heads.collect(&party("customs"), &spoilt, NOW).await;
    assert!(log.heads.last_final().is_none());
    log.heads.collect(&party("customs"), &by("customs"), NOW).await;
    assert_eq!(log.heads.last_final().unwrap().witnesses.len(), 1);
}

#[tokio::test]
async fn one_witness_that_comes_does_not_hide_that_the_other_stays_away() {
    let log = Log::of(&[], 2);
    log.grows_to(1);
    let head = log.offered(0);
    log.cosigned("customs", &head, 0).await;
    log.cosigned("line", &head, 1).await;
    let overdue = FINAL_AGE_MAX.as_secs() + 2;
    for at in [10, 100, overdue] {
        log.cosigned("line", &head, at).await;
        assert_eq!(log.heads.last_final().unwrap().at, second(0));
    }
    assert_eq!(log.heads.overdue(second(overdue - 2)), None);
    assert_eq!(log.heads.overdue(second(overdue)), Some(Duration::from_secs(overdue)));
    log.cosigned("customs", &head, overdue).await;
    assert_eq!(log.heads.overdue(second(overdue)), None);
}

#[tokio::test]
async fn a_head_that_could_not_be_kept_is_not_final() {
    let log = Log::of(&[], 1);
    log.grows_to(1);
    let head = log.offered(0);
    log.disk_is_full(true);
    log.cosigned("customs", &head, 0).await;
    assert!(log.heads.last_final().is_none());
    log.disk_is_full(false);
    log.cosigned("customs", &head, 5).await;
    let kept = log.heads.last_final().unwrap();
    // After a restart it is what the store has, and by today's settings.
    let again = log.restarted(1, NOW);
    assert_eq!(again.last_final().unwrap().head, kept.head);
    assert!(log.restarted(2, NOW).last_final().is_none());
}

#[tokio::test]
async fn the_first_final_head_that_covers_an_entry_is_shown_once_it_is_durable() {
    let log = Log::of(&[], 1);
    log.grows_to(3);
    log.cosigned("customs", &log.offered(0), 0).await;
    log.grows_to(5);
    let next = log.offered(1);
    let note = log.with_cosignature_of("customs", &next, 1);
    // Written, and the commit has not returned.
    log.put(rows::HEADS, &5u64.to_be_bytes(), &note);
    let sizes = |index| log.heads.covering(index).unwrap().map(|head| head.checkpoint().size);
    let lines = |index| log.heads.covering(index).unwrap().unwrap().lines().len();
    assert_eq!((sizes(0), sizes(2), lines(2)), (Some(3), Some(3), 2));
    assert_eq!((sizes(3), lines(3)), (Some(4), 1));
    log.heads.collect(&party("customs"), &note, second(1)).await;
    assert_eq!((sizes(3), sizes(4), lines(3)), (Some(5), Some(5), 2));
    assert_eq!(sizes(5), None);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_no_answer_and_not_one_of_a_short_log() {
    let log = Log::of(&[], 1);
    log.grows_to(3);
    log.heads.store.commit(Batch::new().delete(rows::LOG, 1u64.to_be_bytes())).unwrap();
    for about in [
        About::Inclusion { index: 0, size: 3 },
        About::Consistency { old: 1, new: 3 },
        About::OfSize { size: 2 },
    ] {
        assert!(log.heads.answer(Ask { number: 0, about }, NOW).is_err(), "{about:?}");
    }
    let short = Ask { number: 7, about: About::OfSize { size: 4 } };
    let nothing = Told { number: 7, head: None, proof: None, rotations: Vec::new(), figures: None };
    assert_eq!(log.heads.answer(short, NOW).unwrap(), nothing);
}

#[tokio::test]
async fn a_witness_that_shows_a_head_and_does_not_cosign_it_refuses_until_it_does() {
    let log = Log::of(&["customs"], 1);
    log.grows_to(5);
    let of_size = |size| log.heads.of_size(size).unwrap().unwrap();
    let head = of_size(3);
    let shows = |who: &str, note: &[u8], at| log.heads.is_held(&party(who), note, second(at));
    assert!(shows("customs", head.bytes(), 1).unwrap());
    assert!(shows("customs", of_size(4).bytes(), 9).unwrap());
    let held = log.heads.refusing()[&party("customs")];
    assert_eq!((held.since, held.entries, held.of_this_log), (second(1), 4, true));

    let origin = head.checkpoint().origin.clone();
    let of_another = |size| {
        let root = Hash32::from_bytes([9; 32]);
        Checkpoint { origin: origin.clone(), size, root }.sign(&key("terminal")).unwrap()
    };
    for size in [3, 6] {
        let log = Log::of(&["customs"], 1);
        log.grows_to(5);
        assert!(log.heads.is_held(&party("customs"), of_another(size).bytes(), NOW).unwrap());
        assert!(!log.heads.refusing()[&party("customs")].of_this_log, "{size}");
    }
    // One head of this log does not make up for the other.
    assert!(shows("customs", of_another(2).bytes(), 10).unwrap());
    assert!(shows("customs", head.bytes(), 11).unwrap());
    assert!(!log.heads.refusing()[&party("customs")].of_this_log);

    let cosigned = log.with_cosignature_of("customs", &head, 12);
    assert!(!shows("customs", &cosigned, 12).unwrap());
    assert!(log.heads.refusing().is_empty());
}

#[tokio::test]
async fn only_a_witness_that_counts_and_only_a_head_of_ones_own_key_is_a_refusal() {
    let log = Log::of(&["customs"], 1);
    log.grows_to(3);
    let head = log.offered(0);
    let forged = head.checkpoint().clone().sign(&key("line")).unwrap();
    let in_the_name_of_customs = {
        let name = name_of(&log.authorities.borrow(), &party("customs")).unwrap();
        let by_a_new_key = head.cosign(&name, NOW, &key("the next key of customs")).unwrap();
        head.add_cosignature(&by_a_new_key).unwrap()
    };
    for (who, note) in [
        ("line", head.bytes()),
        ("terminal", head.bytes()),
        ("nobody", head.bytes()),
        ("customs", forged.bytes()),
        ("customs", b"no head"),
        // By a key that this directory does not list yet.
        ("customs", in_the_name_of_customs.bytes()),
    ] {
        assert!(!log.heads.is_held(&party(who), note, NOW).unwrap(), "{who}");
    }
    assert!(log.heads.refusing().is_empty());
}

/// The log of a terminal without a node around it, at times of the test.
struct Log {
    heads: Heads,
    store: Arc<dyn Store>,
    tree: watch::Sender<Frontier>,
    authorities: watch::Sender<Authorities>,
    full: Arc<Mutex<bool>>,
    _dir: TempDir,
}

impl Log {
    /// Witnesses that count, and how many are enough.
    fn of(by: &[&str], enough: usize) -> Self {
        let dir = TempDir::new().unwrap();
        let store = SledStore::open(dir.path(), StoreOptions::default()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let (tree, growing) = watch::channel(Frontier::default());
        let (authorities, known) = watch::channel(directory());
        let (commands, to_write) = mpsc::channel(1);
        let full = Arc::<Mutex<bool>>::default();
        tokio::spawn(write(Arc::clone(&store), to_write, Arc::clone(&full)));
        let registrar = Arc::new(registrar(by, enough));
        let heads = Heads::new(Arc::clone(&store), registrar, known, growing, commands, NOW);
        Self { heads: heads.unwrap(), store, tree, authorities, full, _dir: dir }
    }

    /// The same store after a restart, with another setting.
    fn restarted(&self, enough: usize, now: UnixMillis) -> Heads {
        let (known, growing) = (self.authorities.subscribe(), self.tree.subscribe());
        let registrar = Arc::new(registrar(&[], enough));
        let commands = mpsc::channel(1).0;
        Heads::new(Arc::clone(&self.store), registrar, known, growing, commands, now).unwrap()
    }

    fn grows_to(&self, size: u64) {
        let mut tree = self.tree.borrow().clone();
        while tree.size() < size {
            let (number, envelope) = (tree.size(), Hash32::from_bytes([7; 32]));
            let position = landside_proto::document::Position { log: number, at: NOW, case: None };
            let entry = Entry::of(envelope, &position);
            self.put(rows::LOG, &number.to_be_bytes(), &rows::log_row(number, &entry));
            tree.append(entry.leaf());
        }
        self.tree.send_replace(tree);
    }

    fn put(&self, table: crate::store::Table, key: &[u8], value: &[u8]) {
        self.store.commit(Batch::new().put(table, key, value.to_vec())).unwrap();
    }

    fn disk_is_full(&self, full: bool) {
        *self.full.lock().unwrap() = full;
    }

    fn offered(&self, at: u64) -> SignedCheckpoint {
        self.heads.offered(second(at)).unwrap()
    }

    async fn cosigned(&self, who: &str, head: &SignedCheckpoint, at: u64) {
        let note = self.with_cosignature_of(who, head, at);
        self.heads.collect(&party(who), &note, second(at)).await;
    }

    fn with_cosignature_of(&self, who: &str, head: &SignedCheckpoint, at: u64) -> Vec<u8> {
        let name = name_of(&self.authorities.borrow(), &party(who)).unwrap();
        let cosignature = head.cosign(&name, second(at), &key(who)).unwrap();
        head.add_cosignature(&cosignature).unwrap().bytes().to_vec()
    }
}

/// What the writer does with heads.
async fn write(
    store: Arc<dyn Store>,
    mut commands: mpsc::Receiver<Command>,
    disk_is_full: Arc<Mutex<bool>>,
) {
    while let Some(command) = commands.recv().await {
        let Command::FinalHead { size, note, reply } = command else { panic!("another command") };
        let outcome = if *disk_is_full.lock().unwrap() {
            Err(Refusal::new(Code::StoreFull, "full"))
        } else {
            store.commit(Batch::new().put(rows::HEADS, size.to_be_bytes(), note)).unwrap();
            Ok(())
        };
        reply.send(outcome).unwrap();
    }
}

fn registrar(by: &[&str], enough: usize) -> Registrar {
    let mut config = Config::default();
    config.witnessed.by = by.iter().map(|who| party(who)).collect();
    config.witnessed.cosignatures_min = enough;
    let me = Actor::Party(party("terminal"));
    Registrar {
        me,
        signer: Arc::new(key("terminal")),
        config,
        profiles: HashMap::new(),
        channels: Vec::new(),
    }
}

fn directory() -> Authorities {
    let authority = key("authority");
    let entry = |(id, role): (&str, Role)| PartyEntry {
        id: party(id),
        name: Remark::parse(id).unwrap(),
        roles: vec![role],
        signing_keys: vec![KeyEntry {
            key: key(id).public_key(),
            from: UnixMillis::from_millis(0),
            until: None,
        }],
        node_keys: vec![key(&format!("{id} node")).public_key()],
        addresses: Vec::new(),
        rotations_from: None,
        agents: Vec::new(),
    };
    let parties = [("customs", Role::Customs), ("line", Role::Line), ("terminal", Role::Terminal)];
    let edition = DirectoryEdition {
        network: Remark::parse("tests").unwrap(),
        number: 1,
        previous: None,
        threshold: 1,
        authorities: vec![authority.public_key()],
        valid_from: NOW,
        valid_until: NOW.plus(Duration::from_secs(86_400)),
        parties: parties.map(entry).to_vec(),
    };
    let bundle = add_signature(&[], &edition, NOW, &authority).unwrap();
    let directory = Directory::found(&bundle, edition_id(&edition).unwrap(), NOW).unwrap();
    Authorities {
        directory: Arc::new(directory),
        drivers: Arc::default(),
        rotations: Arc::default(),
    }
}

fn party(id: &str) -> PartyId {
    PartyId::parse(id).unwrap()
}

fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(*Hash32::of(name.as_bytes()).as_bytes())
}

fn second(at: u64) -> UnixMillis {
    NOW.plus(Duration::from_secs(at))
}
