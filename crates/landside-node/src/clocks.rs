//! Clocks of free time: what is shown of them, and what a draft of their documents leaves out.

use landside_edifact::local_time;
use landside_proto::case::{Case, CaseFigures, Clock, Moment, Suspension, TierSum, Waiver};
use landside_proto::document::{
    Charge, ClockEvent, ClockEventType, ClockTerms, Kind, OffsetChange, Role,
};
use landside_proto::ids::{BillNo, Currency, DocId, UnixMillis};
use serde_json::{Map, Value, json};

use crate::draft::set;
use crate::node::Inner;
use crate::view::{minute, put};

/// Minutes of suspension from which on a day does not count, where a draft says nothing: half a shift.
const SUSPENDED_FROM_MINUTES: u16 = 240;

/// The clocks of a case at a time, each with what it is counted from (docs/OPERATING.md § JSON). Who
/// held the box meanwhile is told where its figures are known.
#[must_use]
pub fn view(case: &Case, figures: Option<&CaseFigures>, now: UnixMillis) -> Vec<Value> {
    let clocks = case.clocks(now);
    clocks.iter().map(|clock| of(clock, figures, now)).collect()
}

fn of(clock: &Clock, figures: Option<&CaseFigures>, now: UnixMillis) -> Value {
    let mut view = json!({
        "charge": clock.charge, "charged_by": clock.charged_by, "terms": clock.terms,
        "state": clock.state.as_str(), "free_days": clock.free_days,
        "waived": clock.waived.iter().map(waiver).collect::<Vec<_>>(),
        "suspensions": clock.suspensions.iter().map(suspension).collect::<Vec<_>>(),
        "days": {
            "free": clock.days_free, "suspended": clock.days_suspended,
            "off": clock.days_off, "charged": clock.days_charged,
        },
        "capped": clock.capped,
    });
    put(&mut view, "bill", clock.bill.as_ref());
    put(&mut view, "started", clock.started.map(moment));
    put(&mut view, "stopped", clock.stopped.map(moment));
    put(&mut view, "free_until", clock.free_until);
    if let Some((minor, currency)) = clock.amount {
        let tiers = clock.tiers.iter().map(|sum| tier(sum, currency)).collect::<Vec<_>>();
        put(&mut view, "tiers", Some(tiers));
        put(&mut view, "currency", Some(currency));
        put(&mut view, "amount", Some(currency.shown(minor)));
        put(&mut view, "amount_minor", Some(minor));
    }
    let held = figures.map(|figures| clock.held(figures, now)).unwrap_or_default();
    let held: Vec<Value> = held
        .iter()
        .map(|held| json!({ "owed_by": held.owed_by, "held_s": held.span.as_secs() }))
        .collect();
    put(&mut view, "held", Some(held).filter(|held| !held.is_empty()));
    view
}

fn moment(moment: Moment) -> Value {
    json!({ "at": moment.at, "document": moment.document })
}

fn waiver(waiver: &Waiver) -> Value {
    json!({ "document": waiver.document, "days": waiver.days })
}

fn suspension(rest: &Suspension) -> Value {
    let mut view = json!({ "from": rest.from, "by": rest.by, "document": rest.document });
    put(&mut view, "until", rest.until);
    view
}

fn tier(tier: &TierSum, currency: Currency) -> Value {
    json!({
        "from_day": tier.from_day, "days": tier.days,
        "rate": currency.shown(tier.rate), "amount": currency.shown(tier.amount),
    })
}

/// What terms say, in a few words.
pub(crate) fn terms_words(d: &ClockTerms) -> String {
    let charge = d.charge.as_str();
    let bill = d.bill.as_ref().map(|bill| format!(" of B/L {bill}")).unwrap_or_default();
    let rates: Vec<String> = d.tiers.iter().map(|t| rate(d, t.from_day, t.rate)).collect();
    let rates = if rates.is_empty() { "no rates".to_owned() } else { rates.join(", ") };
    format!("{charge}{bill}: {} days free, then {rates}", d.free_days)
}

fn rate(d: &ClockTerms, from_day: u16, rate: u64) -> String {
    let Some(currency) = d.currency else { return String::new() };
    format!("{} {currency} a day from day {from_day}", currency.shown(rate))
}

