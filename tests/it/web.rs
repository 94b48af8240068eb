//! A terminal's log over HTTP: read as clients of other projects read it, and attacked.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

pub(crate) mod client;
mod hostile;
mod reading;

use std::net::SocketAddr;

use data_encoding::HEXLOWER;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::checkpoint::{KeyName, SignedCheckpoint};
use landside_proto::document::{Arrival, Position, Remark};
use landside_proto::ids::Hash32;
use landside_web::Web;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::client::get;
use crate::world::{PATIENCE, World, container, party, public, visit_of};

/// HTTP beside a node of a world.
struct Site {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Site {
    async fn of(world: &World, name: &str) -> Self {
        let web = Web::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let (address, node) = (web.address(), world.node(name).clone());
        let served = tokio::spawn(web.serve(node, async { drop(stopped.await) }));
        Self { address, stop, served }
    }

    /// Ends it as a node that stops does.
    async fn stop(self) {
        drop(self.stop);
        timeout(PATIENCE, self.served).await.expect("it stops").unwrap();
    }

    /// The head that is shown, opened with the terminal's key.
    async fn head(&self) -> SignedCheckpoint {
        let answer = get(self.address, "/log/checkpoint").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        SignedCheckpoint::open(&answer.body, &name_of("terminal"), &[public("terminal")]).unwrap()
    }
}

/// The name of a party's keys and log in the network of the worlds.
fn name_of(name: &str) -> KeyName {
    KeyName::of(&Remark::parse("tests").unwrap(), &party(name))
}

/// Has the terminal register arrivals of as many containers; gives what and where.
async fn register(world: &World, numbers: std::ops::Range<u32>) -> Vec<(Hash32, Position)> {
    let issue = |number| {
        let node = world.node("terminal").clone();
        async move { node.issue(arrival(number).into(), vec![]).await.unwrap() }
    };
    let issued: Vec<_> = numbers.map(|number| tokio::spawn(issue(number))).collect();
    let mut registered = Vec::new();
    for issued in issued {
        let issued = issued.await.unwrap();
        let request = Request::Document { id: issued.id.to_string() };
        let (shown, _) = world.ask("terminal", request).await;
        let bytes = HEXLOWER.decode(shown[0]["bytes"].as_str().unwrap().as_bytes()).unwrap();
        let position = issued.position.expect("a terminal registers its own");
        registered.push((Hash32::of(&bytes), position));
    }
    registered
}

fn arrival(number: u32) -> Arrival {
    Arrival {
        visit: visit_of(&container(number)),
        builds_on: None,
        discharged_at: Some(clock()),
        available: true,
        cleared: true,
        position: None,
        damage: None,
        told: Vec::new(),
    }
}
