//! A small port for tests: parties with keys from their names, a clock that only tests move, and
//! one door, [`World::register`], that seals, opens, judges and applies like a registrar.

mod clocks;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::case::{Case, Context, Due, Need, PassPolicy, Seen, Target, judge};
use crate::directory::{Actor, Authorities, Directory, add_signature, edition_id};
use crate::document::{
    AgentEntry, Arrival, CasePlace, Condition, CredentialState, CustomsState, CustomsStatus,
    DirectoryEdition, Document, DriverBinding, DriverCredential, GateDecision, GateOut, Hold,
    HoldLift, HoldType, InterchangeReceipt, KeyEntry, Limits, PartyEntry, PassRight, PickupPass,
    Position, Progress, ReleaseAction, ReleaseChange, ReleaseOrder, ReleaseTerms, Remark,
    ReturnRight, RevokeRight, Role, Slot, SlotAnswer, SlotRequest, Source, Visit, Window,
};
use crate::envelope::{self, Signed};
use crate::ids::{BillNo, CaseCode, ContainerNo, DocId, Hash32, PartyId, Plate, UnixMillis};
use crate::key::{PublicKey, SecretKey, Signer};
use crate::presentation::{self, Presented};
use crate::refusal::{Code, Refusal};

pub(crate) use self::clocks::*;

pub(crate) const LINE: &str = "line";
pub(crate) const LINE_2: &str = "line-2";
pub(crate) const TERMINAL: &str = "terminal";
pub(crate) const TERMINAL_2: &str = "terminal-2";
pub(crate) const CUSTOMS: &str = "customs";
pub(crate) const CUSTOMS_2: &str = "customs-2";
pub(crate) const FORWARDER: &str = "forwarder";
pub(crate) const HAULIER: &str = "haulier";
pub(crate) const SUB_HAULIER: &str = "sub-haulier";
pub(crate) const PORT_AUTHORITY: &str = "port-authority";
/// In the directory, with no key of its own name listed: its key came in force later or ended.
pub(crate) const LATE_LINE: &str = "late-line";
pub(crate) const FORMER_LINE: &str = "former-line";
/// Drivers are told from parties by this prefix of their names.
pub(crate) const DRIVER: &str = "driver-wang";
pub(crate) const DRIVER_2: &str = "driver-li";

/// Keys that the two terminals hold for the line, by the edition of [`agents`].
pub(crate) const AGENT_KEY: &str = "the terminal's key for the line";
pub(crate) const AGENT_KEY_2: &str = "the other terminal's key for the line";

pub(crate) const BOX: &str = "MSKU1234565";
pub(crate) const BILL: &str = "BL-1";
pub(crate) const PLATE: &str = "沪A12345";
pub(crate) const START: UnixMillis = UnixMillis::from_millis(1_795_406_400_000);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(crate) const POLICY: PassPolicy =
    PassPolicy { early: Duration::from_secs(1800), late: Duration::from_secs(1800) };

/// The key of a name; the same in every run.
pub(crate) fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(Sha256::digest(name).into())
}

pub(crate) fn public(name: &str) -> PublicKey {
    key(name).public_key()
}

pub(crate) fn party(name: &str) -> PartyId {
    PartyId::parse(name).unwrap()
}

pub(crate) fn actor(name: &str) -> Actor {
    if name.starts_with("driver-") {
        Actor::Driver(public(name).id())
    } else {
        Actor::Party(party(name))
    }
}

pub(crate) fn bill(text: &str) -> BillNo {
    BillNo::parse(text).unwrap()
}

pub(crate) fn plate(text: &str) -> Plate {
    Plate::parse(text).unwrap()
}

pub(crate) fn remark(text: &str) -> Remark {
    Remark::parse(text).unwrap()
}

pub(crate) fn visit() -> Visit {
    visit_of(BOX)
}

pub(crate) fn visit_of(container: &str) -> Visit {
    Visit { terminal: party(TERMINAL), container: ContainerNo::parse(container).unwrap() }
}

/// The code of what was refused; panics when it was not.
pub(crate) fn code<T: fmt::Debug>(result: Result<T, Refusal>) -> Code {
    result.expect_err("must be refused").code
}

pub(crate) fn terms(to: &str) -> ReleaseTerms {
    ReleaseTerms::of(party(to), START.plus(10 * DAY))
}

