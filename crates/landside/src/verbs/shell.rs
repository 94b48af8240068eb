//! `landside completions` and `landside man`: for shells and manuals, made of the command line itself.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// Which shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside completions bash > /etc/bash_completion.d/landside")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Writes completions to standard output.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<Exit, Failed> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "landside", &mut text);
    // Whoever reads may stop reading; that is no failure.
    let _ = std::io::stdout().write_all(&text);
    Ok(Exit::Done)
}

/// Where to.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside man /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Folder for the pages, one a command; it is made where it is not there.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Writes manual pages into a folder.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn man(args: &ManArgs, command: Command, out: &Output) -> Result<Exit, Failed> {
    let wrong =
        |error: std::io::Error| Failed::broken("file", format!("{}: {error}", args.dir.display()));
    fs::create_dir_all(&args.dir).map_err(wrong)?;
    clap_mangen::generate_to(command, &args.dir).map_err(wrong)?;
    out.remark("written");
    Ok(Exit::Done)
}
