//! Making tokens, listing them, and taking them back.

use std::sync::Arc;
use std::time::Duration;

use landside_proto::document::Remark;
use landside_proto::ids::UnixMillis;
use serde_json::{Value, json};

use super::{API_TOKEN_LIFE_MAX, ApiToken, Bearer, NewToken, Scopes, TokenError};
use crate::control::{Failure, Request};
use crate::node::{Node, clock};
use crate::people::By;
use crate::service::{End, Out};
use crate::view;

/// A day, in seconds.
const DAY_S: u64 = 24 * 60 * 60;

impl From<TokenError> for End {
    fn from(error: TokenError) -> Self {
        let exit = match &error {
            TokenError::Days | TokenError::Label(_) | TokenError::Scope(_) => 2,
            TokenError::Broken(_) => 3,
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

impl Node {
    /// The token of a text and whose it is, if it is good at `now`.
    ///
    /// # Errors
    /// [`TokenError::Bad`], whatever the reason.
    pub fn bearer(&self, text: &str, now: UnixMillis) -> Result<Bearer, TokenError> {
        self.inner.programs.tokens.find(text, &self.inner.people, now)
    }

    /// Whether a token that was found is still good.
    #[must_use]
    pub fn bearer_goes_on(&self, bearer: &Bearer, now: UnixMillis) -> bool {
        self.inner.programs.tokens.goes_on(bearer.token.id, &self.inner.people, now)
    }
}

/// Answers a request about tokens.
pub(crate) async fn handle(
    node: &Node,
    request: Request,
    by: Option<&By>,
    out: &mut Out,
) -> Result<u8, End> {
    let lines = match request {
        Request::TokenAdd { person, label, scopes, days } => {
            let person = person.or_else(|| by.map(|by| by.login.clone())).unwrap_or_default();
            let new = new_token(person, &label, &scopes, days)?;
            vec![make(node, new, by.cloned()).await?]
        }
        Request::TokenRevoke { id } => {
            let (asked, by) = (node.clone(), by.cloned());
            let token =
                aside(move || asked.inner.programs.tokens.revoke(id, by.as_ref(), clock())).await?;
            let login = token.revoked_by.as_ref().map(|by| by.login.as_str());
            tracing::info!(token = id, of = token.person, login, "API token revoked");
            vec![line(node, &token)]
        }
        _ => node.inner.programs.tokens.all().iter().map(|token| line(node, token)).collect(),
    };
    for line in lines {
        out.line(&line).await?;
    }
    Ok(0)
}

fn new_token(
    person: String,
    label: &str,
    scopes: &[String],
    days: u32,
) -> Result<NewToken, TokenError> {
    let life = Duration::from_secs(u64::from(days) * DAY_S);
    if days == 0 || life > API_TOKEN_LIFE_MAX {
        return Err(TokenError::Days);
    }
    let label = Remark::parse(label.trim()).map_err(|e| TokenError::Label(e.to_string()))?;
    let scopes = Scopes::parse(scopes.iter().map(String::as_str))?;
    Ok(NewToken { person, label, scopes, life })
}

async fn make(node: &Node, new: NewToken, by: Option<By>) -> Result<Value, TokenError> {
    let inner = Arc::clone(&node.inner);
    let made =
        aside(move || inner.programs.tokens.make(new, &inner.people, by.as_ref(), clock())).await?;
    let (token, text) = made;
    let login = token.made_by.as_ref().map(|by| by.login.as_str());
    tracing::info!(token = token.id, of = token.person, login, until = %token.until, "API token made");
    let mut made = line(node, &token);
    view::put(&mut made, "token", Some(text));
    Ok(made)
}

/// Changes wait for the disk.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TokenError> + Send + 'static,
) -> Result<T, TokenError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| TokenError::Broken(error.to_string()))?
}

/// A token as shown to who looks after tokens; never its text.
fn line(node: &Node, token: &ApiToken) -> Value {
    let ApiToken { id, person, label, scopes, made_at, until, .. } = token;
    let state = token.state(&node.inner.people, clock());
    let mut view = json!({
        "event": "token", "id": id, "person": person, "label": label, "scopes": scopes,
        "made_at": made_at, "until": until, "state": state.as_str(),
    });
    view::put(&mut view, "used_at", node.inner.programs.tokens.used_at(*id));
    view::put(&mut view, "made_by", token.made_by.as_ref());
    view::put(&mut view, "revoked_at", token.revoked_at);
    view::put(&mut view, "revoked_by", token.revoked_by.as_ref());
    view
}
