use std::collections::BTreeMap;

use crate::case::{Case, Colour, Light, Share, SlotState};
use crate::directory::Actor;
use crate::document::{
    Arrival, Document, DriverBinding, EmptyReturn, HoldType, Kind, Position, Progress,
    ReleaseAction, ReleaseTerms,
};
use crate::document::{CustomsState, Limits, PassRight};
use crate::envelope::Signed;
use crate::ids::{DocId, Reference, SizeType};
use crate::refusal::Code;
use crate::world::*;

const CARRIERS: [&str; 4] = [HAULIER, SUB_HAULIER, DRIVER, DRIVER_2];

/// A registrar and what it sent to each of those who get a part, with what they sent themselves.
struct Port {
    world: World,
    sent: BTreeMap<&'static str, Vec<(Signed<Document>, Position)>>,
}

impl Port {
    fn new() -> Self {
        Self { world: World::new(), sent: BTreeMap::new() }
    }

    /// Registered, sent on, and progress told as far as it is due.
    fn say(&mut self, document: impl Into<Document>, signer: &str) -> DocId {
        let id = self.world.register(document, signer).unwrap();
        self.send(signer);
        self.tell();
        id
    }

    fn tell(&mut self) {
        let World { authorities, cases, now, .. } = &self.world;
        let Some(case) = cases.get(&visit().container) else { return };
        let roles = |party: &_| authorities.directory.roles(party);
        if let Some(progress) = case.progress_due(roles, *now) {
            self.world.now = *now;
            self.world.register_now(progress, TERMINAL).unwrap();
            self.send(TERMINAL);
        }
    }

    fn send(&mut self, author: &str) {
        let last = self.world.log.last().unwrap();
        let Some(case) = self.world.cases.get(&visit().container) else { return };
        let document = last.0.document();
        for name in CARRIERS {
            let gets = match actor(name) {
                _ if name == author => true,
                Actor::Party(party) => case.concerns(&party, document),
                driver => case.devices(document).contains(&driver),
            };
            if gets && document.kind() == Kind::DriverBinding && name.starts_with("driver-") {
                let so_far = case.job_so_far();
                let log = self.world.log.iter();
                let lacks = log.filter(|(signed, _)| so_far.contains(&signed.id()));
                self.sent.entry(name).or_default().extend(lacks.cloned());
            }
            if gets {
                self.sent.entry(name).or_default().push(last.clone());
            }
        }
    }

    fn kinds(&self, name: &str) -> Vec<Kind> {
        self.sent.get(name).into_iter().flatten().map(|(s, _)| s.document().kind()).collect()
    }

    fn part(&self, name: &str) -> Case {
        let sent = self.sent[name].iter();
        let part = Case::fold(sent.map(|(signed, position)| (signed, *position))).unwrap();
        assert!(part.part);
        part
    }

    /// The line released to the forwarder, who passed the right to the haulier.
    fn with_haulier() -> Self {
        let mut port = Self::new();
        let depot = EmptyReturn { depot: Reference::parse("DEPOT-7").unwrap(), reference: None };
        let terms = ReleaseTerms { empty_return: Some(depot), ..terms(FORWARDER) };
        let size_type = Some(SizeType::parse("45G1").unwrap());
        port.say(crate::document::ReleaseOrder { terms, size_type, ..release(FORWARDER) }, LINE);
        port.say(pass_to(HAULIER, port.world.right()), FORWARDER);
        port
    }

    /// And on to the sub-haulier, who named a driver and has a slot.
    fn with_driver() -> Self {
        let mut port = Self::with_haulier();
        port.say(pass_to(SUB_HAULIER, port.world.right()), HAULIER);
        port.world.register(credential(DRIVER), SUB_HAULIER).unwrap();
        port.world.register(credential(DRIVER_2), SUB_HAULIER).unwrap();
        port.say(binding(port.world.right(), DRIVER), SUB_HAULIER);
        let request = port.say(slot_request(port.world.right()), SUB_HAULIER);
        port.say(grant(request), TERMINAL);
        port
    }

