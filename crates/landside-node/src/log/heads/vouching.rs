//! The rotations that the keys under a head rest on: whoever shows the head to others needs them
//! (docs/PROTOCOL.md § 15).

use landside_proto::checkpoint::{Algorithm, KeyName, SignedCheckpoint};
use landside_proto::directory::{Authorities, Rotation};
use landside_proto::ids::PartyId;
use landside_proto::key::KeyId;
use landside_proto::session::frame::{VOUCHED_BYTES_MAX, VOUCHED_MAX, Vouched};

use super::Heads;
use crate::ledger::Read;
use crate::rows;
use crate::store::StoreError;

impl Heads {
    /// The rotations in this log on which the keys rest that signed the head of a size, as far as that
    /// covers them; by log index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn vouching(&self, size: u64) -> Result<Vec<Vouched>, StoreError> {
        let Some(head) = self.shown_at(size)? else { return Ok(Vec::new()) };
        let authorities = self.authorities.borrow().clone();
        let store = self.store.as_ref();
        let mut vouched = Vec::new();
        for rotation in self.resting(&authorities, &head).into_iter().filter(|r| r.log < size) {
            let Some(row) = Read::id_row(store, rotation.document)? else { continue };
            let envelope = Read::document(store, row.number)?.signed.bytes().to_vec();
            if envelope.len() <= VOUCHED_BYTES_MAX {
                let at = rotation.at.as_millis();
                vouched.push(Vouched { log: rotation.log, at, envelope });
            }
        }
        vouched.sort_by_key(|said| said.log);
        vouched.dedup();
        vouched.truncate(VOUCHED_MAX);
        Ok(vouched)
    }

    /// Whether a head covers every rotation that its signers' keys rest on: else nobody can show, by this head
    /// alone, whose keys they are.
    pub(super) fn shows_its_signers(&self, head: &SignedCheckpoint) -> bool {
        let authorities = self.authorities.borrow();
        let size = head.checkpoint().size;
        self.resting(&authorities, head).iter().all(|rotation| rotation.log < size)
    }

    /// The least size of a head that this node signs now and that covers the rotations of its own key.
    pub(super) fn own_size(&self, size: u64) -> u64 {
        let authorities = self.authorities.borrow();
        let Some(me) = self.registrar.party() else { return size };
        let key = self.registrar.signer.public_key().id();
        let own = leading_to(&authorities, me, me, key);
        own.iter()
            .map(|rotation| rotation.log.saturating_add(1))
            .max()
            .map_or(size, |own| size.max(own))
    }

    /// The head that this node shows of a size: the final one, or one without cosignatures.
    fn shown_at(&self, size: u64) -> Result<Option<SignedCheckpoint>, StoreError> {
        let last = self.last_final().map_or(0, |last| last.head.checkpoint().size);
        let row = self.store.get(rows::HEADS, &size.to_be_bytes())?.filter(|_| size <= last);
        let Some(party) = self.registrar.party() else { return Ok(None) };
        let opened =
            row.and_then(|note| super::open_ever(&self.authorities.borrow(), party, &note).ok());
        opened.map_or_else(|| self.of_size(size), |head| Ok(Some(head)))
    }

    /// The rotations that lead to the keys of each line under a head.
    fn resting<'a>(
        &self,
        authorities: &'a Authorities,
        head: &SignedCheckpoint,
    ) -> Vec<&'a Rotation> {
        let Some(me) = self.registrar.party() else { return Vec::new() };
        let mut all = Vec::new();
        for line in head.lines() {
            let Ok(name) = KeyName::parse(line.name()) else { continue };
            let party = name.party();
            let algorithm = if party == me { Algorithm::Log } else { Algorithm::Cosignature };
            let keys =
                authorities.rotations.of(me, party).iter().filter_map(|r| r.said.signing_key);
            let key =
                keys.into_iter().find(|key| algorithm.key_id(name.as_str(), key) == line.key_id());
            if let Some(key) = key {
                all.extend(leading_to(authorities, me, party, key.id()));
            }
        }
        all
    }
}

fn leading_to<'a>(
    authorities: &'a Authorities,
    terminal: &PartyId,
    party: &PartyId,
    key: KeyId,
) -> Vec<&'a Rotation> {
    let chain = authorities.rotations.leading_to(terminal, party, key);
    let of_party = authorities.rotations.of(terminal, party).iter();
    of_party.filter(|rotation| chain.contains(&rotation.document)).collect()
}
