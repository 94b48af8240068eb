//! The words of what commands find out without a node.

use std::iter;

use super::style::{Style, columns};
use super::view::{View, counted, said, under};
use super::words::{directory, reason};

/// A new home: who it is, and what to hand to whom.
pub(super) fn home(view: View<'_>, style: Style) -> String {
    let actor = view.text("actor");
    let mut rows = vec![["home".to_owned(), view.text("path")], ["is".to_owned(), actor]];
    for (name, field) in [("signing key", "signing_key"), ("node key", "node_key")] {
        if let Some(key) = view.some(field) {
            rows.push([name.to_owned(), key]);
        }
    }
    let guarded = if view.is("encrypted") {
        style.good("encrypted")
    } else {
        style.warn("not encrypted: whoever reads the files in keys/ has them")
    };
    rows.push(["private keys".to_owned(), guarded]);
    let mut lines = columns(&rows);
    lines.push(String::new());
    lines.push(style.dim(&format!("next, {}:", view.text("next_by"))));
    lines.push(format!("  {}", view.text("next")));
    lines.join("\n")
}

/// A key by which this terminal signs for a line.
pub(super) fn agent(view: View<'_>, style: Style) -> String {
    let rows = [
        ["agent for".to_owned(), view.text("line")],
        ["is".to_owned(), view.text("party")],
        ["key".to_owned(), view.text("key")],
        ["private key".to_owned(), view.text("path")],
    ];
    let mut lines = columns(&rows);
    lines.push(String::new());
    lines.push(style.dim(&format!("next, {}:", view.text("next_by"))));
    lines.push(format!("  {}", view.text("next")));
    lines.join("\n")
}

/// A link to how far a case is; with the link itself when it was just made.
pub(super) fn share(view: View<'_>, style: Style) -> String {
    let state = match view.text("state").as_str() {
        "good" => style.good("good"),
        other => style.dim(other),
    };
    let until = view.second("until");
    let by = view.inner("made_by").map_or_else(|| "this machine".to_owned(), |by| by.text("name"));
    let label = view.some("label").map(|label| format!("  for {label}")).unwrap_or_default();
    let head = format!(
        "{}  {}  {state}  until {until}  by {by}{label}",
        view.text("share"),
        view.text("case"),
    );
    under(head, view.some("url").map(|url| style.head(&url)))
}

/// A token of a program; with its text when it was just made.
pub(super) fn token(view: View<'_>, style: Style) -> String {
    let state = match view.text("state").as_str() {
        "good" => style.good("good"),
        other => style.dim(other),
    };
    let head = format!(
        "{}  {}  {state}  until {}  {}  may {}",
        view.text("id"),
        view.text("person"),
        view.second("until"),
        view.text("label"),
        view.texts("scopes").join(", "),
    );
    under(head, view.some("token").map(|token| style.head(&token)))
}

/// A private key's file: its public half, and how it is guarded.
pub(super) fn key(view: View<'_>, style: Style) -> String {
    let guarded = match view.is("encrypted") {
        true => style.good(&view.text("protection")),
        false => style.warn("not encrypted: whoever reads the file has the key"),
    };
    let mut rows = vec![["file".to_owned(), view.text("file")]];
    for (name, field) in [("for", "use"), ("public key", "public_key"), ("key id", "key_id")] {
        if let Some(value) = view.some(field) {
            rows.push([name.to_owned(), value]);
        }
    }
    if let Some(code) = view.some("locked_because") {
        rows.push(["public key".to_owned(), style.warn(&format!("locked ({code})"))]);
    }
    rows.push(["private key".to_owned(), guarded]);
    columns(&rows).join("\n")
}

/// A party's statement about its keys, and what to do with it.
pub(super) fn rotation(view: View<'_>, style: Style) -> String {
    let mut rows = vec![["old key".to_owned(), view.text("old")]];
    if view.some("signing_key").is_some() {
        rows.push(["ends".to_owned(), view.second("ends")]);
    }
    let mut lines = columns(&rows);
    if let Some(file) = view.some("file") {
        lines.push(String::new());
        lines.push(style.dim("for the authority, so that the next edition lists the keys:"));
        lines.push(format!("  landside directory key-rotate DRAFT.json {file}"));
    }
    lines.push(String::new());
    let when = match view.is("handed_in") {
        true => "once the terminals below have registered it:",
        false => "no node runs here, so nothing was handed in. With that edition installed:",
    };
    lines.push(style.dim(when));
    lines.push("  landside key adopt".to_owned());
    lines.join("\n")
}

