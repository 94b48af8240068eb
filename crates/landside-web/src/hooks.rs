//! Webhooks: events sent to programs of the party, by Standard Webhooks: signed, tried again, in order.
//!
//! An address is looked up for each delivery and judged before it is dialled, and what was judged is what is
//! dialled: no name can turn to another address in between. Nothing of an answer is kept but its status, and
//! no redirection is followed: a webhook is no way to look around in a network.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use landside_node::hooks::{Hook, KeptEvent, pause_after};
use landside_node::node::Node;
use landside_proto::ids::UnixMillis;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A receiver must have answered, whole, within this time.
pub const HOOK_ANSWER_LIFE: Duration = Duration::from_secs(10);

/// First pause after a failure; doubles with each.
pub const HOOK_RETRY_MIN: Duration = Duration::from_secs(1);

/// Longest pause after a failure.
pub const HOOK_RETRY_MAX: Duration = Duration::from_secs(30 * 60);

/// Events read at once.
const EVENTS_AT_ONCE: usize = 64;

/// How often it is looked for events when nothing was heard of any.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How patient deliveries are.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A receiver must have answered within this time.
    pub answer: Duration,
    /// First and longest pause after a failure.
    pub pauses: (Duration, Duration),
}

impl Default for Pace {
    fn default() -> Self {
        Self { answer: HOOK_ANSWER_LIFE, pauses: (HOOK_RETRY_MIN, HOOK_RETRY_MAX) }
    }
}

/// Sends events to every webhook, for as long as it is awaited.
pub(crate) async fn send(node: Node, pace: Pace, clock: fn() -> UnixMillis) {
    let tls = Arc::new(tls());
    let mut changed = node.hooks_changed();
    let mut running = HashSet::new();
    // They end with this one.
    let mut senders = JoinSet::new();
    loop {
        changed.mark_unchanged();
        for hook in node.hooks() {
            if running.insert(hook.id) {
                let sender =
                    Sender { node: node.clone(), id: hook.id, pace, clock, tls: Arc::clone(&tls) };
                senders.spawn(sender.run());
            }
        }
        tokio::select! {
            news = changed.changed() => if news.is_err() { return },
            Some(ended) = senders.join_next(), if !senders.is_empty() => {
                if let Ok(id) = ended {
                    running.remove(&id);
                }
            }
        }
    }
}

/// What this machine's own list of authorities vouches for.
fn tls() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that cannot be read vouches for nobody.
        let _ = roots.add(certificate);
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    match config.with_safe_default_protocol_versions() {
        Ok(config) => config.with_root_certificates(roots).with_no_client_auth(),
        Err(_) => ClientConfig::builder().with_root_certificates(roots).with_no_client_auth(),
    }
}

/// Sends to one webhook.
struct Sender {
    node: Node,
    id: u64,
    pace: Pace,
    clock: fn() -> UnixMillis,
    tls: Arc<ClientConfig>,
}

impl Sender {
    /// Until the webhook is gone; gives its number.
    async fn run(self) -> u64 {
        let mut news = self.node.events();
        let mut changed = self.node.hooks_changed();
        loop {
            changed.mark_unchanged();
            let Some(hook) = self.node.hooks().into_iter().find(|hook| hook.id == self.id) else {
                return self.id;
            };
            let waits = match hook.disabled_at {
                Some(_) => None,
                None => self.tell(&hook).await,
            };
            tokio::select! {
                () = sleep(waits.unwrap_or(LOOK_EVERY)) => {}
                _ = changed.changed() => {}
                // A pause after a failure is kept whatever happens.
                _ = news.recv(), if waits.is_none() && hook.disabled_at.is_none() => {}
            }
        }
    }

