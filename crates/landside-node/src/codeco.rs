//! CODECO out: one file for each gate-out, queued in the same commit as the document.

use landside_edifact::codeco::{GateMove, Haulier, Outgoing, gate_out};
use landside_edifact::coreor::{Direction, Load, Seal};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::Address;
use landside_proto::case::Case;
use landside_proto::document::{Document, InterchangeReceipt};
use landside_proto::envelope::Signed;
use landside_proto::ids::{PartyId, UnLocode};

use crate::channels::{Channel, Told};
use crate::group::Group;
use crate::ledger::Read as _;
use crate::registrar::Registrar;
use crate::rows::{self, OutFileRow};
use crate::store::{StoreError, VALUE_MAX};

/// Queues the file for a gate-out, if this terminal writes any. A message that cannot be written is
/// logged and does not stop the truck.
pub(crate) fn queue(
    group: &mut Group<'_>,
    registrar: &Registrar,
    case: &Case,
    signed: &Signed<Document>,
) -> Result<(), StoreError> {
    // A terminal with channels tells whom it names there.
    let told = |channel: &Channel| channel.config.write.contains(&Told::Codeco);
    if registrar.channels.iter().any(|channel| told(channel)) {
        return Ok(());
    }
    let Some(port) = registrar.config.edifact.port else { return Ok(()) };
    let Some(gate_move) = gate_move(group, registrar, port, case, signed)? else { return Ok(()) };
    let Some((line, ..)) = parties(case) else { return Ok(()) };
    // 14 characters, never twice from one terminal: the log index is never re-used (UNB 0020).
    let control_ref = format!("{:014}", group.counters.tree.size());
    let address = |code: String| Address { id: code, ..Address::default() };
    let outgoing = Outgoing {
        sender: address(gate_move.terminal.clone()),
        recipient: address(code(line)),
        control_ref: control_ref.clone(),
        test: false,
    };
    let standard = || Profile::standard_in(&registrar.config.console.zone).ok();
    let profile = registrar.profiles.get(line).cloned().or_else(standard);
    let profile = profile.unwrap_or_else(Profile::standard);
    match gate_out(&gate_move, &outgoing, &profile, group.now) {
        Ok(bytes) if bytes.len() < VALUE_MAX / 2 => {
            let name = format!("codeco-{}-{control_ref}.edi", case.visit.container);
            let at = group.counters.out_file;
            group.counters.out_file = at.saturating_add(1);
            let row = rows::to_row(&OutFileRow { name, bytes })?;
            group.put(rows::OUT_FILES, at.to_be_bytes(), row);
        }
        Ok(_) => tracing::error!(container = %case.visit.container, "CODECO is too long to queue"),
        Err(error) => {
            tracing::error!(container = %case.visit.container, %error, "CODECO cannot be written");
        }
    }
    Ok(())
}

/// What a gate-out says to partners; nothing of another document, and nothing where the case does not
/// know here who drove.
pub(crate) fn gate_move(
    group: &Group<'_>,
    registrar: &Registrar,
    port: UnLocode,
    case: &Case,
    signed: &Signed<Document>,
) -> Result<Option<GateMove>, StoreError> {
    let Document::GateOut(gone) = signed.document() else { return Ok(None) };
    let Some((line, binding, hop)) = parties(case) else { return Ok(None) };
    let receipt = match group.id_row(gone.builds_on)? {
        Some(row) => Some(group.document(row.number)?.signed),
        None => None,
    };
    let eir = receipt.as_ref().and_then(|receipt| match receipt.document() {
        Document::InterchangeReceipt(eir) => Some(eir),
        _ => None,
    });
    let release = case.releases.values().find(|release| release.stands());
    let size_type = case.releases.values().find_map(|release| release.size_type);
    Ok(Some(GateMove {
        container: case.visit.container,
        size_type,
        direction: Direction::Import,
        load: Load::Full,
        left_at: gone.left_at,
        terminal: registrar.edifact_code(&case.visit.terminal),
        port,
        line: code(line),
        haulier: Haulier { code: code(hop), name: hop.to_string() },
        plate: binding.plate.clone(),
        seals: eir.map(seals).unwrap_or_default(),
        bills: case.releases.keys().cloned().collect(),
        number: release.and_then(|release| release.terms.reference.clone()),
        damage: eir.map(|e| e.damage.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        weight_kg: None,
    }))
}

/// The line, driver and truck, and haulier of a case that has gone through the gate.
fn parties(case: &Case) -> Option<(&PartyId, &landside_proto::case::Binding, &PartyId)> {
    let line = &case.releases.values().next()?.line;
    Some((line, case.binding.as_ref()?, &case.holder()?.holder))
}

fn seals(eir: &InterchangeReceipt) -> Vec<Seal> {
    eir.seals.iter().map(|seal| Seal { number: seal.to_string(), party: None }).collect()
}

/// A party as partners' systems name it, where no profile says otherwise.
pub(crate) fn code(party: &PartyId) -> String {
    party.as_str().to_ascii_uppercase()
}