    /// Green, with a pass.
    fn with_pass() -> Self {
        let mut port = Self::with_driver();
        port.say(status(None, CustomsState::Released), CUSTOMS);
        port.say(
            Arrival { position: Some(Reference::parse("yard").unwrap()), ..arrival() },
            TERMINAL,
        );
        let pass = port.world.pass_due();
        port.say(pass, TERMINAL);
        port
    }

    fn progress_told(&self) -> usize {
        let kinds = self.world.log.iter().map(|(signed, _)| signed.document().kind());
        kinds.filter(|kind| *kind == Kind::Progress).count()
    }
}

#[test]
fn who_is_a_haulier_and_nothing_else_gets_a_part_unless_the_line_releases_to_it() {
    let world = World::with_haulier();
    let share = |name: &str| {
        let party = party(name);
        world.case().share(&party, world.authorities.roles(&actor(name)))
    };
    for whole in [LINE, CUSTOMS, TERMINAL, FORWARDER, PORT_AUTHORITY] {
        assert_eq!(share(whole), Share::Whole, "{whole}");
    }
    assert_eq!(share(HAULIER), Share::Part);
    let mut to_haulier = World::new();
    to_haulier.register(release(HAULIER), LINE).unwrap();
    let roles = to_haulier.authorities.roles(&actor(HAULIER));
    assert_eq!(to_haulier.case().share(&party(HAULIER), roles), Share::Whole);
    let both = [crate::document::Role::Forwarder, crate::document::Role::Haulier];
    assert_eq!(world.case().share(&party(HAULIER), &both), Share::Whole);
}

#[test]
fn hauliers_and_drivers_get_no_document_of_line_customs_forwarder_or_terminal_but_their_own_job() {
    let mut port = Port::with_pass();
    let stop = port.say(hold(HoldType::Freight), LINE);
    let refused = port.world.verdict(None, None);
    port.say(refused, TERMINAL);
    port.say(lift(stop), LINE);
    for name in [HAULIER, SUB_HAULIER, DRIVER] {
        for (signed, _) in &port.sent[name] {
            let json = serde_json::to_string(signed.document()).unwrap();
            for secret in [BILL, FORWARDER, "a reason", "freight"] {
                assert!(!json.contains(secret), "{name} reads {secret} in {json}");
            }
        }
    }
    assert_eq!(port.kinds(HAULIER).first(), Some(&Kind::PassRight));
    assert!(port.kinds(HAULIER).iter().all(|k| matches!(k, Kind::PassRight | Kind::Progress)));
    assert!(port.kinds(DRIVER).contains(&Kind::PickupPass));
    assert!(!port.kinds(DRIVER).contains(&Kind::PassRight), "who handed it on is not its business");
}

#[test]
fn the_holder_of_a_part_knows_right_lights_slot_pass_box_place_time_and_depot() {
    let port = Port::with_pass();
    let (whole, part) = (port.world.case(), port.part(SUB_HAULIER));
    assert_eq!(part.holder(), whole.holder());
    assert_eq!(part.right.as_ref().unwrap().head, port.world.right());
    assert_eq!((&part.binding, &part.slot, &part.pass), (&whole.binding, &whole.slot, &whole.pass));
    assert_eq!(part.needs(port.world.now), whole.needs(port.world.now));
    for light in Light::ALL {
        assert_eq!(part.colour(light, port.world.now), Colour::Green, "{light:?}");
    }
    let (id, told) = part.progress.unwrap();
    let now_told = Progress { builds_on: told.builds_on, ..port.world.progress() };
    assert_eq!((Some(id), &told), (whole.progress.as_ref().map(|(id, _)| *id), &now_told));
    assert_eq!(told.size_type.unwrap().as_str(), "45G1");
    assert_eq!(told.empty_return[0].depot.as_str(), "DEPOT-7");
    assert_eq!((told.discharged_at, told.position.unwrap().as_str()), (Some(START), "yard"));
    assert_eq!(port.part(DRIVER).pass, whole.pass);
}

