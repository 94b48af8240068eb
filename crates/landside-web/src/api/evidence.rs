//! `evidence`: the file of a case, and any file checked.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64;
use landside_node::control::Request as Ask;
use landside_node::node::Node;
use landside_node::words;
use landside_proto::evidence::{EVIDENCE_MAX, Finding, Report, Severity, Step, verify as check};
use landside_proto::ids::Hash32;
use serde_json::{Value, json};

use super::schema::figures::Evidence;
use super::schema::{Acts, LooksFor, shaped};
use super::{Asking, Known, Part, Shared};
use crate::body;
use crate::fault::Fault;

/// The evidence file of a case, by its code or its container.
#[utoipa::path(
    get,
    path = "/evidence/{subject}",
    tag = "evidence",
    operation_id = "exportEvidence",
    params(
        ("subject" = String, Path, description = "Case code or container number", max_length = 64),
    ),
    responses(
        (status = 200, description = "The evidence file", content_type = "application/octet-stream", body = Vec<u8>),
        LooksFor,
    ),
)]
pub(super) async fn export(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(subject): Part<String>,
) -> Result<Response, Fault> {
    let _place = shared.files.acquire().await.map_err(|_| Fault::busy())?;
    let asked = shared.ask(&known, Ask::Export { subject }).await?;
    let mut bytes = Vec::new();
    let mut name = String::from("case");
    for line in &asked.lines {
        if let Some(part) = line["base64"].as_str() {
            bytes.extend(BASE64.decode(part.as_bytes()).map_err(Fault::broken)?);
        } else if let Some(code) = line["case"].as_str() {
            name = code.to_owned();
        }
    }
    let fields = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.landside\"")),
    ];
    Ok((fields, bytes).into_response())
}

/// What an evidence file says, and whether it can be believed. `trust` is the id of the edition that is
/// known by another way; without it the node's own editions are.
#[utoipa::path(
    post,
    path = "/evidence/verify",
    tag = "evidence",
    operation_id = "verifyEvidence",
    params(
        ("trust" = Option<String>, Query, description = "Id of the directory edition that is known by another way; without it those of this node", pattern = "^[0-9a-f]{64}$"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, up to 64 MiB"),
    responses(
        (status = 200, description = "What the file says", body = Evidence),
        Acts,
    ),
)]
pub(super) async fn verify(
    State(shared): State<Arc<Shared>>,
    _: Known,
    asking: Asking,
    body: Body,
) -> Result<Response, Fault> {
    let [trust] = asking.of(["trust"])?;
    let trust = trust.map(|text| Hash32::parse(&text)).transpose();
    let trust = trust.map_err(|error| Fault::form(error.to_string()))?;
    let _place = shared.files.acquire().await.map_err(|_| Fault::busy())?;
    let bytes = body::file(body, EVIDENCE_MAX).await?;
    let node = shared.node.clone();
    let report = tokio::task::spawn_blocking(move || match trust {
        Some(_) => check(&bytes, trust),
        None => by_own_list(&node, &bytes),
    });
    Ok(shaped::<Evidence>(&view(&report.await.map_err(Fault::broken)?)))
}

/// The report by what this node knows itself: an edition that it keeps is the authority's.
fn by_own_list(node: &Node, bytes: &[u8]) -> Report {
    let report = check(bytes, None);
    let mut listed = report.editions.iter().map(|edition| edition.id);
    let known = listed.find(|id| matches!(node.edition_of(*id), Ok(Some(_))));
    known.map_or(report, |id| check(bytes, Some(id)))
}

fn view(report: &Report) -> Value {
    let count = |severity| report.findings.iter().filter(|f| f.severity() == severity).count();
    let subject = report.subject.as_ref();
    json!({
        "verdict": report.verdict.as_str(),
        "sound": report.is_sound(),
        "sha256": report.file,
        "bytes": report.bytes,
        "trusted": report.editions.iter().any(|edition| edition.trusted),
        "broken": count(Severity::Broken),
        "findings_count": count(Severity::Finding),
        "notes": count(Severity::Note),
        "witnesses": report.heads.first().map_or(0, |head| head.witnesses.len()),
        "edition": report.editions.first().map(|edition| edition.id),
        "network": subject.map(|subject| &subject.network),
        "terminal": subject.map(|subject| &subject.terminal),
        "container": subject.and_then(|s| s.visit.as_ref()).map(|visit| visit.container),
        "case": subject.and_then(|subject| subject.code),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "timeline": report.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity().as_str(), "code": finding.code.as_str(),
        "meaning": finding.code.meaning(), "text": finding.text,
        "place": finding.place.to_string(),
    })
}

fn step(step: &Step) -> Value {
    let signed = step.signed.as_ref();
    json!({
        "log": step.position.log, "at": step.position.at,
        "place": step.position.case.map(|case| case.place),
        "id": step.id,
        "kind": signed.map(|signed| signed.document().kind().as_str()),
        "issuer": signed.map(|signed| signed.issuer()),
        "name": step.signer.as_ref().map(|signer| &signer.name),
        "issued_at": signed.map(|signed| signed.issued_at()),
        "words": signed.map(|signed| words(signed.document())),
        "payload": signed.map(|signed| signed.document()),
        "proven": step.proven,
    })
}