pub(crate) fn release(to: &str) -> ReleaseOrder {
    ReleaseOrder::of(visit(), bill(BILL), terms(to))
}

pub(crate) fn change(builds_on: DocId, action: ReleaseAction) -> ReleaseChange {
    ReleaseChange {
        visit: visit(),
        bill: bill(BILL),
        builds_on,
        action,
        terms: None,
        reason: None,
        source: None,
        sealed: None,
        agent: None,
    }
}

/// The message that an agent signs on.
pub(crate) fn message() -> Source {
    Source { interchange: Hash32::of(b"a COREOR"), message: 0, equipment: 0 }
}

/// A release as an agent says it for the line.
pub(crate) fn release_by(agent: &str, to: &str) -> ReleaseOrder {
    ReleaseOrder { agent: Some(party(agent)), source: Some(message()), ..release(to) }
}

/// A change as the terminal says it for the line.
pub(crate) fn change_by_agent(builds_on: DocId, action: ReleaseAction) -> ReleaseChange {
    let (agent, source) = (Some(party(TERMINAL)), Some(message()));
    ReleaseChange { agent, source, ..change(builds_on, action) }
}

pub(crate) fn replace(builds_on: DocId, terms: ReleaseTerms) -> ReleaseChange {
    ReleaseChange { terms: Some(terms), ..change(builds_on, ReleaseAction::Replace) }
}

pub(crate) fn status(builds_on: Option<DocId>, status: CustomsState) -> CustomsStatus {
    CustomsStatus {
        visit: visit(),
        consignment: bill(BILL),
        builds_on,
        status,
        national_code: None,
        declaration: None,
    }
}

pub(crate) fn hold(hold_type: HoldType) -> Hold {
    Hold { visit: visit(), hold_type, reason: remark("a reason") }
}

pub(crate) fn lift(builds_on: DocId) -> HoldLift {
    HoldLift { visit: visit(), builds_on, reason: None }
}

pub(crate) fn arrival() -> Arrival {
    Arrival {
        visit: visit(),
        builds_on: None,
        discharged_at: Some(START),
        available: true,
        cleared: true,
        position: None,
        damage: None,
        told: Vec::new(),
    }
}

pub(crate) fn pass_to(to: &str, builds_on: DocId) -> PassRight {
    PassRight { visit: visit(), builds_on, to: party(to), limits: Limits::default() }
}

pub(crate) fn give_back(builds_on: DocId) -> ReturnRight {
    ReturnRight { visit: visit(), builds_on, reason: None }
}

pub(crate) fn revoke(revokes: DocId) -> RevokeRight {
    RevokeRight { visit: visit(), revokes, reason: None }
}

pub(crate) fn credential(driver: &str) -> DriverCredential {
    DriverCredential {
        key: public(driver),
        name: remark("Wang Wei"),
        licence: None,
        valid_until: START.plus(365 * DAY),
        state: CredentialState::Active,
        replaces: None,
    }
}

pub(crate) fn withdrawal(driver: &str) -> DriverCredential {
    DriverCredential { state: CredentialState::Withdrawn, ..credential(driver) }
}

pub(crate) fn binding(right: DocId, driver: &str) -> DriverBinding {
    DriverBinding {
        visit: visit(),
        right,
        builds_on: None,
        driver: public(driver),
        plate: plate(PLATE),
    }
}

pub(crate) fn window() -> Window {
    Window { from: START.plus(HOUR), until: START.plus(2 * HOUR) }
}

pub(crate) fn slot_request(right: DocId) -> SlotRequest {
    SlotRequest { visit: visit(), right, builds_on: None, window: window() }
}

pub(crate) fn grant(builds_on: DocId) -> Slot {
    let answer = SlotAnswer::Granted;
    Slot { visit: visit(), builds_on, answer, window: Some(window()), reason: None }
}

pub(crate) fn interchange(builds_on: DocId) -> InterchangeReceipt {
    InterchangeReceipt {
        visit: visit(),
        builds_on,
        seals: Vec::new(),
        condition: Condition::Sound,
        damage: Vec::new(),
        photos: Vec::new(),
        remark: None,
    }
}

