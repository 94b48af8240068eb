//! Signed checkpoints, witnesses' lines, and checkpoints after one another.

use data_encoding::BASE64;
use landside_proto::checkpoint::NOTE_MAX;
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::Signer;
use sha2::{Digest, Sha256};

use super::tree::{leaf, leaves, mth, proof, root};
use crate::format::log::{Cosigned, Follow, Head, Name, NoName, Note, Refused, Section};
use crate::identity::key;
use crate::world::now;

const ORIGIN: &str = "landside/vectors/terminal";
const WITNESS: &str = "landside/vectors/customs";

/// Signature types of C2SP signed-note: of a log, and of a witness.
const LOG: u8 = 0x01;
const COSIGNATURE: u8 = 0x04;

pub(super) fn names() -> Section<Name, NoName> {
    let good = |name: &str, shows: &str, network: &str, encoded: &str| Name {
        name: name.into(),
        shows: shows.into(),
        network: network.into(),
        party: "terminal".parse().expect("a party"),
        key_name: format!("landside/{encoded}/terminal"),
    };
    let bad = |name: &str, shows: &str, key_name: &str| NoName {
        name: name.into(),
        shows: shows.into(),
        refused: "key-name-form".into(),
        key_name: key_name.into(),
    };
    let good = vec![
        good("plain", "nothing to encode", "vectors", "vectors"),
        good("unreserved", "what stays as it is", "A-z.0_9~", "A-z.0_9~"),
        good("blank-and-plus", "what a name must not have", "Port 7+8", "Port%207%2B8"),
        good("slash-and-percent", "what has a meaning in a name", "a/b%c", "a%2Fb%25c"),
        good("han", "letters of another script, by their UTF-8", "洋山", "%E6%B4%8B%E5%B1%B1"),
    ];
    let bad = vec![
        bad("empty", "nothing", ""),
        bad("no-party", "the party is missing", "landside/vectors"),
        bad("no-network", "the network is empty", "landside//terminal"),
        bad("party-upper-case", "no party id", "landside/vectors/TERMINAL"),
        bad("third-part", "more than network and party", "landside/vectors/a/terminal"),
        bad("blank", "a blank that is not encoded", "landside/Port 7/terminal"),
        bad("plus", "a plus for a blank", "landside/Port+7/terminal"),
        bad("lower-case-hex", "hex digits in lower case", "landside/a%2fb/terminal"),
        bad("encoded-letter", "a letter that needs no encoding", "landside/%61b/terminal"),
        bad("half-a-byte", "one hex digit", "landside/a%2/terminal"),
        bad("not-utf-8", "bytes that are no text", "landside/%FF/terminal"),
        bad("line-feed", "a control character, encoded", "landside/a%0Ab/terminal"),
        bad("other-scheme", "of something else", "example.com/vectors/terminal"),
    ];
    Section { good, bad }
}

/// The text of a checkpoint.
pub(crate) fn text(size: u64, root: &Hash32) -> String {
    format!("{ORIGIN}\n{size}\n{}\n", BASE64.encode(root.as_bytes()))
}

fn key_id(name: &str, algorithm: u8, by: &str) -> [u8; 4] {
    let public = key(by).public_key();
    let hash = Sha256::digest([name.as_bytes(), &[b'\n', algorithm], public.as_bytes()].concat());
    [hash[0], hash[1], hash[2], hash[3]]
}

fn line(name: &str, key_id: [u8; 4], signature: &[u8]) -> String {
    format!("\u{2014} {name} {}\n", BASE64.encode(&[&key_id, signature].concat()))
}

/// The line of a log.
pub(crate) fn signed(text: &str, by: &str) -> String {
    line(ORIGIN, key_id(ORIGIN, LOG, by), &key(by).sign(text.as_bytes()))
}

/// The line of a witness, at a time in seconds.
pub(crate) fn cosigned(text: &str, witness: &str, by: &str, seconds: u64) -> String {
    let message = format!("cosignature/v1\ntime {seconds}\n{text}");
    let signature = key(by).sign(message.as_bytes());
    let timed = [&seconds.to_be_bytes()[..], &signature].concat();
    line(witness, key_id(witness, COSIGNATURE, by), &timed)
}