#[test]
fn a_part_says_what_is_red_and_who_owes_it_as_it_changes() {
    let mut port = Port::with_driver();
    let now = port.world.now;
    let owed = |port: &Port, name: &str| -> Vec<(String, String)> {
        let needs = port.part(name).needs_seen_by(&actor(name), now);
        needs.into_iter().map(|need| (need.code.into_owned(), need.owed_by)).collect()
    };
    let pair = |code: &str, by: &str| (code.to_owned(), by.to_owned());
    let silent = [pair("customs-silent", "customs"), pair("not-arrived", TERMINAL)];
    for name in [SUB_HAULIER, DRIVER] {
        assert_eq!(owed(&port, name), silent, "{name}");
    }
    let held = port.say(status(None, CustomsState::Held), CUSTOMS);
    port.say(arrival(), TERMINAL);
    assert_eq!(owed(&port, DRIVER), [pair("customs-not-released", CUSTOMS)]);
    assert_eq!(port.part(DRIVER).colour(Light::Customs, now), Colour::Red);
    port.say(status(Some(held), CustomsState::Released), CUSTOMS);
    assert_eq!(owed(&port, DRIVER), [pair("pass-missing", TERMINAL)]);
    // The haulier between has handed the job on and is told the lights alone.
    assert!(owed(&port, HAULIER).is_empty());
}

#[test]
fn progress_is_told_when_something_changed_and_there_is_somebody_to_tell() {
    let mut port = Port::new();
    port.say(release(FORWARDER), LINE);
    port.say(status(None, CustomsState::Held), CUSTOMS);
    assert_eq!(port.progress_told(), 0, "the forwarder reads the whole case");
    port.say(pass_to(HAULIER, port.world.right()), FORWARDER);
    assert_eq!(port.progress_told(), 1);
    port.tell();
    port.say(slot_request(port.world.right()), HAULIER);
    assert_eq!(port.progress_told(), 1, "a slot request tells of itself");
    let pass = Port::with_pass();
    let told = pass.progress_told();
    let mut again = pass;
    again.tell();
    assert_eq!(again.progress_told(), told, "a pass tells of itself");
}

#[test]
fn a_right_taken_back_ends_the_job_of_everybody_downstream_and_nothing_is_told_them_after() {
    let mut port = Port::with_pass();
    let hop = port.world.case().right.as_ref().unwrap().hops[1].document;
    port.say(revoke(hop), FORWARDER);
    for name in [HAULIER, SUB_HAULIER, DRIVER] {
        let part = port.part(name);
        assert_eq!((part.right, part.pass, part.binding), (None, None, None), "{name}");
    }
    assert!(port.kinds(HAULIER).contains(&Kind::RevokeRight), "it names the haulier's hop");
    assert!(!port.kinds(SUB_HAULIER).contains(&Kind::RevokeRight), "nobody else's remarks");
    assert!(!port.kinds(DRIVER).contains(&Kind::RevokeRight));
    let before = port.sent.clone();
    port.say(hold(HoldType::Security), CUSTOMS);
    port.say(pass_to(HAULIER, port.world.right()), FORWARDER);
    assert_eq!(port.sent[DRIVER].len(), before[DRIVER].len());
    assert_eq!(port.sent[SUB_HAULIER].len(), before[SUB_HAULIER].len());
    assert_eq!(port.part(HAULIER).holder().unwrap().holder, party(HAULIER));
}

#[test]
fn a_right_given_back_comes_back_with_the_slot_that_was_granted() {
    let mut port = Port::with_haulier();
    let request = port.say(slot_request(port.world.right()), HAULIER);
    port.say(grant(request), TERMINAL);
    let own = port.world.right();
    port.say(pass_to(SUB_HAULIER, own), HAULIER);
    assert!(matches!(port.part(HAULIER).slot, SlotState::None));
    port.say(give_back(port.world.right()), SUB_HAULIER);
    let part = port.part(HAULIER);
    assert_eq!(part.slot, port.world.case().slot);
    assert!(matches!(part.slot, SlotState::Granted(_)));
    assert_eq!(part.holder(), port.world.case().holder());
    assert_eq!(port.part(SUB_HAULIER).holder().unwrap().holder, party(HAULIER));
    // And it can act on what it knows.
    port.say(pass_to(SUB_HAULIER, part.right.unwrap().head), HAULIER);
}

