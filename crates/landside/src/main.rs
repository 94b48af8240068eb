//! `landside`: containers released and collected on signed documents. One file a verb.

mod exit;
mod fields;
mod node;
mod notify;
mod output;
mod span;
mod verbs;

use std::env;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use landside_node::control::Failure;

use self::exit::{Exit, Failed};
use self::output::Output;
use self::verbs::Verb;

/// Containers released and collected on signed documents.
#[derive(Debug, Parser)]
#[command(
    name = "landside",
    version,
    disable_help_subcommand = true,
    after_help = "Example:\n  landside status MSKU1234565\n\n\
        Exit status: 0 done, 1 refused, 2 wrong usage, 3 cannot reach or broken,\n\
        4 evidence that what is trusted does not judge, 5 evidence of a part of a case."
)]
struct Cli {
    /// One JSON object a line instead of words.
    #[arg(long, global = true, display_order = LAST)]
    json: bool,
    /// The party's directory with keys, config and store [default: ~/.landside].
    #[arg(
        long,
        global = true,
        display_order = LAST,
        env = "LANDSIDE_HOME",
        hide_env_values = true,
        value_name = "DIR"
    )]
    home: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

/// The whole command line, for what is made of it.
fn command() -> clap::Command {
    use clap::CommandFactory as _;
    Cli::command()
}

/// Place in the help of options that every verb has: after the verb's own.
const LAST: usize = 1000;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error).into(),
    };
    let out = Output::new(cli.json);
    let ended = match home(cli.home) {
        Ok(home) => cli.verb.run(&home, &out).await,
        Err(failed) => Err(failed),
    };
    let exit = ended.unwrap_or_else(|failed| {
        out.failure(&failed.failure);
        failed.exit
    });
    exit.into()
}

/// Says what is wrong with the command line, or the help that was asked for.
fn misused(error: &clap::Error) -> Exit {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = error.to_string();
    if asked_for || !text.starts_with("error: ") {
        let _ = error.print();
    } else if !env::args_os().any(|arg| arg == "--json") {
        // With its code, as every other error.
        let _ = write!(io::stderr(), "{}", text.replacen("error: ", "error[usage]: ", 1));
    } else {
        let (fact, remedy) = text.split_once("\n\n").unwrap_or((&text, ""));
        let fact = fact.trim_start_matches("error: ").trim().to_owned();
        let hints: Vec<_> = remedy
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("For more"))
            .collect();
        let remedy = Some(hints.join("; ")).filter(|remedy| !remedy.is_empty());
        Output::new(true).failure(&Failure { code: "usage".to_owned(), text: fact, remedy });
    }
    if asked_for { Exit::Done } else { Exit::Usage }
}

fn home(given: Option<PathBuf>) -> Result<PathBuf, Failed> {
    let default = || env::home_dir().map(|dir| dir.join(".landside"));
    given.or_else(default).ok_or_else(|| {
        Failed::usage("no-home", "this user has no home directory", "say --home DIR")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::{Command, CommandFactory as _};

    use super::*;

    /// Every command without commands of its own, by its whole name.
    fn leaves(command: &Command, name: &str) -> Vec<(String, Command)> {
        let name = format!("{name} {}", command.get_name()).trim().to_owned();
        if !command.has_subcommands() {
            return vec![(name, command.clone())];
        }
        command.get_subcommands().flat_map(|sub| leaves(sub, &name)).collect()
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_each_verb_shows_how_to_call_it() {
        for (name, command) in leaves(&Cli::command(), "") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&name), "{name}: {help}");
        }
    }

    #[test]
    fn each_verb_says_what_it_does_and_not_what_another_does() {
        let leaves = leaves(&Cli::command(), "");
        let abouts: BTreeMap<_, _> = leaves
            .iter()
            .map(|(name, command)| (command.get_about().map(ToString::to_string), name))
            .collect();
        assert_eq!(abouts.len(), leaves.len(), "{abouts:?}");
    }

    #[test]
    fn each_example_of_the_help_is_a_command_line_that_parses() {
        for (name, command) in leaves(&Cli::command(), "") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let help = help.replace("\\\n    ", "");
            for line in help.lines().filter(|line| line.starts_with("  landside ")) {
                let line = line.split(['|', '<', '>']).next().unwrap();
                if let Err(error) = Cli::try_parse_from(words(line)) {
                    panic!("{name}: {error}");
                }
            }
        }
    }

    /// A line cut at blanks, but not within double or single quotes.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for c in line.trim().chars() {
            match (c, quote) {
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(q)) if c == q => quote = None,
                (' ', None) => words.push(String::new()),
                (c, _) => words.last_mut().unwrap().push(c),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}
