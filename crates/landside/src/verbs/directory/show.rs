//! `landside directory show`: an edition for people.

use std::path::{Path, PathBuf};

use clap::Args;
use landside_node::home::Home;

use super::file::{Edition, described, say};
use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::now;

/// Which edition.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside directory show\n  \
    landside directory show edition-1.bundle\n\n\
    The id is what people compare, by telephone or on paper, before they trust a first edition.")]
pub(crate) struct ShowArgs {
    /// A draft or a bundle [default: the edition in force at the home].
    file: Option<PathBuf>,
}

/// Shows it.
///
/// # Errors
/// It cannot be read; none is in force.
pub(super) fn run(args: ShowArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    match args.file {
        Some(file) => say(&file, &Edition::read(&file)?, out)?,
        None => {
            let directory = Home::at(home)?.directory(now())?;
            out.value(described(directory.edition(), directory.id()));
        }
    }
    Ok(Exit::Done)
}
