//! `landside issue`: a document of any kind, its fields as options.
//!
//! Kinds are commands and fields are options of them, all from the one table in [`table`]: so the
//! help lists them, a slip of the pen gets a suggestion, and values are read before a node is asked.

mod table;

use std::fs;
use std::path::Path;

use clap::builder::{BoolValueParser, PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use landside_proto::document::Kind;
use landside_proto::ids::PartyId;
use serde_json::Value;

use self::table::{Field, Form, KINDS, KindForm, Need};
use crate::exit::{Exit, Failed};
use crate::fields::{self, Fields};
use crate::node::{Node, Wait, request_by};
use crate::output::Output;

/// Which kind, with which fields.
#[derive(Debug, Args)]
#[command(subcommand_value_name = "KIND", subcommand_help_heading = "Kinds")]
pub(crate) struct IssueArgs {
    #[command(subcommand)]
    statement: Statement,
}

/// A document in the making, as the command line has it.
#[derive(Debug)]
struct Statement {
    kind: Kind,
    fields: Fields,
    to: Vec<PartyId>,
    person: Option<String>,
    wait: Wait,
}

/// Has the document signed.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: IssueArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let Statement { kind, fields, to, person, wait } = args.statement;
    let to = to.iter().map(ToString::to_string).collect();
    Node::of(home)?.ask(&request_by(kind, fields, to, person, wait), out).await
}

impl Subcommand for Statement {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommand_required(true).subcommands(KINDS.iter().map(command_of))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        KINDS.iter().any(|form| form.kind.as_str() == name)
    }
}

impl FromArgMatches for Statement {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, given) = matches.subcommand().ok_or_else(missing)?;
        let form = KINDS.iter().find(|form| form.kind.as_str() == name).ok_or_else(missing)?;
        let mut fields = given.get_one::<Fields>(FIELDS).cloned().unwrap_or_default();
        for field in form.fields {
            let Some(values) = given.get_many::<Value>(field.path) else { continue };
            let mut values: Vec<_> = values.cloned().collect();
            let value = match field.form {
                Form::List | Form::Tiers | Form::Offsets => Value::Array(values),
                _ => values.pop().unwrap_or_default(),
            };
            fields::put_value(&mut fields, field.path, value);
        }
        let to = match given.try_get_many::<PartyId>(TO) {
            Ok(Some(parties)) => parties.cloned().collect(),
            _ => Vec::new(),
        };
        let person = given.try_get_one::<String>(PERSON).ok().flatten().cloned();
        Ok(Self { kind: form.kind, fields, to, person, wait: Wait::from_arg_matches(given)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Option for the whole payload.
const FIELDS: &str = "fields";
/// Option for recipients, of the one kind that is of no case.
const TO: &str = "to";
/// Option for who asks, of the one kind here that two persons may have to agree on.
const PERSON: &str = "person";

fn command_of(form: &KindForm) -> Command {
    // The shared options come first: they would put their own words in the place of the kind's.
    let mut command = Wait::augment_args(Command::new(form.kind.as_str()))
        .about(form.about)
        .after_help(after_help(form))
        .args(form.fields.iter().map(arg_of))
        .arg(
            Arg::new(FIELDS)
                .long(FIELDS)
                .value_name("JSON|@FILE")
                .help("The payload, whole or in part; options go on top of it")
                .value_parser(payload),
        );
    if form.kind == Kind::DriverCredential {
        command = command.arg(
            Arg::new(TO)
                .long(TO)
                .value_name("PARTY")
                .help("Send it only to these [default: every terminal]")
                .action(ArgAction::Append)
                .value_parser(PartyId::parse),
        );
    }
    if form.kind == Kind::ReleaseOrder {
        command = command.arg(
            Arg::new(PERSON)
                .long(PERSON)
                .value_name("NAME")
                .help("Who asks, where two persons must agree (see landside approve)"),
        );
    }
    command
}

fn arg_of(field: &Field) -> Arg {
    let arg = Arg::new(field.path).long(field.path).value_name(field.form.as_str());
    let arg = match field.need {
        Need::Must => arg.help(format!("{} [needed]", field.about)).required_unless_present(FIELDS),
        Need::May | Need::Usual => arg.help(field.about),
        Need::Node => arg.help(format!("{} [default: as the case says]", field.about)),
    };
    let arg = if field.place() == field.path { arg } else { arg.alias(field.place()) };
    match field.form {
        Form::OneOf(words) => arg.value_parser(PossibleValuesParser::new(words).map(Value::String)),
        Form::Flag => {
            let yes_no = BoolValueParser::new().map(Value::Bool);
            arg.num_args(0..=1).default_missing_value("true").value_parser(yes_no)
        }
        form @ (Form::List | Form::Tiers | Form::Offsets) => {
            arg.action(ArgAction::Append).value_parser(move |text: &str| form.read(text))
        }
        Form::Signed => {
            arg.allow_negative_numbers(true).value_parser(move |text: &str| Form::Signed.read(text))
        }
        form => arg.value_parser(move |text: &str| form.read(text)),
    }
}

/// The least that a document of the kind usually takes, as a command line.
fn after_help(form: &KindForm) -> String {
    let mut line = format!("landside issue {}", form.kind.as_str());
    for field in form.fields.iter().filter(|field| matches!(field.need, Need::Must | Need::Usual)) {
        let quote = if field.example.contains(' ') { "\"" } else { "" };
        line.push_str(&format!(" --{} {quote}{}{quote}", field.path, field.example));
    }
    format!("Example:\n  {line}")
}

fn payload(text: &str) -> Result<Fields, String> {
    let read;
    let json = match text.strip_prefix('@') {
        None => text,
        Some(file) => {
            read = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
            &read
        }
    };
    serde_json::from_str(json).map_err(|error| format!("not a JSON object: {error}"))
}

#[cfg(test)]
mod tests;
