//! `landside agent`: the lines that this terminal signs for, on their messages.

use std::path::Path;

use clap::{Args, Subcommand};
use landside_node::home::Home;
use landside_proto::directory::Actor;
use landside_proto::ids::PartyId;
use landside_proto::key::PublicKey;
use serde_json::{Value, json};

use super::init::new_seed;
use crate::exit::{Exit, Failed};
use crate::output::Output;

/// What to do with the keys for lines.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentVerb {
    /// Make the key by which this terminal signs for a line without a node.
    Add(AddArgs),
    /// List the lines that this home has a key for.
    List(ListArgs),
}

/// For which line.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside agent add ocean-line\n\n\
    The key stays in the home, encrypted where the other keys are. It counts once the authorities of\n\
    the directory list it: send them the line that is shown. What is signed with it says so, in the\n\
    signed bytes and wherever it is shown: signed by agent TERMINAL on message HASH.")]
pub(crate) struct AddArgs {
    /// The line's short name in the directory.
    #[arg(value_name = "LINE", value_parser = PartyId::parse)]
    line: PartyId,
}

/// Nothing to say.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside agent list\n\n\
    Whether the directory in force lists them, landside info says of a running node.")]
pub(crate) struct ListArgs {}

impl AgentVerb {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub(crate) fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        let home = Home::at(home)?;
        match self {
            Self::Add(args) => add(&args.line, &home, out),
            Self::List(ListArgs {}) => list(&home, out),
        }
    }
}

fn add(line: &PartyId, home: &Home, out: &Output) -> Result<Exit, Failed> {
    let Actor::Party(me) = home.actor()? else {
        let text = "this is a driver's home, and no terminal's";
        return Err(Failed::usage("role-may-not-sign", text, "do this in the terminal's home"));
    };
    if me == *line {
        let text = format!("{line} signs itself: this is its home");
        return Err(Failed::usage("agent-of-itself", text, "name the line that has no node"));
    }
    if let Some(key) = home.agent_public_key(line)? {
        let text = format!("there is a key for {line}: {key}");
        let remedy = "have that one listed; to change it, end it and move its files away";
        return Err(Failed::usage("agent-key-there", text, remedy));
    }
    let key = home.add_agent_key(line, new_seed()?)?;
    out.value(told(home, &me, line, key));
    Ok(Exit::Done)
}

fn list(home: &Home, out: &Output) -> Result<Exit, Failed> {
    let Actor::Party(me) = home.actor()? else { return Ok(Exit::Done) };
    for line in home.agent_lines()? {
        if let Some(key) = home.agent_public_key(&line)? {
            out.value(told(home, &me, &line, key));
        }
    }
    Ok(Exit::Done)
}

fn told(home: &Home, me: &PartyId, line: &PartyId, key: PublicKey) -> Value {
    json!({
        "event": "agent", "party": me, "line": line, "key": key, "kid": key.id(),
        "path": home.agent_key_file(line).display().to_string(),
        "next_by": "for the authority",
        "next": format!("landside directory agent-add DRAFT.json --party {line} --agent {me} --key {key}"),
    })
}
