//! Times as programs write them. Documents have one spelling of a time; what generated clients send is any
//! of RFC 3339: other offsets, more or fewer digits of a second. A draft is not signed yet, so it is taken.

use landside_proto::ids::UnixMillis;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Members of drafts that are times, wherever they stand.
const MEMBERS: [&str; 9] = [
    "answer_by",
    "at",
    "discharged_at",
    "from",
    "left_at",
    "since",
    "until",
    "valid_from",
    "valid_until",
];

/// Levels of a draft that are looked through: a release-order has two.
const LEVELS_MAX: u32 = 4;

/// Writes every time of a draft as documents have it. What is no time stays as it is: the node has its own
/// words for that.
pub(super) fn spelled(draft: &mut Value) {
    within(draft, LEVELS_MAX);
}

fn within(value: &mut Value, levels: u32) {
    let (Value::Object(members), Some(levels)) = (value, levels.checked_sub(1)) else { return };
    for (name, member) in members {
        match member {
            Value::String(text) if MEMBERS.contains(&name.as_str()) => {
                if let Some(moment) = moment(text) {
                    *text = moment.to_string();
                }
            }
            member => within(member, levels),
        }
    }
}

fn moment(text: &str) -> Option<UnixMillis> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
    u64::try_from(millis).ok().map(UnixMillis::from_millis)
}

#[cfg(test)]
pub(super) fn members() -> std::collections::BTreeSet<&'static str> {
    MEMBERS.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_in_any_spelling_of_rfc_3339_is_that_of_documents() {
        for text in [
            "2026-11-24T08:30:00.123Z",
            "2026-11-24T08:30:00.123456789Z",
            "2026-11-24t08:30:00.123z",
            "2026-11-24T09:30:00.123+01:00",
            "2026-11-24T08:30:00.123+00:00",
        ] {
            let mut draft = json!({ "terms": { "valid_until": text }, "window": { "from": text } });
            spelled(&mut draft);
            let expected = json!("2026-11-24T08:30:00.123Z");
            assert_eq!(
                (&draft["terms"]["valid_until"], &draft["window"]["from"]),
                (&expected, &expected)
            );
        }
    }

    #[test]
    fn what_is_no_time_or_no_member_that_is_one_stays_as_it_is() {
        for same in [
            json!({ "valid_until": "tomorrow" }),
            json!({ "valid_until": "2026-11-24" }),
            json!({ "valid_until": "1969-12-31T23:59:59Z" }),
            json!({ "valid_until": 7 }),
            json!({ "reason": "2026-11-24T08:30:00Z" }),
            json!([{ "valid_until": "2026-11-24T08:30:00Z" }]),
            json!({ "a": { "b": { "c": { "d": { "from": "2026-11-24T08:30:00Z" } } } } }),
        ] {
            let mut draft = same.clone();
            spelled(&mut draft);
            assert_eq!(draft, same);
        }
    }
}
