//! Registering: documents of this terminal's cases, judged, put in order, and told to their readers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use landside_edifact::profile::Profile;
use landside_proto::case::{Case, Context, Due, PassPolicy, Target, judge};
use landside_proto::directory::{Actor, Keyring as _};
use landside_proto::document::{CasePlace, CredentialState, Document, Kind, Position, Role, Slot};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{CaseCode, Hash32, PartyId, UnixMillis};
use landside_proto::key::Signer;
use landside_proto::refusal::{Code, Refusal};
use landside_proto::sealed::Disclosure;

use crate::channels::Channel;
use crate::codeco;
use crate::config::Config;
use crate::event::{Agent, Event};
use crate::grants;
use crate::group::Group;
use crate::ledger::{LoadedCase, Read as _};
use crate::log;
use crate::metrics::Noted;
use crate::readers::{self, Readers, Told};
use crate::rows;
use crate::slots;
use crate::store::StoreError;

/// Most documents the terminal itself adds after one: a slot, a pass and progress, and room.
const REACTIONS_MAX: usize = 4;

/// How long after its gate-out a hold on a container counts as late for that visit: longer than any
/// message is under way, shorter than a container takes to come again.
const LATE_HOLD: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Tries for a case code that no other case of this terminal has.
const CODE_TRIES_MAX: u32 = 64;

/// Taking a document in failed: refused, or the store is in trouble.
#[derive(Debug)]
pub(crate) enum TakeError {
    /// The document is refused; nothing was changed.
    Refused(Refusal),
    /// The store cannot be read.
    Store(StoreError),
}

impl From<Refusal> for TakeError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for TakeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a node is and may do: the same for every group.
pub(crate) struct Registrar {
    /// Who this node is.
    pub(crate) me: Actor,
    /// Signs its documents.
    pub(crate) signer: Arc<dyn Signer>,
    /// Its settings.
    pub(crate) config: Config,
    /// EDIFACT profiles by partner.
    pub(crate) profiles: HashMap<PartyId, Profile>,
    /// Folders shared with partners.
    pub(crate) channels: Vec<Arc<Channel>>,
}

impl Registrar {
    /// This node's party, if it is one.
    pub(crate) fn party(&self) -> Option<&PartyId> {
        self.me.party()
    }

    /// A party in EDIFACT: this node's configured code, else the party id in capitals.
    pub(crate) fn edifact_code(&self, party: &PartyId) -> String {
        let own = &self.config.edifact.code;
        if self.party() == Some(party) && !own.is_empty() {
            own.clone()
        } else {
            codeco::code(party)
        }
    }

    fn policy(&self) -> PassPolicy {
        let minutes = |n: u32| Duration::from_secs(u64::from(n) * 60);
        PassPolicy {
            early: minutes(self.config.terminal.early_minutes),
            late: minutes(self.config.terminal.late_minutes),
        }
    }

    /// Refuses to sign what nobody would accept: the directory must list this node's key.
    pub(crate) fn is_listed(&self, group: &Group<'_>) -> Result<(), Refusal> {
        if self.party().is_none() {
            return Ok(());
        }
        let key = self.signer.public_key().id();
        group.authorities.signer(&self.me, key, group.now).map(|_| ()).map_err(|code| {
            let detail = format!("the directory in force does not list {} with key {key}", self.me);
            Refusal::new(code, detail)
        })
    }

    /// Refuses what an edition of this age no longer vouches for (docs/PROTOCOL.md § 5).
    pub(crate) fn may_say(
        &self,
        group: &Group<'_>,
        document: &Document,
        issuer: &Actor,
    ) -> Result<(), Refusal> {
        group.authorities.may_say(document, issuer, group.now, self.config.directory.grace())
    }

    /// Signs with this node's key.
    pub(crate) fn seal(
        &self,
        document: Document,
        now: UnixMillis,
    ) -> Result<Signed<Document>, Refusal> {
        envelope::seal(document, self.me.clone(), now, self.signer.as_ref())
    }

