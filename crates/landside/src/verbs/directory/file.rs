//! Editions in files: JSON drafts and signed bundles, told apart by their first character.

use std::io::ErrorKind;
use std::path::Path;

use landside_node::home::{read_bounded, write_durably};
use landside_proto::directory::{BUNDLE_MAX, Directory, edition_id, peek_bundle};
use landside_proto::document::DirectoryEdition;
use landside_proto::ids::Hash32;
use landside_proto::refusal::Code;
use serde_json::{Value, json};

use crate::exit::Failed;
use crate::output::Output;
use crate::span::now;

/// An edition in a file. Who signed it has not been checked.
#[derive(Debug)]
pub(super) enum Edition {
    /// JSON, nobody has signed.
    Draft(DirectoryEdition),
    /// Signed by somebody.
    Bundle {
        /// The file as it is.
        bytes: Vec<u8>,
        /// What it says.
        edition: DirectoryEdition,
    },
}

impl Edition {
    /// Reads a file of either form.
    ///
    /// # Errors
    /// It cannot be read, or is neither form.
    pub(super) fn read(file: &Path) -> Result<Self, Failed> {
        let bytes = read(file)?;
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
            let draft = serde_json::from_slice(&bytes).map_err(|error| {
                Failed::usage(
                    "draft-form",
                    format!("{} is no draft of an edition: {error}", file.display()),
                    "correct the JSON, or draft anew with landside directory new",
                )
            })?;
            return Ok(Self::Draft(draft));
        }
        let (edition, _) = peek_bundle(&bytes)?;
        Ok(Self::Bundle { bytes, edition })
    }

    /// What it says.
    pub(super) fn edition(&self) -> &DirectoryEdition {
        match self {
            Self::Draft(edition) | Self::Bundle { edition, .. } => edition,
        }
    }
}

/// Reads a draft, to change it.
///
/// # Errors
/// As [`Edition::read`]; the file is signed already.
pub(super) fn read_draft(file: &Path) -> Result<DirectoryEdition, Failed> {
    match Edition::read(file)? {
        Edition::Draft(edition) => Ok(edition),
        Edition::Bundle { .. } => Err(Failed::usage(
            "edition-signed",
            format!("{} is signed and cannot be changed", file.display()),
            format!("draft the next one: landside directory next {} -o DRAFT.json", file.display()),
        )),
    }
}

/// Checks a draft and writes it.
///
/// # Errors
/// It breaks a rule of editions; the file cannot be written.
pub(super) fn write_draft(file: &Path, edition: &DirectoryEdition) -> Result<(), Failed> {
    edition_id(edition)?;
    let mut text = serde_json::to_string_pretty(edition)
        .map_err(|error| Failed::broken("draft-form", error))?;
    text.push('\n');
    write(file, text.as_bytes())
}

/// Writes a file whole or not at all.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failed> {
    // A bare name has no directory to sync.
    let file = std::path::absolute(file)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))?;
    Ok(write_durably(&file, bytes)?)
}

/// Reads the bytes of a bundle, or of nothing when there is no such file.
///
/// # Errors
/// It cannot be read.
pub(super) fn read_if_there(file: &Path) -> Result<Vec<u8>, Failed> {
    if file.exists() { read(file) } else { Ok(Vec::new()) }
}

/// Says an edition in a file: what it is, its id, how far it is signed.
///
/// # Errors
/// It breaks a rule of editions.
pub(super) fn say(file: &Path, found: &Edition, out: &Output) -> Result<(), Failed> {
    let edition = found.edition();
    let id = edition_id(edition)?;
    let (form, unsigned) = match found {
        Edition::Draft(_) => ("draft", None),
        Edition::Bundle { bytes, .. } => ("bundle", unsigned_because(bytes, id)),
    };
    let mut said = described(edition, id);
    said["event"] = json!("edition");
    said["file"] = json!(file.display().to_string());
    said["form"] = json!(form);
    said["authorities"] = json!(edition.authorities);
    said["threshold"] = json!(edition.threshold);
    if let Some(why) = unsigned {
        said["unsigned_because"] = json!(why);
    }
    out.value(said);
    Ok(())
}

/// The `directory` object of an edition, as a node gives it.
pub(super) fn described(edition: &DirectoryEdition, id: Hash32) -> Value {
    let parties: Vec<_> = edition
        .parties
        .iter()
        .map(|party| {
            json!({
                "id": party.id,
                "name": party.name,
                "roles": party.roles,
                "addresses": party.addresses,
                "signing_keys": party.signing_keys,
                "agents": party.agents,
                "node_keys": party.node_keys,
            })
        })
        .collect();
    json!({
        "event": "directory",
        "number": edition.number,
        "id": id,
        "network": edition.network,
        "valid_from": edition.valid_from,
        "valid_until": edition.valid_until,
        "overdue": now() > edition.valid_until,
        "parties": parties,
    })
}

/// What its own authorities still owe a bundle; `None` when enough of them signed.
fn unsigned_because(bundle: &[u8], id: Hash32) -> Option<String> {
    let refusal = Directory::found(bundle, id, now()).err()?;
    Some(match refusal.code {
        Code::EditionUnsigned => refusal.detail,
        _ => refusal.to_string(),
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Failed> {
    // JSON of an edition is about twice as long as its bundle.
    read_bounded(file, 4 * BUNDLE_MAX).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            let text = format!("{} is too long for an edition", file.display());
            Failed::usage("file-too-large", text, "give the file of an edition")
        }
        _ => Failed::broken("file", format!("{}: {error}", file.display())),
    })
}
