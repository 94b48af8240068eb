//! Asking the running node of a home.

use std::path::Path;
use std::time::Duration;

use landside_node::control::{self, Request};
use landside_node::home::Home;
use landside_proto::document::Kind;
use landside_proto::ids::DocId;
use serde_json::{Map, Value};

use crate::exit::{Exit, Failed};
use crate::fields::Fields;
use crate::output::Output;

/// The running node of a home.
#[derive(Debug)]
pub(crate) struct Node {
    home: Home,
}

/// How long to wait for the registrar's answer, for every verb that signs something.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Wait {
    /// Seconds to wait for the terminal's answer; what has none by then is kept and delivered.
    #[arg(
        long,
        display_order = 900,
        value_name = "SECONDS",
        default_value = "10",
        value_parser = crate::span::span
    )]
    pub(crate) wait: Duration,
}

impl Node {
    /// The node of a home that is there. Whether it runs shows with the first request.
    ///
    /// # Errors
    /// The directory is no home.
    pub(crate) fn of(home: &Path) -> Result<Self, Failed> {
        Ok(Self { home: Home::at(home)? })
    }

    /// The home.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Asks, and says each object of the answer.
    ///
    /// # Errors
    /// No node runs, or it gives an error.
    pub(crate) async fn ask(&self, request: &Request, out: &Output) -> Result<Exit, Failed> {
        self.each(request, |object| out.object(object)).await
    }

    /// As [`Node::ask`]; says `nothing` to people when the answer is empty.
    ///
    /// # Errors
    /// As [`Node::ask`].
    pub(crate) async fn list(
        &self,
        request: &Request,
        nothing: &str,
        out: &Output,
    ) -> Result<Exit, Failed> {
        let mut empty = true;
        let exit = self
            .each(request, |object| {
                empty = false;
                out.object(object);
            })
            .await?;
        if empty && exit == Exit::Done {
            out.remark(nothing);
        }
        Ok(exit)
    }

    /// Asks, and gives the objects of the answer without saying them.
    ///
    /// # Errors
    /// As [`Node::ask`].
    pub(crate) async fn gather(
        &self,
        request: &Request,
    ) -> Result<Vec<Map<String, Value>>, Failed> {
        let mut objects = Vec::new();
        self.each(request, |object| objects.push(object.clone())).await?;
        Ok(objects)
    }

    /// Has a document of a case signed and registered or sent.
    ///
    /// # Errors
    /// As [`Node::ask`].
    pub(crate) async fn issue(
        &self,
        kind: Kind,
        fields: Fields,
        wait: Wait,
        out: &Output,
    ) -> Result<Exit, Failed> {
        self.ask(&request(kind, fields, Vec::new(), wait), out).await
    }

    /// The whole id for what a person typed: the id itself, or the digits of it that `status` of
    /// its container shows.
    ///
    /// # Errors
    /// No document of the case, or several, begin so; as [`Node::ask`].
    pub(crate) async fn whole_id(&self, typed: &str, of: Option<&str>) -> Result<String, Failed> {
        if DocId::parse(typed).is_ok() {
            return Ok(typed.to_owned());
        }
        let Some(subject) = of else {
            return Err(Failed::usage(
                "id-short",
                format!("document id \"{typed}\" is not 64 hexadecimal digits"),
                "give all of it, or say --of CONTAINER to look it up by its first digits",
            ));
        };
        let cases = self.gather(&Request::Status { subject: subject.to_owned() }).await?;
        let mut ids: Vec<_> = cases.iter().flat_map(document_ids).collect();
        ids.retain(|id| id.starts_with(typed));
        ids.sort_unstable();
        ids.dedup();
        match ids.as_slice() {
            [id] => Ok((*id).to_owned()),
            found => Err(Failed::usage(
                "id-short",
                format!("{} documents of {subject} begin with {typed}", found.len()),
                format!("see the ids with landside status {subject}"),
            )),
        }
    }

    async fn each(
        &self,
        request: &Request,
        each: impl FnMut(&Map<String, Value>),
    ) -> Result<Exit, Failed> {
        let done = control::ask(&self.home.socket(), request, each).await?;
        let exit = Exit::from_status(done.exit);
        match done.error {
            Some(failure) => Err(Failed { exit, failure }),
            None => Ok(exit),
        }
    }
}

/// The request that has a document signed.
pub(crate) fn request(kind: Kind, fields: Fields, to: Vec<String>, wait: Wait) -> Request {
    request_by(kind, fields, to, None, wait)
}

/// The same in the name of a person, for a party that asks for two.
pub(crate) fn request_by(
    kind: Kind,
    fields: Fields,
    to: Vec<String>,
    person: Option<String>,
    wait: Wait,
) -> Request {
    let (kind, wait_ms) = (kind.as_str().to_owned(), millis(wait.wait));
    Request::Issue { kind, fields, to, person, wait_ms }
}

/// A span as requests carry it.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Every document that a `case` names: its timeline and the hops of the right.
fn document_ids(case: &Map<String, Value>) -> Vec<&str> {
    let timeline = case.get("timeline").and_then(Value::as_array).map(|steps| (steps, "id"));
    let hops = case.get("right").and_then(|right| right.get("hops")).and_then(Value::as_array);
    let hops = hops.map(|hops| (hops, "document"));
    timeline
        .into_iter()
        .chain(hops)
        .flat_map(|(list, name)| list.iter().filter_map(move |item| item.get(name)?.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_case_names_the_documents_of_its_timeline_and_of_the_right() {
        let case = json!({
            "timeline": [{"id": "aa"}, {"id": "bb"}],
            "right": {"hops": [{"document": "bb"}, {"holder": "x"}]},
        });
        assert_eq!(document_ids(case.as_object().unwrap()), ["aa", "bb", "bb"]);
        assert!(document_ids(&Map::new()).is_empty());
    }
}
