//! The words of an evidence file, for somebody who has never seen one: a judge, an insurer, a clerk.

use super::clocks;
use super::style::{Style, columns};
use super::view::{View, age, counted, joined, plain, under};

/// Verdict, subject, and what the verdict rests on.
pub(super) fn whole(view: View<'_>, style: Style) -> String {
    let word = word(view).to_uppercase();
    let verdict = match (view.text("verdict").as_str(), view.is("sound") && !hangs(view)) {
        ("broken", _) => style.bad(&word),
        (_, true) => style.good(&word),
        _ => style.warn(&word),
    };
    let mut lines = vec![meaning(view)];
    lines.extend(condition(view));
    lines.extend(tail(view));
    lines.extend(faults(view));
    lines.extend(too_few(view));
    lines.push(String::new());
    lines.extend(columns(&facts(view)));
    under(format!("{verdict}  {}", view.text("file")), lines)
}

/// The verdict, and whether it hangs on who wrote the list of parties in the file.
pub(super) fn word(view: View<'_>) -> String {
    let mut verdict = view.text("verdict").replace('-', " ");
    if too_few(view).is_some() && verdict != "too few witnesses" {
        verdict.push_str(", too few witnesses");
    }
    if hangs(view) {
        format!("{verdict}, if the list of parties is the authority's")
    } else {
        verdict
    }
}

/// Whether nobody said which edition to trust: then anybody may have written all of the file, with
/// parties of its own.
pub(super) fn hangs(view: View<'_>) -> bool {
    !view.is("trusted")
        && !matches!(view.text("verdict").as_str(), "broken" | "not-joined" | "incomplete")
}

/// What the verdict hangs on, if it does.
pub(super) fn condition(view: View<'_>) -> Option<String> {
    hangs(view).then(|| {
        "All of it rests on the list of parties in the file. Compare its id, below, with the one that the \
         port authority publishes, or give that one with --trust: with another list the file proves nothing."
            .to_owned()
    })
}

/// What the verdict means, one sentence or two.
pub(super) fn meaning(view: View<'_>) -> String {
    match view.text("verdict").as_str() {
        "proven" => {
            "Every document is in the terminal's log, and other parties witnessed that log: the \
             terminal cannot have taken out, added or changed any of it since."
        }
        "unwitnessed" => {
            "Every document is in the log that the terminal signed. No other party has witnessed \
             that log: the terminal alone vouches that it shows everybody the same."
        }
        "too-few-witnesses" => {
            "Every document is in the log that the terminal signed. Other parties witnessed that log, \
             and fewer of them than were asked for with --witnesses."
        }
        "not-joined" => {
            "The file does not join the list of parties that you trust: nothing leads from there to the \
             editions in the file, so nothing can be said of it. Give the editions between with \
             --editions, from the one you trust on, or give with --trust the id of one in the file."
        }
        "incomplete" => {
            "The file lacks what shows whether a signer's key counted when it signed: a key-rotation, or an \
             older edition. It may be true, and nothing here says so. Ask for the file again, from the \
             terminal or whoever has all of it; nobody is accused by what is not here."
        }
        "receipt-only" => {
            "The terminal signed receipts for the documents. No head of its log covers them all: \
             the terminal alone vouches for their order."
        }
        "part" => {
            "This is a part of the case, as a haulier or driver has it. Each document in it is what its \
             signer signed and the terminal registered, at the position told. What the rest of the case \
             says is not here, and the rules of a case were not applied."
        }
        "fork-proven" => {
            "The terminal signed two different histories of its log. Both signatures are its own, \
             and both cannot be true."
        }
        "consistency-not-shown" => {
            "The terminal signed two states of its log, and nothing here shows that one continues \
             the other."
        }
        "no-fork" => "The two states of the log go together: this is no evidence against anybody.",
        _ => {
            "This file cannot be believed. What is wrong, and where, is said below; what the file \
             tells about the case counts for nothing."
        }
    }
    .to_owned()
}

/// That a case goes on where a file ends.
pub(super) fn tail(view: View<'_>) -> Option<String> {
    let judged = !matches!(view.text("verdict").as_str(), "broken" | "not-joined" | "incomplete");
    (view.text("sort") == "case" && judged).then(|| {
        "It shows the case up to its last document in the file. Whether more was registered after that, \
         the terminal or any party of the case can say."
            .to_owned()
    })
}

