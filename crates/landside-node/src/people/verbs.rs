//! The control socket's side of people.

use serde_json::{Value, json};

use super::{Link, People, Person, PersonRole};
use crate::control::{Failure, Request};
use crate::node::{Node, clock};
use crate::people::PeopleError;
use crate::service::{End, Out};
use crate::view;

impl From<PeopleError> for End {
    fn from(error: PeopleError) -> Self {
        let exit = match &error {
            PeopleError::LoginForm | PeopleError::Name(_) | PeopleError::Role => 2,
            PeopleError::Broken(_) => 3,
            _ => 1,
        };
        let text = error.to_string();
        let (text, remedy) = match text.split_once("; ") {
            Some((fact, remedy)) => (fact.to_owned(), Some(remedy.to_owned())),
            None => (text, None),
        };
        Self::Failed(exit, Failure { code: error.code().to_owned(), text, remedy })
    }
}

/// Answers a request about people.
pub(crate) async fn handle(node: &Node, request: Request, out: &mut Out) -> Result<u8, End> {
    // Changes wait for the disk.
    let (asked, now) = (node.clone(), clock());
    let answered = tokio::task::spawn_blocking(move || answer(&asked, request, now)).await;
    let lines = answered.map_err(|e| PeopleError::Broken(e.to_string()))??;
    for line in lines {
        out.line(&line).await?;
    }
    Ok(0)
}

fn answer(
    node: &Node,
    request: Request,
    now: landside_proto::ids::UnixMillis,
) -> Result<Vec<Value>, PeopleError> {
    let people = node.people();
    Ok(match request {
        Request::PersonAdd { login, name, role } => {
            let role = PersonRole::parse(&role).ok_or(PeopleError::Role)?;
            let link = people.add(&login, &name, role, now)?;
            tracing::info!(%login, role = role.as_str(), "person added");
            vec![link_line(node, &link, Some(&login))]
        }
        Request::PersonClose { login } => {
            let person = people.close(&login)?;
            tracing::info!(%login, "account of a person closed");
            vec![person_line(&people, &person)]
        }
        Request::PersonPasskeysEnd { login } => {
            let person = people.remove_passkeys(&login)?;
            tracing::info!(%login, "passkeys of a person ended");
            vec![person_line(&people, &person)]
        }
        Request::PersonReset { login } => {
            let link = people.reset(&login, now)?;
            tracing::info!(%login, "password and passkeys of a person ended");
            vec![link_line(node, &link, Some(&login))]
        }
        Request::PeopleLink => {
            let link = people.admin_link(now)?;
            tracing::info!("link made for a new administrator");
            vec![link_line(node, &link, None)]
        }
        _ => people.all().iter().map(|person| person_line(&people, person)).collect(),
    })
}

/// A person as shown.
pub(crate) fn person_line(people: &People, person: &Person) -> Value {
    let passkeys = people.passkeys(&person.login);
    let passkeys: Vec<Value> = passkeys
        .iter()
        .map(|key| json!({ "name": key.name, "added_at": key.added_at, "used_at": key.used_at }))
        .collect();
    let mut view = json!({
        "event": "person",
        "login": person.login,
        "name": person.name,
        "role": person.role.as_str(),
        "state": match person {
            Person { closed: true, .. } => "closed",
            Person { enrolled: false, .. } => "invited",
            _ => "active",
        },
        "added_at": person.added_at,
    });
    view::put(&mut view, "passkeys", (!passkeys.is_empty()).then_some(passkeys));
    view
}

/// A link as shown to whoever hands it on.
fn link_line(node: &Node, link: &Link, login: Option<&str>) -> Value {
    let console = node.inner.console.reached_at().unwrap_or_default();
    let mut view = json!({
        "event": "link", "url": format!("{console}{}", link.path), "until": link.until,
    });
    view::put(&mut view, "role", login.is_none().then_some("admin"));
    view::put(&mut view, "login", login);
    view
}
