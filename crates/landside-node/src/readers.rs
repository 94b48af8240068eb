//! Who is told of a registered document: the readers of its case, each as much as it may know
//! (docs/PROTOCOL.md § 8, *who gets what*).

use std::collections::BTreeMap;

use landside_proto::case::{Case, Share};
use landside_proto::directory::{Actor, Authorities};
use landside_proto::document::{Document, Role};
use landside_proto::envelope::Signed;
use landside_proto::ids::{CaseCode, DocId, PartyId, UnixMillis};

use crate::group::Group;
use crate::ledger::Read as _;
use crate::node::Inner;
use crate::registrar::TakeError;
use crate::rows;

/// The parties that read a case, and how much of it each gets.
pub(crate) struct Readers(BTreeMap<PartyId, Share>);

impl Readers {
    pub(crate) fn of(case: &Case, authorities: &Authorities) -> Self {
        let share = |party: &PartyId| case.share(party, authorities.directory.roles(party));
        Self(case.parties.iter().map(|party| (party.clone(), share(party))).collect())
    }

    /// Whether a party has had every document so far.
    pub(crate) fn has_whole(&self, party: &PartyId) -> bool {
        self.0.get(party) == Some(&Share::Whole)
    }
}

/// Who is told of one document.
pub(crate) struct Told {
    /// Readers that get the case from its first document on.
    everything: Vec<PartyId>,
    /// Readers that have had every document so far, as far as they have a node; whether each made this one.
    whole: Vec<(PartyId, bool)>,
    /// Readers of a part, and devices, that get this document.
    this: Vec<Actor>,
    /// The device that gets the job with it, and what it lacks.
    job: Option<(Actor, Vec<DocId>)>,
}

impl Told {
    /// Asked when the document is folded in; `before` it, these read the case.
    pub(crate) fn of(
        case: &Case,
        signed: &Signed<Document>,
        before: &Readers,
        me: &Actor,
        authorities: &Authorities,
    ) -> Self {
        let document = signed.document();
        let (mut everything, mut whole, mut this) = (Vec::new(), Vec::new(), Vec::new());
        let author = author(signed);
        for (party, share) in Readers::of(case, authorities).0 {
            let reader = Actor::Party(party.clone());
            if reader == *me {
            } else if share == Share::Whole && !before.has_whole(&party) {
                everything.push(party);
            } else if share == Share::Whole {
                whole.push((party, reader == author));
            } else if reader != author && case.concerns(&party, document) {
                this.push(reader);
            }
        }
        let devices = case.devices(document).into_iter();
        this.extend(devices.filter(|device| device != signed.issuer()));
        let job = match document {
            Document::DriverBinding(d) => Some((Actor::Driver(d.driver.id()), case.job_so_far())),
            _ => None,
        };
        Self { everything, whole, this, job }
    }

    /// Puts everything in the outbox; `numbers` are those of the case's documents, this one the last.
    pub(crate) fn send(
        mut self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        number: u64,
        (code, numbers): (CaseCode, &[u64]),
    ) -> Result<(), TakeError> {
        self.keep_to_nodes(group, code)?;
        if let Some((device, lacks)) = self.job {
            for id in lacks {
                if let Some(row) = group.id_row(id)? {
                    group.send(&device, row.number);
                }
            }
        }
        // A reader verifies the driver's signature later: the credential travels first.
        let credential = credential(group, signed)?;
        for reader in &self.this {
            if let Some(credential) = credential {
                group.send(reader, credential);
            }
            group.send(reader, number);
        }
        for reader in self.everything.into_iter().map(Actor::Party) {
            let reader = &reader;
            for number in numbers {
                let stored = group.document(*number)?.signed;
                if let Some(credential) = self::credential(group, &stored)? {
                    group.send(reader, credential);
                }
                if author(&stored) != *reader {
                    group.send(reader, *number);
                }
            }
        }
        Ok(())
    }
}

/// The customs offices that a terminal tells of a case with its arrival: those its settings name, else
/// the only one there is, for of several nobody knows whose it will be. Who reads the case is not told again.
pub(crate) fn offices_to_tell(node: &Inner, case: Option<&Case>) -> Vec<PartyId> {
    let directory = &node.authorities.borrow().directory;
    let named = &node.exchange.registrar.config.terminal.customs[..];
    let listed = || directory.with_role(Role::Customs).map(|office| &office.id);
    let mut offices: Vec<PartyId> = match named {
        [] if listed().count() > 1 => Vec::new(),
        [] => listed().cloned().collect(),
        named => named.to_vec(),
    };
    offices.retain(|office| case.is_none_or(|case| !case.is_read_by(office)));
    offices.sort();
    offices.dedup();
    offices
}

impl Told {
    /// Puts nothing up for a party that has no node; one that has a node again, or at last, gets the case
    /// from its first document on.
    fn keep_to_nodes(&mut self, group: &mut Group<'_>, code: CaseCode) -> Result<(), TakeError> {
        let (whole, everything) =
            (std::mem::take(&mut self.whole), std::mem::take(&mut self.everything));
        let joins = everything.into_iter().map(|party| (party, true, false));
        let whole = whole.into_iter().map(|(party, is_author)| (party, false, is_author));
        for (party, joins, is_author) in joins.chain(whole) {
            let key = rows::uncollected_key(code, &party);
            let lacks = group.get(rows::UNCOLLECTED, &key)?.is_some();
            if !has_node(&group.authorities, &party, group.now) {
                if !lacks {
                    group.put(rows::UNCOLLECTED, key, Vec::new());
                }
            } else if joins || lacks {
                if lacks {
                    group.delete(rows::UNCOLLECTED, key);
                }
                self.everything.push(party);
            } else if !is_author {
                self.this.push(Actor::Party(party));
            }
        }
        Ok(())
    }
}

/// Whether somebody can collect for a party: a node key of it is listed, or a rotation brought one. One
/// that the edition does not list at all may be away for a while only.
pub(crate) fn has_node(authorities: &Authorities, party: &PartyId, now: UnixMillis) -> bool {
    let Some(entry) = authorities.directory.party(party) else { return true };
    !entry.node_keys.is_empty() || !authorities.node_keys(party, now).is_empty()
}

/// Who has a document because it made it: its agent's, where the issuer has not seen it.
fn author(signed: &Signed<Document>) -> Actor {
    let agent = signed.document().agent();
    agent.map_or_else(|| signed.issuer().clone(), |agent| Actor::Party(agent.clone()))
}

/// The word of the haulier on the device that a binding names.
fn credential(group: &Group<'_>, signed: &Signed<Document>) -> Result<Option<u64>, TakeError> {
    let (Document::DriverBinding(d), Actor::Party(haulier)) = (signed.document(), signed.issuer())
    else {
        return Ok(None);
    };
    let drivers = &group.authorities.drivers;
    let Some(enrolment) = drivers.of_haulier(d.driver.id(), haulier, group.now) else {
        return Ok(None);
    };
    Ok(group.id_row(enrolment.credential)?.map(|row| row.number))
}
