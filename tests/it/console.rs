//! The console through its real HTTP door: who is let in, who may do what, and who did it.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod browser;
mod desk;
mod events;
mod figures;
mod hooks;
mod hostile;
mod links;
mod login;
mod passkeys;
mod phones;
mod renewal;
mod screens;
mod share;
mod slots;
mod tls;
mod tokens;

use std::net::SocketAddr;

use landside_node::config;
use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::ids::UnixMillis;
use landside_web::Console;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::browser::Browser;
use crate::world::{PATIENCE, World};

/// A password that may be taken.
const WORD: &str = "a lorry full of tulips";

/// A console beside a node of a world.
struct Site {
    address: SocketAddr,
    /// Where phones come over QUIC.
    quic: Option<SocketAddr>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Site {
    async fn of(world: &World, name: &str) -> Self {
        Self::by_clock(world, name, clock).await
    }

    async fn by_clock(world: &World, name: &str, clock: fn() -> UnixMillis) -> Self {
        Self::with(world, name, settings(), clock).await
    }

    async fn with(
        world: &World,
        name: &str,
        settings: config::Console,
        clock: fn() -> UnixMillis,
    ) -> Self {
        let console = Console::bind(&settings).await.unwrap().unwrap().by_clock(clock);
        let console = console.with_links(world.home_of(name)).unwrap();
        Self::served(world, name, console)
    }

    fn served(world: &World, name: &str, console: Console) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (address, quic) = (console.address(), console.quic_address());
        let node = world.node(name).clone();
        let served = tokio::spawn(console.serve(node, async { drop(stopped.await) }));
        Self { address, quic, stop, served }
    }

    /// Ends it as a node that stops does, which lets go of the node.
    async fn stop(self) {
        drop(self.stop);
        timeout(PATIENCE, self.served).await.unwrap().unwrap();
    }

    /// A browser in which nobody is logged in.
    fn browser(&self) -> Browser {
        Browser::at(self.address)
    }

    /// A person enrolled over the control socket, logged in with the link.
    async fn person(
        &self,
        world: &World,
        node: &str,
        login: &str,
        name: &str,
        role: &str,
    ) -> Browser {
        let [login, name, role] = [login, name, role].map(str::to_owned);
        let (lines, done) = world.ask(node, Request::PersonAdd { login, name, role }).await;
        assert_eq!(done.exit, 0, "{done:?}");
        let mut browser = self.browser();
        let said = browser
            .post("/session/link", json!({ "token": token(&lines[0]), "password": WORD }))
            .await;
        assert_eq!(said.status, 200, "{said:?}");
        browser
    }
}

fn settings() -> config::Console {
    config::Console { listen: Some("127.0.0.1:0".parse().unwrap()), ..Default::default() }
}

/// The token of a link as shown.
fn token(link: &Value) -> String {
    let url = link["url"].as_str().unwrap_or_else(|| panic!("no link in {link}"));
    url.split_once("/#link=").unwrap().1.to_owned()
}
