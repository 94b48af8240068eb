//! Every check of a file. What fails is noted with its place, and the checks go on as far as the rest
//! can mean anything: a judge wants to see all that is wrong, not the first of it.

mod attached;
mod documents;
mod editions;
mod fork;
mod head;
mod receipts;
mod rotations;

use std::cmp::Ordering;

use self::editions::Editions;
use super::form::{self, Parsed};
use super::layout::{Layout, Part, Place};
use super::report::{Finding, FindingCode, Report, Severity, Sort, Subject, Verdict};
use super::trust::Trust;
use super::{CaseEvidence, Evidence, ForkEvidence, Registered};
use crate::document::Visit;
use crate::envelope;
use crate::ids::Hash32;

/// Checks a file with nothing but its bytes. `trust` is the id of a directory edition that was
/// compared by another channel; without it the report says which id to compare. One witness is enough.
#[must_use]
pub fn verify(bytes: &[u8], trust: Option<Hash32>) -> Report {
    verify_by(bytes, &Trust { ids: trust.as_slice(), ..Trust::default() })
}

/// Checks a file with its bytes and what its reader brings along.
#[must_use]
pub fn verify_by(bytes: &[u8], trust: &Trust<'_>) -> Report {
    let mut report = Report {
        sort: None,
        verdict: Verdict::Broken,
        findings: Vec::new(),
        file: Hash32::of(bytes),
        bytes: bytes.len(),
        subject: None,
        editions: Vec::new(),
        trusted: false,
        witnesses_asked: trust.witnesses.max(1),
        heads: Vec::new(),
        relation: None,
        credentials: Vec::new(),
        steps: Vec::new(),
        case: None,
        attached: (0, 0),
    };
    match form::parse(bytes) {
        Err(error) => {
            report.findings.push(Finding::new(error.code, error.place, error.detail));
        }
        Ok(Parsed { evidence, layout, digest_holds }) => {
            match &evidence {
                Evidence::Case(case) => check_case(case, &layout, trust, &mut report),
                Evidence::Fork(fork) => check_fork(fork, &layout, trust, &mut report),
            }
            if !digest_holds {
                let finding = digest(&report, &layout);
                report.findings.push(finding);
            }
        }
    }
    report.findings.sort_by(|a, b| order(&a.place, &b.place));
    if report.is_broken() {
        (report.verdict, report.case) = (Verdict::Broken, None);
    } else if report.is_unjudged() {
        let joined = report.findings.iter().all(|f| f.code != FindingCode::EditionNotJoined);
        let verdict = if joined { Verdict::Incomplete } else { Verdict::NotJoined };
        (report.verdict, report.case) = (verdict, None);
    }
    report
}

/// Findings in the order of the file; the file itself first.
fn order(a: &Place, b: &Place) -> Ordering {
    a.part.cmp(&b.part).then(a.number.cmp(&b.number))
}

/// Says what the digest's failure means, given what else was found.
fn digest(report: &Report, layout: &Layout) -> Finding {
    let mut unsigned: Vec<String> = vec![layout.the(Part::Digest).to_string()];
    let text = if report.is_broken() {
        "the file was changed after it was written; the other findings name where".to_owned()
    } else {
        let lines = report.findings.iter().filter(|f| f.code == FindingCode::LineUnknown);
        unsigned.extend(lines.map(|finding| finding.place.to_string()));
        format!(
            "the file was changed after it was written, in a part that nothing else covers: {}",
            unsigned.join("; or ")
        )
    };
    Finding::new(FindingCode::FileDigest, layout.the(Part::Digest), text)
}

fn check_case(case: &CaseEvidence, layout: &Layout, trust: &Trust<'_>, report: &mut Report) {
    report.sort = Some(Sort::Case);
    let mut editions = Editions::follow(&case.network, &case.editions, layout, trust, report);
    report.subject = Some(Subject {
        network: case.network.clone(),
        terminal: case.visit.terminal.clone(),
        terminal_name: editions.name_of(&case.visit.terminal),
        visit: Some(case.visit.clone()),
        code: Some(case.code),
    });
    if !is_of_subject(case, layout, report) || editions.is_empty() {
        return;
    }
    let refused = editions.take_rotations(case);
    let head = case.head.as_ref().and_then(|note| {
        let place = layout.the(Part::Head);
        head::open(note, &place, &case.network, &case.visit.terminal, &editions, report)
    });
    let receipts = receipts::read(case, layout, &editions, report);
    documents::check(case, layout, &editions, (head.as_ref(), &receipts), &refused, report);
    receipts::compare(case, layout, &receipts, report);
    if let Some(head) = head {
        head::date(&head, layout, &editions, &case.visit.terminal, report);
        report.heads.push(head.seen);
    }
    attached::check(case, layout, report);
    if !report.is_broken() {
        report.verdict = weighed(layout, case.is_part(), report);
    }
}

