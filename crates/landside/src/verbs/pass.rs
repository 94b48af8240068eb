//! `landside pass`: the right goes to the next party (pass-right).

use std::path::Path;

use clap::Args;
use landside_proto::document::Kind;
use landside_proto::ids::{PartyId, Plate, Reference, UnixMillis};
use serde_json::Value;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::{Node, Wait};
use crate::output::Output;
use crate::span::moment;

/// Which right, to whom, and within what limits.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside pass MSKU1234565 --to harbour-haulage --until 3d --hops 1\n\n\
    Limits can only be narrowed; what is left out stays as it is for you."
)]
pub(crate) struct PassArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// The next holder.
    #[arg(long, value_name = "PARTY", value_parser = PartyId::parse)]
    to: PartyId,
    /// Not before: a time, or a span from now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<UnixMillis>,
    /// Not after: a time, or a span from now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<UnixMillis>,
    /// Only this truck.
    #[arg(long, value_parser = fields::plate)]
    plate: Option<Plate>,
    /// The empty goes only to this depot.
    #[arg(long, value_parser = Reference::parse)]
    depot: Option<Reference>,
    /// How many more times it may be passed on; 0 for not at all.
    #[arg(long)]
    hops: Option<u8>,
    #[command(flatten)]
    wait: Wait,
}

/// Passes the right on.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: PassArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let mut said = fields::of_case(&args.subject);
    fields::put(&mut said, "to", args.to);
    fields::put_some(&mut said, "limits.from", args.from);
    fields::put_some(&mut said, "limits.until", args.until);
    fields::put_some(&mut said, "limits.plate", args.plate);
    fields::put_some(&mut said, "limits.depot", args.depot);
    if let Some(hops) = args.hops {
        fields::put_value(&mut said, "limits.hops", Value::from(hops));
    }
    Node::of(home)?.issue(Kind::PassRight, said, args.wait, out).await
}
