//! `landside gate receipt`: seal and condition at hand-over (interchange-receipt, EIR).

use std::path::Path;

use clap::Args;
use landside_node::control::Request;
use landside_proto::directory::Actor;
use landside_proto::document::Kind;
use landside_proto::ids::{ContainerNo, Reference};
use serde_json::{Map, Value, json};

use crate::exit::{Exit, Failed};
use crate::fields::{self, Fields};
use crate::node::{Node, Wait};
use crate::output::Output;

/// What is seen at hand-over.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside gate receipt MSKU1234565 --seal ML-CN1234567\n  \
    landside gate receipt MSKU1234565 --seal ML-CN1234567 --damage DT --remark \"dent, left side\"\n\n\
    At a driver's home it signs what the terminal wrote; --seal and --damage are only said there\n\
    to differ from it.")]
pub(crate) struct ReceiptArgs {
    /// Container number.
    #[arg(value_parser = fields::container)]
    container: ContainerNo,
    /// Seal number.
    #[arg(long = "seal", value_name = "NUMBER", value_parser = Reference::parse)]
    seals: Vec<Reference>,
    /// Damage code; with one the container counts as damaged.
    #[arg(long, value_name = "CODE", value_parser = Reference::parse)]
    damage: Vec<Reference>,
    /// What else is to be said.
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    #[command(flatten)]
    wait: Wait,
}

/// Signs the receipt, as terminal or as driver.
///
/// # Errors
/// At a driver's home: no receipt of the terminal waits. As [`Node::ask`].
pub(crate) async fn run(args: ReceiptArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let mut said = match node.home().actor()? {
        Actor::Party(_) => sound(args.container),
        Actor::Driver(_) => repeated(&node, args.container).await?,
    };
    overlay(&mut said, &args);
    node.issue(Kind::InterchangeReceipt, said, args.wait, out).await
}

fn sound(container: ContainerNo) -> Fields {
    let mut said = fields::of_container(container);
    fields::put(&mut said, "condition", "sound");
    said
}

/// What the terminal's receipt says, for the driver to sign on top of it.
async fn repeated(node: &Node, container: ContainerNo) -> Result<Fields, Failed> {
    let jobs = node.gather(&Request::Collect { wait_ms: 0 }).await?;
    let Some(id) = receipt_to_sign(&jobs, container) else {
        return Err(Failed::usage(
            "receipt-missing",
            format!("no receipt of the terminal for {container} waits for the driver"),
            "have the terminal sign first: landside gate receipt, at its home",
        ));
    };
    let found = node.gather(&Request::Document { id: id.clone() }).await?;
    let payload = found.first().and_then(|document| document.get("payload")?.as_object());
    let Some(payload) = payload else {
        return Err(Failed::broken("receipt-missing", format!("document {id} is not here")));
    };
    let mut said = payload.clone();
    fields::put(&mut said, "builds_on", id);
    Ok(said)
}

fn receipt_to_sign(jobs: &[Map<String, Value>], container: ContainerNo) -> Option<String> {
    let job = jobs.iter().find(|job| {
        job.get("container").and_then(Value::as_str) == Some(container.as_str())
            && job.get("receipt_to_sign").is_some_and(Value::is_string)
    })?;
    job.get("receipt_to_sign")?.as_str().map(ToOwned::to_owned)
}

/// Puts what was given on the command line in its place.
fn overlay(said: &mut Fields, args: &ReceiptArgs) {
    if !args.seals.is_empty() {
        fields::put_value(said, "seals", json!(args.seals));
    }
    if !args.damage.is_empty() {
        fields::put_value(said, "damage", json!(args.damage));
        fields::put(said, "condition", "damaged");
    }
    fields::put_some(said, "remark", args.remark.as_ref());
}

#[cfg(test)]
mod tests {
    use landside_proto::document::Document;

    use super::*;

    fn container() -> ContainerNo {
        ContainerNo::parse("MSKU1234565").unwrap()
    }

    fn args(seals: &[&str], damage: &[&str]) -> ReceiptArgs {
        let read = |texts: &[&str]| texts.iter().map(|t| Reference::parse(t).unwrap()).collect();
        ReceiptArgs {
            container: container(),
            seals: read(seals),
            damage: read(damage),
            remark: None,
            wait: Wait { wait: std::time::Duration::ZERO },
        }
    }

    fn checks(mut said: Fields) -> Document {
        fields::put(&mut said, "visit.terminal", "terminal-west");
        fields::put(&mut said, "builds_on", "ab".repeat(32));
        let said = Value::Object(said);
        Document::deserialize(Kind::InterchangeReceipt, said).unwrap().checked().unwrap()
    }

    #[test]
    fn a_damage_code_makes_the_container_damaged() {
        let mut said = sound(container());
        overlay(&mut said, &args(&["S1", "S2"], &["DT"]));
        let Document::InterchangeReceipt(receipt) = checks(said) else { panic!("a receipt") };
        assert_eq!(receipt.condition, landside_proto::document::Condition::Damaged);
        assert_eq!(receipt.seals.len(), 2);
    }

    #[test]
    fn without_arguments_what_was_said_before_stays() {
        let mut said = sound(container());
        fields::put_value(&mut said, "seals", json!(["S9"]));
        overlay(&mut said, &args(&[], &[]));
        let Document::InterchangeReceipt(receipt) = checks(said) else { panic!("a receipt") };
        assert_eq!(receipt.seals, [Reference::parse("S9").unwrap()]);
    }

    #[test]
    fn the_receipt_to_sign_is_that_of_the_container() {
        let jobs: Vec<_> = [
            json!({"container": "MSKU1234565", "state": "pass"}),
            json!({"container": "CSQU3054383", "receipt_to_sign": "aa"}),
            json!({"container": "MSKU1234565", "receipt_to_sign": "bb"}),
        ]
        .into_iter()
        .filter_map(|job| job.as_object().cloned())
        .collect();
        assert_eq!(receipt_to_sign(&jobs, container()).as_deref(), Some("bb"));
        assert_eq!(receipt_to_sign(&jobs[..2], container()), None);
    }
}