/// A line of somebody else; of another length than ours.
fn stray(name: &str) -> String {
    line(name, [7; 4], &[7; 100])
}

/// A text, however wrong, under a good signature of the log.
fn note(text: &str) -> String {
    format!("{text}\n{}", signed(text, "terminal"))
}

/// The checkpoint of so many leaves of the vectors' tree.
fn head(size: u64) -> String {
    note(&text(size, &root(size)))
}

fn opened(name: &str, shows: &str, note: String) -> Note {
    Note {
        name: name.into(),
        shows: shows.into(),
        origin: ORIGIN.into(),
        keys: vec!["terminal".into()],
        note,
        zeros_after: None,
    }
}

pub(super) fn checkpoints() -> Section<Head, Refused<Note>> {
    let good = |note: Note, size: u64, root: Hash32, lines: usize| {
        let vkey = |by: &String| {
            let material = [&[LOG][..], key(by).public_key().as_bytes()].concat();
            let id = data_encoding::HEXLOWER.encode(&key_id(ORIGIN, LOG, by));
            format!("{ORIGIN}+{id}+{}", BASE64.encode(&material))
        };
        let vkeys = note.keys.iter().map(vkey).collect();
        Head { note, size, root, lines, vkeys }
    };
    let seven = text(7, &root(7));
    let rotated = Note {
        keys: vec!["terminal".into(), "line-next".into()],
        ..opened(
            "two-keys",
            "signed with a key and its successor",
            head(7) + &signed(&seven, "line-next"),
        )
    };
    let with_witness = head(7) + &cosigned(&seven, WITNESS, "customs", now().as_secs());
    let good = vec![
        good(opened("empty-log", "a log without entries", head(0)), 0, root(0), 1),
        good(opened("seven", "seven entries", head(7)), 7, root(7), 1),
        good(
            opened("largest", "2^62 entries", note(&text(1 << 62, &root(7)))),
            1 << 62,
            root(7),
            1,
        ),
        good(opened("witnessed", "with a witness's line", with_witness), 7, root(7), 2),
        good(
            opened("stranger-first", "a line of somebody else comes first", {
                format!("{seven}\n{}{}", stray("example.com/w"), signed(&seven, "terminal"))
            }),
            7,
            root(7),
            2,
        ),
        good(rotated, 7, root(7), 2),
    ];
    let mut bad = bad_texts();
    bad.extend(bad_notes());
    bad.extend(bad_signatures());
    Section { good, bad }
}

fn refused(code: &str, name: &str, shows: &str, note: String) -> Refused<Note> {
    Refused { refused: code.into(), vector: opened(name, shows, note) }
}

/// Texts that are no checkpoint, each with a good signature.
fn bad_texts() -> Vec<Refused<Note>> {
    let seven = text(7, &root(7));
    let base64 = BASE64.encode(root(7).as_bytes());
    let sized = |size: &str| note(&format!("{ORIGIN}\n{size}\n{base64}\n"));
    let rooted = |root: &str| note(&format!("{ORIGIN}\n7\n{root}\n"));
    vec![
        refused("checkpoint-form", "two-lines", "no root", note(&format!("{ORIGIN}\n7\n"))),
        refused("checkpoint-form", "extension", "a fourth line", note(&format!("{seven}more\n"))),
        refused(
            "checkpoint-form",
            "blank-line",
            "a blank line too many",
            note(&format!("{seven}\n")),
        ),
        refused("other-origin", "origin-of-another", "the checkpoint of another terminal", {
            note(&seven.replace("/terminal\n", "/terminal-2\n"))
        }),
        refused("other-origin", "origin-with-blank", "a blank after the origin", {
            note(&seven.replace("/terminal\n", "/terminal \n"))
        }),
        refused("checkpoint-size", "size-empty", "no size", sized("")),
        refused("checkpoint-size", "size-with-zero", "a zero in front", sized("07")),
        refused("checkpoint-size", "size-with-sign", "a plus in front", sized("+7")),
        refused("checkpoint-size", "size-with-blank", "a blank in front", sized(" 7")),
        refused("checkpoint-size", "size-hex", "hexadecimal", sized("0x7")),
        refused("checkpoint-size", "size-beyond-limit", "2^62 and one", {
            sized("4611686018427387905")
        }),
        refused("checkpoint-size", "size-beyond-64-bits", "2^64", sized("18446744073709551616")),
        refused("checkpoint-root", "root-short", "31 bytes", rooted(&BASE64.encode(&[7; 31]))),
        refused("checkpoint-root", "root-long", "33 bytes", rooted(&BASE64.encode(&[7; 33]))),
        refused("checkpoint-root", "root-unpadded", "no = at the end", {
            rooted(base64.trim_end_matches('='))
        }),
        refused("checkpoint-root", "root-url-safe", "base64 of the other alphabet", {
            rooted(&BASE64.encode(&[0xff; 32]).replace('/', "_"))
        }),
        refused("checkpoint-root", "root-trailing-bits", "bits behind the last byte", {
            rooted(&format!("{}B=", "A".repeat(42)))
        }),
        refused("checkpoint-root", "empty-log-with-a-root", "no entries, yet another root", {
            note(&text(0, &root(7)))
        }),
    ]
}

