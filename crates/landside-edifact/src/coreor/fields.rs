//! What a header or a container entry says, gathered segment by segment.

use landside_proto::ids::{BillNo, ImoNo, Reference, UnLocode, UnixMillis};

use super::goods;
use super::{BILLS_MAX, EmptyReturn, NamedParty, Pin, TEXT_MAX, TimeError, Vessel};
use crate::local_time::{self, Span};
use crate::profile::{Profile, QUALIFIERS_MAX};
use crate::syntax::{Code, Notes, Segment, quote};

/// The same for all containers (before the first EQD) and for one (behind its EQD).
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) number: Ranked<Reference>,
    pub(crate) pin: Ranked<Pin>,
    pub(crate) bills: Vec<BillNo>,
    pub(crate) valid_from: Ranked<Result<UnixMillis, TimeError>>,
    pub(crate) valid_until: Ranked<Result<UnixMillis, TimeError>>,
    pub(crate) release_to: Ranked<NamedParty>,
    pub(crate) line: Ranked<NamedParty>,
    pub(crate) port: Ranked<UnLocode>,
    pub(crate) terminal: Ranked<String>,
    pub(crate) empty_return: Ranked<EmptyReturn>,
    pub(crate) empty_return_reference: Ranked<Reference>,
    pub(crate) transport: Ranked<Transport>,
    pub(crate) voyage_reference: Ranked<String>,
    pub(crate) consignee: Ranked<NamedParty>,
    pub(crate) cargo: String,
    pub(crate) value: Ranked<String>,
    /// A release-to party and its number, from an RFF right behind its NAD.
    pub(crate) identity: Ranked<(NamedParty, Reference)>,
    /// The release-to party whose NAD group the reading is in, with its rank.
    in_group_of: Option<(usize, NamedParty)>,
}

/// The main carriage (TDT).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Transport {
    pub(crate) voyage: Option<String>,
    pub(crate) carrier: Option<String>,
    pub(crate) vessel: Vessel,
}

/// The value whose qualifier the profile prefers; among equals the first.
#[derive(Clone, Debug)]
pub(crate) struct Ranked<T>(Option<(usize, T)>);

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone + PartialEq> Ranked<T> {
    /// Takes `value` if nothing better is held. False if an equally good, other value is held.
    pub(crate) fn offer(&mut self, rank: usize, value: T) -> bool {
        match &self.0 {
            Some((held, other)) if *held == rank => *other == value,
            Some((held, _)) if *held < rank => true,
            _ => {
                self.0 = Some((rank, value));
                true
            }
        }
    }

    /// This value, else that of `general`.
    pub(crate) fn or(&self, general: &Self) -> Option<T> {
        self.0.as_ref().or(general.0.as_ref()).map(|(_, value)| value.clone())
    }
}

impl Fields {
    /// Takes what `segment` says, if it is one of RFF, DTM, TDT, NAD, LOC, FTX and MOA.
    pub(crate) fn take(&mut self, segment: &Segment<'_>, profile: &Profile, notes: &mut Notes) {
        if !matches!(segment.tag(), "RFF" | "CTA" | "COM" | "DTM") {
            self.in_group_of = None;
        }
        let agreed = match segment.tag() {
            "RFF" => self.take_reference(segment, profile, notes),
            "DTM" => self.take_time(segment, profile, notes),
            "TDT" => self.take_transport(segment, notes),
            "NAD" => self.take_party(segment, profile),
            "LOC" => self.take_place(segment, profile, notes),
            "MOA" => self.take_value(segment, profile, notes),
            "FTX" => {
                goods::add_description(&mut self.cargo, segment, profile);
                true
            }
            _ => true,
        };
        if !agreed {
            let (tag, qualifier) = (segment.tag(), segment.text(0, 0));
            let text = format!("{tag}+{} occurs with another value", quote(&qualifier));
            notes.add(Code::ValueRepeated, segment.place(), text);
        }
    }

