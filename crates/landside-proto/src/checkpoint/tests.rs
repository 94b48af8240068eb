use proptest::prelude::*;

use super::*;
use crate::document::Remark;
use crate::envelope::FUTURE_MAX;
use crate::ids::PartyId;
use crate::key::SecretKey;
use crate::merkle::{ProofError, leaf_hash};

mod cosigning;
mod following;

fn log_key() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

fn witness_key() -> SecretKey {
    SecretKey::from_seed([2; 32])
}

fn name(network: &str, party: &str) -> KeyName {
    KeyName::of(&Remark::parse(network).unwrap(), &PartyId::parse(party).unwrap())
}

fn origin() -> KeyName {
    name("Hafen Süd", "terminal")
}

fn now() -> UnixMillis {
    UnixMillis::parse("2026-11-23T10:00:00.700Z").unwrap()
}

fn tree(size: u64) -> Frontier {
    let mut tree = Frontier::default();
    for number in 0..size {
        tree.append(leaf_hash(&number.to_be_bytes()));
    }
    tree
}

fn head(size: u64) -> SignedCheckpoint {
    Checkpoint::of(origin(), &tree(size)).sign(&log_key()).unwrap()
}

fn open(bytes: &[u8]) -> Result<SignedCheckpoint, CheckpointError> {
    SignedCheckpoint::open(bytes, &origin(), &[log_key().public_key()])
}

/// A note with a text of any form, signed by the log all the same.
fn note_of(text: &str) -> Vec<u8> {
    let key_id = Algorithm::Log.key_id(origin().as_str(), &log_key().public_key());
    let signature = log_key().sign(text.as_bytes());
    let encoded = BASE64.encode(&[&key_id.as_bytes()[..], &signature].concat());
    format!("{text}\n\u{2014} {} {encoded}\n", origin()).into_bytes()
}

fn text() -> String {
    head(7).checkpoint().text()
}

/// A signature line that no key made.
fn stray_line(name: &str) -> String {
    format!("\u{2014} {name} {}\n", BASE64.encode(&[7; 72]))
}

#[test]
fn a_head_opens_as_the_bytes_that_came_in() {
    let signed = head(7);
    let opened = open(signed.bytes()).unwrap();
    assert_eq!(opened, signed);
    assert_eq!(opened.checkpoint().size, 7);
    assert_eq!(opened.checkpoint().root, tree(7).root());
    assert_eq!(opened.lines().len(), 1);
    assert_eq!(note_of(&text()), signed.bytes());
}

