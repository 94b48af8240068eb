//! What only the running node knows.

use std::collections::BTreeMap;
use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::ids::UnixMillis;

use super::table as is;
use super::{Finding, Weight};
use crate::ledger::{self, Read as _};
use crate::node::{Inner, Node, clock};
use crate::rows;
use crate::store::{Range, Store, StoreError, free_bytes};

/// Documents looked at for what they tell of the clock: the newest ones.
const CLOCK_DOCUMENTS: usize = 128;

/// By how much documents may come from the future before it is said: less than a gate allows a
/// driver's phone (docs/PROTOCOL.md § 9), more than two synchronised clocks differ.
const CLOCK_OFF: Duration = Duration::from_secs(5);

/// Parties whose documents come from the future before this clock is blamed and not theirs.
const CLOCK_WITNESSES: usize = 2;

impl Node {
    /// What is wrong with this node, beside what its files tell.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn checkup(&self) -> Result<Vec<Finding>, StoreError> {
        self.read(|node| {
            let (mut found, now) = (Vec::new(), clock());
            essentials(node, &mut found, now);
            queues(node, &mut found, now)?;
            heads(node, &mut found, now)?;
            certificates(node, &mut found, now);
            clocks(node, &mut found, now)?;
            Ok(found)
        })
        .await
    }

    /// Whether the node does all of its work.
    ///
    /// # Errors
    /// What keeps it from that: a store that stopped, a full disk, keys that nobody knows.
    pub async fn readiness(&self) -> Result<(), Vec<Finding>> {
        let looked = self.read(|node| {
            let mut found = Vec::new();
            essentials(node, &mut found, clock());
            found.retain(|finding| finding.check.weight == Weight::Bad);
            Ok(found)
        });
        match looked.await {
            Ok(found) if found.is_empty() => Ok(()),
            Ok(found) => Err(found),
            Err(error) => Err(vec![Finding::new(&is::STORE_STOPPED, error.to_string())]),
        }
    }

    /// Whether the process lives: its writer takes commands.
    #[must_use]
    pub fn lives(&self) -> bool {
        !self.inner.commands.is_closed()
    }
}

fn essentials(node: &Inner, found: &mut Vec<Finding>, now: UnixMillis) {
    let reads = Store::get(node.store.as_ref(), rows::LOG, &[]);
    if let Err(error) = reads {
        found.push(Finding::new(&is::STORE_STOPPED, error.to_string()));
    } else if node.commands.is_closed() {
        found.push(Finding::new(&is::STORE_STOPPED, "the writer has ended"));
    }
    if let Ok(free) = free_bytes(&node.home.store_dir())
        && free < node.operating.free_min
    {
        let fact =
            format!("{free} bytes of disk are free, {} are kept back", node.operating.free_min);
        found.push(Finding::new(&is::DISK_LOW, fact));
    }
    let Some(me) = node.me.party() else { return };
    let authorities = node.authorities.borrow();
    let number = authorities.directory.edition().number;
    if authorities.directory.party(me).is_none() {
        let fact = format!("edition {number} does not list {me}");
        return found.push(Finding::new(&is::PARTY_NOT_LISTED, fact));
    }
    let fact = |what| format!("neither edition {number} nor a rotation knows the {what} key");
    if !authorities.signing_keys(me, now).contains(&node.keys.signing.public_key()) {
        found.push(Finding::new(&is::KEY_NOT_LISTED, fact("signing")));
    }
    if !authorities.node_keys(me, now).contains(&node.keys.node.public_key()) {
        found.push(Finding::new(&is::KEY_NOT_LISTED, fact("node")));
    }
}