    /// RFF C506: 1153 qualifier, 1154 reference.
    fn take_reference(
        &mut self,
        segment: &Segment<'_>,
        profile: &Profile,
        notes: &mut Notes,
    ) -> bool {
        let (qualifier, text) = (segment.text(0, 0), segment.text(0, 1));
        if text.is_empty() {
            let text = format!("reference {} is empty", quote(&qualifier));
            notes.add(Code::ReferenceEmpty, segment.place(), text);
            return true;
        }
        let form = &profile.release;
        let number = rank(&form.number, &qualifier);
        let empty_return = rank(&form.empty_return_reference, &qualifier);
        let mut agreed = true;
        if number.is_some() || empty_return.is_some() {
            match Reference::parse(&text) {
                Err(error) => {
                    notes.add(Code::ReferenceUnreadable, segment.place(), error.to_string());
                }
                Ok(value) => {
                    agreed &= number.is_none_or(|rank| self.number.offer(rank, value.clone()));
                    agreed &= empty_return
                        .is_none_or(|rank| self.empty_return_reference.offer(rank, value));
                }
            }
        }
        if let Some(rank) = rank(&form.pin, &qualifier) {
            agreed &= self.pin.offer(rank, Pin(free(&text)));
        }
        if qualifier == "VON" {
            agreed &= self.voyage_reference.offer(0, free(&text));
        }
        if rank(&form.bill, &qualifier).is_some() {
            self.take_bill(&text, segment, notes);
        }
        if let (Some(rank), Some((party_rank, party)), Ok(number)) =
            (rank(&form.identity, &qualifier), &self.in_group_of, Reference::parse(&text))
        {
            let rank = party_rank * QUALIFIERS_MAX + rank;
            agreed &= self.identity.offer(rank, (party.clone(), number));
        }
        agreed
    }

    /// MOA C516: 5025 which amount, 5004 amount, 6345 currency.
    fn take_value(&mut self, segment: &Segment<'_>, profile: &Profile, notes: &mut Notes) -> bool {
        let Some(rank) = rank(&profile.release.value, &segment.text(0, 0)) else { return true };
        match goods::amount(&segment.text(0, 1), &segment.text(0, 2)) {
            Some(value) => self.value.offer(rank, value),
            None => {
                let text = "the value of the goods is no amount in a currency";
                notes.add(Code::AmountUnreadable, segment.place(), text);
                true
            }
        }
    }

    fn take_bill(&mut self, text: &str, segment: &Segment<'_>, notes: &mut Notes) {
        match BillNo::parse(text) {
            Err(error) => {
                notes.add(Code::ReferenceUnreadable, segment.place(), error.to_string());
            }
            Ok(bill) if self.bills.contains(&bill) => {}
            Ok(_) if self.bills.len() == BILLS_MAX => {
                let text = format!("more than {BILLS_MAX} bills of lading for a container");
                notes.add(Code::TooManyValues, segment.place(), text);
            }
            Ok(bill) => self.bills.push(bill),
        }
    }

    /// DTM C507: 2005 qualifier, 2380 value, 2379 format.
    fn take_time(&mut self, segment: &Segment<'_>, profile: &Profile, notes: &mut Notes) -> bool {
        let qualifier = segment.text(0, 0);
        let from = rank(&profile.release.valid_from, &qualifier);
        let until = rank(&profile.release.valid_until, &qualifier);
        if from.is_none() && until.is_none() {
            return true;
        }
        let read = time(segment, profile, notes);
        let (start, end) = (read.clone().map(|span| span.start), read.map(|span| span.end));
        from.is_none_or(|rank| self.valid_from.offer(rank, start))
            & until.is_none_or(|rank| self.valid_until.offer(rank, end))
    }

    /// TDT: 8051 stage, 8028 voyage, C040 carrier, C222 vessel. The main carriage is stage 20; the
    /// legs over land (1, 10, 30) say nothing about the vessel.
    fn take_transport(&mut self, segment: &Segment<'_>, notes: &mut Notes) -> bool {
        let rank = match &*segment.text(0, 0) {
            "20" => 0,
            "1" | "10" | "30" => return true,
            _ => 1,
        };
        let transport = Transport {
            voyage: some(&segment.text(1, 0)),
            carrier: some(&segment.text(4, 0)),
            vessel: vessel(segment, notes),
        };
        self.transport.offer(rank, transport)
    }

    /// NAD: 3035 role, C082 code, C058 and C080 names.
    fn take_party(&mut self, segment: &Segment<'_>, profile: &Profile) -> bool {
        let qualifier = segment.text(0, 0);
        let Some(party) = party(segment) else { return true };
        let release_to = rank(&profile.release.release_to, &qualifier);
        let line = rank(&profile.release.line, &qualifier);
        let consignee = rank(&profile.release.consignee, &qualifier);
        self.in_group_of = release_to.map(|rank| (rank, party.clone()));
        release_to.is_none_or(|rank| self.release_to.offer(rank, party.clone()))
            & consignee.is_none_or(|rank| self.consignee.offer(rank, party.clone()))
            & line.is_none_or(|rank| self.line.offer(rank, party))
    }

