//! The verbs, one file each.

mod agent;
mod approve;
mod archive;
mod backup;
mod bind;
mod cases;
mod collect;
mod decline;
pub(crate) mod demo;
mod directory;
mod doctor;
mod edi;
mod enrol;
mod export;
mod figures;
mod fsck;
mod gate;
mod import;
mod info;
mod init;
mod issue;
mod key;
mod outbox;
mod overriding;
mod pass;
mod pending;
mod people;
mod return_right;
mod revoke;
mod serve;
mod share;
mod shell;
mod show;
mod slot;
mod status;
mod stop;
mod token;
mod verify;
mod watch;

use std::path::Path;

use clap::Subcommand;

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a home with new keys.
    Init(init::InitArgs),
    /// Make, sign and install editions of the list of parties.
    #[command(subcommand)]
    Directory(directory::DirectoryVerb),
    /// Show, encrypt or decrypt private keys, make new ones and put them in place.
    #[command(subcommand)]
    Key(key::KeyVerb),
    /// Make and list the keys by which this terminal signs for lines without a node.
    #[command(subcommand)]
    Agent(agent::AgentVerb),
    /// Say who may use the screens of the node.
    #[command(subcommand)]
    People(people::PeopleVerb),
    /// Make, list and take back links to how far a case is.
    #[command(subcommand)]
    Share(share::ShareVerb),
    /// Make, list and take back tokens of programs.
    #[command(subcommand)]
    Token(token::TokenVerb),
    /// Run the node of a home.
    Serve(serve::ServeArgs),
    /// Sign what EDIFACT or JSON files say.
    Import(import::ImportArgs),
    /// Explain EDIFACT files, without a node.
    #[command(subcommand)]
    Edi(edi::EdiVerb),
    /// Sign a document of any kind.
    Issue(issue::IssueArgs),
    /// Pass over a red light in the name of a person, at a terminal.
    Override(overriding::OverrideArgs),
    /// Agree to drafts that another person asked for.
    Approve(approve::ApproveArgs),
    /// Drop drafts that wait for a second person.
    Decline(decline::DeclineArgs),
    /// List the drafts that wait for a second person.
    Pending(pending::PendingArgs),
    /// Pass the right to collect on to the next party.
    Pass(pass::PassArgs),
    /// Hand the right back to the holder before.
    Return(return_right::ReturnArgs),
    /// Take the right back from the holders after you.
    Revoke(revoke::RevokeArgs),
    /// Name driver and truck.
    Bind(bind::BindArgs),
    /// Ask for a time window.
    Slot(slot::SlotArgs),
    /// Vouch for a driver's device key.
    Enrol(enrol::EnrolArgs),
    /// See what there is to collect, at a driver's device.
    Collect(collect::CollectArgs),
    /// Judge, receipt and let out a truck, at a terminal's gate.
    #[command(subcommand)]
    Gate(gate::GateVerb),
    /// Show everything about a container or case.
    Status(status::StatusArgs),
    /// List the cases.
    Cases(cases::CasesArgs),
    /// Show how long steps took over a period, who held cases, and which promises were kept.
    Figures(figures::FiguresArgs),
    /// Show a document in every detail.
    Show(show::ShowArgs),
    /// Write everything about a case to a file that anybody can verify.
    Export(export::ExportArgs),
    /// List what waits for whom.
    Outbox(outbox::OutboxArgs),
    /// Show what happens, as it happens.
    Watch(watch::WatchArgs),
    /// Show what the running node is and whom it is connected with.
    Info(info::InfoArgs),
    /// End the running node.
    Stop(stop::StopArgs),
    /// Check documents in files, without a node.
    Verify(verify::VerifyArgs),
    /// Look through the store of a stopped node.
    Fsck(fsck::FsckArgs),
    /// Look for what is wrong with a node, and say what to do.
    Doctor(doctor::DoctorArgs),
    /// Write a home into one file, while its node runs.
    Backup(backup::BackupArgs),
    /// Make a home of a backup.
    Restore(backup::RestoreArgs),
    /// Say how much of a terminal's log this node knows.
    Known(backup::KnownArgs),
    /// Let a restored terminal run, once it was compared.
    Rejoin(backup::RejoinArgs),
    /// Keep evidence of closed cases in a folder, with holds and an end.
    #[command(subcommand)]
    Archive(archive::ArchiveVerb),
    /// Write what a shell needs to complete commands.
    Completions(shell::CompletionsArgs),
    /// Write manual pages.
    Man(shell::ManArgs),
    /// Play a whole port on this machine.
    Demo(demo::DemoArgs),
}

impl Verb {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        match self {
            Self::Init(args) => init::run(args, home, out),
            Self::Directory(verb) => verb.run(home, out).await,
            Self::Key(verb) => verb.run(home, out).await,
            Self::Agent(verb) => verb.run(home, out),
            Self::People(verb) => verb.run(home, out).await,
            Self::Share(verb) => verb.run(home, out).await,
            Self::Token(verb) => verb.run(home, out).await,
            Self::Import(args) => import::run(args, home, out).await,
            Self::Edi(verb) => verb.run(out),
            Self::Issue(args) => issue::run(args, home, out).await,
            Self::Override(args) => overriding::run(args, home, out).await,
            Self::Approve(args) => approve::run(args, home, out).await,
            Self::Decline(args) => decline::run(args, home, out).await,
            Self::Pending(args) => pending::run(args, home, out).await,
            Self::Pass(args) => pass::run(args, home, out).await,
            Self::Return(args) => return_right::run(args, home, out).await,
            Self::Revoke(args) => revoke::run(args, home, out).await,
            Self::Bind(args) => bind::run(args, home, out).await,
            Self::Slot(args) => slot::run(args, home, out).await,
            Self::Enrol(args) => enrol::run(args, home, out).await,
            Self::Collect(args) => collect::run(args, home, out).await,
            Self::Gate(verb) => verb.run(home, out).await,
            Self::Status(args) => status::run(args, home, out).await,
            Self::Cases(args) => cases::run(args, home, out).await,
            Self::Show(args) => show::run(args, home, out).await,
            Self::Figures(args) => figures::run(args, home, out).await,
            Self::Export(args) => export::run(args, home, out).await,
            Self::Outbox(args) => outbox::run(args, home, out).await,
            Self::Watch(args) => watch::run(args, home, out).await,
            Self::Info(args) => info::run(args, home, out).await,
            Self::Stop(args) => stop::run(args, home, out).await,
            Self::Verify(args) => verify::run(args, home, out).await,
            Self::Serve(args) => serve::run(args, home, out).await,
            Self::Fsck(args) => fsck::run(args, home, out),
            Self::Doctor(args) => doctor::run(args, home, out).await,
            Self::Backup(args) => backup::run(args, home, out).await,
            Self::Restore(args) => backup::restore(args, home, out).await,
            Self::Known(args) => backup::known(args, home, out).await,
            Self::Rejoin(args) => backup::rejoin(args, home, out),
            Self::Archive(verb) => verb.run(home, out).await,
            Self::Completions(args) => shell::completions(&args, crate::command()),
            Self::Man(args) => shell::man(&args, crate::command(), out),
            Self::Demo(args) => demo::run(args, out).await,
        }
    }
}
