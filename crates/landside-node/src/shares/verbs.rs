//! Making links, taking them back, and looking through one.

use std::sync::Arc;
use std::time::Duration;

use landside_proto::document::Remark;
use landside_proto::ids::{CaseCode, UnixMillis};
use serde_json::{Value, json};

use super::{NewShare, SHARE_LIFE_MAX, Share, ShareError, Whose, view as shown};
use crate::control::{Failure, Request};
use crate::draft;
use crate::ledger;
use crate::node::{Node, clock};
use crate::people::By;
use crate::service::{End, Out, not_found};
use crate::store::StoreError;
use crate::view;

/// A day, in seconds.
const DAY_S: u64 = 24 * 60 * 60;

impl From<ShareError> for End {
    fn from(error: ShareError) -> Self {
        let exit = match &error {
            ShareError::Days | ShareError::Label(_) => 2,
            ShareError::Broken(_) => 3,
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
    /// The link of a token, if it is good at `now`.
    ///
    /// # Errors
    /// [`ShareError::LinkUnknown`], whatever the reason.
    pub fn share_of(&self, token: &str, now: UnixMillis) -> Result<Share, ShareError> {
        self.inner.shares.find(token, &self.inner.people, now)
    }

    /// What a good link shows: a `shared` object.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn shared(&self, share: Share) -> Result<Value, ShareError> {
        let looked = self.read(move |node| -> Result<_, StoreError> {
            let Some(loaded) = ledger::load_case(node.store.as_ref(), share.case)? else {
                return Ok(None);
            };
            let authorities = node.authorities.borrow().clone();
            let reader = (&node.me, &authorities, &node.promised);
            shown::shared(node.store.as_ref(), &loaded, &share, reader, clock()).map(Some)
        });
        let looked = looked.await.map_err(|error| ShareError::Broken(error.to_string()))?;
        looked.ok_or(ShareError::LinkUnknown)
    }
}

/// Answers a request about links.
pub(crate) async fn handle(
    node: &Node,
    request: Request,
    by: Option<&By>,
    out: &mut Out,
) -> Result<u8, End> {
    let lines = match request {
        Request::Share { subject, days, label } => {
            let case = draft::find_case(&node.inner, &subject).map_err(not_found)?.case.code;
            vec![make(node, case, days, label, by.cloned()).await?]
        }
        Request::ShareRevoke { id } => {
            let (asked, by) = (node.clone(), by.cloned());
            let share = aside(move || asked.inner.shares.revoke(id, by.as_ref(), clock())).await?;
            let login = share.revoked_by.as_ref().map(|by| by.login.as_str());
            tracing::info!(share = id, case = %share.case, login, "share link revoked");
            vec![line(node, &share)]
        }
        Request::Shares { subject } => {
            let case = match subject {
                Some(subject) => {
                    let loaded = draft::find_case(&node.inner, &subject).map_err(not_found)?;
                    Some(loaded.case.code)
                }
                None => None,
            };
            node.inner.shares.all(case).iter().map(|share| line(node, share)).collect()
        }
        _ => Vec::new(),
    };
    for line in lines {
        out.line(&line).await?;
    }
    Ok(0)
}

async fn make(
    node: &Node,
    case: CaseCode,
    days: u32,
    label: Option<String>,
    by: Option<By>,
) -> Result<Value, ShareError> {
    let life = Duration::from_secs(u64::from(days) * DAY_S);
    if days == 0 || life > SHARE_LIFE_MAX {
        return Err(ShareError::Days);
    }
    let label = label.filter(|label| !label.trim().is_empty());
    let label = label.map(|label| Remark::parse(label.trim())).transpose();
    let label = label.map_err(|error| ShareError::Label(error.to_string()))?;
    let (inner, new) = (Arc::clone(&node.inner), NewShare { case, label, life });
    let (share, token) = aside(move || inner.shares.make(new, by.as_ref(), clock())).await?;
    let login = share.made_by.as_ref().map(|by| by.login.as_str());
    tracing::info!(share = share.id, %case, login, until = %share.until, "share link made");
    // Behind a #, so that no proxy, log or referrer has it.
    let path = format!("/share/#{token}");
    let console = node.inner.console.reached_at().unwrap_or_default();
    let mut made = line(node, &share);
    view::put(&mut made, "url", Some(format!("{console}{path}")));
    view::put(&mut made, "path", Some(path));
    Ok(made)
}

/// Changes wait for the disk.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ShareError> + Send + 'static,
) -> Result<T, ShareError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ShareError::Broken(error.to_string()))?
}

/// A link as listed; its token is not known any more.
fn line(node: &Node, share: &Share) -> Value {
    let mut view = json!({
        "event": "share", "share": share.id, "case": share.case, "made_at": share.made_at,
        "until": share.until, "state": share.state(&node.inner.people, clock()).as_str(),
    });
    view::put(&mut view, "label", share.label.as_ref());
    view::put(&mut view, "made_by", share.made_by.as_ref().map(person));
    view::put(&mut view, "revoked_at", share.revoked_at);
    view::put(&mut view, "revoked_by", share.revoked_by.as_ref().map(person));
    view
}

fn person(whose: &Whose) -> Value {
    json!({ "login": whose.login, "name": whose.name, "role": whose.role.as_str() })
}
