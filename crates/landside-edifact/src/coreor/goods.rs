//! What a message says of the goods: descriptions, worth, and which container they are in.

use landside_proto::ids::ContainerNo;

use super::TEXT_MAX;
use super::fields::free;
use crate::profile::Profile;
use crate::syntax::Segment;

/// Most containers kept for one goods item; the standard allows 999 of a message.
const CONTAINERS_MAX: usize = 999;

/// One goods item (GID), as far as it was read.
#[derive(Default)]
pub(super) struct Goods {
    cargo: String,
    containers: Vec<ContainerNo>,
}

impl Goods {
    /// Takes a description (FTX) or the container that the goods are in (SGP C237 8260).
    pub(super) fn take(&mut self, segment: &Segment<'_>, profile: &Profile) {
        match segment.tag() {
            "FTX" => add_description(&mut self.cargo, segment, profile),
            "SGP" => {
                let number = ContainerNo::normalise(&segment.text(0, 0));
                if self.containers.len() < CONTAINERS_MAX {
                    self.containers.extend(number);
                }
            }
            _ => {}
        }
    }
}

/// What is in a container by the goods items of its message: those that name it, or all of them
/// where no item names any.
pub(super) fn cargo_of(goods: &[Goods], container: ContainerNo) -> Option<String> {
    let unsplit = goods.iter().all(|item| item.containers.is_empty());
    let mut cargo = String::new();
    for item in goods.iter().filter(|g| unsplit || g.containers.contains(&container)) {
        join(&mut cargo, &item.cargo);
    }
    (!cargo.is_empty()).then_some(cargo)
}

/// FTX: 4451 subject, C108 4440 text in up to five parts.
pub(super) fn add_description(cargo: &mut String, segment: &Segment<'_>, profile: &Profile) {
    if !profile.release.cargo.iter().any(|subject| *subject == segment.text(0, 0)) {
        return;
    }
    let parts: Vec<_> = (0..5).map(|part| segment.text(3, part)).collect();
    let parts: Vec<_> = parts.iter().map(|part| part.trim()).filter(|p| !p.is_empty()).collect();
    join(cargo, &parts.join(" "));
}

fn join(cargo: &mut String, more: &str) {
    if more.is_empty() || cargo.chars().count() >= TEXT_MAX {
        return;
    }
    let separator = if cargo.is_empty() { "" } else { "; " };
    *cargo = free(&format!("{cargo}{separator}{more}"));
}

/// MOA C516: 5004 amount with either decimal mark, 6345 currency; in the one spelling of a sealed
/// value. `None` for what is no amount in a currency.
pub(super) fn amount(amount: &str, currency: &str) -> Option<String> {
    let (units, decimals) = amount.split_once(['.', ',']).unwrap_or((amount, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if units.len() + decimals.len() == 0 || !digits(units) || !digits(decimals) {
        return None;
    }
    let units = units.trim_start_matches('0');
    let units = if units.is_empty() { "0" } else { units };
    let point = if decimals.is_empty() { "" } else { "." };
    let currency = currency.to_ascii_uppercase();
    let text = format!("{units}{point}{decimals} {currency}");
    let field = landside_proto::sealed::SealedField::Value;
    landside_proto::sealed::SealedValue::parse(field, &text).ok().map(|v| v.reveal().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_brought_into_one_spelling() {
        assert_eq!(amount("12500,50", "EUR").as_deref(), Some("12500.50 EUR"));
        assert_eq!(amount("0012500.", "usd").as_deref(), Some("12500 USD"));
        assert_eq!(amount(",5", "EUR").as_deref(), Some("0.5 EUR"));
    }

    #[test]
    fn what_is_no_amount_in_a_currency_is_none() {
        for (number, currency) in [
            ("", "EUR"),
            (".", "EUR"),
            ("-1", "EUR"),
            ("1.2.3", "EUR"),
            ("1e3", "EUR"),
            ("12500", ""),
            ("12500", "EURO"),
            ("12500", "E1R"),
            ("1234567890123456", "EUR"),
            ("1.23456", "EUR"),
        ] {
            assert_eq!(amount(number, currency), None, "{number} {currency}");
        }
    }
}
