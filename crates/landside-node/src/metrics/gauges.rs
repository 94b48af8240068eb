//! What is looked up when somebody asks for the metrics.

use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::ids::UnixMillis;

use super::{Page, as_f64, table};
use crate::exchange::Exchange;
use crate::ledger;
use crate::node::{Inner, Node, clock};
use crate::open_files;
use crate::rows;
use crate::store::{StoreError, free_bytes};
use crate::writer::QUEUE_MAX;

/// Parties with a value of their own in metrics by peer; further ones are counted together. The parties of a large port.
pub const PEERS_MAX: usize = 250;

/// Documents counted for one peer; more are as bad, and counting takes time.
const COUNTED_MAX: usize = 10_000;

/// The label of drivers' devices, of which there are thousands.
const DEVICES: &str = "drivers";

/// The label of parties beyond [`PEERS_MAX`].
const OTHERS: &str = "others";

impl Node {
    /// Every metric of this node, in the text form of Prometheus.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn metrics(&self) -> Result<String, StoreError> {
        let ready = self.readiness().await.is_ok();
        self.read(move |node| {
            let mut page = Page::default();
            let now = clock();
            page.family(&table::BUILD);
            page.sample(&[env!("CARGO_PKG_VERSION"), &node.me.to_string()], 1.0);
            page.single(&table::READY, f64::from(u8::from(ready)));
            page.single(&table::STARTED, seconds_of(node.operating.started));
            node.operating.metrics.write(&mut page);
            let waiting = QUEUE_MAX.saturating_sub(node.commands.capacity());
            page.single(&table::WRITER_WAITING, count(waiting));
            outboxes(node, &mut page, now)?;
            peers(&node.exchange, &mut page);
            storage(node, &mut page)?;
            log(node, &mut page, now)?;
            directory(node, &mut page, now);
            process(&mut page);
            Ok(page.into_text())
        })
        .await
    }
}

/// What waits for whom, summed up over those that share a label.
fn outboxes(node: &Inner, page: &mut Page, now: UnixMillis) -> Result<(), StoreError> {
    let store = node.store.as_ref();
    let mut lines: Vec<(String, usize, Duration)> = Vec::new();
    for peer in ledger::peers_waited_for(store)? {
        let label = match &peer {
            Actor::Driver(_) => DEVICES.to_owned(),
            Actor::Party(_) if lines.len() >= PEERS_MAX => OTHERS.to_owned(),
            Actor::Party(party) => party.to_string(),
        };
        let documents = ledger::waiting(store, &peer, None, COUNTED_MAX)?.len();
        let oldest =
            ledger::oldest_waiting(store, &peer)?.map_or(Duration::ZERO, |at| now.since(at));
        match lines.iter_mut().find(|(known, ..)| *known == label) {
            Some((_, sum, age)) => (*sum, *age) = (sum.saturating_add(documents), oldest.max(*age)),
            None => lines.push((label, documents, oldest)),
        }
    }
    page.family(&table::OUTBOX);
    for (label, documents, _) in &lines {
        page.sample(&[label], count(*documents));
    }
    page.family(&table::OUTBOX_OLDEST);
    for (label, _, oldest) in &lines {
        page.sample(&[label], oldest.as_secs_f64());
    }
    Ok(())
}

fn peers(exchange: &Exchange, page: &mut Page) {
    let connected = exchange.connected();
    page.single(&table::PEERS, count(connected.len()));
    page.family(&table::DIALLED);
    for party in exchange.always_dialled().into_iter().take(PEERS_MAX) {
        let is_there = connected.iter().any(|peer| peer.party() == Some(&party));
        page.sample(&[party.as_str()], f64::from(u8::from(is_there)));
    }
}

fn storage(node: &Inner, page: &mut Page) -> Result<(), StoreError> {
    let documents = ledger::next_number(node.store.as_ref(), rows::DOCUMENTS)?;
    page.single(&table::STORED, as_f64(documents));
    let free = free_bytes(&node.home.store_dir()).map_err(|e| StoreError::Io(e.to_string()))?;
    page.single(&table::FREE, as_f64(free));
    page.single(&table::FREE_MIN, as_f64(node.operating.free_min));
    let backup = node.home.last_backup().map_or(0.0, seconds_of);
    page.single(&table::BACKUP, backup);
    Ok(())
}

fn log(node: &Inner, page: &mut Page, now: UnixMillis) -> Result<(), StoreError> {
    // A log that is not kept has no age: no value, and no alert.
    let heads = Some(&node.heads).filter(|_| node.is_terminal());
    page.family(&table::LOG_ENTRIES);
    if let Some(heads) = heads {
        page.sample(&[], as_f64(heads.size()));
    }
    let last = heads.and_then(|heads| heads.last_final());
    page.family(&table::LOG_FINAL_ENTRIES);
    if let Some(last) = &last {
        page.sample(&[], as_f64(last.head.checkpoint().size));
    }
    page.family(&table::LOG_HEAD_AGE);
    if let Some(last) = &last {
        page.sample(&[], now.since(last.at).as_secs_f64());
    }
    page.family(&table::LOG_REFUSED);
    if let Some(heads) = heads {
        page.sample(&[], count(heads.refusing().len()));
    }
    page.family(&table::WITNESSED);
    for watch in node.witness.watches()? {
        if let Some(at) = watch.cosigned_at {
            page.sample(&[watch.terminal.as_str()], now.since(at).as_secs_f64());
        }
    }
    page.single(&table::ALARMS, count(node.home.alarms()));
    Ok(())
}

fn directory(node: &Inner, page: &mut Page, now: UnixMillis) {
    let directory = node.authorities.borrow().directory.clone();
    let edition = directory.edition();
    page.single(&table::EDITION, as_f64(edition.number));
    page.single(&table::DIRECTORY_AGE, seconds_between(edition.valid_from, now));
    page.single(&table::DIRECTORY_LEFT, seconds_between(now, edition.valid_until));
    page.family(&table::CERTIFICATE_LEFT);
    for (listener, until) in node.certificates.ends() {
        page.sample(&[listener], seconds_between(now, until));
    }
}

fn process(page: &mut Page) {
    // Another system than Linux tells neither; then there is no value.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    page.family(&table::MEMORY);
    if let Some(kib) = kib {
        page.sample(&[], as_f64(kib.saturating_mul(1024)));
    }
    page.family(&table::FILES);
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        page.sample(&[], count(open.count()));
    }
    page.single(&table::FILES_MAX, as_f64(open_files::allowed()));
}

fn count(of: usize) -> f64 {
    as_f64(u64::try_from(of).unwrap_or(u64::MAX))
}

fn seconds_of(at: UnixMillis) -> f64 {
    as_f64(at.as_millis()) / 1e3
}

/// From one moment to another; below 0 when the second is the earlier one.
fn seconds_between(from: UnixMillis, until: UnixMillis) -> f64 {
    seconds_of(until) - seconds_of(from)
}