/// What a terminal made of a rotation.
pub(super) fn rotated(view: View<'_>, style: Style) -> String {
    let terminal = view.text("terminal");
    match view.text("outcome").as_str() {
        "accepted" => {
            let at = view.second("at");
            format!("{}  {terminal}: the new keys count there from {at}", style.good("registered"))
        }
        "refused" => format!("{}  {terminal}: {}", style.bad("refused   "), view.text("code")),
        _ => format!(
            "{}  {terminal}: no answer yet; it is kept and will be delivered",
            style.warn("queued    ")
        ),
    }
}

/// What is left to do once new keys are in place.
pub(super) fn adopted(view: View<'_>, style: Style) -> String {
    let mut lines = vec![match view.is("runs") {
        true => style.warn("restart the node: until then it goes on with the old keys"),
        false => "the node will start with these keys".to_owned(),
    }];
    let late: Vec<_> = view.texts("not_told").into_iter().collect();
    if !late.is_empty() {
        let late = late.join(", ");
        lines.push(format!("not told yet, and told when they come by the old node key: {late}"));
    }
    lines.join("\n")
}

/// An edition in a file: a draft, or a bundle and how far it is signed.
pub(super) fn edition(view: View<'_>, style: Style) -> String {
    let signed = match (view.text("form").as_str(), view.some("unsigned_because")) {
        ("draft", _) => style.warn("draft, not signed"),
        (_, Some(why)) => style.warn(&why),
        _ => style.good("enough of its own authorities"),
    };
    let mut rows = vec![
        ["file".to_owned(), view.text("file")],
        ["signed by".to_owned(), signed],
        ["threshold".to_owned(), view.text("threshold")],
    ];
    for (at, key) in view.texts("authorities").into_iter().enumerate() {
        rows.push([if at == 0 { "authorities" } else { "" }.to_owned(), key]);
    }
    let keys = view.list("parties").into_iter().flat_map(keys_of).collect::<Vec<_>>();
    let lines = iter::once(String::new()).chain(columns(&rows));
    under(directory(view, style), lines.chain(iter::once(String::new())).chain(columns(&keys)))
}

/// Every key of a party and when it counts: what an authority puts its name to.
fn keys_of(party: View<'_>) -> Vec<[String; 4]> {
    let signing = party.list("signing_keys").into_iter().map(|listed| {
        let until = listed.some("until").map(|_| format!(" until {}", listed.second("until")));
        let span = format!("from {}{}", listed.second("from"), until.unwrap_or_default());
        [party.text("id"), "signs".to_owned(), listed.text("key"), span]
    });
    let node = party.texts("node_keys").into_iter();
    let node = node.map(|key| [party.text("id"), "node".to_owned(), key, String::new()]);
    let agents = party.list("agents").into_iter().map(|held| {
        let until = held.some("until").map(|_| format!(" until {}", held.second("until")));
        let until = until.unwrap_or_default();
        let span = format!("held by {} from {}{until}", held.text("party"), held.second("from"));
        [party.text("id"), "agent".to_owned(), held.text("key"), span]
    });
    signing.chain(node).chain(agents).collect()
}

/// One file, checked without a node.
pub(super) fn verified(view: View<'_>, style: Style) -> String {
    let good = view.text("verdict") == "good";
    let verdict = if good { style.good("good   ") } else { style.bad("refused") };
    let head = format!("{verdict}  {}", view.text("file"));
    if let Some(refused) = view.inner("refused") {
        let claimed = view.some("id").map(|id| style.dim(&format!("claims to be document {id}")));
        return under(head, reason(refused).into_iter().chain(claimed));
    }
    let who = format!("{}, key {}", view.signer(), view.key("key"));
    let mut lines = columns(&[
        ["kind".to_owned(), style.head(&view.text("kind"))],
        ["id".to_owned(), view.text("id")],
        ["signed by".to_owned(), who],
        ["issued".to_owned(), view.second("issued_at")],
    ]);
    let said = said(view);
    if !said.is_empty() {
        lines.push(String::new());
        lines.extend(columns(&said));
    }
    under(head, lines)
}

/// A stopped node looked through.
pub(super) fn fsck(view: View<'_>, style: Style) -> String {
    let [documents, receipts, cases, waiting] =
        ["documents", "receipts", "cases", "waiting"].map(|name| view.count(name));
    let counts = format!(
        "{}, {}, {}, {waiting} waiting to be delivered",
        counted(documents, "document"),
        counted(receipts, "receipt"),
        counted(cases, "case"),
    );
    let gone = match view.count("signer_gone") {
        0 => String::new(),
        gone => format!(", {} of signers no longer listed", counted(gone, "document")),
    };
    let problems = view.texts("problems");
    let verdict = if problems.is_empty() {
        style.good("sound")
    } else {
        style.bad(&counted(u64::try_from(problems.len()).unwrap_or(u64::MAX), "problem"))
    };
    under(format!("{verdict}  {counts}{gone}"), problems)
}
