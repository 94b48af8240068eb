use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use landside_proto::checkpoint::SignedCheckpoint;
use landside_proto::directory::{Authorities, Directory, add_signature, edition_id};
use landside_proto::document::{DirectoryEdition, KeyEntry, PartyEntry, Position, Remark};
use landside_proto::ids::{Hash32, PartyId};
use landside_proto::key::{SecretKey, Signer as _};
use landside_proto::log::{Entry, bundle_len, read_bundle};
use landside_proto::merkle::Frontier;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use super::*;
use crate::registrar::Registrar;
use crate::store::{Batch, SledStore, Store, StoreOptions};

const NOW: UnixMillis = UnixMillis::from_millis(1_900_000_000_000);

#[test]
fn rows_of_a_commit_that_has_not_returned_are_not_shown() {
    let shown = Shown::of(Role::Terminal, 300, 258);
    for path in ["tile/0/000", "tile/0/001.p/2", "tile/0/001.p/1", "tile/1/000.p/1"] {
        assert!(shown.get(path).is_some(), "{path}");
    }
    for path in ["tile/0/001.p/3", "tile/0/001.p/44", "tile/entries/001.p/3", "tile/1/000.p/2"] {
        assert!(shown.get(path).is_none(), "{path}");
    }
    let bundle = shown.get("tile/entries/001.p/2").unwrap();
    assert_eq!(read_bundle(&bundle, 2).unwrap(), [entry(256), entry(257)]);
}

#[test]
fn the_head_is_that_of_what_is_durable() {
    let shown = Shown::of(Role::Terminal, 300, 258);
    let head = shown.head();
    assert_eq!(head.checkpoint().size, 258);
    assert_eq!(head.checkpoint().root, tree(258).root());
}

#[test]
fn an_empty_log_has_a_head_and_nothing_else() {
    let shown = Shown::of(Role::Terminal, 0, 0);
    assert_eq!(shown.head().checkpoint().size, 0);
    assert!(shown.get("tile/0/000.p/1").is_none());
    assert!(shown.get("tile/entries/000.p/1").is_none());
}

#[test]
fn who_is_no_terminal_shows_no_log_unless_one_is_left_from_when_it_was() {
    let shown = Shown::of(Role::Haulier, 0, 0);
    assert_eq!(shown.get("checkpoint"), None);
    assert_eq!(shown.heads.vkey(), None);
    let left = Shown::of(Role::Haulier, 3, 3);
    assert_eq!(left.head().checkpoint().size, 3);
    assert_eq!(left.get("tile/entries/000.p/3").unwrap().len(), bundle_len(3));
    assert!(left.heads.vkey().is_some());
}

#[test]
fn a_durable_row_that_is_gone_is_damage_and_not_a_short_answer() {
    let shown = Shown::of(Role::Terminal, 20, 20);
    let gone = Batch::new().delete(rows::LOG, 7u64.to_be_bytes()).clone();
    shown.heads.store.commit(&gone).unwrap();
    for path in ["tile/0/000.p/20", "tile/entries/000.p/8"] {
        let error = shown.heads.resource(Resource::parse(path).unwrap(), NOW).unwrap_err();
        assert_eq!(error.code(), "store-corrupt", "{path}");
    }
    assert!(shown.get("tile/0/000.p/7").is_some());
}

/// The heads of a party whose store has rows of which the last are not known to be durable.
struct Shown {
    heads: Heads,
    key: SecretKey,
    _dir: TempDir,
}

impl Shown {
    fn of(role: Role, written: u64, durable: u64) -> Self {
        let dir = TempDir::new().unwrap();
        let store = SledStore::open(dir.path(), StoreOptions::default()).unwrap();
        let (mut batch, mut grown) = (Batch::new(), Frontier::default());
        for number in 0..written {
            batch.put(rows::LOG, number.to_be_bytes(), rows::log_row(number, &entry(number)));
            for hash in grown.append(entry(number).leaf()).into_iter().filter(|h| h.level > 0) {
                let key = rows::tree_key(hash.level, hash.index);
                batch.put(rows::TREE, key, hash.hash.as_bytes().to_vec());
            }
        }
        store.commit(&batch).unwrap();
        let party = PartyId::parse("delta").unwrap();
        let key = SecretKey::from_seed([7; 32]);
        let registrar = Registrar {
            me: Actor::Party(party.clone()),
            signer: Arc::new(SecretKey::from_seed([7; 32])),
            config: crate::config::Config::default(),
            profiles: HashMap::new(),
            channels: Vec::new(),
        };
        let authorities = authorities(party, role, &key);
        let heads = Heads::new(
            Arc::new(store),
            Arc::new(registrar),
            watch::channel(authorities).1,
            watch::channel(tree(durable)).1,
            mpsc::channel(1).0,
            NOW,
        );
        Self { heads: heads.unwrap(), key, _dir: dir }
    }

    fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.heads.resource(Resource::parse(path).unwrap(), NOW).unwrap()
    }

    fn head(&self) -> SignedCheckpoint {
        let (note, name) = (self.get("checkpoint").unwrap(), self.heads.name().unwrap());
        SignedCheckpoint::open(&note, &name, &[self.key.public_key()]).unwrap()
    }
}

fn entry(number: u64) -> Entry {
    Entry::of(Hash32::of(&number.to_be_bytes()), &Position { log: number, at: NOW, case: None })
}

fn tree(size: u64) -> Frontier {
    let mut tree = Frontier::default();
    (0..size).for_each(|number| drop(tree.append(entry(number).leaf())));
    tree
}

fn authorities(party: PartyId, role: Role, key: &SecretKey) -> Authorities {
    let authority = SecretKey::from_seed([1; 32]);
    let entry = PartyEntry {
        id: party,
        name: Remark::parse("Delta").unwrap(),
        roles: vec![role],
        signing_keys: vec![KeyEntry { key: key.public_key(), from: NOW, until: None }],
        node_keys: vec![SecretKey::from_seed([8; 32]).public_key()],
        addresses: vec![],
        rotations_from: None,
        agents: Vec::new(),
    };
    let edition = DirectoryEdition {
        network: Remark::parse("tests").unwrap(),
        number: 1,
        previous: None,
        threshold: 1,
        authorities: vec![authority.public_key()],
        valid_from: NOW,
        valid_until: NOW.plus(Duration::from_secs(3600)),
        parties: vec![entry],
    };
    let bundle = add_signature(&[], &edition, NOW, &authority).unwrap();
    let directory = Directory::found(&bundle, edition_id(&edition).unwrap(), NOW).unwrap();
    Authorities {
        directory: Arc::new(directory),
        drivers: Arc::default(),
        rotations: Arc::default(),
    }
}