/// That something is wrong beside the verdict.
pub(super) fn faults(view: View<'_>) -> Option<String> {
    let (broken, findings) = (view.count("broken"), view.count("findings"));
    match (broken, findings) {
        (0, 0) => None,
        (0, n) => {
            Some(format!("It also shows {} of the terminal or of a signer.", counted(n, "fault")))
        }
        (n, _) => Some(format!("{} in the file.", counted(n, "fault"))),
    }
}

/// That fewer parties witnessed the log than the reader asked for, whatever else the verdict says.
pub(super) fn too_few(view: View<'_>) -> Option<String> {
    let witnesses = view.inner("witnesses").filter(|_| view.is("too_few_witnesses"))?;
    let (count, asked) = (witnesses.count("count"), witnesses.count("asked"));
    Some(format!("Too few witnesses: {count} of the {asked} that were asked for with --witnesses."))
}

/// What the file is about and what stands behind it.
pub(super) fn facts(view: View<'_>) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            rows.push([name.to_owned(), text]);
        }
    };
    row("container", view.container());
    row("case", view.text("case"));
    row("terminal", called(view.some("terminal_name"), view.text("terminal")));
    row("network", view.text("network"));
    if view.count("documents") > 0 {
        let beside = joined([
            Some(counted(view.count("documents"), "document")),
            some_of(view.count("interchanges"), "EDIFACT interchange"),
            some_of(view.count("photos"), "photograph"),
        ]);
        row("in the file", beside);
    }
    for head in view.list("heads") {
        let entries = counted(head.count("entries"), "entry").replace("entrys", "entries");
        row("log", format!("{} of {entries}, root {}", head.text("log"), head.short("root")));
        for witness in head.list("witnesses") {
            row("witnessed by", self::witness(witness));
        }
    }
    if let Some(witnesses) = view.inner("witnesses").filter(|_| view.text("sort") == "case") {
        row("witnesses", counted_witnesses(witnesses));
    }
    row("file", format!("{} bytes, SHA-256 {}", view.count("bytes"), view.text("sha256")));
    rows
}

/// How many parties cosigned, whose they are, and how many were asked for.
fn counted_witnesses(witnesses: View<'_>) -> String {
    let parties = match witnesses.count("count") {
        0 => "no party other than the terminal".to_owned(),
        1 => format!("1 party other than the terminal ({})", witnesses.texts("parties").join(", ")),
        n => format!(
            "{n} parties other than the terminal ({})",
            witnesses.texts("parties").join(", ")
        ),
    };
    format!("{parties}; {} asked for", witnesses.count("asked"))
}

fn witness(witness: View<'_>) -> String {
    let who = called(witness.some("name"), witness.text("party"));
    let counts = if witness.is("counts") { "" } else { "; does not count" };
    format!("{who}, {} by its own clock{counts}", stamp(witness, "at"))
}

fn some_of(count: u64, noun: &str) -> Option<String> {
    (count > 0).then(|| counted(count, noun))
}

/// `Name (id)`, or the id alone where there is no other name.
pub(super) fn called(name: Option<String>, id: String) -> String {
    match name {
        Some(name) if name != id => format!("{name} ({id})"),
        _ => id,
    }
}

/// Fields and their values.
pub(super) fn pairs(view: View<'_>) -> String {
    let pairs: Vec<_> =
        view.0.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
    pairs.join(", ")
}

/// A time to the second with its zone.
pub(super) fn stamp(view: View<'_>, name: &str) -> String {
    let text = view.second(name);
    text.strip_suffix('Z').map_or_else(|| text.clone(), |clock| format!("{clock} UTC"))
}

/// Something found.
pub(super) fn finding(view: View<'_>, style: Style) -> String {
    let severity = match view.text("severity").as_str() {
        "broken" => style.bad("broken "),
        "finding" => style.warn("fault  "),
        _ => style.dim("note   "),
    };
    let head = format!("{severity}  {}", view.text("place"));
    under(
        head,
        [view.text("text"), style.dim(&format!("{}: {}", view.text("code"), view.text("meaning")))],
    )
}