    /// LOC: 3227 qualifier, C517 place, C519 terminal or depot.
    fn take_place(&mut self, segment: &Segment<'_>, profile: &Profile, notes: &mut Notes) -> bool {
        let qualifier = segment.text(0, 0);
        let place = rank(&profile.release.place, &qualifier);
        let empty = rank(&profile.release.empty_return, &qualifier);
        if place.is_none() && empty.is_none() {
            return true;
        }
        let code = segment.text(1, 0);
        let (port, within) = place_of(segment, place.is_some(), notes);
        let mut agreed = true;
        if let Some(rank) = place {
            agreed &= port.is_none_or(|port| self.port.offer(rank, port));
            agreed &= within.clone().is_none_or(|terminal| self.terminal.offer(rank, terminal));
        }
        if let Some(rank) = empty {
            let depot = within.or_else(|| if port.is_none() { some(&code) } else { None });
            agreed &= self.empty_return.offer(rank, EmptyReturn { port, depot, reference: None });
        }
        agreed
    }
}

/// NAD: 3035 role, C082 code, C058 and C080 names; nothing where it names nobody.
pub(crate) fn party(segment: &Segment<'_>) -> Option<NamedParty> {
    let party = NamedParty {
        qualifier: free(&segment.text(0, 0)),
        code: free(&segment.text(1, 0)),
        agency: free(&segment.text(1, 2)),
        name: some(&segment.text(3, 0)).or_else(|| some(&segment.text(2, 0))),
    };
    (!party.code.is_empty() || party.name.is_some()).then_some(party)
}

/// DTM C507: 2380 value, 2379 format; what is odd about it is noted.
pub(crate) fn time(
    segment: &Segment<'_>,
    profile: &Profile,
    notes: &mut Notes,
) -> Result<Span, TimeError> {
    let read = local_time::read(&segment.text(0, 1), &segment.text(0, 2), &profile.zone);
    match &read {
        Err(error) => notes.add(Code::TimeUnreadable, segment.place(), error.to_string()),
        Ok(span) => {
            if let Some(code) = span.oddity {
                let value = quote(&segment.text(0, 1));
                let text = format!("date {value} was read by its length");
                notes.add(code, segment.place(), text);
            }
        }
    }
    read
}

/// LOC: C517 the port, C519 the place within it. A port that is none is noted where one `must_be`.
pub(crate) fn place_of(
    segment: &Segment<'_>,
    must_be: bool,
    notes: &mut Notes,
) -> (Option<UnLocode>, Option<String>) {
    let code = segment.text(1, 0);
    let port = UnLocode::parse(&code);
    if let (Err(error), true, false) = (&port, must_be, code.is_empty()) {
        notes.add(Code::PlaceUnreadable, segment.place(), error.to_string());
    }
    (port.ok(), some(&segment.text(2, 0)))
}

/// Reads the vessel by the shape of its identification; qualifiers 103 and 146 are mixed up.
fn vessel(segment: &Segment<'_>, notes: &mut Notes) -> Vessel {
    let identification = segment.text(7, 0);
    let plain = identification.strip_prefix("IMO").unwrap_or(&identification).trim();
    let mut vessel = Vessel { name: some(&segment.text(7, 3)), ..Vessel::default() };
    let lettered = plain.bytes().any(|b| b.is_ascii_uppercase());
    let coded = plain.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if plain.len() == 7 && plain.bytes().all(|b| b.is_ascii_digit()) {
        match ImoNo::parse(plain) {
            Ok(imo) => vessel.imo = Some(imo),
            Err(error) => notes.add(Code::VesselId, segment.place(), error.to_string()),
        }
    } else if (3..=7).contains(&plain.len()) && coded && lettered {
        vessel.call_sign = Some(plain.to_owned());
    } else if !plain.is_empty() {
        let text = format!("vessel {} is no imo number and no call sign", quote(plain));
        notes.add(Code::VesselId, segment.place(), text);
    }
    vessel
}

/// The place of `qualifier` in a profile's list.
pub(crate) fn rank(list: &[String], qualifier: &str) -> Option<usize> {
    list.iter().position(|listed| listed == qualifier)
}

/// Free text, cut at [`TEXT_MAX`].
pub(crate) fn free(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

/// Free text, or nothing.
pub(crate) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| free(text))
}