/// An edition of the whole port; number 1 has no previous one.
pub(crate) fn edition(number: u64, previous: Option<Hash32>) -> DirectoryEdition {
    let mut parties = vec![
        entry(LINE, Role::Line),
        entry(LINE_2, Role::Line),
        entry(TERMINAL, Role::Terminal),
        entry(TERMINAL_2, Role::Terminal),
        entry(CUSTOMS, Role::Customs),
        entry(CUSTOMS_2, Role::Customs),
        entry(FORWARDER, Role::Forwarder),
        entry(HAULIER, Role::Haulier),
        entry(SUB_HAULIER, Role::Haulier),
        entry(PORT_AUTHORITY, Role::Authority),
        entry(LATE_LINE, Role::Line),
        entry(FORMER_LINE, Role::Line),
    ];
    for party in &mut parties {
        match party.id.as_str() {
            LATE_LINE => party.signing_keys[0].from = START.plus(DAY),
            FORMER_LINE => party.signing_keys[0].until = Some(START),
            _ => {}
        }
    }
    parties.sort_by(|a, b| a.id.cmp(&b.id));
    DirectoryEdition {
        network: remark("test-port"),
        number,
        previous,
        threshold: 2,
        authorities: ["authority-1", "authority-2", "authority-3"].map(public).to_vec(),
        valid_from: UnixMillis::from_millis(0),
        valid_until: START.plus(365 * DAY),
        parties,
    }
}

/// Edition 1, in which both terminals are agents of the line.
pub(crate) fn agents() -> DirectoryEdition {
    let mut edition = edition(1, None);
    let held = |holder: &str, name: &str| AgentEntry {
        party: party(holder),
        key: public(name),
        from: UnixMillis::from_millis(0),
        until: None,
    };
    let line = edition.parties.iter_mut().find(|entry| entry.id == party(LINE)).unwrap();
    line.agents = vec![held(TERMINAL, AGENT_KEY), held(TERMINAL_2, AGENT_KEY_2)];
    edition
}

fn entry(name: &str, role: Role) -> PartyEntry {
    let signing = public(name);
    PartyEntry {
        id: party(name),
        name: remark(name),
        roles: vec![role],
        signing_keys: vec![KeyEntry {
            key: signing,
            from: UnixMillis::from_millis(0),
            until: None,
        }],
        node_keys: vec![public(&format!("{name} node"))],
        addresses: Vec::new(),
        rotations_from: None,
        agents: Vec::new(),
    }
}

/// A bundle of the edition with the signatures of these authority keys.
pub(crate) fn bundle(edition: &DirectoryEdition, signers: &[&str]) -> Vec<u8> {
    signers.iter().fold(Vec::new(), |bundle, name| {
        add_signature(&bundle, edition, START, &key(name)).unwrap()
    })
}

pub(crate) fn directory() -> Directory {
    founded(&edition(1, None))
}

pub(crate) fn founded(edition: &DirectoryEdition) -> Directory {
    let bundle = bundle(edition, &["authority-1", "authority-2"]);
    Directory::found(&bundle, edition_id(edition).unwrap(), START).unwrap()
}