/// Bytes that are no note.
fn bad_notes() -> Vec<Refused<Note>> {
    let (seven, good) = (text(7, &root(7)), head(7));
    let of_log = signed(&seven, "terminal");
    let encoded = of_log.rsplit(' ').next().expect("a signature").trim_end().to_owned();
    let line_with = |encoded_as: &str| good.replace(&encoded, encoded_as);
    let named = |name: &str| format!("{seven}\n{}", of_log.replace(ORIGIN, name));
    let many: String = (0..32).map(|n| stray(&format!("example.com/{n}"))).collect();
    vec![
        refused("note-form", "empty", "nothing", String::new()),
        refused("note-form", "no-line-feed", "no line feed at the end", good.trim_end().into()),
        refused("note-form", "no-blank-line", "no line between text and signature", {
            good.replace("\n\n", "\n")
        }),
        refused("note-form", "carriage-returns", "line ends of another system", {
            good.replace('\n', "\r\n")
        }),
        refused("note-form", "tab", "a control character", good.replace("\n7\n", "\n7\t\n")),
        Refused {
            refused: "note-too-long".into(),
            vector: Note {
                zeros_after: Some(NOTE_MAX + 1 - good.len()),
                ..opened("too-long", "one byte more than a note may have", good.clone())
            },
        },
        refused("signature-count", "unsigned", "no signature line", format!("{seven}\n")),
        refused("signature-count", "blank-line-behind", "a blank line behind", format!("{good}\n")),
        refused("signature-count", "33-lines", "more lines than are read", good.clone() + &many),
        refused("signature-line", "hyphen", "a hyphen for the dash", good.replace('\u{2014}', "-")),
        refused("signature-line", "two-blanks", "two blanks behind the dash", {
            good.replace("\u{2014} ", "\u{2014}  ")
        }),
        refused("signature-line", "blank-behind", "a blank behind the signature", {
            format!("{} \n", good.trim_end())
        }),
        refused("signature-line", "name-empty", "no name", named("")),
        refused("signature-line", "name-with-plus", "a plus in the name", named("a+b")),
        refused("signature-line", "name-with-blank", "a no-break space in the name", {
            named("a\u{a0}b")
        }),
        refused("signature-line", "signature-unpadded", "no = at the end", {
            line_with(encoded.trim_end_matches('='))
        }),
        refused("signature-line", "key-id-alone", "no signature behind the key id", {
            line_with(&BASE64.encode(&[7; 4]))
        }),
        refused("signature-line", "not-base64", "a question mark", line_with("????")),
        refused("signature-line", "text-behind", "a line that is no signature", {
            format!("{good}behind\n")
        }),
        refused("signed-twice", "log-twice", "the log's line, twice", good.clone() + &of_log),
        refused("signed-twice", "stranger-twice", "a stranger's line, twice", {
            good.clone() + &stray("example.com/w") + &stray("example.com/w")
        }),
    ]
}

