//! Alarms: what accuses a terminal's log, in a file that anybody can verify.
//!
//! Two heads that the terminal does not join are an alarm and no proof. The witness then goes on asking
//! and listening until two heads of one size show two histories: the file says so from then on.

use std::sync::Arc;

use landside_proto::checkpoint::{KeyName, Relation, SignedCheckpoint};
use landside_proto::directory::Rotation;
use landside_proto::evidence::{EDITIONS_MAX, ForkEvidence};
use landside_proto::ids::{Hash32, PartyId};
use landside_proto::key::PublicKey;
use landside_proto::merkle::proves_rewrite;
use landside_proto::session::frame::About;
use tracing::{error, warn};

use super::heard::forked;
use super::{Watched, Witness, WitnessError, logs_name};
use crate::ledger::Read;

impl Witness {
    /// Whether an alarm about this log stands: as long as its file is there, or until the node ends
    /// when the file could not be written.
    pub(super) fn has_alarm(&self, terminal: &PartyId) -> bool {
        let unwritten = |watched: &Watched| watched.known().alarm_unwritten;
        // A file that cannot be looked for may be there.
        !matches!(self.home.log_alarm_file(terminal).try_exists(), Ok(false))
            || self.watched.get(terminal).is_some_and(unwritten)
    }

    pub(super) fn is_trusted(&self, terminal: &PartyId) -> Result<(), WitnessError> {
        if self.has_alarm(terminal) {
            let file = self.home.log_alarm_file(terminal);
            return Err(WitnessError::Alarm(format!("not cosigned: see {}", file.display())));
        }
        Ok(())
    }

    /// Looks again at a log that is accused and not convicted: what others have shown, and what the
    /// terminal says today of either size, may prove two histories.
    pub(super) async fn look_for_proof(&self, terminal: &PartyId, watched: &Watched) {
        let stands = self.home.log_alarm(terminal).filter(|fork| !self.is_proven(fork));
        let accused = stands.as_ref().and_then(|fork| self.opened_here(fork));
        watched.known().accused.clone_from(&accused);
        let (Some(stands), Some(accused)) = (stands, accused) else { return };
        let [one, other] = &accused;
        let proof = stands.proof.as_deref().unwrap_or_default();
        // Written when less was known of the terminal's keys: nobody could read it.
        if self.opened(&stands).is_none() {
            self.alarm(terminal, one, other, proof);
        }
        if proves(one, other, proof) {
            return;
        }
        let heard: Vec<_> = watched.known().heard.heads().cloned().collect();
        let known = || accused.iter().chain(&heard);
        let found = heard.iter().find_map(|theirs| Some((forked(known(), theirs)?, theirs)));
        if let Some((one, other)) = found {
            self.alarm(terminal, one, other, &[]);
            return;
        }
        for size in accused.each_ref().map(|head| head.checkpoint().size) {
            // No answer proves nothing; it is asked again at the next visit.
            let Ok(told) = self.ask(terminal, About::OfSize { size }).await else { return };
            let now = told.head.as_deref().map(|note| self.open(terminal, note));
            let Some(Ok((now, _))) = now else { continue };
            if let Some(other) = forked(known(), &now) {
                self.alarm(terminal, other, &now, &[]);
                return;
            }
        }
    }

    /// Keeps both heads in a file and says so. The log is not cosigned while the file is there. What was
    /// found first is what is looked into, unless it proves nothing and this does.
    pub(super) fn alarm(
        &self,
        terminal: &PartyId,
        one: &SignedCheckpoint,
        other: &SignedCheckpoint,
        proof: &[Hash32],
    ) -> WitnessError {
        let proven = proves(one, other, proof);
        let text = match (one.checkpoint().size, other.checkpoint().size) {
            (size, same) if size == same => {
                format!("{terminal} signed two logs of {size} entries with different roots")
            }
            (size, another) if proven => {
                format!("{terminal} signed heads of {size} and {another} entries of two logs")
            }
            (size, another) => format!(
                "{terminal} does not show that its heads of {size} and {another} entries are of \
                 one log"
            ),
        };
        let fork = self.accusation(terminal, [one, other], proof);
        if !self.is_stronger(&fork) {
            return WitnessError::Alarm(text);
        }
        let kept = self.home.keep_log_alarm(fork);
        if let Some(watched) = self.watched.get(terminal) {
            let mut known = watched.known();
            known.alarm_unwritten = kept.is_err();
            known.accused = (!proven).then(|| [one.clone(), other.clone()]);
        }
        match kept {
            Ok(file) => error!(log = %terminal, file = %file.display(), proven, "ALARM: {text}"),
            Err(error) => error!(log = %terminal, %error, "ALARM, not kept: {text}"),
        }
        WitnessError::Alarm(text)
    }