#[test]
fn a_head_has_the_lines_of_the_specification() {
    let signed = head(0);
    let note = String::from_utf8(signed.bytes().to_vec()).unwrap();
    let lines: Vec<_> = note.split('\n').collect();
    assert_eq!(lines[0], "landside/Hafen%20S%C3%BCd/terminal");
    assert_eq!(lines[1], "0");
    assert_eq!(lines[2], "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with("\u{2014} landside/Hafen%20S%C3%BCd/terminal "));
    assert_eq!(lines[5..], [""]);
}

#[test]
fn a_text_that_is_no_checkpoint_is_refused_though_the_log_signed_it() {
    use CheckpointError::{CheckpointForm, OtherOrigin, Root, Size};
    let origin = origin();
    let root = BASE64.encode(tree(7).root().as_bytes());
    let unpadded = root.trim_end_matches('=');
    let of = |size: &str, root: &str| format!("{origin}\n{size}\n{root}\n");
    let trailing_bits = format!("{}F=", &root[..42]);
    let long = BASE64.encode(&[7; 33]);
    let urlsafe = BASE64.encode(&[0xff; 32]).replace('/', "_");
    let table = [
        ("", CheckpointError::NoteForm),
        ("\n", CheckpointForm),
        (&format!("{origin}\n"), CheckpointForm),
        (&format!("{origin}\n7\n"), CheckpointForm),
        (&format!("{origin}\n7\n{root}\nextension\n"), CheckpointForm),
        (&format!("{origin}\n7\n{root}\n\n"), CheckpointForm),
        (&format!("\n{origin}\n7\n{root}\n"), CheckpointForm),
        (&format!("{origin} \n7\n{root}\n"), OtherOrigin),
        (&format!("\n7\n{root}\n"), OtherOrigin),
        (&of("7", &root).to_uppercase(), OtherOrigin),
        (&of("7", &root).replace("%20", "+"), OtherOrigin),
        (&of("7", &root).replace("%C3%BC", "%c3%bc"), OtherOrigin),
        (&of("7", &root).replace("terminal", "terminal2"), OtherOrigin),
        (&of("", &root), Size),
        (&of("07", &root), Size),
        (&of("00", &root), Size),
        (&of("+7", &root), Size),
        (&of("-7", &root), Size),
        (&of(" 7", &root), Size),
        (&of("7 ", &root), Size),
        (&of("7.0", &root), Size),
        (&of("0x7", &root), Size),
        (&of("٧", &root), Size),
        (&of("4611686018427387905", &root), Size),
        (&of("18446744073709551616", &root), Size),
        (&of("7", ""), Root),
        (&of("7", unpadded), Root),
        (&of("7", &format!("{root}=")), Root),
        (&of("7", &format!(" {root}")), Root),
        (&of("7", &trailing_bits), Root),
        (&of("7", &long), Root),
        (&of("7", &urlsafe), Root),
        (&of("7", &root[..40]), Root),
        (&of("0", &root), Root),
    ];
    for (text, expected) in table {
        assert_eq!(open(&note_of(text)), Err(expected), "{text}");
    }
    let largest = of("4611686018427387904", &root);
    assert_eq!(open(&note_of(&largest)).unwrap().checkpoint().size, LEAVES_MAX);
}

#[test]
fn bytes_that_are_no_note_are_refused() {
    use CheckpointError::{NoteForm, SignatureCount, SignatureLine, TooLong};
    let good = String::from_utf8(head(7).bytes().to_vec()).unwrap();
    let (text, signed) = good.split_at(good.rfind("\n\n").unwrap() + 2);
    let line_1 = SignatureLine { line: 1 };
    let named = |name: &str| format!("{text}{}", signed.replace(origin().as_str(), name));
    let encoded = signed.rsplit(' ').next().unwrap().trim_end();
    let table: Vec<(String, CheckpointError)> = vec![
        (String::new(), NoteForm),
        (good.trim_end().to_owned(), NoteForm),
        (good.replace("\n\n", "\n"), NoteForm),
        (good.replace('\n', "\r\n"), NoteForm),
        (good.replace('7', "7\t"), NoteForm),
        (good.replace('7', "7\u{0}"), NoteForm),
        (format!("{good}\n"), SignatureCount { found: 0 }),
        (text.to_owned(), SignatureCount { found: 0 }),
        (good.replace('\u{2014}', "-"), line_1),
        (good.replace("\u{2014} ", "\u{2014}"), line_1),
        (good.replace("\u{2014} ", "\u{2014}  "), line_1),
        (good.replace("\u{2014} ", " \u{2014} "), line_1),
        (named(""), line_1),
        (named("a+b"), line_1),
        (named("a b"), line_1),
        (named("a\u{a0}b"), line_1),
        (format!("{text}{} \n", signed.trim_end()), line_1),
        (format!("{text}{}=\n", signed.trim_end()), line_1),
        (format!("{text}{}\n", signed.trim_end().trim_end_matches('=')), line_1),
        (good.replace(encoded, ""), line_1),
        (good.replace(encoded, "AAAA"), line_1),
        (good.replace(encoded, "AAAAAA=="), line_1),
        (good.replace(encoded, "!!!!"), line_1),
        (format!("{good}no signature line\n"), SignatureLine { line: 2 }),
        (format!("{good}{signed}"), CheckpointError::SignedTwice { line: 2 }),
        (
            format!("{good}{}{}", stray_line("w"), stray_line("w")),
            CheckpointError::SignedTwice { line: 3 },
        ),
        (
            format!("{good}{}", stray_line(&"w".repeat(NOTE_MAX))),
            TooLong { found: good.len() + stray_line(&"w".repeat(NOTE_MAX)).len() },
        ),
    ];
    for (note, expected) in table {
        assert_eq!(open(note.as_bytes()), Err(expected), "{note:.200}");
    }
    let mut not_utf8 = good.into_bytes();
    not_utf8[0] = 0xff;
    assert_eq!(open(&not_utf8), Err(NoteForm));
}

#[test]
fn there_are_only_so_many_lines() {
    let lines = |count| (0..count).map(|n| stray_line(&format!("w{n}"))).collect::<String>();
    let note = |count| [head(7).bytes(), lines(count).as_bytes()].concat();
    let full = open(&note(SIGNATURES_MAX - 1)).unwrap();
    assert_eq!(full.lines().len(), SIGNATURES_MAX);
    for more in [SIGNATURES_MAX, SIGNATURES_MAX + 50] {
        let found = SIGNATURES_MAX + 1;
        assert_eq!(open(&note(more)), Err(CheckpointError::SignatureCount { found }));
    }
}

#[test]
fn lines_of_strangers_are_kept_and_prove_nothing() {
    let good = head(7);
    let strange = stray_line("other.example/w");
    let note = [good.bytes(), strange.as_bytes()].concat();
    let opened = open(&note).unwrap();
    assert_eq!(opened.bytes(), note);
    assert_eq!(opened.lines()[1].name(), "other.example/w");
    let alone = [good.checkpoint().text().as_bytes(), b"\n", strange.as_bytes()].concat();
    assert_eq!(open(&alone), Err(CheckpointError::NotSigned));
}

#[test]
fn only_a_key_of_the_log_signs_its_head() {
    let by_other = Checkpoint::of(origin(), &tree(7)).sign(&witness_key()).unwrap();
    assert_eq!(open(by_other.bytes()), Err(CheckpointError::NotSigned));
    assert_eq!(
        SignedCheckpoint::open(head(7).bytes(), &origin(), &[]),
        Err(CheckpointError::NotSigned)
    );
    let keys = [witness_key().public_key(), log_key().public_key()];
    assert!(SignedCheckpoint::open(head(7).bytes(), &origin(), &keys).is_ok());
    let other_name =
        Checkpoint::of(name("Hafen Süd", "terminal2"), &tree(7)).sign(&log_key()).unwrap();
    assert_eq!(open(other_name.bytes()), Err(CheckpointError::OtherOrigin));
}

#[test]
fn one_bad_signature_of_the_log_spoils_a_good_one() {
    let next = SecretKey::from_seed([3; 32]);
    let good = String::from_utf8(head(7).bytes().to_vec()).unwrap();
    let of_next = Checkpoint::of(origin(), &tree(7)).sign(&next).unwrap();
    let of_next_for_another = Checkpoint::of(origin(), &tree(8)).sign(&next).unwrap();
    let keys = [log_key().public_key(), next.public_key()];
    let both = format!("{good}{}\n", of_next.lines()[0]);
    assert!(SignedCheckpoint::open(both.as_bytes(), &origin(), &keys).is_ok());
    let spoilt = format!("{good}{}\n", of_next_for_another.lines()[0]);
    assert_eq!(
        SignedCheckpoint::open(spoilt.as_bytes(), &origin(), &keys),
        Err(CheckpointError::BadSignature)
    );
    assert!(open(spoilt.as_bytes()).is_ok(), "to who knows the first key only, it is a stranger");
}

#[test]
fn every_flipped_bit_of_a_head_is_refused() {
    let good = head(7).bytes().to_vec();
    for bit in 0..good.len() * 8 {
        let mut other = good.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&other).is_err(), "bit {bit}");
    }
    for at in 0..good.len() {
        let shorter = [&good[..at], &good[at + 1..]].concat();
        assert!(open(&shorter).is_err(), "without byte {at}");
        assert!(open(&good[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_network_of_any_name_makes_a_name_without_blanks_and_plus() {
    let table = [
        ("vectors", "landside/vectors/terminal"),
        ("Port 7", "landside/Port%207/terminal"),
        ("a+b/c%d", "landside/a%2Bb%2Fc%25d/terminal"),
        ("洋山", "landside/%E6%B4%8B%E5%B1%B1/terminal"),
        ("A-z.0_9~", "landside/A-z.0_9~/terminal"),
    ];
    for (network, expected) in table {
        let made = name(network, "terminal");
        assert_eq!(made.as_str(), expected);
        assert_eq!(KeyName::parse(expected), Ok(made.clone()));
        assert_eq!((made.network().as_str(), made.party().as_str()), (network, "terminal"));
    }
    let longest = name(&"\u{e9}".repeat(100), &"p".repeat(32));
    assert_eq!(longest.as_str().len(), NAME_MAX);
    assert_eq!(KeyName::parse(longest.as_str()), Ok(longest));
}

#[test]
fn another_spelling_of_a_name_is_no_name() {
    for text in [
        "",
        "landside",
        "landside/",
        "landside//terminal",
        "landside/vectors",
        "landside/vectors/",
        "landside/vectors/terminal/",
        "landside/vectors/TERMINAL",
        "landside/vec/tors/terminal",
        "landside/vec tors/terminal",
        "landside/vec+tors/terminal",
        "landside/vec%2dtors/terminal",
        "landside/vec%2Dtors/terminal",
        "landside/vec%2btors/terminal",
        "landside/vec%2/terminal",
        "landside/vec%/terminal",
        "landside/vec%+1/terminal",
        "landside/vec%GGtors/terminal",
        "landside/%FF/terminal",
        "landside/%0A/terminal",
        "landside/%E2%80%AE/terminal",
        "Landside/vectors/terminal",
        "/landside/vectors/terminal",
    ] {
        assert_eq!(KeyName::parse(text), Err(NameError), "{text}");
    }
    let long = format!("landside/{}/terminal", "a".repeat(NAME_MAX));
    assert_eq!(KeyName::parse(&long), Err(NameError));
}

#[test]
fn a_vkey_names_key_id_algorithm_and_key() {
    let key = log_key().public_key();
    let vkey = Algorithm::Log.vkey(&origin(), &key);
    let parts: Vec<_> = vkey.split('+').collect();
    let [name, id, ..] = parts[..] else { panic!("{vkey}") };
    assert_eq!(name, origin().as_str());
    assert_eq!(id, Algorithm::Log.key_id(name, &key).to_string());
    let material = vkey.splitn(3, '+').last().unwrap();
    let expected = [&[1][..], key.as_bytes()].concat();
    assert_eq!(BASE64.decode(material.as_bytes()), Ok(expected));
    let other = Algorithm::Cosignature.vkey(&origin(), &key);
    assert_ne!(other.split('+').nth(1), Some(id), "one key, two ids");
}

proptest! {
    #[test]
    fn no_bytes_open_unless_the_log_signed_them(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn every_network_and_party_have_one_name(network in "\\PC{1,40}", party in "[a-z0-9][a-z0-9-]{1,20}") {
        if let Ok(network) = Remark::parse(network) {
            let made = KeyName::of(&network, &PartyId::parse(&party).unwrap());
            prop_assert!(made.as_str().is_ascii() && !made.as_str().contains(['+', ' ', '\n']));
            prop_assert_eq!(KeyName::parse(made.as_str()), Ok(made));
        }
    }
}
