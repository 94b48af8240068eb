//! What the list of open cases costs as screens ask for it.
//!
//! A terminal's node registers arrivals of containers, four for each; then the board is made as a
//! console makes it, and asked; then the figures of the last thirty days.
//!
//! `cargo run --release -p landside-bench -- board [--cases N] [--json]`

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use landside_node::board::{Board, PAGE_MAX, Page, Query};
use landside_node::control::{Request, ask as ask_node};
use landside_node::node::{Node, clock};
use landside_proto::document::{Arrival, Visit};
use landside_proto::ids::{ContainerNo, DocId, PartyId};
use serde_json::json;
use tokio::task::JoinSet;

use super::{Failed, homes};

/// Open cases unless told otherwise: a full port.
pub(crate) const CASES: u64 = 20_000;

/// Documents of each case.
const DOCUMENTS: u64 = 4;

/// Documents in flight at once.
const AHEAD: u64 = 256;

/// Askings from which a mean is taken.
const ASKINGS: u32 = 200;

/// Registers the cases and prints what the board costs.
pub(crate) async fn run(dir: &Path, cases: u64, json: bool) -> Result<(), Failed> {
    let home = homes(dir)?.terminal;
    let socket = home.socket();
    let (node, _running) = Node::start(home).await?;
    fill(&Arc::new(node.clone()), cases).await?;
    let begun = Instant::now();
    let (board, keep) = node.board();
    let kept = tokio::spawn(keep);
    while usize::try_from(cases)? != ask(&board, &Query::default())?.open {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let filled = begun.elapsed();
    let page = Query { limit: 50, ..Query::default() };
    let begun = Instant::now();
    let (mut pages, mut after) = (0u32, None);
    loop {
        pages += 1;
        let page = ask(&board, &Query { after, limit: PAGE_MAX, ..Query::default() })?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let walked = begun.elapsed();
    let of = |text: &str| Query { text: text.to_owned(), limit: 50, ..Query::default() };
    let counted_first = figures(&socket, cases).await?;
    let counted_again = figures(&socket, cases).await?;
    let figures = json!({
        "event": "board", "cases": cases, "documents": cases * DOCUMENTS,
        "filled_ms": filled.as_millis(),
        "page_us": mean(&board, &page)?,
        "search_one_us": mean(&board, &of(&number(cases / 2)?))?,
        "search_none_us": mean(&board, &of("no such thing"))?,
        "walk_ms": walked.as_millis(), "pages": pages,
        "figures_first_ms": counted_first.as_millis(),
        "figures_again_ms": counted_again.as_millis(),
    });
    kept.abort();
    if json {
        println!("{figures}");
    } else {
        for (name, value) in figures.as_object().into_iter().flatten().skip(1) {
            println!("{name:>16} {value}");
        }
    }
    Ok(())
}

/// Registers so many cases.
pub(crate) async fn fill(node: &Arc<Node>, cases: u64) -> Result<(), Failed> {
    let mut serial = 0;
    while serial < cases {
        let mut some = JoinSet::new();
        for number in serial..cases.min(serial + AHEAD) {
            let node = Arc::clone(node);
            some.spawn(async move { arrive(&node, number).await });
        }
        while let Some(done) = some.join_next().await {
            done??;
        }
        serial += AHEAD;
    }
    Ok(())
}

/// How long it takes until figures of every case are there.
async fn figures(socket: &Path, cases: u64) -> Result<Duration, Failed> {
    let request =
        Request::Figures { from: None, to: None, of: None, chart: None, wait_ms: 600_000 };
    let mut opened = None;
    let begun = Instant::now();
    ask_node(socket, &request, |figures| opened = figures["opened"].as_u64()).await?;
    match opened == Some(cases) {
        true => Ok(begun.elapsed()),
        false => Err(format!("{opened:?} cases are counted, not {cases}").into()),
    }
}

fn ask(board: &Board, query: &Query) -> Result<Page, Failed> {
    Ok(board.page(query)?)
}

/// Mean time of a query, in microseconds.
fn mean(board: &Board, query: &Query) -> Result<u128, Failed> {
    let begun = Instant::now();
    for _ in 0..ASKINGS {
        std::hint::black_box(ask(board, query)?);
    }
    Ok(begun.elapsed().as_micros() / u128::from(ASKINGS))
}

/// A container's number.
pub(crate) fn number(serial: u64) -> Result<String, Failed> {
    let prefix = format!("BNCU{serial:06}");
    Ok(format!("{prefix}{}", ContainerNo::check_digit(&prefix)?))
}

async fn arrive(node: &Node, serial: u64) -> Result<(), Failed> {
    let container = ContainerNo::parse(&number(serial)?)?;
    let visit = Visit { terminal: PartyId::parse("terminal")?, container };
    let mut last: Option<DocId> = None;
    for step in 0..DOCUMENTS {
        let arrival = Arrival {
            visit: visit.clone(),
            builds_on: last,
            discharged_at: (step > 0).then(clock),
            available: step > 1,
            cleared: step > 2,
            position: None,
            damage: None,
            told: Vec::new(),
        };
        last = Some(node.issue(arrival.into(), Vec::new()).await?.id);
    }
    Ok(())
}
