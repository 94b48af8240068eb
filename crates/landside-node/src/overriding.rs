//! The draft of an override: what is passed over, and who must learn of it, as the case says.

use landside_proto::case::{Case, Light, Need};
use landside_proto::refusal::{Code, Refusal};
use serde_json::{Map, Value, json};

use crate::draft::{DraftError, set};
use crate::node::{Inner, clock};

/// Completes an override: `covers` left out means everything of its light that can be passed over;
/// an entry that is only a code, or has no document, means every need of that code.
pub(crate) fn fill(
    node: &Inner,
    case: &Case,
    fields: &mut Map<String, Value>,
) -> Result<(), DraftError> {
    if let Some((gate_out, left_at)) = case.gate_out {
        let detail = format!("the container left at {left_at}");
        return Err(DraftError::Refused(Refusal::new(Code::CaseClosed, detail).naming(gate_out)));
    }
    let said = fields.get("light").and_then(Value::as_str).unwrap_or_default();
    let Some(light) = Light::ALL.into_iter().find(|light| light.as_str() == said) else {
        return Ok(());
    };
    if light == Light::Customs {
        return refused(Code::NotOverridable, "the customs light");
    }
    set(fields, "builds_on", case.overrides.get(&light).map(|fact| fact.document));
    let covers = match fields.get("covers") {
        Some(Value::Array(said)) => {
            let said = said.clone();
            named(case, light, &said)?
        }
        Some(_) => return Ok(()),
        None => everything(case, light)?,
    };
    let withdraws = covers.is_empty();
    fields.insert("covers".to_owned(), Value::Array(covers));
    if !withdraws {
        let offices = case.offices_to_tell(&node.authorities.borrow().directory);
        set(fields, "told", Some(offices));
    }
    Ok(())
}

fn everything(case: &Case, light: Light) -> Result<Vec<Value>, DraftError> {
    let against = against(case, light);
    let covers: Vec<Value> =
        against.iter().filter(|need| case.may_be_overridden(need)).filter_map(cover).collect();
    match against.first() {
        _ if !covers.is_empty() => Ok(covers),
        Some(need) => refused(Code::NotOverridable, need.detail.clone()),
        None => refused(Code::NothingToOverride, format!("the {} light is green", light.as_str())),
    }
}

/// What a person named, each by its documents. What the case does not know stays as it was said:
/// the registrar has its own words for it.
fn named(case: &Case, light: Light, said: &[Value]) -> Result<Vec<Value>, DraftError> {
    let against = against(case, light);
    let mut covers = Vec::new();
    for entry in said {
        let code = match entry {
            Value::String(code) => code.as_str(),
            Value::Object(cover) if !cover.contains_key("document") => {
                cover.get("code").and_then(Value::as_str).unwrap_or_default()
            }
            whole => {
                covers.push(whole.clone());
                continue;
            }
        };
        let of_code: Vec<&Need> = against.iter().filter(|need| need.code == code).collect();
        match of_code.first() {
            Some(need) if !of_code.iter().any(|need| case.may_be_overridden(need)) => {
                return refused(Code::NotOverridable, need.detail.clone());
            }
            Some(_) => {
                let can = of_code.into_iter().filter(|need| case.may_be_overridden(need));
                covers.extend(can.filter_map(cover));
            }
            None => {
                let detail = format!("no {code} of the {} light stands", light.as_str());
                return refused(Code::NothingToOverride, detail);
            }
        }
    }
    Ok(covers)
}

/// Everything that stands against a light now, passed over already or not: the new override takes
/// the place of the old one.
fn against(case: &Case, light: Light) -> Vec<Need> {
    let now = clock();
    let over = case.overridden(now).into_iter().map(|(need, _)| need);
    let mut needs: Vec<Need> = case.red(now).into_iter().chain(over).collect();
    needs.retain(|need| need.light == Some(light));
    needs
}

fn cover(need: &Need) -> Option<Value> {
    need.because.map(|document| json!({ "code": need.code, "document": document }))
}

fn refused<T>(code: Code, detail: impl Into<String>) -> Result<T, DraftError> {
    Err(DraftError::Refused(Refusal::new(code, detail)))
}
