//! What a driver's phone brings to its haulier's node: the driver's own signature, and photographs.

use landside_proto::directory::Actor;
use landside_proto::document::{Document, InterchangeReceipt, Kind};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::{KeyId, PublicKey};
use landside_proto::refusal::{Code, Refusal};
use tokio::sync::oneshot;

use super::saying::Issued;
use super::{GroupError, Reply, Writer, refused};
use crate::group::Group;
use crate::ledger::Read as _;
use crate::registrar::TakeError;
use crate::rows;

/// What a driver's phone brings.
pub(crate) enum OfDriver {
    /// A document of the driver, as received.
    HandIn { driver: PublicKey, envelope: Vec<u8>, reply: oneshot::Sender<Result<Issued, Refusal>> },
    /// A photograph whose bytes are all kept.
    Photo { device: KeyId, hash: Hash32, length: u64, reply: oneshot::Sender<Result<(), Refusal>> },
}

impl Writer {
    pub(super) fn of_driver(
        &mut self,
        group: &mut Group<'_>,
        brought: OfDriver,
    ) -> Result<Reply, GroupError> {
        match brought {
            OfDriver::HandIn { driver, envelope, reply } => {
                let taken = self.hand_in(group, &driver, &envelope);
                Ok(Reply::HandedIn(reply, refused(taken)?))
            }
            OfDriver::Photo { device, hash, length, reply } => {
                let length = length.to_be_bytes().to_vec();
                group.put(rows::PHOTOS, hash.as_bytes().to_vec(), length);
                group.put(rows::PHOTOS_WAITING, rows::photo_key(device, hash), Vec::new());
                Ok(Reply::Kept(reply))
            }
        }
    }

    /// Whether this node hands a document in for registration: its own, and those of its drivers.
    pub(super) fn hands_in(&self, signed: &Signed<Document>) -> bool {
        *signed.issuer() == self.registrar.me || signed.issuer().party().is_none()
    }

    /// Keeps a driver's document and puts it on its way to the terminal. The terminal judges it; here is
    /// asked what keeps a phone from filling the disk: one signature, of the driver who is bound, under
    /// the receipt that waits for one.
    fn hand_in(
        &mut self,
        group: &mut Group<'_>,
        driver: &PublicKey,
        bytes: &[u8],
    ) -> Result<Issued, TakeError> {
        let signed = self.opened(group, driver, bytes, group.now)?;
        let id = signed.id();
        if let Some(row) = group.id_row(id)? {
            let position = row.position.map(|p| p.position()).transpose()?;
            return Ok(Issued { id, position });
        }
        let Document::InterchangeReceipt(receipt) = signed.document() else {
            return Err(
                Refusal::new(Code::NotDeliverable, signed.document().kind().as_str()).into()
            );
        };
        self.awaits(group, driver, receipt)?;
        let number = group.keep(&signed, None)?;
        for photo in &receipt.photos {
            group.delete(rows::PHOTOS_WAITING, rows::photo_key(driver.id(), *photo));
        }
        group.send(&Actor::Party(receipt.visit.terminal.clone()), number);
        Ok(Issued { id, position: None })
    }

    /// A document of this driver, for whom this haulier vouches at this moment.
    fn opened(
        &self,
        group: &Group<'_>,
        driver: &PublicKey,
        bytes: &[u8],
        now: UnixMillis,
    ) -> Result<Signed<Document>, Refusal> {
        let me = self.registrar.party();
        if !me.is_some_and(|me| group.authorities.vouches(me, driver, now)) {
            let detail = format!("this haulier does not vouch for key {}", driver.id());
            return Err(Refusal::new(Code::KeyUnknown, detail));
        }
        let signed = envelope::open(bytes, &group.authorities, now)?;
        if *signed.issuer() != Actor::Driver(driver.id()) {
            let detail =
                format!("signed by {}, brought by driver {}", signed.issuer(), driver.id());
            return Err(Refusal::new(Code::NotYourDocument, detail));
        }
        if signed.document().kind() != Kind::InterchangeReceipt {
            return Err(Refusal::new(Code::NotDeliverable, signed.document().kind().as_str()));
        }
        Ok(signed)
    }

    fn awaits(
        &self,
        group: &mut Group<'_>,
        driver: &PublicKey,
        receipt: &InterchangeReceipt,
    ) -> Result<(), TakeError> {
        let unknown = || Refusal::new(Code::CaseUnknown, receipt.visit.container.to_string());
        let code = group.newest_case(&receipt.visit)?.ok_or_else(unknown)?;
        let case = &group.case(code)?.ok_or_else(unknown)?.case;
        if case.binding.as_ref().is_none_or(|binding| binding.driver != *driver) {
            let detail = format!("driver {} is not bound to this case", driver.id());
            return Err(Refusal::new(Code::NotBoundDriver, detail).into());
        }
        let moved = |what: &str| Refusal::new(Code::HeadMoved, what);
        match (case.receipt, case.countersigned) {
            (_, Some(signed)) => {
                Err(moved("the driver has signed this receipt").naming(signed).into())
            }
            (Some(receipt_id), None) if receipt_id == receipt.builds_on => Ok(()),
            (Some(newest), None) => Err(moved("another receipt stands").naming(newest).into()),
            (None, None) => Err(moved("no receipt of the terminal stands").into()),
        }
    }
}
