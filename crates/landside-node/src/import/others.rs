//! What becomes of COARRI, CUSRES and COPINO: an arrival, a customs-status, a driver-binding and a
//! slot-request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use landside_edifact::check::{Basis, Signing};
use landside_edifact::coarri::ShipMove;
use landside_edifact::copino::Announcement;
use landside_edifact::cusres::CustomsAnswer;
use landside_edifact::profile::Profile;
use landside_proto::case::Case;
use landside_proto::document::{
    Arrival, CredentialState, CustomsStatus, Document, Kind, Remark, Visit,
};
use landside_proto::ids::{BillNo, ContainerNo, Hash32, Reference};
use landside_proto::key::PublicKey;
use serde_json::{Map, Value, json};

use super::names::Names;
use super::release::Mapper;
use super::{Mapped, Remarked};
use crate::agents::Agent;
use crate::draft::{self, DraftError};
use crate::ledger::{self, Read};
use crate::node::{Node, clock};
use crate::readers;
use crate::rows;
use crate::store::StoreError;

/// Makes documents of what messages say.
pub(super) struct Maker<'a> {
    pub(super) node: &'a Node,
    pub(super) names: &'a Names,
    pub(super) profile: &'a Profile,
    pub(super) renew_days: Option<u32>,
    pub(super) hash: Hash32,
    /// The line that is signed for, if it is not this node itself that signs.
    pub(super) agent: Option<Arc<Agent>>,
}