fn queues(node: &Inner, found: &mut Vec<Finding>, now: UnixMillis) -> Result<(), StoreError> {
    let connected = node.exchange.connected();
    for party in node.exchange.always_dialled() {
        if !connected.iter().any(|peer| peer.party() == Some(&party)) {
            found.push(Finding::new(&is::PEER_AWAY, format!("no link with {party}")));
        }
    }
    let store = node.store.as_ref();
    // A driver's phone is off most of the day: nobody could act on that.
    let peers = ledger::peers_waited_for(store)?;
    for peer in peers.iter().filter(|peer| peer.party().is_some()) {
        let oldest = ledger::oldest_waiting(store, peer)?;
        let waited = oldest.map(|at| now.since(at)).filter(|age| *age > node.operating.alarm_after);
        if let Some(age) = waited {
            let minutes = age.as_secs() / 60;
            let fact = format!("documents have waited for {peer} for {minutes} minutes");
            found.push(Finding::new(&is::QUEUE_OLD, fact));
        }
    }
    Ok(())
}

fn heads(node: &Inner, found: &mut Vec<Finding>, now: UnixMillis) -> Result<(), StoreError> {
    if node.is_terminal() {
        if let Some(age) = node.heads.overdue(now) {
            let fact = format!("no head of the log is final since {} s", age.as_secs());
            found.push(Finding::new(&is::WITNESS_NONE, fact));
        } else if node.heads.size() > 0 && node.heads.last_final().is_none() {
            found.push(Finding::new(&is::WITNESS_NONE, "no head of the log was ever cosigned"));
        }
        for (witness, held) in node.heads.refusing() {
            let fact = format!("{witness} refuses to cosign the log since {}", held.since);
            found.push(Finding::new(&is::WITNESS_REFUSES, fact));
        }
    }
    for watch in node.witness.watches()? {
        if let Some(trouble) = watch.trouble.filter(|_| !watch.alarm) {
            let fact = format!("log of {}: {trouble}", watch.terminal);
            found.push(Finding::new(&is::WITNESS_TROUBLE, fact));
        }
    }
    let alarms = node.home.alarms();
    if alarms > 0 {
        found.push(Finding::new(&is::ALARM, format!("{alarms} files in alarms/")));
    }
    Ok(())
}

fn certificates(node: &Inner, found: &mut Vec<Finding>, now: UnixMillis) {
    for (listener, standing) in node.certificates.all_standing() {
        if let Some(fault) = &standing.fault {
            let fact = format!("{listener}: {fault}");
            found.push(Finding::new(&is::CERTIFICATE_UNUSABLE, fact));
        }
        if let Some(until) = standing.until.filter(|_| standing.ends_soon(now)) {
            let fact = format!("the certificate of {listener} ends at {until}");
            found.push(Finding::new(&is::CERTIFICATE_ENDS, fact));
        }
    }
}

/// What the newest documents tell of the clock: none was received later than now, and those of several
/// parties do not come from the future.
fn clocks(node: &Inner, found: &mut Vec<Finding>, now: UnixMillis) -> Result<(), StoreError> {
    let store = node.store.as_ref();
    let newest = store.scan(&Range::all(rows::DOCUMENTS).descending(), CLOCK_DOCUMENTS)?;
    let mut ahead: BTreeMap<Actor, Duration> = BTreeMap::new();
    let mut received = UnixMillis::from_millis(0);
    for (key, _) in &newest {
        let stored = store.document(rows::number(key)?)?;
        received = received.max(stored.received_at);
        let by = stored.signed.issued_at().since(stored.received_at);
        if *stored.signed.issuer() != node.me && by > CLOCK_OFF {
            let most = ahead.entry(stored.signed.issuer().clone()).or_default();
            *most = by.max(*most);
        }
    }
    if received > now.plus(CLOCK_OFF) {
        let fact = format!("a document was received at {received}, and now is {now}");
        found.push(Finding::new(&is::CLOCK_BACK, fact));
    }
    if ahead.len() >= CLOCK_WITNESSES {
        let by = ahead.values().min().copied().unwrap_or_default().as_secs();
        let fact = format!(
            "documents of {} signers were signed {by} s or more after they came",
            ahead.len()
        );
        found.push(Finding::new(&is::CLOCK_BEHIND, fact));
    }
    Ok(())
}