/// Notes that the log did not sign.
fn bad_signatures() -> Vec<Refused<Note>> {
    let (seven, good) = (text(7, &root(7)), head(7));
    let of_log = key("terminal").sign(seven.as_bytes());
    let id = key_id(ORIGIN, LOG, "terminal");
    let with = |name: &str, id: [u8; 4], signature: &[u8]| {
        format!("{seven}\n{}", line(name, id, signature))
    };
    let mut flipped = of_log;
    flipped[40] ^= 1;
    let as_witness = key_id(ORIGIN, COSIGNATURE, "terminal");
    let next_spoilt = signed(&text(8, &root(8)), "line-next");
    let rotated =
        opened("one-of-two-spoilt", "the successor's signature is of another checkpoint", {
            good.clone() + &next_spoilt
        });
    let keys = vec!["terminal".into(), "line-next".into()];
    vec![
        refused(
            "bad-log-signature",
            "flipped",
            "one bit of the signature",
            with(ORIGIN, id, &flipped),
        ),
        refused("bad-log-signature", "cut", "a byte of the signature is missing", {
            with(ORIGIN, id, &of_log[..63])
        }),
        refused("bad-log-signature", "other-size", "the size changed afterwards", {
            good.replace("\n7\n", "\n8\n")
        }),
        refused("bad-log-signature", "other-root", "the root changed afterwards", {
            good.replace(&BASE64.encode(root(7).as_bytes()), &BASE64.encode(root(8).as_bytes()))
        }),
        Refused { refused: "bad-log-signature".into(), vector: Note { keys, ..rotated } },
        refused("not-signed", "other-key", "signed with a key that is not the log's", {
            format!("{seven}\n{}", signed(&seven, "stranger"))
        }),
        refused("not-signed", "other-key-id", "another key id before the signature", {
            with(ORIGIN, [7; 4], &of_log)
        }),
        refused("not-signed", "other-name", "another name before the signature", {
            with("landside/vectors/customs", id, &of_log)
        }),
        refused("not-signed", "key-id-of-a-witness", "the log's key, as that of a witness", {
            with(ORIGIN, as_witness, &of_log)
        }),
        refused("not-signed", "strangers-alone", "lines of others only", {
            format!("{seven}\n{}", cosigned(&seven, WITNESS, "customs", now().as_secs()))
        }),
    ]
}

pub(super) fn cosignatures() -> Section<Cosigned, Refused<Cosigned>> {
    let seconds = now().as_secs();
    let good = |name: &str, shows: &str, seconds: u64| {
        let at = Some(UnixMillis::from_millis(seconds * 1000));
        let line = cosigned(&text(7, &root(7)), WITNESS, "customs", seconds);
        Cosigned { at, ..taken(name, shows, &line) }
    };
    let good = vec![
        good("now", "signed now", seconds),
        good("five-minutes-ahead", "as far ahead as clocks may differ", seconds + 300),
        good("long-ago", "how old is too old is the reader's rule", 1),
    ];
    let bad = bad_cosignatures().into_iter().map(|(refused, name, shows, line)| Refused {
        refused: refused.to_owned(),
        vector: taken(name, shows, &line),
    });
    Section { good, bad: bad.collect() }
}

fn taken(name: &str, shows: &str, line: &str) -> Cosigned {
    Cosigned {
        name: name.into(),
        shows: shows.into(),
        note: head(7),
        witness: WITNESS.into(),
        key: "customs".into(),
        now: now(),
        at: None,
        line: line.trim_end_matches('\n').into(),
    }
}

