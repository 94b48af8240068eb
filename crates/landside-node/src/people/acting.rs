//! A request of a logged-in person: what it may ask for, and that its names are its own.
//!
//! Over the control socket names are taken as given and everything may be asked. Here nothing is
//! taken from the browser that the session knows better.

use landside_proto::document::Kind;
use serde_json::json;

use super::By;
use super::role::Act;
use crate::control::{Failure, Request};
use crate::service::End;

/// The request in the name of a person, or why that person may not ask.
pub(crate) fn in_the_name_of(by: &By, request: Request) -> Result<Request, End> {
    let act = act(&request).ok_or_else(|| no("that is for the control socket of this machine"))?;
    may(by, act)?;
    let name = by.name.to_string();
    match request {
        Request::Issue { kind, mut fields, to, person, wait_ms } => {
            if person.is_some() {
                return Err(typed());
            }
            if kind == Kind::Override.as_str() {
                if fields.contains_key("person") {
                    return Err(typed());
                }
                fields.insert("person".to_owned(), json!(name));
            }
            Ok(Request::Issue { kind, fields, to, person: Some(name), wait_ms })
        }
        Request::Approve { id, person, wait_ms } if person.is_empty() => {
            Ok(Request::Approve { id, person: name, wait_ms })
        }
        Request::Decline { id, person } if person.is_empty() => {
            Ok(Request::Decline { id, person: name })
        }
        Request::Approve { .. } | Request::Decline { .. } => Err(typed()),
        other => Ok(other),
    }
}

/// Whether a person may do it.
fn may(by: &By, act: Act) -> Result<(), End> {
    if by.may(act) {
        return Ok(());
    }
    if let Some(with) = by.with.as_ref().filter(|_| by.role.may(act)) {
        let scopes = with.scopes.words().join(", ");
        return Err(no(&format!("token {} has the scopes {scopes}", with.token)));
    }
    Err(no(&format!("{} has the role {}", by.name, by.role.as_str())))
}

/// Whether a person may have signed what a file says.
pub(crate) fn may_import(by: &By) -> Result<(), End> {
    may(by, Act::Import)
}

/// What a request is; none for what is for who runs the machine.
fn act(request: &Request) -> Option<Act> {
    Some(match request {
        Request::Info
        | Request::Status { .. }
        | Request::Cases { .. }
        | Request::Document { .. }
        | Request::Export { .. }
        | Request::Figures { .. }
        | Request::Outbox
        | Request::Pending
        | Request::Collect { .. } => Act::Look,
        // A kind that there is not is refused as such later.
        Request::Issue { kind, .. } => Act::Sign(Kind::parse(kind).unwrap_or(Kind::ReleaseOrder)),
        Request::GateCheck { .. } => Act::Judge,
        Request::GateOut { .. } => Act::Sign(Kind::GateOut),
        Request::Present { .. } => Act::Sign(Kind::Presentation),
        Request::Approve { .. } | Request::Decline { .. } => Act::Approve,
        Request::Share { .. } | Request::Shares { .. } | Request::ShareRevoke { .. } => Act::Share,
        Request::People
        | Request::PersonAdd { .. }
        | Request::PersonClose { .. }
        | Request::PersonReset { .. }
        | Request::PersonPasskeysEnd { .. } => Act::People,
        Request::TokenAdd { .. } | Request::Tokens | Request::TokenRevoke { .. } => Act::Tokens,
        Request::HookAdd { .. }
        | Request::Hooks
        | Request::HookReplay { .. }
        | Request::HookRemove { .. } => Act::Hooks,
        // Paths of this machine, links that make administrators, and the node itself.
        Request::Import { .. }
        | Request::Directory { .. }
        | Request::PeopleLink
        | Request::Rotate { .. }
        | Request::NewKeys { .. }
        | Request::Rotations
        | Request::Doctor
        | Request::Backup { .. }
        | Request::Known { .. }
        | Request::Watch
        | Request::Stop => return None,
    })
}

fn no(text: &str) -> End {
    let failure = Failure {
        code: "not-permitted".to_owned(),
        text: text.to_owned(),
        remedy: Some("ask an administrator of this party".to_owned()),
    };
    End::Failed(1, failure)
}

fn typed() -> End {
    End::wrong("person-typed", "the name of a person is that of the session", "leave it out")
}