/// One document: what it says, by whom, when, and what shows that it is so.
pub(super) fn step(view: View<'_>, style: Style) -> String {
    let number = view.some("number").unwrap_or_else(|| "-".to_owned());
    let head = format!(
        "{number:>3}  {}  {}",
        style.head(&stamp(view, "at")),
        style.dim(&format!("{} {}", view.text("kind"), view.short("id")))
    );
    let who = who(view);
    let mut lines = vec![format!("{who}: {}", view.text("words"))];
    if view.some("issuer").is_none() {
        lines = vec![style.bad("does not open; see above")];
    }
    lines.extend([signed(view), shown(view)].into_iter().filter(|line| !line.is_empty()));
    if let Some(disclosed) = view.inner("disclosed") {
        lines.push(format!("sealed, disclosed here: {}", pairs(disclosed)));
    }
    let lines: Vec<_> = lines.into_iter().map(|line| format!("   {line}")).collect();
    under(head, lines)
}

/// Who signed: the party, or who did for it.
pub(super) fn who(view: View<'_>) -> String {
    let party = called(view.some("name"), view.text("issuer"));
    match view.inner("agent") {
        Some(agent) => {
            let by = called(agent.some("name"), agent.text("party"));
            format!("{by}, agent for {party}")
        }
        None => party,
    }
}

/// By whose clock, with which key, and until when that key counts.
pub(super) fn signed(view: View<'_>) -> String {
    if view.some("key").is_none() {
        return String::new();
    }
    let key = format!("key {}", view.text("key"));
    if let Some(rotated) = view.inner("rotated") {
        let by = format!("vouched for by key {} on {}", rotated.text("by"), stamp(rotated, "at"));
        let signed = format!("signed {} by the signer's clock", stamp(view, "issued_at"));
        let edition =
            view.some("edition").map(|number| format!("beside directory edition {number}"));
        return joined([Some(signed), Some(format!("{key}, {by}")), edition]);
    }
    let valid = match (view.some("key_from"), view.some("key_until")) {
        (Some(_), Some(_)) => {
            format!("in force from {} to {}", stamp(view, "key_from"), stamp(view, "key_until"))
        }
        (Some(_), None) => format!("in force from {}", stamp(view, "key_from")),
        (None, Some(_)) => format!("vouched for until {}", stamp(view, "key_until")),
        (None, None) => String::new(),
    };
    let by = view.some("vouched_by").map(|_| format!("by {}", view.texts("vouched_by").join(", ")));
    let valid = [Some(valid), by].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let edition = view.some("edition").map(|number| format!("directory edition {number}"));
    let signed = format!("signed {} by the signer's clock", stamp(view, "issued_at"));
    joined([Some(signed), Some(key), Some(valid).filter(|v| !v.trim().is_empty()), edition])
}

/// Where it stands and what shows it.
pub(super) fn shown(view: View<'_>) -> String {
    let on = view.inner("builds_on").map(|on| match on.some("number") {
        Some(number) => format!("builds on {number}"),
        None => format!("builds on {}, which is not in the file", on.short("document")),
    });
    let receipts = view.texts("receipts");
    let receipts = match receipts.len() {
        0 => None,
        1 => Some(format!("receipt {}", receipts.join(", "))),
        _ => Some(format!("receipts {}", receipts.join(", "))),
    };
    let proof = view.is("proven").then(|| "a proof from the log".to_owned());
    let by: Vec<_> = [proof, receipts].into_iter().flatten().collect();
    let by = if by.is_empty() { "nothing".to_owned() } else { by.join(" and ") };
    let log = format!("entry {} of the terminal's log", view.text("log"));
    joined([on, Some(log), Some(format!("shown by {by}"))])
}

/// How it ended, or how it stood.
pub(super) fn outcome(view: View<'_>, style: Style) -> String {
    let state = match view.text("state").as_str() {
        "closed" => "The container left".to_owned(),
        _ => format!("The case was open at its last document, {}", stamp(view, "at")),
    };
    under(style.head(&state), columns(&outcome_rows(view)))
}

