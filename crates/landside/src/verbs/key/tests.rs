use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use clap::Parser;
use landside_node::home::InitActor;
use serde_json::Map;
use tempfile::TempDir;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    verb: KeyVerb,
}

/// A home of `line-a`, and passphrases in files beside it.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(TempDir::new().unwrap());
        let actor = InitActor::Party("line-a".parse().unwrap());
        Home::init(desk.at("home"), actor, [[7; 32], [8; 32]]).unwrap();
        desk.phrase("first", "first passphrase\n");
        desk.phrase("second", "second passphrase\n");
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn phrase(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Words with `@` before the name of a file on the desk.
    fn call(&self, line: &str) -> Result<Vec<Map<String, Value>>, Failed> {
        let desk = self.0.path().display().to_string();
        let line = line.replace('@', &format!("{desk}/"));
        let verb = Line::try_parse_from(["key"].into_iter().chain(line.split(' '))).unwrap().verb;
        let out = Output::kept();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(verb.run(&self.at("home"), &out))?;
        Ok(out.take())
    }

    fn ok(&self, line: &str) -> Vec<Map<String, Value>> {
        self.call(line).unwrap_or_else(|failed| panic!("{line}: {failed:?}"))
    }

    fn code(&self, line: &str) -> String {
        self.call(line).expect_err(line).failure.code
    }

    fn exit(&self, line: &str) -> Exit {
        self.call(line).expect_err(line).exit
    }

    fn home(&self) -> Home {
        Home::at(self.at("home")).unwrap()
    }

    fn signing(&self) -> PublicKey {
        self.home().keys().unwrap().signing.public_key()
    }

    fn files(&self) -> Vec<Vec<u8>> {
        let files = self.home().key_files().unwrap();
        files.into_iter().map(|(_, path)| fs::read(path).unwrap()).collect()
    }
}

#[test]
fn a_passphrase_is_added_changed_and_taken_away_and_the_keys_stay_the_same() {
    let desk = Desk::new();
    let before = (desk.signing(), desk.files());
    for (new, encrypted) in [("file:@first", true), ("file:@second", true), ("none", false)] {
        let said = desk.ok(&format!("passphrase --new-passphrase-from {new}"));
        let told: Vec<_> =
            said.iter().map(|key| (key["use"].as_str().unwrap(), &key["encrypted"])).collect();
        assert_eq!(told, [("signing", &json!(encrypted)), ("node", &json!(encrypted))]);
        assert_eq!(desk.signing(), before.0, "the config names {new}");
    }
    assert_eq!(desk.files(), before.1);
}

#[test]
fn what_is_shown_is_public_and_says_how_the_key_is_guarded() {
    let desk = Desk::new();
    let plain = desk.ok("show");
    assert_eq!(
        (&plain[0]["encrypted"], &plain[0]["protection"]),
        (&json!(false), &json!("not encrypted"))
    );
    assert_eq!(plain[0]["public_key"], json!(SecretKey::from_seed([7; 32]).public_key()));
    desk.ok("passphrase --new-passphrase-from file:@first");
    let sealed = desk.ok("show");
    assert_eq!(sealed[1]["encrypted"], true);
    assert_eq!(sealed[1]["key_id"], json!(SecretKey::from_seed([8; 32]).public_key().id()));
    let text = format!("{sealed:?}");
    assert!(!text.contains("first passphrase") && !text.contains("0707"), "{text}");
}

#[test]
fn a_key_that_cannot_be_opened_is_shown_as_locked() {
    let desk = Desk::new();
    desk.ok("passphrase --new-passphrase-from file:@first");
    let locked = desk.ok("show --passphrase-from file:@second");
    assert_eq!(locked[0]["locked_because"], "passphrase-wrong");
    assert!(!locked[0].contains_key("public_key"));
    assert_eq!(locked[0]["encrypted"], true);
}

#[test]
fn a_wrong_present_passphrase_changes_nothing() {
    let desk = Desk::new();
    desk.ok("passphrase --new-passphrase-from file:@first");
    let before = desk.files();
    desk.phrase("third", "third passphrase");
    let line = "passphrase --passphrase-from file:@third --new-passphrase-from file:@second";
    assert_eq!(desk.code(line), "passphrase-wrong");
    desk.phrase("short", "short");
    assert_eq!(desk.code("passphrase --new-passphrase-from file:@short"), "passphrase-short");
    assert_eq!(desk.exit("passphrase --new-passphrase-from file:@short"), Exit::Usage);
    assert_eq!(desk.code("passphrase --new-passphrase-from file:@absent"), "passphrase-missing");
    assert_eq!(desk.files(), before);
}

#[test]
fn a_change_that_was_cut_short_goes_on_when_it_is_said_again() {
    let desk = Desk::new();
    desk.ok("passphrase --new-passphrase-from file:@first");
    // As if it had ended after the first of two files.
    let path = desk.home().key_files().unwrap().remove(0).1;
    let second = PassphraseFrom::File(desk.at("second")).read().unwrap();
    let key = SecretKey::from_seed([7; 32]);
    custody::write_key(&path, &key, second.as_ref()).unwrap();
    assert!(desk.home().keys().is_err());
    desk.ok("passphrase --new-passphrase-from file:@second");
    assert_eq!(desk.signing(), key.public_key());
}

#[test]
fn a_file_of_its_own_is_changed_without_a_home() {
    let desk = Desk::new();
    let file = desk.at("authority.pem");
    custody::write_key(&file, &SecretKey::from_seed([3; 32]), None).unwrap();
    desk.ok("passphrase --file @authority.pem --new-passphrase-from file:@first");
    assert_eq!(desk.ok("show --file @authority.pem")[0]["locked_because"], "passphrase-needed");
    let shown = desk.ok("show --file @authority.pem --passphrase-from file:@first");
    assert_eq!(shown[0]["public_key"], json!(SecretKey::from_seed([3; 32]).public_key()));
    assert_eq!(desk.home().config().unwrap().keys.passphrase_from, PassphraseFrom::None);
    let line = "passphrase --file @authority.pem --new-passphrase-from none";
    assert_eq!(desk.code(line), "passphrase-needed");
}
