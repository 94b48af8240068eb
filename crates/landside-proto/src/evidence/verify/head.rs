//! The signed head of a log and who witnessed it.

use super::super::layout::{Layout, Part, Place};
use super::super::report::{FindingCode, HeadSeen, Report, WitnessSeen};
use super::editions::Editions;
use crate::checkpoint::{Algorithm, CheckpointError, KeyName, SignedCheckpoint};
use crate::document::Remark;
use crate::envelope::FUTURE_MAX;
use crate::ids::{PartyId, UnixMillis};
use crate::key::KeyId;

/// A head that its terminal signed.
pub(super) struct Head {
    pub(super) signed: SignedCheckpoint,
    pub(super) seen: HeadSeen,
}

/// Opens a head with every key that the editions list for the terminal, and looks at each line
/// under it.
pub(super) fn open(
    note: &[u8],
    place: &Place,
    network: &Remark,
    terminal: &PartyId,
    editions: &Editions,
    report: &mut Report,
) -> Option<Head> {
    let origin = KeyName::of(network, terminal);
    let keys = editions.keys_of(terminal);
    let signed = match SignedCheckpoint::open(note, &origin, &keys) {
        Ok(signed) => signed,
        Err(error) => {
            let text = format!("{}: {error}", error.code());
            report.find(FindingCode::HeadRefused, place, text);
            return None;
        }
    };
    let mut seen = HeadSeen {
        checkpoint: signed.checkpoint().clone(),
        keys: Vec::new(),
        witnesses: Vec::new(),
    };
    for (number, line) in signed.lines().iter().enumerate() {
        let log_key = keys.iter().find(|key| {
            let id = Algorithm::Log.key_id(origin.as_str(), key);
            line.name() == origin.as_str() && line.key_id() == id
        });
        if let Some(key) = log_key {
            seen.keys.push(key.id());
            continue;
        }
        let name = KeyName::parse(line.name()).ok().filter(|name| name.network() == network);
        let witness = name.as_ref().and_then(|name| {
            let mut keys = editions.keys_of(name.party()).into_iter();
            keys.find(|key| Algorithm::Cosignature.key_id(name.as_str(), key) == line.key_id())
        });
        let (Some(name), Some(key)) = (&name, witness) else {
            let listed = name.as_ref().is_some_and(|name| editions.name_of(name.party()).is_some());
            let whose = if listed { "which the directory lists" } else { "which no edition lists" };
            let text = format!(
                "signature line {} of the head is by {}, {whose}, with a key that neither an edition \
                 nor a rotation of the file shows to be its: it counts for nothing",
                number + 1,
                line.name()
            );
            report.find(FindingCode::LineUnknown, place, text);
            continue;
        };
        match signed.verify_cosignature(name, &key, UnixMillis::MAX) {
            Ok(cosigned) => {
                let party = name.party().clone();
                let in_force = editions.in_force(&party, key.id(), cosigned.at());
                if !in_force {
                    let (code, more) = not_in_force(editions, &party, key.id(), cosigned.at());
                    let text = format!(
                        "key {} of witness {party} was not in force at {}{more}",
                        key.id(),
                        cosigned.at()
                    );
                    report.find(code, place, text);
                }
                seen.witnesses.push(WitnessSeen {
                    name: editions.name_of(&party).unwrap_or_else(|| party.to_string()),
                    counts: in_force && party != *terminal,
                    party,
                    key: key.id(),
                    at: cosigned.at(),
                });
            }
            Err(error) => report.find(FindingCode::CosignatureBad, place, refused(number, &error)),
        }
    }
    Some(Head { signed, seen })
}

/// What a witness's key that did not count means: nothing against the witness where what would show it may
/// not be in the file.
fn not_in_force(
    editions: &Editions,
    party: &PartyId,
    key: KeyId,
    at: UnixMillis,
) -> (FindingCode, &'static str) {
    let ended = editions.ended_before(party, key, at).is_some();
    if !ended && editions.may_be_left_out(party, key, at) {
        let more = " by the editions and rotations of the file; a rotation that is not in it may say \
                    otherwise";
        return (FindingCode::WitnessNotShown, more);
    }
    (FindingCode::WitnessNotInForce, "")
}

fn refused(number: usize, error: &CheckpointError) -> String {
    format!("signature line {} of the head: {error}", number + 1)
}

/// Holds the head's times against those of what it covers: a head has none of its own.
pub(super) fn date(
    head: &Head,
    layout: &Layout,
    editions: &Editions,
    terminal: &PartyId,
    report: &mut Report,
) {
    let registered = report.steps.iter().chain(&report.credentials);
    let covered = registered.filter(|step| step.proven).map(|step| step.position.at);
    let Some(last) = covered.max() else { return };
    let place = layout.the(Part::Head);
    for key in &head.seen.keys {
        if let Some(until) = editions.ended_before(terminal, *key, last) {
            let text = format!(
                "key {key} of the terminal is revoked from {until}; the head covers what was \
                 registered at {last}"
            );
            report.find(FindingCode::HeadKeyEnded, &place, text);
        }
    }
    for witness in &head.seen.witnesses {
        if witness.at.plus(FUTURE_MAX) < last {
            let text = format!(
                "{} saw the head at {} by its clock; the terminal says that it registered what \
                 the head covers at {last}",
                witness.party, witness.at
            );
            report.find(FindingCode::WitnessedBefore, &place, text);
        }
    }
}