/// A terminal's registrar with an empty log, and everybody's keys.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) now: UnixMillis,
    pub(crate) authorities: Authorities,
    pub(crate) cases: BTreeMap<ContainerNo, Case>,
    pub(crate) log: Vec<(Signed<Document>, Position)>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: START,
            authorities: Authorities {
                directory: Arc::new(directory()),
                drivers: Arc::default(),
                rotations: Arc::default(),
            },
            cases: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    /// The same port where both terminals are agents of the line.
    pub(crate) fn with_agents() -> Self {
        let mut world = Self::new();
        world.authorities.directory = Arc::new(founded(&agents()));
        world
    }

    /// As [`World::signed`], in the line's name with the key named.
    pub(crate) fn signed_for_line(
        &mut self,
        document: impl Into<Document>,
        with: &str,
    ) -> Result<Signed<Document>, Refusal> {
        self.pass_time(Duration::from_secs(1));
        let sealed = envelope::seal(document.into(), actor(LINE), self.now, &key(with))?;
        envelope::open(sealed.shared_bytes(), &self.authorities, self.now)
    }

    /// As [`World::register`], by the terminal as the line's agent.
    pub(crate) fn register_by_agent(
        &mut self,
        document: impl Into<Document>,
    ) -> Result<DocId, Refusal> {
        let signed = self.signed_for_line(document, AGENT_KEY)?;
        self.deliver(signed)
    }

    pub(crate) fn pass_time(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }

    /// Seals, opens, judges and applies; the log grows exactly when the answer is an id.
    pub(crate) fn register(
        &mut self,
        document: impl Into<Document>,
        signer: &str,
    ) -> Result<DocId, Refusal> {
        let signed = self.signed(document, signer)?;
        self.deliver(signed)
    }

    /// Sealed by the signer now, and opened here. One second later than what was sealed before, so
    /// that saying the same again is another document.
    pub(crate) fn signed(
        &mut self,
        document: impl Into<Document>,
        signer: &str,
    ) -> Result<Signed<Document>, Refusal> {
        self.pass_time(Duration::from_secs(1));
        self.signed_now(document.into(), signer)
    }

    fn signed_now(&self, document: Document, signer: &str) -> Result<Signed<Document>, Refusal> {
        let sealed = envelope::seal(document, actor(signer), self.now, &key(signer))?;
        envelope::open(sealed.shared_bytes(), &self.authorities, self.now)
    }

    /// As [`World::register`], in the same moment as the document before.
    pub(crate) fn register_now(
        &mut self,
        document: impl Into<Document>,
        signer: &str,
    ) -> Result<DocId, Refusal> {
        let signed = self.signed_now(document.into(), signer)?;
        self.deliver(signed)
    }

    /// Judges and applies what was opened before.
    pub(crate) fn deliver(&mut self, signed: Signed<Document>) -> Result<DocId, Refusal> {
        let id = signed.id();
        let log = self.log.len() as u64;
        let mut position = Position { log, at: self.now, case: None };
        if matches!(signed.document(), Document::DriverCredential(_)) {
            Arc::make_mut(&mut self.authorities.drivers).apply(&signed);
        } else if matches!(signed.document(), Document::KeyRotation(_)) {
            self.authorities.may_rotate(&party(TERMINAL), &signed, self.now)?;
            let rotations = Arc::make_mut(&mut self.authorities.rotations);
            rotations.apply(&signed, &party(TERMINAL), position);
        } else {
            self.judge(&signed)?;
            let visit = signed.document().visit().unwrap().clone();
            let fresh = || Case::empty(visit.clone(), CaseCode::from_seed(id.as_bytes()));
            let case = self.cases.entry(visit.container).or_insert_with(fresh);
            let place = u32::try_from(case.steps.len()).unwrap();
            position.case = Some(CasePlace { code: case.code, place });
            case.apply(&signed, position);
        }
        self.log.push((signed, position));
        Ok(id)
    }

    fn judge(&self, signed: &Signed<Document>) -> Result<(), Refusal> {
        let registrar = party(TERMINAL);
        let ctx = Context { registrar: &registrar, authorities: &self.authorities, now: self.now };
        let case = signed.document().visit().and_then(|visit| self.cases.get(&visit.container));
        judge(case.map_or(Target::None, Target::Case), signed, &ctx)
    }

    pub(crate) fn case(&self) -> &Case {
        &self.cases[&visit().container]
    }

    pub(crate) fn right(&self) -> DocId {
        self.case().right.as_ref().expect("somebody holds the right").head
    }

    pub(crate) fn holder(&self) -> &str {
        self.case().holder().expect("somebody holds the right").holder.as_str()
    }

    /// Codes of everything that keeps the box from leaving.
    pub(crate) fn needs(&self) -> Vec<&'static str> {
        let code = |need: &Need| match need.code {
            Cow::Borrowed(code) => code,
            Cow::Owned(_) => "told",
        };
        self.case().needs(self.now).iter().map(code).collect()
    }

    /// What those who get a part may know now.
    pub(crate) fn progress(&self) -> Progress {
        self.case().progress_at(|party| self.authorities.directory.roles(party), self.now)
    }

    pub(crate) fn refold(&self) -> Option<Case> {
        Case::fold(self.log.iter().map(|(signed, position)| (signed, *position)))
    }
}

/// The way of a box, one stage after the other.
impl World {
    /// The line released to the forwarder; customs and the terminal have not spoken.
    pub(crate) fn released() -> Self {
        let mut world = Self::new();
        world.register(release(FORWARDER), LINE).unwrap();
        world
    }