#[test]
fn a_holder_between_finds_the_hop_that_it_may_revoke() {
    let port = Port::with_driver();
    let part = port.part(HAULIER);
    let hops = &part.right.as_ref().unwrap().hops;
    let own = hops.iter().position(|hop| hop.holder == party(HAULIER)).unwrap();
    let mut port = port;
    port.say(revoke(hops[own + 1].document), HAULIER);
    assert_eq!(port.part(HAULIER).holder().unwrap().holder, party(HAULIER));
}

#[test]
fn a_second_driver_ends_the_first_ones_job_on_its_own_device() {
    let mut port = Port::with_pass();
    let builds_on = port.world.case().binding.as_ref().map(|bound| bound.document);
    let swap = DriverBinding { builds_on, ..binding(port.world.right(), DRIVER_2) };
    port.say(swap, SUB_HAULIER);
    let first = port.part(DRIVER);
    assert_eq!(first.pass, None);
    assert_ne!(first.binding.unwrap().driver, public(DRIVER));
    let told = port.sent[DRIVER].len();
    let pass = port.world.pass_due();
    port.say(pass, TERMINAL);
    assert_eq!(port.sent[DRIVER].len(), told, "the new pass is not the first one's business");
}

#[test]
fn a_changed_date_ends_the_pass_of_a_part_too_and_narrows_its_right() {
    let mut port = Port::with_pass();
    let order = port.world.case().releases[&bill(BILL)].head;
    let mut shorter = terms(FORWARDER);
    shorter.valid_until = START.plus(DAY);
    port.say(replace(order, shorter), LINE);
    let part = port.part(DRIVER);
    assert_eq!(part.pass, None);
    assert_eq!(part.holder(), port.world.case().holder());
}

#[test]
fn a_driver_named_after_the_slot_was_granted_sees_the_slot() {
    let mut port = Port::with_haulier();
    port.world.register(credential(DRIVER), HAULIER).unwrap();
    let request = port.say(slot_request(port.world.right()), HAULIER);
    port.say(grant(request), TERMINAL);
    port.say(binding(port.world.right(), DRIVER), HAULIER);
    assert_eq!(port.part(DRIVER).slot, port.world.case().slot);
    assert!(matches!(port.part(DRIVER).slot, SlotState::Granted(_)));
}

#[test]
fn an_ended_release_takes_the_right_from_every_part() {
    let mut port = Port::with_pass();
    let order = port.world.case().releases[&bill(BILL)].head;
    port.say(change(order, ReleaseAction::Revoke), LINE);
    for name in [HAULIER, SUB_HAULIER, DRIVER] {
        let part = port.part(name);
        assert_eq!((part.right, part.pass, part.binding), (None, None, None), "{name}");
    }
}

#[test]
fn progress_that_is_not_so_is_refused_and_nobody_but_the_terminal_tells_it() {
    let mut port = Port::with_haulier();
    let true_one = port.world.progress();
    let mut greener = true_one.clone();
    greener.needs.clear();
    let mut longer = true_one.clone();
    longer.right.as_mut().unwrap().limits.until = None;
    let mut other: Progress = true_one.clone();
    other.right.as_mut().unwrap().holder = party(SUB_HAULIER);
    for untrue in [greener, longer, other] {
        assert_eq!(code(port.world.register(untrue, TERMINAL)), Code::ProgressUntrue);
    }
    assert_eq!(code(port.world.register(true_one.clone(), HAULIER)), Code::RoleMayNotSign);
    assert_eq!(code(port.world.register(true_one, TERMINAL_2)), Code::RoleMayNotSign);
}

#[test]
fn limits_of_a_hop_reach_its_holder_by_progress() {
    let mut port = Port::with_haulier();
    let limits = Limits { plate: Some(plate(PLATE)), hops: Some(0), ..Limits::default() };
    let narrow = PassRight { limits, ..pass_to(SUB_HAULIER, port.world.right()) };
    port.say(narrow, HAULIER);
    let part = port.part(SUB_HAULIER);
    assert_eq!(part.holder(), port.world.case().holder());
    assert_eq!(part.holder().unwrap().limits.hops, Some(0));
}
