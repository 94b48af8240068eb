//! `landside directory agent-add` and `agent-end`: keys by which terminals sign for a line.

use std::path::PathBuf;

use clap::Args;
use landside_proto::document::AgentEntry;
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::{KeyId, PublicKey};

use super::change::{changed, not_listed, place};
use super::file::read_draft;
use super::keys::key_id;
use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::moment;

/// Who signs for whom.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside directory agent-add draft.json --party ocean-line --agent terminal-west \\\n    \
    --key ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n\
    Ask the line first, by another channel: from then on the terminal's word of what the line's\n\
    messages say releases its containers at that terminal, until the line signs itself. Only\n\
    release-orders and release-changes are signed so, each marked, with the hash of the message."
)]
pub(crate) struct AgentAddArgs {
    /// The draft.
    file: PathBuf,
    /// Short name of the line.
    #[arg(long, value_name = "LINE", value_parser = PartyId::parse)]
    party: PartyId,
    /// Short name of the terminal that holds the key.
    #[arg(long, value_name = "TERMINAL", value_parser = PartyId::parse)]
    agent: PartyId,
    /// The key, as landside agent add says it.
    #[arg(long, value_name = "KEY", value_parser = PublicKey::parse)]
    key: PublicKey,
    /// Moment from which it counts [default: the edition's beginning].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<UnixMillis>,
}

/// A key of an agent that ends.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    landside directory agent-end draft.json --party ocean-line --key 21fe31dfa154a261 \\\n    \
    --from 2026-11-23T02:00:00Z\n\n\
    From that time on nothing counts that is signed with it. What a terminal registered before goes\n\
    on counting, for the key stays listed.")]
pub(crate) struct AgentEndArgs {
    /// The draft.
    file: PathBuf,
    /// Short name of the line.
    #[arg(long, value_name = "LINE", value_parser = PartyId::parse)]
    party: PartyId,
    /// The key, or its key id.
    #[arg(long, value_name = "KEY", value_parser = key_id)]
    key: KeyId,
    /// First moment at which it counts no more.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: UnixMillis,
}

/// Lists a key by which a terminal signs for a line.
///
/// # Errors
/// The line is not listed; the agent is no other party with role terminal; the key is listed, or there are
/// too many; the file is no draft.
pub(super) fn add(args: AgentAddArgs, out: &Output) -> Result<Exit, Failed> {
    let mut edition = read_draft(&args.file)?;
    let at = place(&edition, &args.party).map_err(|_| not_listed(&args.party))?;
    let from = args.from.unwrap_or(edition.valid_from);
    if let Some(line) = edition.parties.get_mut(at) {
        line.agents.push(AgentEntry { party: args.agent, key: args.key, from, until: None });
    }
    changed(&args.file, edition, out)
}

/// Ends a key of an agent.
///
/// # Errors
/// The line or the key is not listed; the key has ended before that; the file is no draft.
pub(super) fn end(args: AgentEndArgs, out: &Output) -> Result<Exit, Failed> {
    let mut edition = read_draft(&args.file)?;
    let at = place(&edition, &args.party).map_err(|_| not_listed(&args.party))?;
    let held = edition.parties.get_mut(at).into_iter().flat_map(|line| &mut line.agents);
    let held = held.into_iter().find(|held| held.key.id() == args.key).ok_or_else(|| {
        let text = format!("{} has no agent with key {}", args.party, args.key);
        Failed::usage("key-not-listed", text, "see the keys in the draft")
    })?;
    // `until` is the last moment at which the key counts (PROTOCOL § 5).
    let last = UnixMillis::from_millis(args.from.as_millis().saturating_sub(1));
    if let Some(until) = held.until.filter(|until| *until <= last) {
        let text = format!("key {} ends at {until} already", args.key);
        return Err(Failed::usage("key-ended", text, "give an earlier time, or leave it"));
    }
    held.until = Some(last);
    changed(&args.file, edition, out)
}