    /// Every light is green and the forwarder holds the right.
    pub(crate) fn green() -> Self {
        let mut world = Self::released();
        world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
        world.register(arrival(), TERMINAL).unwrap();
        world
    }

    /// The haulier holds the right and vouches for both drivers.
    pub(crate) fn with_haulier() -> Self {
        let mut world = Self::green();
        world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
        world.register(credential(DRIVER), HAULIER).unwrap();
        world.register(credential(DRIVER_2), HAULIER).unwrap();
        world
    }

    /// Driver and slot are bound.
    pub(crate) fn booked() -> Self {
        let mut world = Self::with_haulier();
        world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
        world.book(HAULIER);
        world
    }

    /// Asks for a slot and grants it.
    pub(crate) fn book(&mut self, haulier: &str) -> DocId {
        let builds_on = self.case().slot_head();
        let request = SlotRequest { builds_on, ..slot_request(self.right()) };
        let request = self.register(request, haulier).unwrap();
        self.register(grant(request), TERMINAL).unwrap()
    }

    /// The pass lives.
    pub(crate) fn with_pass() -> Self {
        let mut world = Self::booked();
        let pass = world.pass_due();
        world.register(pass, TERMINAL).unwrap();
        world
    }

    pub(crate) fn pass_due(&self) -> PickupPass {
        match self.case().due(self.now, POLICY) {
            Some(Due::Pass(pass)) => pass,
            other => panic!("a pass is due, not {other:?}"),
        }
    }

    /// The envelope of the newest pass.
    pub(crate) fn pass(&self) -> Signed<Document> {
        let passes = self.log.iter().rev().map(|(signed, _)| signed);
        let mut passes = passes.filter(|s| matches!(s.document(), Document::PickupPass(_)));
        passes.next().expect("a pass was issued").clone()
    }

    pub(crate) fn pass_as_issued(&self) -> PickupPass {
        match self.pass().document() {
            Document::PickupPass(pass) => pass.clone(),
            other => panic!("a pass, not {other:?}"),
        }
    }

    /// The driver shows a pass now, and the gate reads it now.
    pub(crate) fn shown(
        &self,
        pass: &Signed<Document>,
        driver: &str,
    ) -> Result<Presented, Refusal> {
        let text = presentation::present(pass, self.now, &key(driver))?;
        presentation::read(&text, &self.authorities, self.now)
    }

    /// The gate's verdict on what is shown and seen.
    pub(crate) fn verdict(
        &self,
        shown: Option<Result<Presented, Refusal>>,
        seen: Option<&str>,
    ) -> GateDecision {
        let seen = Seen { shown, plate: seen.map(plate) };
        self.case().gate_decision(&seen, &self.authorities, self.now)
    }

    /// What the gate says when the bound driver comes with the newest pass and the right truck.
    pub(crate) fn verdict_on_driver(&self) -> GateDecision {
        self.verdict(Some(self.shown(&self.pass(), DRIVER)), Some(PLATE))
    }

    /// The truck is in.
    pub(crate) fn admitted() -> Self {
        let mut world = Self::with_pass();
        world.now = START.plus(HOUR);
        let decision = world.verdict_on_driver();
        world.register(decision, TERMINAL).unwrap();
        world
    }

    /// Terminal and driver signed the interchange receipt.
    pub(crate) fn handed_over() -> Self {
        let mut world = Self::admitted();
        let (decision, _) = world.case().decision.unwrap();
        let receipt = world.register(interchange(decision), TERMINAL).unwrap();
        world.register(interchange(receipt), DRIVER).unwrap();
        world
    }

    pub(crate) fn gate_out(&self) -> GateOut {
        GateOut {
            visit: visit(),
            builds_on: self.case().receipt.expect("a receipt stands"),
            pass: self.case().pass.as_ref().expect("a pass lives").document,
            left_at: self.now,
            unsigned_because: None,
            overrides: self.case().overrides_at_gate_out(self.now),
        }
    }

    /// The box has left.
    pub(crate) fn left() -> Self {
        let mut world = Self::handed_over();
        world.register(world.gate_out(), TERMINAL).unwrap();
        world
    }
}
