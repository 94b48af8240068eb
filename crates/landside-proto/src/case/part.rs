//! Need to know: who gets the whole case, who gets a part, and what a part adds up to.
//!
//! A haulier or driver moves a box. It gets the documents of its own job, and of everything else only
//! what the terminal says in a [`Progress`]. The fold is the same code: a case whose first document
//! here is not its first at all is a part, and in a part the right moves by progress alone.

use super::needs::Need;
use super::overrides::Colour;
use super::state::{Case, Hop, Release, Right, SlotState};
use crate::directory::Actor;
use crate::document::{
    Document, EmptyReturn, Kind, Light, Progress, ProgressNeed, ProgressRight, REASONS_MAX, Remark,
    Role,
};
use crate::ids::{DocId, PartyId, UnixMillis};

/// How much of a case a party gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Share {
    /// Every document.
    Whole,
    /// Those of its own job, what it asks and is asked, and the terminal's progress.
    Part,
}

impl Case {
    /// How much of this case a party gets: who is nothing but a haulier gets a part, unless a line
    /// released to it. Nobody who had the whole gets a part afterwards.
    #[must_use]
    pub fn share(&self, party: &PartyId, roles: &[Role]) -> Share {
        match roles == [Role::Haulier] && !self.released_to.contains(party) {
            true => Share::Part,
            false => Share::Whole,
        }
    }

    /// Whether a document goes to a party that gets a part. Asked when the document is folded in.
    #[must_use]
    pub fn concerns(&self, party: &PartyId, document: &Document) -> bool {
        let hops = self.right.iter().flat_map(|right| &right.hops);
        let in_chain = || hops.clone().any(|hop| hop.holder == *party);
        let holds = || self.holder().is_some_and(|hop| hop.holder == *party);
        let parted = || self.parted.contains_key(&Actor::Party(party.clone()));
        match document {
            Document::PassRight(d) => d.to == *party,
            Document::ReturnRight(_) => holds(),
            // Whoever passed it on further down tells its own side: not everybody's remarks.
            Document::RevokeRight(d) => self.parted.values().any(|hop| {
                hop.as_ref().is_some_and(|hop| hop.document == d.revokes && hop.holder == *party)
            }),
            Document::Progress(_) | Document::GateOut(_) => in_chain() || parted(),
            Document::Question(d) => d.to == *party,
            Document::Answer(d) => {
                self.questions.get(&d.builds_on).is_some_and(|asked| asked.asked_by == *party)
            }
            d if is_of_the_job(d.kind()) => holds(),
            _ => false,
        }
    }

    /// The devices that a document goes to: the one bound, and those that lost the job by it. Asked
    /// when the document is folded in.
    #[must_use]
    pub fn devices(&self, document: &Document) -> Vec<Actor> {
        let kind = document.kind();
        if kind == Kind::SlotRequest || !(is_of_the_job(kind) || kind == Kind::Progress) {
            return Vec::new();
        }
        let bound = self.binding.iter().map(|binding| Actor::Driver(binding.driver.id()));
        let mut devices: Vec<Actor> = bound.collect();
        let parted = self.parted.keys().filter(|actor| actor.party().is_none());
        devices
            .extend(parted.filter(|actor| !devices.contains(actor)).cloned().collect::<Vec<_>>());
        devices
    }

    /// What a device lacks that is given the job: the last progress, and the slot if there is one.
    #[must_use]
    pub fn job_so_far(&self) -> Vec<DocId> {
        let told = self.progress.as_ref().map(|(id, _)| *id);
        let slot = match &self.slot {
            SlotState::Granted(granted) => Some(granted.document),
            _ => None,
        };
        told.into_iter().chain(slot).collect()
    }

