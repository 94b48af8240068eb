//! Who may depend on whom, and why a dependency is there.

use super::{Text, files, holds, read};

/// Which of our crates a crate may name: one may skip a layer, none points back.
const ARROWS: [(&str, &[&str]); 5] = [
    ("landside-proto", &[]),
    ("landside-edifact", &["landside-proto"]),
    ("landside-node", &["landside-proto", "landside-edifact"]),
    ("landside-web", &["landside-proto", "landside-edifact", "landside-node"]),
    ("landside", &["landside-proto", "landside-edifact", "landside-node", "landside-web"]),
];

/// What only some crates may name, and why.
const KEPT_TO: [(&str, &[&str], &str); 15] = [
    ("sled", &["landside-node"], "another engine takes its place without anybody noticing"),
    ("rustix", &["landside-node"], "the store asks the operating system, nobody else does"),
    ("quinn", &["landside-node", "landside-it"], "the wire is one layer; it tests hostile peers"),
    (
        "rustls",
        &["landside-node", "landside-it", "landside-bench"],
        "the wire is one layer; it tests hostile peers, and screens are browsers",
    ),
    (
        "tokio-rustls",
        &["landside-web", "landside-it", "landside-bench"],
        "browsers come over TLS, links over QUIC",
    ),
    ("wtransport", &["landside-web", "landside-it"], "browsers' QUIC is beside the links' own"),
    ("argon2", &["landside-node"], "passwords are hashed in one place"),
    ("webauthn-rs", &["landside-web"], "passkeys are for an address of the console"),
    ("axum", &["landside-web"], "HTTP is one of several ways to a node"),
    ("utoipa", &["landside-web"], "HTTP is described where it is answered"),
    ("utoipa-axum", &["landside-web"], "HTTP is described where it is answered"),
    ("hyper", &["landside-web"], "HTTP is one of several ways to a node"),
    ("hyper-util", &["landside-web"], "HTTP is one of several ways to a node"),
    ("clap", &["landside"], "the command line is one of several ways to a node"),
    (
        "tokio",
        &[
            "landside-node",
            "landside-web",
            "landside",
            "landside-it",
            "landside-bench",
            "landside-powerloss",
        ],
        "proto and edifact are pure; the binary runs nodes as processes and asks them",
    ),
];

#[test]
fn crates_depend_downwards_only() {
    let mut broken = Vec::new();
    for (name, below) in ARROWS {
        let manifest = read(&format!("crates/{name}/Cargo.toml"));
        for dependency in dependencies(&manifest) {
            if dependency.name.starts_with("landside") && !below.contains(&dependency.name) {
                broken.push(format!("{name} names {}", dependency.name));
            }
        }
    }
    holds("arrows point one way (docs/ARCHITECTURE.md)", broken);
}

#[test]
fn a_layer_keeps_its_libraries_to_itself() {
    let mut broken = Vec::new();
    for manifest in members() {
        for dependency in dependencies(&manifest) {
            let kept = KEPT_TO.iter().find(|(name, ..)| *name == dependency.name);
            if let Some((name, to, why)) = kept
                && !to.contains(&package(&manifest))
            {
                broken.push(format!("{} names {name}: {why}", manifest.path));
            }
        }
    }
    holds("only the crates of the table name these libraries", broken);
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let mut broken = Vec::new();
    let root = read("Cargo.toml");
    for manifest in members().iter().chain([&root]) {
        for dependency in dependencies(manifest) {
            let line = dependency.line;
            let ours = line.contains("path = ");
            let in_root = dependency.name != line && line.contains(".workspace = true");
            let reason = line.rsplit_once("# ").is_some_and(|(_, reason)| reason.len() >= 4)
                || dependency.above.starts_with('#');
            if !(ours || in_root || reason) {
                broken.push(format!("{}: {line}", manifest.path));
            }
        }
    }
    holds("a library that nobody can say the use of is one that nobody will take out", broken);
}

#[test]
fn every_member_keeps_to_the_lints_of_the_workspace() {
    let kept = "[lints]\nworkspace = true";
    let without = members().into_iter().filter(|manifest| !manifest.text.contains(kept));
    holds("one lint policy, at the root", without.map(|manifest| manifest.path).collect());
}

#[test]
fn every_member_has_its_line_in_the_workspace() {
    let root = read("Cargo.toml");
    let line_of = |dir: &str| {
        root.text.lines().find(|line| line.trim_start().starts_with(&format!("\"{dir}\",")))
    };
    let unexplained = members().into_iter().filter(|manifest| {
        let dir = manifest.path.trim_end_matches("/Cargo.toml");
        !line_of(dir).is_some_and(|line| line.contains("# "))
    });
    holds("a member is listed with what it is", unexplained.map(|m| m.path).collect());
}

#[test]
fn the_changelog_has_the_version_of_the_workspace() {
    let root = read("Cargo.toml");
    let version = root.text.lines().find_map(|line| line.strip_prefix("version = ")).unwrap();
    let version = version.trim_matches('"');
    let changelog = read("CHANGELOG.md").text;
    assert!(changelog.contains(&format!("## [{version}]")), "no section {version}");
}

/// A line of a manifest that names a library.
struct Dependency<'a> {
    name: &'a str,
    line: &'a str,
    above: &'a str,
}

fn members() -> Vec<Text> {
    let mut members = files("crates", "/Cargo.toml");
    members.extend(files("tests", "/Cargo.toml"));
    members.extend(files("benches", "/Cargo.toml"));
    // A fuzzer needs a compiler of its own, so its folder is a workspace of its own.
    members.retain(|manifest| !manifest.text.contains("\n[workspace]"));
    members
}

fn package(manifest: &Text) -> &str {
    let line = manifest.text.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
    line.trim_matches('"')
}

/// The lines of every section of dependencies, in any table of them.
fn dependencies(manifest: &Text) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let (mut within, mut above) = (false, "");
    for line in manifest.text.lines() {
        if line.starts_with('[') {
            within = line.trim_end_matches(']').ends_with("dependencies");
        } else if within && line.contains('=') && !line.starts_with('#') {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            found.push(Dependency { name, line, above });
        }
        above = line;
    }
    found
}
