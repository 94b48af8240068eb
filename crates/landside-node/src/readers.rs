//! Who is told of a registered document: the readers of its case, each as much as it may know
//! (docs/PROTOCOL.md § 8, *who gets what*).

use std::collections::BTreeMap;

use landside_proto::case::{Case, Share};
use landside_proto::directory::{Actor, Authorities};
use landside_proto::document::{Document, Role};
use landside_proto::envelope::Signed;
use landside_proto::ids::{DocId, PartyId};

use crate::group::Group;
use crate::ledger::Read as _;
use crate::node::Inner;
use crate::registrar::TakeError;

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
    everything: Vec<Actor>,
    /// Readers and devices that get this document.
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
        let (mut everything, mut this) = (Vec::new(), Vec::new());
        for (party, share) in Readers::of(case, authorities).0 {
            let gets = match share {
                Share::Whole => true,
                Share::Part => case.concerns(&party, document),
            };
            let joins = share == Share::Whole && !before.has_whole(&party);
            let reader = Actor::Party(party);
            if reader == *me {
            } else if joins {
                everything.push(reader);
            } else if gets && reader != *signed.issuer() {
                this.push(reader);
            }
        }
        let devices = case.devices(document).into_iter();
        this.extend(devices.filter(|device| device != signed.issuer()));
        let job = match document {
            Document::DriverBinding(d) => Some((Actor::Driver(d.driver.id()), case.job_so_far())),
            _ => None,
        };
        Self { everything, this, job }
    }

    /// Puts everything in the outbox; `numbers` are those of the case's documents, this one the last.
    pub(crate) fn send(
        self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        number: u64,
        numbers: &[u64],
    ) -> Result<(), TakeError> {
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
        for reader in &self.everything {
            for number in numbers {
                let stored = group.document(*number)?.signed;
                if let Some(credential) = self::credential(group, &stored)? {
                    group.send(reader, credential);
                }
                if stored.issuer() != reader {
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