impl Maker<'_> {
    /// The documents for one thing that would be signed.
    pub(super) fn make(&self, signing: &Signing) -> Result<Mapped, StoreError> {
        if let Some(wrong) = self.may_not(signing.kind) {
            return Ok(Err(wrong));
        }
        match (&signing.basis, signing.container) {
            (Basis::Release { said, bill }, _) => {
                let Self { node, names, renew_days, hash, .. } = *self;
                let agent = self.agent.as_deref();
                Mapper { node, names, instruction: said, renew_days, hash, agent }.statement(bill)
            }
            (Basis::Arrival(said), Some(container)) => self.arrival(said, container),
            (Basis::Binding(said), Some(container)) => self.binding(said, container),
            (Basis::Slot(said), Some(container)) => self.slot(said, container),
            (Basis::Customs { said, bill, container }, _) => {
                self.customs(said, bill.as_ref(), *container)
            }
            (_, None) => Ok(Err(Remarked::new("not-usable", "no container"))),
        }
    }

    /// Why this node signs no such document: nobody would accept it.
    fn may_not(&self, kind: Kind) -> Option<Remarked> {
        let inner = &self.node.inner;
        let authorities = inner.authorities.borrow();
        if let Some(agent) = &self.agent
            && !matches!(kind, Kind::ReleaseOrder | Kind::ReleaseChange)
        {
            let (line, kind) = (&agent.line, kind.as_str());
            let text = format!("an agent signs releases for {line}, and no {kind}");
            return Some(Remarked::new("agent-kind", text));
        }
        let me = self.agent.as_ref().map_or_else(|| inner.me.clone(), |agent| agent.issuer());
        let roles = authorities.roles(&me);
        if kind.signers().iter().any(|role| roles.contains(role)) {
            return None;
        }
        let named = |roles: &[landside_proto::document::Role]| {
            roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
        };
        let (kind, whose) = (kind.as_str(), named(kind.signers()));
        let text = format!("a {kind} is signed by a {whose}, and {me} is none");
        Some(Remarked::new("role-may-not-sign", text))
    }

    /// The case of a visit that is open here.
    fn case_of(&self, visit: &Visit) -> Result<Option<Case>, StoreError> {
        let store = self.node.inner.store.as_ref();
        let Some(code) = Read::newest_case(store, visit)? else { return Ok(None) };
        Ok(ledger::load_case(store, code)?.map(|loaded| loaded.case))
    }

    /// COARRI says that it came off the ship and when, and nothing of what the terminal said since.
    fn arrival(&self, said: &ShipMove, container: ContainerNo) -> Result<Mapped, StoreError> {
        let code = said.entry.terminal.as_deref();
        let Some(terminal) = self.names.terminal_of(self.node, code) else {
            return Ok(Err(Names::terminal_unknown(code)));
        };
        let Some(at) = said.moved_at() else {
            let text = "the message does not say when it was discharged";
            return Ok(Err(Remarked::new("time-missing", text)));
        };
        let visit = Visit { terminal, container };
        let case = self.case_of(&visit)?;
        // A container that left and comes off another ship begins another visit.
        if let Some((_, left)) = case.as_ref().and_then(|case| case.gate_out)
            && at <= left
        {
            let text = format!("it left the terminal at {left}, after this discharge");
            return Ok(Err(Remarked::new("closed", text).plain()));
        }
        let case = case.filter(|case| !case.is_closed());
        let told = readers::offices_to_tell(&self.node.inner, case.as_ref());
        let before = case.and_then(|case| case.arrival);
        let damage = said.entry.damage.join(", ");
        let damage = Some(damage).filter(|codes| !codes.is_empty());
        let damage = damage.map(|codes| Remark::fitted(&codes, "damaged"));
        let form = &self.profile.ship_moves;
        let last = before.as_ref().map(|(_, arrival)| arrival);
        let arrival = Arrival {
            visit,
            builds_on: before.as_ref().map(|(id, _)| *id),
            discharged_at: Some(at),
            available: form.available || last.is_some_and(|last| last.available),
            cleared: form.cleared || last.is_some_and(|last| last.cleared),
            position: last.and_then(|last| last.position.clone()),
            damage: damage.or_else(|| last.and_then(|last| last.damage.clone())),
            told,
        };
        let same = |last: &Arrival| Arrival {
            builds_on: arrival.builds_on,
            told: arrival.told.clone(),
            ..last.clone()
        };
        if last.is_some_and(|last| same(last) == arrival) {
            let text = "the terminal has said the same before; it is not said again";
            return Ok(Err(Remarked::new("said-before", text).plain()));
        }
        Ok(Ok((vec![Document::from(arrival).into()], Vec::new())))
    }

    /// CUSRES: one status for a bill in a container; for every container of the bill that is known here
    /// where it names none, and for every bill of the container where it names no bill.
    fn customs(
        &self,
        said: &CustomsAnswer,
        bill: Option<&BillNo>,
        container: Option<ContainerNo>,
    ) -> Result<Mapped, StoreError> {
        let visits = match (container, bill) {
            (Some(container), _) => match self.visit_of(container)? {
                Ok(visit) => vec![visit],
                Err(wrong) => return Ok(Err(wrong)),
            },
            (None, Some(bill)) => self.visits_of_bill(bill)?,
            (None, None) => Vec::new(),
        };
        let mut statements = Vec::new();
        for visit in visits {
            let case = self.case_of(&visit)?.filter(|case| !case.is_closed());
            let bills: Vec<BillNo> = match (bill, &case) {
                (Some(bill), _) => vec![bill.clone()],
                (None, Some(case)) => case.releases.keys().cloned().collect(),
                (None, None) => Vec::new(),
            };
            for consignment in bills {
                let fact = case.as_ref().and_then(|case| case.customs.get(&consignment));
                let national = said.statuses.iter().map(|status| status.code.as_str());
                let national = national.collect::<Vec<_>>().join(",");
                let status = CustomsStatus {
                    visit: visit.clone(),
                    builds_on: fact.map(|fact| fact.head),
                    consignment,
                    status: said.state,
                    national_code: Reference::parse(&national).ok(),
                    declaration: said.declaration.clone(),
                };
                statements.push(Document::from(status).into());
            }
        }
        if !statements.is_empty() {
            return Ok(Ok((statements, Vec::new())));
        }
        Ok(Err(match bill {
            Some(bill) => {
                let text = format!(
                    "the message names no container, and none of bill of lading {bill} is known here"
                );
                Remarked::new("containers-unknown", text)
            }
            None => {
                let text = "the message names no bill of lading, and none of the container is known \
                            here";
                Remarked::new("bill-missing", text)
            }
        }))
    }

    /// Where a container is that customs names without its terminal.
    fn visit_of(&self, container: ContainerNo) -> Result<Result<Visit, Remarked>, StoreError> {
        if let Some(terminal) = self.names.told_terminal() {
            return Ok(Ok(Visit { terminal: terminal.clone(), container }));
        }
        let store = self.node.inner.store.as_ref();
        let mut open = Vec::new();
        for code in ledger::cases_of_container(store, container)? {
            let case = ledger::load_case(store, code)?.map(|loaded| loaded.case);
            open.extend(case.filter(|case| !case.is_closed()).map(|case| case.visit));
        }
        Ok(match (open.pop(), open.is_empty()) {
            (Some(visit), true) => Ok(visit),
            (Some(_), false) => {
                let text = "the container is at more than one terminal; name it with --terminal";
                Err(Remarked::new("terminal-unknown", text))
            }
            (None, _) => match self.names.terminal_of(self.node, None) {
                Some(terminal) => Ok(Visit { terminal, container }),
                None => Err(Names::terminal_unknown(None)),
            },
        })
    }

    fn visits_of_bill(&self, bill: &BillNo) -> Result<Vec<Visit>, StoreError> {
        let mut visits = Vec::new();
        let store = self.node.inner.store.as_ref();
        ledger::for_each_row(store, rows::BILLS, |(key, _)| {
            let (container, of, terminal) = rows::bill_parts(key)?;
            if of == bill.as_str() {
                visits.push(Visit { terminal, container });
            }
            Ok(())
        })?;
        let mut open = Vec::new();
        for visit in visits {
            if self.case_of(&visit)?.is_some_and(|case| !case.is_closed()) {
                open.push(visit);
            }
        }
        Ok(open)
    }

    /// COPINO: driver and truck. The message has a name where the document needs a key.
    fn binding(&self, said: &Announcement, container: ContainerNo) -> Result<Mapped, StoreError> {
        let Ok(Some(plate)) = &said.entry.road.plate else {
            return Ok(Err(Remarked::new("plate-missing", "no plate, so no driver is bound")));
        };
        let Some(name) = &said.entry.road.driver else {
            let text =
                "no driver is named (TDT 8212); a binding needs to know whose phone it is for";
            return Ok(Err(Remarked::new("driver-missing", text)));
        };
        let keys = self.drivers_named(name)?;
        let [key] = keys[..] else {
            let (code, text) = match keys.len() {
                0 => ("driver-unknown", format!("no driver named {name} is enrolled here")),
                many => ("driver-ambiguous", format!("{many} drivers named {name} are enrolled")),
            };
            return Ok(Err(Remarked::new(code, text)));
        };
        let mut fields = self.place(said, container);
        fields.insert("plate".to_owned(), json!(plate));
        fields.insert("driver".to_owned(), json!(key));
        self.drafted(Kind::DriverBinding, fields)
    }

    fn slot(&self, said: &Announcement, container: ContainerNo) -> Result<Mapped, StoreError> {
        let Some(wish) = said.wish() else {
            let text = "no time of arrival, so no slot is asked for";
            return Ok(Err(Remarked::new("time-missing", text)));
        };
        let minutes = u64::from(self.profile.announcements.window_minutes);
        let until = match wish.start == wish.end {
            true => wish.start.plus(Duration::from_secs(minutes * 60)),
            false => wish.end,
        };
        let mut fields = self.place(said, container);
        fields.insert("window".to_owned(), json!({ "from": wish.start, "until": until }));
        self.drafted(Kind::SlotRequest, fields)
    }

    /// Container, and the terminal where the message names one.
    fn place(&self, said: &Announcement, container: ContainerNo) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("container".to_owned(), json!(container.to_string()));
        let code = said.entry.terminal.as_deref();
        let named = code.and_then(|code| self.names.of(self.node, code));
        if let Some(terminal) = named.as_ref().or_else(|| self.names.told_terminal()) {
            fields.insert("terminal".to_owned(), json!(terminal));
        }
        fields
    }

    fn drafted(&self, kind: Kind, fields: Map<String, Value>) -> Result<Mapped, StoreError> {
        match draft::complete(&self.node.inner, kind, fields) {
            Ok(statement) => Ok(Ok((vec![statement], Vec::new()))),
            Err(DraftError::Wrong(failure)) => Ok(Err(Remarked::new(failure.code, failure.text))),
            Err(DraftError::Refused(refusal)) => {
                Ok(Err(Remarked::new(refusal.code.as_str(), refusal.fact())))
            }
            Err(DraftError::Store(error)) => Err(error),
        }
    }

    /// Keys of the drivers of a name that this haulier vouches for now.
    fn drivers_named(&self, name: &str) -> Result<Vec<PublicKey>, StoreError> {
        let (inner, now) = (&self.node.inner, clock());
        let store = inner.store.as_ref();
        let mut keys = BTreeMap::new();
        ledger::for_each_row(store, rows::CREDENTIALS, |(_, number)| {
            let signed = Read::document(store, rows::number(number)?)?.signed;
            let Document::DriverCredential(said) = signed.document() else { return Ok(()) };
            if signed.issuer() != &inner.me {
                return Ok(());
            }
            if let Some(old) = said.replaces {
                keys.remove(&old);
            }
            let same = said.name.as_str().trim().to_lowercase() == name.trim().to_lowercase();
            if same && said.state == CredentialState::Active && said.valid_until > now {
                keys.insert(said.key.id(), said.key);
            } else {
                keys.remove(&said.key.id());
            }
            Ok(())
        })?;
        Ok(keys.into_values().collect())
    }
}