/// What an event says, in a few words.
pub(crate) fn event_words(d: &ClockEvent) -> String {
    let said = match d.event {
        ClockEventType::Suspended => {
            let charges: Vec<&str> = d.charges.iter().map(|charge| charge.as_str()).collect();
            let window = d.window.map(|w| format!(" {} to {}", minute(w.from), minute(w.until)));
            format!("suspends {}{}", charges.join(", "), window.unwrap_or_default())
        }
        ClockEventType::EmptyReturned => {
            format!("the empty came back {}", d.at.map(minute).unwrap_or_default())
        }
        ClockEventType::Waived => format!("gives {} more free days", d.days.unwrap_or_default()),
    };
    match &d.reason {
        Some(reason) => format!("{said}: {reason}"),
        None => said,
    }
}

/// Completes a draft of terms or of an event from its case.
pub(crate) fn fill(
    node: &Inner,
    kind: Kind,
    case: &Case,
    fields: &mut Map<String, Value>,
    now: UnixMillis,
) {
    match kind {
        Kind::ClockTerms => fill_terms(node, case, fields, now),
        Kind::ClockEvent => fill_event(node, case, fields, now),
        _ => {}
    }
}

/// Terms that follow others keep what is not said anew; the first ones take what is usual, and the
/// port's time from the zone of this node.
fn fill_terms(node: &Inner, case: &Case, fields: &mut Map<String, Value>, now: UnixMillis) {
    let Some(charge) = charge_of(fields.get("charge")) else { return };
    if charge != Charge::Storage && case.releases.len() == 1 {
        set(fields, "bill", case.releases.keys().next());
    }
    let bill = fields.get("bill").and_then(Value::as_str).and_then(|b| BillNo::parse(b).ok());
    if let Some((head, before)) = case.clock_terms(charge, bill.as_ref()) {
        set(fields, "builds_on", Some(head));
        if let Ok(Value::Object(before)) = serde_json::to_value(before) {
            for (name, value) in before {
                set(fields, &name, Some(value));
            }
        }
        return;
    }
    let starts_on = if charge == Charge::Detention { "gate-out" } else { "discharged" };
    set(fields, "starts_on", Some(starts_on));
    set(fields, "first_day", Some("day-after"));
    set(fields, "free_count", Some("calendar"));
    set(fields, "charged_count", Some("calendar"));
    set(fields, "suspended_by", Some([Role::Terminal, Role::Line]));
    set(fields, "suspended_from_minutes", Some(SUSPENDED_FROM_MINUTES));
    if fields.contains_key("utc_offset") {
        return;
    }
    let ashore = case.arrival.as_ref().and_then(|(_, arrival)| arrival.discharged_at);
    let from = ashore.map_or(now, |ashore| ashore.min(now));
    let (offset, changes) = local_time::offsets(&node.console.zone, from).unwrap_or_default();
    let changes: Vec<OffsetChange> =
        changes.into_iter().map(|(from, minutes)| OffsetChange { from, minutes }).collect();
    set(fields, "utc_offset", Some(offset));
    set(fields, "offset_changes", Some(changes).filter(|changes| !changes.is_empty()));
}

fn fill_event(node: &Inner, case: &Case, fields: &mut Map<String, Value>, now: UnixMillis) {
    let gate_out = case.gate_out.map(|(id, _)| id);
    match fields.get("event").and_then(Value::as_str) {
        Some("empty-returned") => {
            set(fields, "builds_on", gate_out);
            set(fields, "at", Some(now));
        }
        Some("waived") => {
            // A person names the charge; the document names its terms.
            let named = match fields.remove("charges") {
                Some(Value::Array(charges)) => charge_of(charges.first()),
                _ => None,
            };
            set(fields, "builds_on", own_terms(node, case, named, now));
        }
        _ => set(fields, "builds_on", gate_out),
    }
}

/// The terms by which this party charges, if they are only one.
fn own_terms(node: &Inner, case: &Case, charge: Option<Charge>, now: UnixMillis) -> Option<DocId> {
    let clocks = case.clocks(now);
    let mut own = clocks.iter().filter(|clock| {
        node.me.party() == Some(&clock.charged_by) && charge.is_none_or(|c| c == clock.charge)
    });
    match (own.next(), own.next()) {
        (Some(only), None) => Some(only.terms),
        _ => None,
    }
}

fn charge_of(said: Option<&Value>) -> Option<Charge> {
    let word = said.and_then(Value::as_str)?;
    Charge::ALL.into_iter().find(|charge| charge.as_str() == word)
}
