//! `landside show`: a document in every detail.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use data_encoding::HEXLOWER;
use landside_node::control::Request;
use serde_json::Value;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::Node;
use crate::output::Output;

/// Which.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside show 3f2a9c01 --of MSKU1234565\n  \
    landside show 3f2a9c01 --of MSKU1234565 -o release.cose --disclosures release.sealed\n\n\
    The file of -o is the envelope as signed; landside verify checks it anywhere. The file of\n\
    --disclosures opens its sealed fields, as far as this node may: give it only to who may read them.")]
pub(crate) struct ShowArgs {
    /// Its id, or the first digits of it together with --of.
    id: String,
    /// Container number or case code whose status shows the digits.
    #[arg(long, value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    of: Option<String>,
    /// Write the signed bytes to this file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write what this node may read of its sealed fields to this file, a disclosure a line.
    #[arg(long, value_name = "FILE")]
    disclosures: Option<PathBuf>,
}

/// Shows the document.
///
/// # Errors
/// The id is not known; as [`Node::ask`].
pub(crate) async fn run(args: ShowArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let id = node.whole_id(&args.id, args.of.as_deref()).await?;
    for object in node.gather(&Request::Document { id }).await? {
        out.object(&object);
        if let Some(file) = &args.output {
            let hex = object.get("bytes").and_then(Value::as_str).unwrap_or_default();
            let bytes = HEXLOWER
                .decode(hex.as_bytes())
                .map_err(|error| Failed::broken("answer-unreadable", error))?;
            write(file, &bytes)?;
        }
        if let Some(file) = &args.disclosures {
            let known = object.get("disclosures").and_then(Value::as_array);
            let lines = known.into_iter().flatten().filter_map(Value::as_str);
            let text: String = lines.map(|line| format!("{line}\n")).collect();
            write(file, text.as_bytes())?;
        }
    }
    Ok(Exit::Done)
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failed> {
    fs::write(file, bytes)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))
}