/// Whether the documents speak of what the file says it is about. When none does, they are not to
/// blame, and the rest would say so document by document.
fn is_of_subject(case: &CaseEvidence, layout: &Layout, report: &mut Report) -> bool {
    let place = layout.the(Part::Subject);
    let claimed = case.documents.iter().filter_map(|d| envelope::reopen(&*d.envelope).ok());
    let mut visits = claimed.filter_map(|claimed| claimed.document().visit().cloned()).peekable();
    if visits.peek().is_some() && !visits.any(|visit| visit == case.visit) {
        let Visit { terminal, container } = &case.visit;
        let text = format!("no document of the file speaks of {container} at {terminal}");
        report.find(FindingCode::NotOfThisCase, &place, text);
        return false;
    }
    let code = case.code;
    let placed = |d: &Registered| d.position.case.is_some_and(|place| place.code == code);
    if !case.documents.iter().any(placed) {
        let text = format!("no document of the file has a place in case {code}");
        report.find(FindingCode::NotOfThisCase, &place, text);
        return false;
    }
    true
}

/// What positions rest on, when nothing is broken.
fn weighed(layout: &Layout, part: bool, report: &mut Report) -> Verdict {
    let weight = proven(layout, report);
    if !part || weight == Verdict::TooFewWitnesses {
        return weight;
    }
    let text = "the first document of the case is not here: what is, stands by itself, and the rules of \
                a case were not applied";
    report.find(FindingCode::PartOfCase, &layout.the(Part::File), text);
    Verdict::Part
}

fn proven(layout: &Layout, report: &mut Report) -> Verdict {
    let registered = || report.steps.iter().chain(&report.credentials);
    let by_receipt = registered().filter(|step| !step.proven).count();
    let (witnesses, asked) = (report.witnesses().len(), report.witnesses_asked);
    let mut note = |code, place, text: String| {
        report.findings.push(Finding::new(code, place, text));
    };
    if by_receipt > 0 {
        let text = format!(
            "{by_receipt} of the positions rest on the terminal's signed receipts, not on a head \
             of its log"
        );
        note(FindingCode::ReceiptsOnly, layout.the(Part::File), text);
        return Verdict::ReceiptOnly;
    }
    if witnesses == 0 {
        let text = "no party but the terminal has signed that it saw this head";
        note(FindingCode::Unwitnessed, layout.the(Part::Head), text.to_owned());
        return Verdict::Unwitnessed;
    }
    if witnesses < asked {
        let text =
            format!("{witnesses} of the {asked} parties asked for signed that they saw this head");
        note(FindingCode::TooFewWitnesses, layout.the(Part::Head), text);
        return Verdict::TooFewWitnesses;
    }
    Verdict::Proven
}

fn check_fork(fork: &ForkEvidence, layout: &Layout, trust: &Trust<'_>, report: &mut Report) {
    report.sort = Some(Sort::Fork);
    let mut editions = Editions::follow(&fork.network, &fork.editions, layout, trust, report);
    report.subject = Some(Subject {
        network: fork.network.clone(),
        terminal: fork.terminal.clone(),
        terminal_name: editions.name_of(&fork.terminal),
        visit: None,
        code: None,
    });
    if !editions.is_empty() {
        editions.take_vouched(fork, layout, report);
        fork::check(fork, layout, &editions, report);
    }
}

impl Report {
    fn find(&mut self, code: FindingCode, place: &Place, text: impl AsRef<str>) {
        self.findings.push(Finding::new(code, place.clone(), text));
    }

    /// Whether a part of this sort is broken.
    fn broken_in(&self, part: Part) -> bool {
        let broken = |f: &&Finding| f.severity() == Severity::Broken && f.place.part == part;
        self.findings.iter().any(|finding| broken(&finding))
    }
}
