//! One evidence file a container: exported once witnesses stand behind it, verified without a node.

use std::fs;

use data_encoding::BASE64;
use landside_node::control::Request;
use serde_json::json;

use super::desk::Desk;
use super::port::{Port, WITNESSES};
use crate::exit::Failed;
use crate::output::Output;

/// Waits until every witness has cosigned a head that covers the container, and writes the file. The
/// line exports it: it alone has the raw EDIFACT, and it has to ask the terminal for every proof.
pub(super) async fn export(desk: &Desk, container: &str) -> Result<(), Failed> {
    let what = format!("witnesses cosign the log of {container}");
    let bytes = desk.wait_for(&what, || async {
        let request = Request::Export { subject: container.to_owned() };
        let answer = desk.ask("northsea-line", &request).await?;
        let exported = answer.event("exported")?;
        let witnesses = exported["witnesses"].as_u64()?;
        if usize::try_from(witnesses).ok()? < WITNESSES.len() {
            return None;
        }
        let parts = answer.objects.iter().filter_map(|object| object.get("base64")?.as_str());
        parts.map(|part| BASE64.decode(part.as_bytes()).ok()).collect::<Option<Vec<_>>>()
    });
    let file = desk.port().evidence_file(container);
    fs::write(file, bytes.await?.concat()).map_err(|e| Failed::broken("file", e))
}

/// Verifies the file with a fresh process that has nothing but the file.
pub(super) async fn verify(port: &Port, container: &str, out: &Output) -> Result<bool, Failed> {
    let file = port.evidence_file(container);
    let report = port.verify(&file).await?;
    let proven = report["verdict"] == "proven";
    out.value(json!({
        "event": "demo-evidence", "container": container, "verdict": report["verdict"],
        "file": file.file_name().map(|name| name.to_string_lossy().into_owned()),
    }));
    Ok(proven)
}