    /// Tells what waits, an event after the other; a pause where one could not be told.
    async fn tell(&self, hook: &Hook) -> Option<Duration> {
        let (events, missed) = match self.node.events_after(hook.told, EVENTS_AT_ONCE).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "events for webhooks cannot be read");
                return Some(self.pace.pauses.1);
            }
        };
        if missed > 0 {
            tracing::warn!(
                webhook = hook.id,
                missed,
                "events were let go before the webhook was told"
            );
        }
        let some = !events.is_empty();
        let mut told = hook.told;
        for event in events {
            let missed = if told == hook.told { missed } else { 0 };
            let failed = match self.deliver(hook, &event, missed).await {
                Ok(()) => match self.node.hook_told(hook.id, told, event.number).await {
                    Ok(true) => None,
                    Ok(false) => return Some(Duration::ZERO),
                    Err(error) => Some(error.to_string()),
                },
                Err(why) => Some(why),
            };
            let Some(why) = failed else {
                told = event.number;
                continue;
            };
            tracing::warn!(webhook = hook.id, event = event.number, why, "webhook was not told");
            let counted = self.node.hook_failed(hook.id, why, (self.clock)()).await;
            let failures = counted.map_or(hook.failures, |(failures, _)| failures);
            return Some(pause_after(failures, self.pace.pauses));
        }
        // More may wait already.
        some.then_some(Duration::ZERO)
    }

    async fn deliver(&self, hook: &Hook, event: &KeptEvent, missed: u64) -> Result<(), String> {
        let mut body =
            json!({ "type": event.view["event"], "timestamp": event.at, "data": event.view });
        if missed > 0 {
            body["missed"] = json!(missed);
        }
        let body = body.to_string();
        let id = format!("event-{}", event.number);
        let seconds = (self.clock)().as_millis() / 1000;
        let signature = hook.signature(&id, seconds, body.as_bytes());
        let uri: Uri = hook.url.parse().map_err(|_| "the address cannot be read".to_owned())?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let request = Request::post(path)
            .header(header::HOST, authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "landside")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(Body::from(body))
            .map_err(|error| error.to_string())?;
        let sent = timeout(self.pace.answer, self.post(&uri, request)).await;
        let status = sent.map_err(|_| "no answer in time".to_owned())??;
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("the receiver answered {}", status.as_u16())),
        }
    }

    async fn post(&self, uri: &Uri, request: Request<Body>) -> Result<StatusCode, String> {
        let is_tls = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let found = lookup_host((name.as_str(), port)).await.map_err(|e| format!("{name}: {e}"))?;
        let address = self.chosen(found, is_tls)?;
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        if !is_tls {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
        exchange(stream.map_err(|error| error.to_string())?, request).await
    }

    /// The first address that may be dialled; one that may not is no reason to try another.
    fn chosen(
        &self,
        mut found: impl Iterator<Item = SocketAddr>,
        is_tls: bool,
    ) -> Result<SocketAddr, String> {
        let address = found.next().ok_or_else(|| "the name has no address".to_owned())?;
        let private = self.node.hooks_go_to_private();
        match Reach::of(address.ip()) {
            Reach::Here => Ok(address),
            Reach::World if is_tls => Ok(address),
            Reach::Private if is_tls && private => Ok(address),
            Reach::Private => Err("the address is of a private network".to_owned()),
            _ => Err("the address is none that is sent to".to_owned()),
        }
    }
}

/// One request on a connection of its own.
async fn exchange<S>(stream: S, request: Request<Body>) -> Result<StatusCode, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // Ends with the answer, or with the time for it.
    let mut beside = JoinSet::new();
    beside.spawn(connection);
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    Ok(answer.status())
}

/// How far an address reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// This machine.
    Here,
    /// A network of somebody's own.
    Private,
    /// Any other.
    World,
    /// Where nothing is to be sent: the link itself (where clouds keep their secrets), groups, nobody.
    Nowhere,
}

impl Reach {
    fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            ip if ip.is_loopback() => Self::Here,
            ip if ip.is_unspecified() || ip.is_multicast() => Self::Nowhere,
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                match (a, b) {
                    _ if v4.is_link_local() || v4.is_broadcast() => Self::Nowhere,
                    (0 | 240..=255, _) => Self::Nowhere,
                    _ if v4.is_private() => Self::Private,
                    // Shared by carriers (RFC 6598).
                    (100, 64..=127) => Self::Private,
                    _ => Self::World,
                }
            }
            IpAddr::V6(v6) => match v6.segments() {
                [first, ..] if first & 0xffc0 == 0xfe80 => Self::Nowhere,
                [first, ..] if first & 0xfe00 == 0xfc00 => Self::Private,
                // An IPv4 address behind a translator (RFC 6052).
                [0x64, 0xff9b, ..] => Self::Nowhere,
                _ => Self::World,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_judged_by_how_far_it_reaches() {
        for (ip, reach) in [
            ("127.0.0.1", Reach::Here),
            ("::1", Reach::Here),
            ("::ffff:127.0.0.1", Reach::Here),
            ("10.1.2.3", Reach::Private),
            ("172.31.0.1", Reach::Private),
            ("192.168.1.1", Reach::Private),
            ("100.64.0.1", Reach::Private),
            ("fd00::1", Reach::Private),
            ("::ffff:10.1.2.3", Reach::Private),
            ("169.254.169.254", Reach::Nowhere),
            ("::ffff:169.254.169.254", Reach::Nowhere),
            ("fe80::1", Reach::Nowhere),
            ("0.0.0.0", Reach::Nowhere),
            ("0.1.2.3", Reach::Nowhere),
            ("::", Reach::Nowhere),
            ("224.0.0.1", Reach::Nowhere),
            ("255.255.255.255", Reach::Nowhere),
            ("ff02::1", Reach::Nowhere),
            ("64:ff9b::a00:1", Reach::Nowhere),
            ("93.184.216.34", Reach::World),
            ("2606:2800:220:1::1", Reach::World),
        ] {
            assert_eq!(Reach::of(ip.parse().unwrap()), reach, "{ip}");
        }
    }
}