/// Code, name, what it shows, and the line.
fn bad_cosignatures() -> Vec<(&'static str, &'static str, &'static str, String)> {
    let (seven, seconds) = (text(7, &root(7)), now().as_secs());
    let (log, id) = (key_id(WITNESS, LOG, "customs"), key_id(WITNESS, COSIGNATURE, "customs"));
    let line_at = |seconds: u64| cosigned(&seven, WITNESS, "customs", seconds);
    let timed = |seconds: u64, signature: &[u8]| {
        line(WITNESS, id, &[&seconds.to_be_bytes()[..], signature].concat())
    };
    let over = |message: &str| key("customs").sign(message.as_bytes());
    let signature = over(&format!("cosignature/v1\ntime {seconds}\n{seven}"));
    let mut flipped = signature;
    flipped[40] ^= 1;
    let other_head = cosigned(&text(8, &root(8)), WITNESS, "customs", seconds);
    let other_witness = cosigned(&seven, "landside/vectors/line", "line", seconds);
    let other_key = cosigned(&seven, WITNESS, "stranger", seconds);
    let bad = "bad-cosignature";
    vec![
        (bad, "flipped", "one bit of the signature", timed(seconds, &flipped)),
        (bad, "other-time", "the time changed afterwards", timed(seconds + 1, &signature)),
        (bad, "other-checkpoint", "the line for another checkpoint", other_head),
        (bad, "text-alone", "over the text, without time", timed(seconds, &over(&seven))),
        (bad, "no-time", "64 bytes, no time before them", line(WITNESS, id, &signature)),
        (bad, "cut", "a byte is missing", timed(seconds, &signature[..63])),
        (bad, "after-9999", "a time that has no text", line_at(253_402_300_800)),
        ("cosigned-in-future", "ahead", "301 s after the reader's clock", line_at(seconds + 301)),
        ("not-cosigned", "other-witness", "the line of another witness", other_witness),
        ("not-cosigned", "other-key", "another key under the witness's name", other_key),
        ("not-cosigned", "as-a-log", "its key as that of a log", line(WITNESS, log, &over(&seven))),
        ("signature-line", "empty", "nothing", String::new()),
        ("signature-line", "two-lines", "the line twice", line_at(seconds) + &line_at(seconds)),
    ]
}

/// The checkpoint of a log that has another leaf 3.
fn forked(size: u64) -> String {
    note(&text(size, &mth(&forked_leaves(size))))
}

fn forked_leaves(size: u64) -> Vec<Hash32> {
    (0..size).map(|number| leaf(if number == 3 { 300 } else { number })).collect()
}

pub(super) fn follow() -> Section<Follow, Refused<Follow>> {
    let vector = |name: &str,
                  shows: &str,
                  last: Option<String>,
                  next: String,
                  proof: Vec<Hash32>| {
        Follow { name: name.into(), shows: shows.into(), last, next, proof }
    };
    let honest = |old: usize, new: u64| proof(old, &leaves(new));
    let good = vec![
        vector("first", "no checkpoint was seen before", None, head(7), vec![]),
        vector("again", "the same checkpoint", Some(head(7)), head(7), vec![]),
        vector("grown", "from 7 to 12", Some(head(7)), head(12), honest(7, 12)),
        vector("from-nothing", "the log was empty", Some(head(0)), head(7), vec![]),
    ];
    let bad = |code: &str, vector: Follow| Refused { refused: code.to_owned(), vector };
    let seven = || Some(head(7));
    let forked_proof = || proof(7, &forked_leaves(12));
    let bad = vec![
        bad(
            "log-fork",
            vector("fork", "another root of the same size", seven(), forked(7), vec![]),
        ),
        bad("checkpoint-unproven", {
            vector(
                "rewritten",
                "the log has another leaf 3 now",
                seven(),
                forked(12),
                forked_proof(),
            )
        }),
        bad("checkpoint-unproven", {
            vector(
                "rewritten-old-proof",
                "the same, with the proof before",
                seven(),
                forked(12),
                honest(7, 12),
            )
        }),
        bad("checkpoint-unproven", {
            vector("no-proof", "no proof beside a larger checkpoint", seven(), head(12), vec![])
        }),
        bad("checkpoint-unproven", {
            vector("proof-of-another", "the proof from 6", seven(), head(12), honest(6, 12))
        }),
        bad("checkpoint-unproven", {
            vector("first-with-proof", "a proof from nothing", None, head(7), honest(3, 7))
        }),
        bad("checkpoint-smaller", {
            vector("smaller", "a checkpoint from before", Some(head(12)), head(7), honest(7, 12))
        }),
    ];
    Section { good, bad }
}
