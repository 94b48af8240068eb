//! `landside bind`: the haulier names driver and truck (driver-binding).

use std::path::Path;

use clap::Args;
use landside_proto::document::Kind;
use landside_proto::ids::Plate;
use landside_proto::key::PublicKey;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::{Node, Wait};
use crate::output::Output;

/// Who comes for which container, with which truck.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside bind MSKU1234565 --plate 1-ABC-234 \\\n    \
    --driver ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n\
    Enrol the driver first (landside enrol). Binding anew takes the place of the binding before.")]
pub(crate) struct BindArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// The driver's device key.
    #[arg(long, value_name = "KEY", value_parser = PublicKey::parse)]
    driver: PublicKey,
    /// The truck.
    #[arg(long, value_parser = fields::plate)]
    plate: Plate,
    #[command(flatten)]
    wait: Wait,
}

/// Names driver and truck.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: BindArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let mut said = fields::of_case(&args.subject);
    fields::put(&mut said, "driver", args.driver);
    fields::put(&mut said, "plate", args.plate);
    Node::of(home)?.issue(Kind::DriverBinding, said, args.wait, out).await
}