    /// Whether an alarm says more than the one that stands. A file that cannot be read is left for
    /// people to look at; one whose heads nobody can open makes way for one that can be.
    fn is_stronger(&self, fork: &ForkEvidence) -> bool {
        let terminal = &fork.terminal;
        match self.home.log_alarm_file(terminal).try_exists() {
            Ok(false) => true,
            Ok(true) => self.home.log_alarm(terminal).is_some_and(|stands| {
                let opens = self.opened(fork).is_some() && self.opened(&stands).is_none();
                opens || (self.is_proven(fork) && !self.is_proven(&stands))
            }),
            Err(error) => {
                warn!(log = %terminal, %error, "the file of an alarm cannot be looked for");
                false
            }
        }
    }

    /// Whether the file of an alarm proves two histories to anybody.
    fn is_proven(&self, fork: &ForkEvidence) -> bool {
        let proof = fork.proof.as_deref().unwrap_or_default();
        self.opened(fork).is_some_and(|[one, other]| proves(&one, &other, proof))
    }

    /// Both heads of an alarm, by any key that its file shows to be the terminal's.
    fn opened(&self, fork: &ForkEvidence) -> Option<[SignedCheckpoint; 2]> {
        let name = logs_name(&self.authorities.borrow(), &fork.terminal);
        opened_by(fork, &name, &fork.keys())
    }

    /// Both heads, by any key that this node ever knew to be the terminal's.
    fn opened_here(&self, fork: &ForkEvidence) -> Option<[SignedCheckpoint; 2]> {
        let opened = self.opened(fork);
        opened.or_else(|| {
            let name = logs_name(&self.authorities.borrow(), &fork.terminal);
            let [one, other] = &fork.heads;
            let known = self.with_keys(fork.clone(), &name, [one, other]);
            opened_by(fork, &name, &known.keys())
        })
    }

    /// The file of an alarm.
    fn accusation(
        &self,
        terminal: &PartyId,
        heads: [&SignedCheckpoint; 2],
        proof: &[Hash32],
    ) -> ForkEvidence {
        let fork = ForkEvidence {
            network: self.authorities.borrow().directory.edition().network.clone(),
            terminal: terminal.clone(),
            editions: Vec::new(),
            heads: heads.map(|head| head.bytes().to_vec()),
            proof: (!proof.is_empty()).then(|| proof.to_vec()),
            rotations: Vec::new(),
        };
        self.with_keys(fork, &heads[0].checkpoint().origin, heads.map(SignedCheckpoint::bytes))
    }

    /// A file with what shows anybody whose keys signed its heads: the edition in force and those before
    /// it, as far back as it takes beside the terminal's rotations, and of these those that are needed.
    fn with_keys(&self, fork: ForkEvidence, name: &KeyName, heads: [&[u8]; 2]) -> ForkEvidence {
        let directory = Arc::clone(&self.authorities.borrow().directory);
        let rotations = self.rotations_of(&fork.terminal);
        let newest = vec![directory.bundle().to_vec()];
        let mut found = ForkEvidence { editions: Vec::new(), rotations, ..fork };
        let numbers = (1..=directory.edition().number).rev().take(EDITIONS_MAX);
        for number in numbers {
            let Ok(Some(bundle)) = self.home.edition(number) else { break };
            found.editions.push(bundle);
            let keys = found.keys();
            if heads.iter().all(|head| SignedCheckpoint::open(head, name, &keys).is_ok()) {
                found.editions.reverse();
                let rotations = std::mem::take(&mut found.rotations);
                let editions = self.home.led_up_to(std::mem::take(&mut found.editions));
                return ForkEvidence { editions, ..found }.with_rotations(&rotations);
            }
        }
        ForkEvidence { editions: newest, rotations: Vec::new(), ..found }
    }

    /// Every rotation of a terminal's own keys that it registered, as far as this node was told.
    fn rotations_of(&self, terminal: &PartyId) -> Vec<Vec<u8>> {
        let rotations = Arc::clone(&self.authorities.borrow().rotations);
        let store = self.store.as_ref();
        let bytes = |rotation: &Rotation| {
            let row = Read::id_row(store, rotation.document).ok()??;
            Some(Read::document(store, row.number).ok()?.signed.bytes().to_vec())
        };
        rotations.of(terminal, terminal).iter().filter_map(bytes).collect()
    }
}

fn opened_by(
    fork: &ForkEvidence,
    name: &KeyName,
    keys: &[PublicKey],
) -> Option<[SignedCheckpoint; 2]> {
    let [one, other] = &fork.heads;
    let open = |note: &[u8]| SignedCheckpoint::open(note, name, keys).ok();
    Some([open(one)?, open(other)?])
}

/// Whether two heads, or a proof between them, show two histories.
fn proves(one: &SignedCheckpoint, other: &SignedCheckpoint, proof: &[Hash32]) -> bool {
    let (before, after) = match one.relation(other) {
        Relation::Fork => return true,
        Relation::Same | Relation::OtherLog => return false,
        Relation::Grown => (one.checkpoint(), other.checkpoint()),
        Relation::Earlier => (other.checkpoint(), one.checkpoint()),
    };
    proves_rewrite(before.size, &before.root, after.size, &after.root, proof)
}