/// The rows of how it ended.
pub(super) fn outcome_rows(view: View<'_>) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            rows.push([name.to_owned(), text]);
        }
    };
    for release in view.list("releases") {
        let ended = if release.is("stands") { "" } else { "; no longer stands" };
        row(
            "released",
            format!(
                "bill {} by {} to {} until {}{ended}",
                release.text("bill"),
                release.text("line"),
                release.text("release_to"),
                stamp(release, "valid_until")
            ),
        );
    }
    row("right held by", view.texts("holders").join(", then "));
    row("lights", view.inner("lights").map(pairs).unwrap_or_default());
    for over in view.list("overrides") {
        let agreed = over.some("agreed").map(|person| format!(" and {person}"));
        row(
            "overridden",
            format!(
                "{} light, by {}{}: {}",
                over.text("light"),
                over.text("person"),
                agreed.unwrap_or_default(),
                over.text("reason")
            ),
        );
    }
    for need in view.list("needs") {
        row("lacked", format!("{}; owed by {}", need.text("detail"), need.text("owed_by")));
    }
    if let Some(driver) = view.inner("driver") {
        row("truck", format!("{}, driver key {}", driver.text("plate"), driver.text("key")));
    }
    if let Some(slot) = view.inner("slot") {
        row("slot", format!("{} to {}", stamp(slot, "from"), stamp(slot, "until")));
    }
    if let Some(decision) = view.inner("decision") {
        for text in self::decision(decision) {
            row("gate", text);
        }
    }
    if let Some(receipt) = view.inner("interchange_receipt") {
        row("handed over", handed_over(receipt));
    }
    if let Some(out) = view.inner("gate_out") {
        let unsigned = out.some("unsigned_because");
        let unsigned = unsigned.map(|why| format!("driver did not sign: {why}"));
        row("left the gate", joined([Some(stamp(out, "left_at")), unsigned]));
    }
    rows.extend(clocks::told(view));
    rows
}

fn decision(decision: View<'_>) -> Vec<String> {
    let admitted = decision.text("verdict") == "admit";
    let word = if admitted { "admitted" } else { "refused" };
    let plate = decision.some("plate").map(|plate| format!("plate {plate}"));
    let edition = format!("by directory edition {}", decision.text("directory"));
    let mut lines = vec![joined([Some(word.to_owned()), plate, Some(edition)])];
    for reason in decision.list("reasons") {
        lines.push(format!(
            "because {}; owed by {}",
            reason.text("detail"),
            reason.text("owed_by")
        ));
    }
    let known: Vec<_> = decision
        .list("relied_on")
        .into_iter()
        .map(|relied| {
            let what = match relied.some("number") {
                Some(number) => format!("{number} {}", relied.text("kind")),
                None => relied.short("document"),
            };
            format!("{what} ({} old)", age(relied.count("age_s")))
        })
        .collect();
    if !known.is_empty() {
        lines.push(format!("knowing {}", known.join(", ")));
    }
    lines
}

fn handed_over(receipt: View<'_>) -> String {
    let list = |name: &str, word: &str| {
        let texts = receipt.texts(name);
        (!texts.is_empty()).then(|| format!("{word} {}", texts.join(" ")))
    };
    let signed = if receipt.is("signed_by_driver") { "signed" } else { "not signed" };
    let parts = [
        Some(receipt.text("condition")),
        list("seals", "seals"),
        list("damage", "damage"),
        receipt.some("remark"),
        some_of(receipt.count("photos"), "photograph"),
        Some(format!("{signed} by the driver")),
    ];
    joined(parts)
}

/// An edition of the directory that the file brings.
pub(super) fn edition(view: View<'_>, style: Style) -> String {
    let head = format!("directory edition {}", view.text("number"));
    under(style.head(&head), edition_lines(view))
}

/// What there is to tell of an edition.
pub(super) fn edition_lines(view: View<'_>) -> Vec<String> {
    let trusted = if view.is("trusted") { ", the one you trust" } else { "" };
    vec![
        format!("id {}{trusted}", view.text("id")),
        format!(
            "in force from {}, signed by {} of {} authorities ({} needed)",
            stamp(view, "valid_from"),
            view.count("signatures"),
            view.count("of"),
            view.count("threshold")
        ),
    ]
}