    /// What the terminal owes those who get a part: its progress, when there is such a reader and
    /// what it was told last is no longer so.
    #[must_use]
    pub fn progress_due<'a>(
        &self,
        roles: impl Fn(&PartyId) -> &'a [Role],
        now: UnixMillis,
    ) -> Option<Progress> {
        let gets_part = |party: &PartyId| self.share(party, roles(party)) == Share::Part;
        let hops = self.right.iter().flat_map(|right| &right.hops);
        let reader = self.binding.is_some()
            || hops.map(|hop| &hop.holder).any(gets_part)
            || self.parted.keys().any(|actor| actor.party().is_none_or(gets_part));
        if self.is_closed() || !reader {
            return None;
        }
        let progress = self.progress_at(&roles, now);
        let told = self.progress.as_ref().map(|(_, told)| told);
        let so =
            |told: &Progress| Progress { builds_on: told.builds_on, ..progress.clone() } == *told;
        (!told.is_some_and(so)).then_some(progress)
    }

    /// What those who get a part may know at `now`.
    #[must_use]
    pub fn progress_at<'a>(
        &self,
        roles: impl Fn(&PartyId) -> &'a [Role],
        now: UnixMillis,
    ) -> Progress {
        let red = self.red(now).into_iter().filter_map(|need| {
            let code = Remark::fitted(need.code.as_ref(), "red");
            let owed_by = Remark::fitted(&need.owed_by, Role::Terminal.as_str());
            need.light.map(|light| ProgressNeed { light, code, owed_by })
        });
        let mut needs: Vec<ProgressNeed> = red.collect();
        needs.sort();
        needs.dedup();
        needs.truncate(REASONS_MAX);
        let overridden =
            Light::ALL.into_iter().filter(|light| self.colour(*light, now) == Colour::Overridden);
        let standing = || self.releases.values().filter(|release| release.stands());
        let mut empty_return: Vec<EmptyReturn> = Vec::new();
        for depot in standing().filter_map(|release| release.terms.empty_return.as_ref()) {
            if !empty_return.contains(depot) && empty_return.len() < REASONS_MAX {
                empty_return.push(depot.clone());
            }
        }
        let arrival = self.arrival.as_ref().map(|(_, arrival)| arrival);
        let carried = |right: &Right| {
            right.hops.iter().any(|hop| self.share(&hop.holder, roles(&hop.holder)) == Share::Part)
        };
        Progress {
            visit: self.visit.clone(),
            builds_on: self.progress.as_ref().map(|(id, _)| *id),
            right: self.right.as_ref().filter(|right| carried(right)).and_then(Right::told),
            pass: self.pass.as_ref().map(|pass| pass.document),
            needs,
            overridden: overridden.collect(),
            discharged_at: arrival.and_then(|arrival| arrival.discharged_at),
            position: arrival.and_then(|arrival| arrival.position.clone()),
            size_type: standing().find_map(|release: &Release| release.size_type),
            empty_return,
            binding: self.binding.as_ref().map(|binding| binding.document),
        }
    }

    /// Whether the lights of this case are known here at all.
    #[must_use]
    pub fn knows_lights(&self) -> bool {
        !self.part || self.progress.is_some()
    }

    /// What a reader of this case knows to be missing: of a part, what the collecting side lacks is
    /// known to the holder and the driver only.
    #[must_use]
    pub fn needs_seen_by(&self, reader: &Actor, now: UnixMillis) -> Vec<Need> {
        let holds = self.holder().is_some_and(|hop| reader.party() == Some(&hop.holder));
        let drives = || {
            let bound = self.binding.as_ref().map(|binding| Actor::Driver(binding.driver.id()));
            bound.as_ref() == Some(reader)
        };
        let mut needs = self.needs(now);
        if self.part && !holds && !drives() {
            needs.retain(|need| need.light.is_some());
        }
        needs
    }

    /// The terminal's progress is folded in. Where the whole case is, it says nothing new.
    pub(super) fn told(&mut self, id: DocId, progress: &Progress) {
        if self.part {
            self.follow(progress.right.as_ref());
            if self.binding.as_ref().map(|binding| binding.document) != progress.binding {
                self.end_pass();
                self.unbind();
            }
            if self.pass.as_ref().map(|pass| pass.document) != progress.pass {
                self.end_pass();
            }
        }
        self.progress = Some((id, progress.clone()));
    }

    /// The right of a part is where progress says.
    fn follow(&mut self, told: Option<&ProgressRight>) {
        let holder = told.map(|right| right.holder.clone());
        let moved = self.holder().map(|hop| &hop.holder) != holder.as_ref();
        if moved && self.right.is_some() {
            self.leave_holder();
        }
        let known = self.right.take().map(|right| right.hops).unwrap_or_default();
        let Some(told) = told else { return };
        let mut hops: Vec<Hop> =
            known.into_iter().filter(|hop| told.hops.contains(&hop.document)).collect();
        let last = told.hops.last().copied().unwrap_or(told.head);
        match hops.last_mut().filter(|hop| hop.document == last) {
            Some(hop) => hop.limits = told.limits.clone(),
            None => hops.push(Hop {
                document: last,
                holder: told.holder.clone(),
                limits: told.limits.clone(),
            }),
        }
        self.right = Some(Right { head: told.head, hops });
        self.parties.insert(told.holder.clone());
        if moved {
            self.restore_slot(&told.holder);
        }
    }

    /// What keeps a light red in a part: what the terminal said last.
    pub(super) fn told_needs(&self) -> Vec<Need> {
        self.progress.iter().flat_map(|(_, progress)| &progress.needs).map(Need::told).collect()
    }
}

impl Right {
    /// As those who get a part are told of it.
    fn told(&self) -> Option<ProgressRight> {
        let present = self.hops.last()?;
        Some(ProgressRight {
            head: self.head,
            holder: present.holder.clone(),
            limits: present.limits.clone(),
            hops: self.hops.iter().map(|hop| hop.document).collect(),
        })
    }
}

/// Whether somebody who gets a part of a case may have a document of this kind.
pub(crate) fn is_of_a_part(kind: Kind) -> bool {
    is_of_the_job(kind)
        || matches!(kind, Kind::PassRight | Kind::ReturnRight | Kind::RevokeRight | Kind::Progress)
}

/// Documents of the carrying side's own job: what the present holder and its driver get as they are.
pub(super) fn is_of_the_job(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::DriverBinding
            | Kind::SlotRequest
            | Kind::Slot
            | Kind::PickupPass
            | Kind::GateDecision
            | Kind::InterchangeReceipt
            | Kind::GateOut
    )
}
