//! The short form of the durability check; the long one is `powerloss --points 200`.

use std::io;

use landside_powerloss::{Campaign, Plan, StoreRows, Summary, Syncs};

#[test]
fn nothing_acknowledged_is_lost_at_any_power_cut() {
    let summary = campaign(Syncs::All).unwrap();
    assert!(summary.is_clean(), "{summary:?}");
}

#[test]
fn without_its_own_sync_the_store_would_lose_acknowledged_rows() {
    let summary = campaign(Syncs::IgnoreDataSyncs).unwrap();
    assert!(summary.lost > 0, "the harness cannot see a loss: {summary:?}");
    assert!(!summary.is_clean());
}

fn campaign(syncs: Syncs) -> io::Result<Summary> {
    let campaign = Campaign {
        program: env!("CARGO_BIN_EXE_powerloss").into(),
        subject: &StoreRows,
        plan: Plan { seed: 7, batches: 80 },
        points: 12,
        syncs,
    };
    campaign.run()
}
