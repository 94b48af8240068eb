//! Alarms: what accuses a terminal's log, in a file that anybody can verify.
//!
//! Two heads that the terminal does not join are an alarm and no proof. The witness then goes on asking
//! and listening until two heads of one size show two histories: the file says so from then on.

use std::sync::Arc;

use landside_proto::checkpoint::{Relation, SignedCheckpoint};
use landside_proto::directory::{Directory, peek_bundle};
use landside_proto::evidence::{EDITIONS_MAX, ForkEvidence};
use landside_proto::ids::{Hash32, PartyId};
use landside_proto::key::PublicKey;
use landside_proto::merkle::proves_rewrite;
use landside_proto::session::frame::About;
use tracing::{error, warn};

use super::heard::forked;
use super::{Watched, Witness, WitnessError, logs_name};

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
        let accused = self.home.log_alarm(terminal).filter(|fork| !self.is_proven(fork));
        let accused = accused.and_then(|fork| self.opened(&fork));
        watched.known().accused.clone_from(&accused);
        let Some(accused) = accused else { return };
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
        if !self.is_stronger(terminal, proven) {
            return WitnessError::Alarm(text);
        }
        let directory = Arc::clone(&self.authorities.borrow().directory);
        let kept = self.home.keep_log_alarm(ForkEvidence {
            network: directory.edition().network.clone(),
            terminal: terminal.clone(),
            editions: self.editions_of(terminal, &directory, [one, other]),
            heads: [one, other].map(|head| head.bytes().to_vec()),
            proof: (!proof.is_empty()).then(|| proof.to_vec()),
        });
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
    /// people to look at.
    fn is_stronger(&self, terminal: &PartyId, proven: bool) -> bool {
        match self.home.log_alarm_file(terminal).try_exists() {
            Ok(false) => true,
            Ok(true) => {
                let stands = self.home.log_alarm(terminal);
                proven && stands.is_some_and(|stands| !self.is_proven(&stands))
            }
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

    /// Both heads of an alarm, by any key that its editions list for the terminal.
    fn opened(&self, fork: &ForkEvidence) -> Option<[SignedCheckpoint; 2]> {
        let name = logs_name(&self.authorities.borrow(), &fork.terminal);
        let mut keys = Vec::new();
        for bundle in &fork.editions {
            keys.extend(keys_in(bundle, &fork.terminal).unwrap_or_default());
        }
        let [one, other] = &fork.heads;
        let open = |note: &[u8]| SignedCheckpoint::open(note, &name, &keys).ok();
        Some([open(one)?, open(other)?])
    }

    /// The editions by which anybody can verify both heads: the one in force, and those before it as
    /// far back as a key was listed that it does not list any more.
    fn editions_of(
        &self,
        terminal: &PartyId,
        newest: &Directory,
        heads: [&SignedCheckpoint; 2],
    ) -> Vec<Vec<u8>> {
        let name = &heads[0].checkpoint().origin;
        let mut keys = Vec::new();
        let mut bundles = Vec::new();
        let numbers = (1..=newest.edition().number).rev().take(EDITIONS_MAX);
        for number in numbers {
            let Ok(Some(bundle)) = self.home.edition(number) else { break };
            let Some(listed) = keys_in(&bundle, terminal) else { break };
            keys.extend(listed);
            bundles.push(bundle);
            let opens = |head: &&SignedCheckpoint| {
                SignedCheckpoint::open(head.bytes(), name, &keys).is_ok()
            };
            if heads.iter().all(opens) {
                bundles.reverse();
                return self.home.led_up_to(bundles);
            }
        }
        vec![newest.bundle().to_vec()]
    }
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

/// The signing keys that a bundle lists for a party.
fn keys_in(bundle: &[u8], party: &PartyId) -> Option<Vec<PublicKey>> {
    let (edition, _) = peek_bundle(bundle).ok()?;
    let listed = edition.parties.iter().find(|listed| listed.id == *party);
    Some(listed.iter().flat_map(|listed| &listed.signing_keys).map(|key| key.key).collect())
}