    /// Registers a document of a case of this terminal with every sealed field of it disclosed, and
    /// whatever the terminal then owes.
    pub(crate) fn register(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        disclosures: &[Disclosure],
    ) -> Result<Position, TakeError> {
        let position = self.register_one(group, signed, disclosures)?;
        let Some(CasePlace { code, .. }) = position.case else { return Ok(position) };
        for _ in 0..REACTIONS_MAX {
            let Some(owed) = self.owed(group, code)? else { break };
            let owed = match self.seal(owed, group.now) {
                Ok(owed) => owed,
                // What is registered stays registered; the next document of the case asks again.
                Err(refusal) => {
                    tracing::error!(case = %code, %refusal, "owed, but cannot be signed");
                    break;
                }
            };
            match self.register_one(group, &owed, &[]) {
                Ok(_) => {}
                // The pass of a driver whose haulier took its word back, for one: what is registered
                // stays registered, and the case's list of needs says what is missing.
                Err(TakeError::Refused(refusal)) => {
                    tracing::debug!(case = %code, %refusal, "owed, but not due");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(position)
    }

    /// Whether a document would be registered now, and in which case; changes nothing.
    pub(crate) fn judged(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<Option<CaseCode>, TakeError> {
        let registrar = self.terminal(group)?;
        let target = self.target(group, signed)?;
        let (authorities, now) = (group.authorities.clone(), group.now);
        let ctx = Context { registrar, authorities: &authorities, now };
        let known = match target {
            Some(code) => group.case(code)?.map(|loaded| &loaded.case),
            None => None,
        };
        judge(known.map_or(Target::None, Target::Case), signed, &ctx)?;
        Ok(target)
    }

    /// This node's party, which must be a terminal to register anything.
    fn terminal(&self, group: &Group<'_>) -> Result<&PartyId, Refusal> {
        let roles = group.authorities.roles(&self.me);
        self.party().filter(|_| roles.contains(&Role::Terminal)).ok_or_else(|| {
            let detail = format!("{} is no terminal and registers nothing", self.me);
            Refusal::new(Code::WrongTerminal, detail)
        })
    }

    fn register_one(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        disclosures: &[Disclosure],
    ) -> Result<Position, TakeError> {
        let terminal = self.terminal(group)?.clone();
        match signed.document().kind() {
            Kind::DriverCredential => return self.register_credential(group, signed),
            Kind::KeyRotation => return self.register_rotation(group, &terminal, signed),
            _ => {}
        }
        let target = self.judged(group, signed)?;
        let code = match target {
            Some(code) => code,
            None => self.open_case(group, signed)?,
        };
        let place = match group.case(code)? {
            Some(loaded) => u32::try_from(loaded.numbers.len()).unwrap_or(u32::MAX),
            None => 0,
        };
        let position = log::next(group, Some(CasePlace { code, place }));
        let number = group.keep(signed, Some(position))?;
        log::append(group, signed.hash(), position, number);
        group.disclose(number, disclosures);
        group.index_case(code, signed.document())?;
        self.fold_in(group, signed, position, number)?;
        group.events.push(taken(signed, Some(code)));
        Ok(position)
    }

    /// Credentials stand in the log but in no case.
    fn register_credential(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<Position, TakeError> {
        self.may_say(group, signed.document(), signed.issuer())?;
        let position = log::next(group, None);
        let number = group.keep(signed, Some(position))?;
        log::append(group, signed.hash(), position, number);
        group.enrol(signed, number);
        if let (Document::DriverCredential(said), Some(me)) = (signed.document(), self.party())
            && said.state == CredentialState::Active
        {
            group.tell_newcomer(&Actor::Driver(said.key.id()), me)?;
        }
        group.events.push(taken(signed, None));
        Ok(position)
    }

    /// The case a document belongs to: by what it builds on, else by bill, else by container. A
    /// closed case counts only when the document speaks of it.
    fn target(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<Option<CaseCode>, TakeError> {
        let document = signed.document();
        let Some(visit) = document.visit() else {
            return Err(Refusal::new(Code::NotDeliverable, document.kind().as_str()).into());
        };
        if let Some(parent) = document.builds_on() {
            let case = group
                .id_row(parent)?
                .and_then(|row| row.position)
                .map(|row| row.position())
                .transpose()?
                .and_then(|position| position.case);
            if let Some(case) = case {
                return Ok(Some(case.code));
            }
        }
        if let Some(bill) = document.bill()
            && let Some(code) = group.case_of_bill(visit, bill)?
        {
            return Ok(Some(code));
        }
        let Some(code) = group.newest_case(visit)? else { return Ok(None) };
        let now = group.now;
        let left_at = group.case(code)?.and_then(|loaded| loaded.case.gate_out).map(|(_, at)| at);
        // A hold that comes just after the container left is late, and must not look as if it held.
        let late = |left_at| document.kind() == Kind::Hold && now.since(left_at) < LATE_HOLD;
        Ok(Some(code).filter(|_| left_at.is_none_or(late)))
    }

    fn open_case(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<CaseCode, TakeError> {
        let Some(visit) = signed.document().visit() else {
            return Err(Refusal::new(Code::NotDeliverable, "no case").into());
        };
        for attempt in 0..CODE_TRIES_MAX {
            let seed = [&signed.id().as_bytes()[..], &attempt.to_be_bytes()].concat();
            let code = CaseCode::from_seed(Hash32::of(&seed).as_bytes());
            if group.get(rows::CASES, code.as_str().as_bytes())?.is_none() {
                let case = Case::empty(visit.clone(), code);
                group.insert_case(code, LoadedCase { case, numbers: vec![], incomplete: false });
                return Ok(code);
            }
        }
        Err(StoreError::Corrupt("no free case code".to_owned()).into())
    }

    /// Changes the folded case and tells its readers.
    fn fold_in(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        position: Position,
        number: u64,
    ) -> Result<(), TakeError> {
        let Some(CasePlace { code, .. }) = position.case else { return Ok(()) };
        let authorities = group.authorities.clone();
        let Some(loaded) = group.case(code)? else { return Ok(()) };
        let before = Readers::of(&loaded.case, &authorities);
        let newly_granted = grants::to_a_new_first_holder(&loaded.case, signed.document());
        let slot_before = slots::granted(&loaded.case);
        loaded.case.apply(signed, position);
        loaded.numbers.push(number);

        let case = &loaded.case;
        let passed = passed_after(case, signed.document(), position.at);
        let told = Told::of(case, signed, &before, &self.me, &authorities);
        let numbers = loaded.numbers.clone();
        let slot_lost = slot_before.filter(|slot| !slots::keeps(case, slot));
        let gone = matches!(signed.document(), Document::GateOut(_)).then(|| case.clone());
        group.noted.extend(passed);
        told.send(group, signed, number, (code, &numbers))?;
        if let Some(party) = newly_granted.filter(|party| {
            before.has_whole(party) && readers::has_node(&authorities, party, group.now)
        }) {
            grants::send_again(group, self, code, &party)?;
        }
        if let Some(slot) = slot_lost {
            slots::give_back(group, &slot)?;
        }
        if let Some(case) = gone {
            codeco::queue(group, self, &case, signed)?;
        }
        Ok(())
    }

    /// What this terminal owes a case right now, as a document to sign.
    fn owed(&self, group: &mut Group<'_>, code: CaseCode) -> Result<Option<Document>, TakeError> {
        let (now, policy) = (group.now, self.policy());
        let authorities = group.authorities.clone();
        let Some(loaded) = group.case(code)? else { return Ok(None) };
        let visit = loaded.case.visit.clone();
        match loaded.case.due(now, policy) {
            None => {
                let roles = |party: &PartyId| authorities.directory.roles(party);
                Ok(loaded.case.progress_due(roles, now).map(Document::from))
            }
            Some(Due::Pass(pass)) => Ok(Some(pass.into())),
            Some(Due::SlotAnswer { request, window }) => {
                let (answer, window) = slots::grant(group, &self.config.terminal, window)?;
                Ok(Some(Slot { visit, builds_on: request, answer, window, reason: None }.into()))
            }
        }
    }
}

/// How long after the last light a pass was issued.
fn passed_after(case: &Case, document: &Document, at: UnixMillis) -> Option<Noted> {
    let green = case.green_since().filter(|_| matches!(document, Document::PickupPass(_)))?;
    Some(Noted::Passed(at.since(green)))
}

pub(crate) fn taken(signed: &Signed<Document>, case: Option<CaseCode>) -> Event {
    Event::Taken {
        document: signed.id(),
        kind: signed.document().kind(),
        issuer: signed.issuer().clone(),
        agent: signed
            .document()
            .agent()
            .zip(signed.document().source())
            .map(|(party, source)| Agent { party: party.clone(), message: source.interchange }),
        case,
    }
}
