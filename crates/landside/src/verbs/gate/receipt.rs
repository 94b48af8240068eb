//! `landside gate receipt`: seal and condition at hand-over (interchange-receipt, EIR).

use std::path::Path;

use clap::Args;
use landside_proto::directory::Actor;
use landside_proto::document::Kind;
use landside_proto::ids::Reference;
use serde_json::json;

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
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
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
/// As [`Node::ask`].
pub(crate) async fn run(args: ReceiptArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let said = said(&args, &node.home().actor()?);
    node.issue(Kind::InterchangeReceipt, said, args.wait, out).await
}

/// What the command line says. At a driver's home the node repeats the terminal's receipt for what
/// is left out; at a terminal a container without damage is sound.
fn said(args: &ReceiptArgs, actor: &Actor) -> Fields {
    let mut said = fields::of_case(&args.subject);
    if !args.seals.is_empty() {
        fields::put_value(&mut said, "seals", json!(args.seals));
    }
    if !args.damage.is_empty() {
        fields::put_value(&mut said, "damage", json!(args.damage));
        fields::put(&mut said, "condition", "damaged");
    } else if actor.party().is_some() {
        fields::put(&mut said, "condition", "sound");
    }
    fields::put_some(&mut said, "remark", args.remark.as_ref());
    said
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;

    fn words(actor: &str, seals: &[&str], damage: &[&str]) -> Value {
        let read = |texts: &[&str]| texts.iter().map(|t| Reference::parse(t).unwrap()).collect();
        let args = ReceiptArgs {
            subject: "MSKU1234565".to_owned(),
            seals: read(seals),
            damage: read(damage),
            remark: None,
            wait: Wait { wait: Duration::ZERO },
        };
        Value::Object(said(&args, &Actor::parse(actor).unwrap()))
    }

    #[test]
    fn a_damage_code_makes_the_container_damaged() {
        assert_eq!(
            words("terminal-west", &["S1", "S2"], &["DT"]),
            json!({"container": "MSKU1234565", "seals": ["S1", "S2"], "damage": ["DT"],
                "condition": "damaged"})
        );
    }

    #[test]
    fn a_terminal_that_names_no_damage_says_sound() {
        assert_eq!(words("terminal-west", &[], &[])["condition"], "sound");
    }

    #[test]
    fn a_driver_says_nothing_that_the_terminal_has_said() {
        let driver = "driver:21fe31dfa154a261";
        assert_eq!(words(driver, &[], &[]), json!({"container": "MSKU1234565"}));
        assert_eq!(words(driver, &[], &["DT"])["condition"], "damaged");
    }
}
