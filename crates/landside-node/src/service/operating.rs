//! Commands for whoever operates the node: what is wrong, a backup, how much of a log is known, the end.

use std::path::PathBuf;

use landside_proto::ids::PartyId;
use serde_json::json;

use super::{Answer, End, Out};
use crate::backup::{BackupError, KeysToo};
use crate::control::{Failure, Request};
use crate::node::Node;

pub(super) async fn handle(node: &Node, request: Request, out: &mut Out) -> Answer {
    match request {
        Request::Doctor => {
            for finding in node.checkup().await? {
                out.line(&finding.view()).await?;
            }
            Ok(0)
        }
        Request::Backup { dir, keys } => {
            let keys = if keys { KeysToo::Yes } else { KeysToo::No };
            let dir = PathBuf::from(dir);
            if !dir.is_absolute() {
                return Err(End::wrong(
                    "bad-request",
                    "the folder is not absolute",
                    "give all of it",
                ));
            }
            let made = node.backup(dir, keys).await.map_err(not_made)?;
            out.line(&made.view()).await?;
            Ok(0)
        }
        Request::Known { terminal } => {
            let terminal = PartyId::parse(&terminal)
                .map_err(|e| End::wrong(e.code(), e.to_string(), "give a party's id"))?;
            let known = node.known_log(terminal).await?;
            out.line(&json!({
                "event": "known-log", "terminal": known.terminal, "entries": known.entries,
            }))
            .await?;
            Ok(0)
        }
        Request::Stop => {
            node.inner.stop.notify_one();
            Ok(0)
        }
        _ => Err(End::wrong("bad-request", "no command for an operator", "see landside --help")),
    }
}

fn not_made(error: BackupError) -> End {
    let (code, remedy) = (error.code().to_owned(), Some(error.remedy().to_owned()));
    End::Failed(3, Failure { code, text: error.to_string(), remedy })
}
