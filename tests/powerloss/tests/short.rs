//! The short form of the durability check; the long one is `powerloss --points 200`.

use std::io;

use landside_powerloss::{Campaign, Plan, StoreRows, Subject, Summary, Syncs, WholeNode};

#[test]
fn nothing_acknowledged_is_lost_at_any_power_cut() {
    let summary = store(Syncs::All).unwrap();
    assert!(summary.is_clean(), "{summary:?}");
}

#[test]
fn without_its_own_sync_the_store_would_lose_acknowledged_rows() {
    let summary = store(Syncs::IgnoreDataSyncs).unwrap();
    assert!(summary.lost > 0, "the harness cannot see a loss: {summary:?}");
    assert!(!summary.is_clean());
}

#[test]
fn a_node_keeps_every_document_it_acknowledged_at_its_place() {
    let summary = node(Syncs::All).unwrap();
    assert!(summary.is_clean(), "{summary:?}");
}

#[test]
fn without_the_sync_of_its_store_a_node_would_lose_acknowledged_documents() {
    let summary = node(Syncs::IgnoreDataSyncs).unwrap();
    assert!(!summary.is_clean(), "the harness cannot see a loss: {summary:?}");
}

fn store(syncs: Syncs) -> io::Result<Summary> {
    campaign(&StoreRows, Plan { seed: 7, batches: 80 }, 12, syncs)
}

fn node(syncs: Syncs) -> io::Result<Summary> {
    campaign(&WholeNode, Plan { seed: 7, batches: 60 }, 8, syncs)
}

fn campaign(subject: &dyn Subject, plan: Plan, points: usize, syncs: Syncs) -> io::Result<Summary> {
    let program = env!("CARGO_BIN_EXE_powerloss").into();
    Campaign { program, subject, plan, points, syncs }.run()
}
