//! `landside export`: everything about one case in one file that anybody can verify.

use std::path::{Path, PathBuf};

use clap::Args;
use data_encoding::BASE64;
use landside_node::control::Request;
use landside_node::home::write_durably;
use serde_json::Value;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::Node;
use crate::output::Output;

/// Which case, and where to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside export MSKU1234565 -o msku1234565.landside\n  \
    landside export K9YF-E79C-3 -o case.landside\n\n\
    The file holds what this node may see of the case. landside verify checks it anywhere,\n\
    without a node and without a network. The same case gives the same bytes.")]
pub(crate) struct ExportArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

/// Writes the file.
///
/// # Errors
/// As [`Node::ask`]; the file cannot be written.
pub(crate) async fn run(args: ExportArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    is_free(&args)?;
    let mut bytes = Vec::new();
    for mut object in node.gather(&Request::Export { subject: args.subject.clone() }).await? {
        match object.get("base64").and_then(Value::as_str) {
            Some(part) => {
                let part = BASE64.decode(part.as_bytes());
                bytes.extend(part.map_err(|e| Failed::broken("answer-unreadable", e))?);
            }
            None => {
                // It may have come meanwhile.
                is_free(&args)?;
                write_durably(&args.output, &bytes)?;
                let file = args.output.display().to_string();
                object.insert("file".to_owned(), Value::String(file));
                out.object(&object);
            }
        }
    }
    Ok(Exit::Done)
}

/// Refuses to write over evidence, or anything else that is there.
fn is_free(args: &ExportArgs) -> Result<(), Failed> {
    if args.force || std::fs::symlink_metadata(&args.output).is_err() {
        return Ok(());
    }
    let text = format!("{} is there already", args.output.display());
    Err(Failed::usage("file-exists", text, "name another file, or write over it with --force"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_written_over_only_when_that_is_asked_for() {
        let dir = tempfile::TempDir::new().unwrap();
        let output = dir.path().join("case.landside");
        let args = |force| ExportArgs { subject: "x".to_owned(), output: output.clone(), force };
        assert!(is_free(&args(false)).is_ok());
        std::fs::write(&output, b"evidence").unwrap();
        let failed = is_free(&args(false)).unwrap_err();
        assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Usage, "file-exists"));
        assert!(is_free(&args(true)).is_ok());
    }
}
