//! What an outside client does with a log: it takes the head, checks the signature, and checks all
//! the rest against the root in it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::checkpoint::Algorithm;
use landside_proto::log::{Entry, read_bundle};
use landside_proto::merkle::{self, Bundle, Frontier, Resource, Tile, TileReader, inclusion_tiles};

use super::client::{ask, get};
use super::{Site, name_of, register};
use crate::world::{World, public, until};

/// More than two full tiles, and some.
const ENTRIES: u32 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_reads_the_log_and_checks_all_of_it_against_its_signed_head() {
    let world = World::new(&["terminal"]).await;
    let registered = register(&world, 0..ENTRIES).await;
    let site = Site::of(&world, "terminal").await;
    let head = site.head().await;
    let (size, root) = (head.checkpoint().size, head.checkpoint().root);
    assert_eq!(size, u64::from(ENTRIES));

    // From the entries.
    let entries = entries(site.address, size).await;
    let mut tree = Frontier::default();
    entries.iter().for_each(|entry| drop(tree.append(entry.leaf())));
    assert_eq!(tree.root(), root);

    // From the tiles.
    let tiles = Fetched::of(site.address, Tile::grown(0, size)).await;
    assert_eq!(merkle::root(size, &tiles).unwrap(), root);

    // Each document is where its receipt says, and nothing else is in the log.
    let mut places = BTreeSet::new();
    for (envelope, position) in &registered {
        let entry = Entry::of(*envelope, position);
        assert_eq!(entries[usize::try_from(position.log).unwrap()], entry);
        let proof = merkle::inclusion(position.log, size, &tiles).unwrap();
        merkle::verify_inclusion(&entry.leaf(), position.log, size, &proof, &root).unwrap();
        places.insert(position.log);
    }
    assert_eq!(places.len(), entries.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_one_document_needs_few_tiles() {
    let world = World::new(&["terminal"]).await;
    let registered = register(&world, 0..300).await;
    let site = Site::of(&world, "terminal").await;
    let head = site.head().await;
    let (size, root) = (head.checkpoint().size, head.checkpoint().root);
    let (envelope, position) = registered[17];
    let needed = inclusion_tiles(position.log, size);
    assert!(needed.len() <= 3, "{needed:?}");
    let tiles = Fetched::of(site.address, needed).await;
    let proof = merkle::inclusion(position.log, size, &tiles).unwrap();
    let leaf = Entry::of(envelope, &position).leaf();
    merkle::verify_inclusion(&leaf, position.log, size, &proof, &root).unwrap();
    let other = Entry::of(registered[18].0, &position).leaf();
    merkle::verify_inclusion(&other, position.log, size, &proof, &root).unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_tile_is_the_beginning_of_the_whole_for_as_long_as_the_log_grows() {
    let world = World::new(&["terminal"]).await;
    register(&world, 0..200).await;
    let site = Site::of(&world, "terminal").await;
    let (tile, bundle) = ("/log/tile/0/000.p/200", "/log/tile/entries/000.p/200");
    let before = [get(site.address, tile).await.body, get(site.address, bundle).await.body];
    register(&world, 200..260).await;
    for (path, before) in [tile, bundle].into_iter().zip(before) {
        let whole = get(site.address, path.trim_end_matches(".p/200")).await;
        assert_eq!(whole.status, 200);
        assert!(whole.body.starts_with(&before) && whole.body.len() > before.len());
        assert_eq!(get(site.address, path).await.body, before, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_does_not_have_yet_is_not_there_and_is_not_kept_by_caches() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    let last = ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"];
    for path in last {
        assert_eq!(get(site.address, &format!("/log/{path}")).await.status, 404, "{path}");
    }
    register(&world, 0..300).await;
    for path in last {
        assert_eq!(get(site.address, &format!("/log/{path}")).await.status, 200, "{path}");
    }
    for path in [
        "tile/0/001.p/45",
        "tile/0/001",
        "tile/0/002.p/1",
        "tile/1/000.p/2",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/7/000.p/1",
        "tile/entries/001.p/45",
        "tile/entries/001",
        "tile/entries/x001/000",
        "tile/0/x018/x014/x398/x509/x481/983.p/255",
    ] {
        let answer = get(site.address, &format!("/log/{path}")).await;
        assert_eq!((answer.status, answer.code()), (404, "not-in-log"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_head_comes_with_the_cosignature_of_its_witness() {
    let mut world = World::new(&["terminal"]).await;
    world.configure("customs", |text| {
        text.replace("of = []", "of = [\"terminal\"]").replace("every_s = 5", "every_s = 1")
    });
    world.start("customs").await;
    register(&world, 0..3).await;
    let site = Site::of(&world, "terminal").await;
    until("the head of three entries is cosigned", async || {
        let head = site.head().await;
        head.checkpoint().size == 3 && head.lines().len() == 2
    })
    .await;
    let head = site.head().await;
    head.verify_cosignature(&name_of("customs"), &public("customs"), clock()).unwrap();
    head.verify_cosignature(&name_of("line"), &public("line"), clock()).unwrap_err();
    // What comes after is not shown before it is cosigned too.
    world.kill("customs").await;
    register(&world, 3..5).await;
    assert_eq!(site.head().await, head);
    assert_eq!(get(site.address, "/log/tile/entries/000.p/5").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_no_log_shows_none() {
    let world = World::new(&["line", "driver"]).await;
    for name in ["line", "driver"] {
        let site = Site::of(&world, name).await;
        for path in ["/log/checkpoint", "/log/tile/0/000.p/1", "/log/tile/entries/000.p/1"] {
            let answer = get(site.address, path).await;
            assert_eq!((answer.status, answer.code()), (404, "not-in-log"), "{name} {path}");
        }
        assert!(world.ask(name, Request::Info).await.0[0].get("vkey").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_tells_the_key_that_an_outside_client_needs() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    let info = world.ask("terminal", Request::Info).await.0;
    let vkey = info[0]["vkey"].as_str().unwrap();
    assert_eq!(vkey, Algorithm::Log.vkey(&name_of("terminal"), &public("terminal")));
    // A log without entries has a head all the same, and its first line is the name in the key.
    let note = String::from_utf8(get(site.address, "/log/checkpoint").await.body).unwrap();
    let (origin, _) = vkey.split_once('+').unwrap();
    assert!(note.starts_with(&format!("{origin}\n0\n")), "{note}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_say_what_they_are_and_how_long_they_may_be_kept() {
    let world = World::new(&["terminal"]).await;
    register(&world, 0..257).await;
    let site = Site::of(&world, "terminal").await;
    let forever = "public, max-age=31536000, immutable";
    let bytes = "application/octet-stream";
    for (path, kind, kept) in [
        ("/log/checkpoint", "text/plain; charset=utf-8", "no-store"),
        ("/log/tile/0/000", bytes, forever),
        ("/log/tile/0/001.p/1", bytes, forever),
        ("/log/tile/1/000.p/1", bytes, forever),
        ("/log/tile/entries/000", bytes, forever),
        ("/log/tile/entries/001.p/1", bytes, forever),
    ] {
        let answer = get(site.address, path).await;
        assert_eq!(answer.status, 200, "{path}");
        for (name, value) in [
            ("content-type", kind),
            ("cache-control", kept),
            ("content-length", answer.body.len().to_string().as_str()),
            ("x-content-type-options", "nosniff"),
            ("access-control-allow-origin", "*"),
        ] {
            assert_eq!(answer.field(name), Some(value), "{path} {name}");
        }
        assert_eq!(answer.field("server"), None);
        assert_eq!(answer.field("set-cookie"), None);
        let asked = ask(site.address, "HEAD", path).await;
        assert_eq!((asked.status, asked.body.len()), (200, 0), "{path}");
        assert_eq!(asked.field("content-length"), answer.field("content-length"), "{path}");
        assert_eq!(asked.field("cache-control"), Some(kept), "{path}");
    }
    let elsewhere = get(site.address, "/").await;
    assert_eq!(elsewhere.field("access-control-allow-origin"), None);
    assert_eq!(elsewhere.field("x-content-type-options"), Some("nosniff"));
}

async fn entries(address: SocketAddr, size: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    for index in 0..size.div_ceil(merkle::TILE_WIDTH) {
        let bundle = Bundle::of(index, size).unwrap();
        let bytes = fetch(address, Resource::Entries(bundle)).await;
        entries.extend(read_bundle(&bytes, bundle.width()).unwrap());
    }
    entries
}

async fn fetch(address: SocketAddr, resource: Resource) -> Vec<u8> {
    let answer = get(address, &format!("/log/{}", resource.path())).await;
    assert_eq!(answer.status, 200, "{}", resource.path());
    answer.body
}

/// Tiles that were fetched beforehand; a proof that needs another one fails.
struct Fetched(BTreeMap<Tile, Vec<u8>>);

impl Fetched {
    async fn of(address: SocketAddr, tiles: impl IntoIterator<Item = Tile>) -> Self {
        let mut fetched = BTreeMap::new();
        for tile in tiles {
            let bytes = fetch(address, Resource::Tile(tile)).await;
            assert_eq!(bytes.len(), tile.byte_len());
            fetched.insert(tile, bytes);
        }
        Self(fetched)
    }
}

impl TileReader for Fetched {
    type Error = Tile;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, Tile> {
        self.0.get(&tile).cloned().ok_or(tile)
    }
}
