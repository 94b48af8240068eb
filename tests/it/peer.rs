//! Peers played by a test: real QUIC and real frames, with every chance to misbehave.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use landside_proto::document::{Document, Entry, Outcome, Receipt};
use landside_proto::envelope;
use landside_proto::ids::DocId;
use landside_proto::key::{SecretKey, Signer as _};
use landside_proto::session::frame::{
    self, About, Answer, Ask, Deliver, Disclosed, Frame, Have, Hello, PREFIX_LEN, Told, VERSION,
    Want,
};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, ConnectionError, Endpoint, RecvStream, SendStream, TransportConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use tokio::sync::oneshot;

use crate::world::{PATIENCE, World, actor, key, public, sealed};

/// What nodes speak (docs/PROTOCOL.md § 8).
pub(crate) const ALPN: &[u8] = b"landside/1";

/// How a client shows itself in the handshake.
pub(crate) struct Face {
    /// The key it shows and proves; `None` for a client that shows none.
    pub(crate) key: Option<SecretKey>,
    pub(crate) alpn: &'static [u8],
    /// Whether it keeps session tickets to come back with.
    pub(crate) resumption: Resumption,
}

impl Face {
    /// The face of a listed node.
    pub(crate) fn of(name: &str) -> Self {
        let key = Some(node_key(name));
        Self { key, alpn: ALPN, resumption: Resumption::disabled() }
    }

    /// What quinn dials with.
    pub(crate) fn config(self) -> quinn::ClientConfig {
        let provider = Arc::new(ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer(algorithms)));
        let mut config = match &self.key {
            None => config.with_no_client_auth(),
            Some(key) => config.with_client_cert_resolver(Arc::new(
                AlwaysResolvesClientRawPublicKeys::new(certified(key)),
            )),
        };
        config.alpn_protocols = vec![self.alpn.to_vec()];
        config.resumption = self.resumption;
        config.enable_early_data = true;
        let mut quic =
            quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(config).unwrap()));
        let mut transport = TransportConfig::default();
        transport.keep_alive_interval(Some(Duration::from_secs(1)));
        quic.transport_config(Arc::new(transport));
        quic
    }
}

/// The key a node of this name shows; a driver's device shows its one key.
pub(crate) fn node_key(name: &str) -> SecretKey {
    if crate::world::is_device(name) { key(name) } else { key(&format!("{name} node")) }
}

/// A socket to dial from.
pub(crate) fn endpoint() -> Endpoint {
    Endpoint::client(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

/// Dials the terminal of a world.
pub(crate) async fn dial(
    world: &World,
    from: &Endpoint,
    config: quinn::ClientConfig,
) -> Result<Connection, ConnectionError> {
    dial_node(world, "terminal", from, config).await
}

async fn dial_node(
    world: &World,
    node: &str,
    from: &Endpoint,
    config: quinn::ClientConfig,
) -> Result<Connection, ConnectionError> {
    let name = format!("{}.landside.invalid", public(&format!("{node} node")).dns_label());
    let connecting = from.connect_with(config, world.address(node), &name).unwrap();
    tokio::time::timeout(PATIENCE, connecting).await.expect("the handshake ends")
}

/// The code with which the other side ended a connection, waited for.
pub(crate) async fn end_of(connection: &Connection) -> ConnectionError {
    tokio::time::timeout(PATIENCE, connection.closed()).await.expect("the link ends")
}

/// The application code of an end; `None` when it was no violation that ended it.
pub(crate) fn code_of(end: &ConnectionError) -> Option<u64> {
    match end {
        ConnectionError::ApplicationClosed(close) => Some(close.error_code.into_inner()),
        _ => None,
    }
}

/// The hello of a node that has every edition of the world.
pub(crate) fn hello(world: &World, name: &str) -> Frame {
    hello_with(name, VERSION, newest(world))
}

pub(crate) fn hello_with(name: &str, version: u16, newest: Have) -> Frame {
    Frame::Hello(Hello { version, actor: actor(name).to_string(), first: 1, newest })
}

/// The newest edition that was signed.
pub(crate) fn newest(world: &World) -> Have {
    let directory = world.directory();
    Have { number: directory.edition().number, id: *directory.id().as_bytes() }
}

pub(crate) async fn write(send: &mut SendStream, frame: &Frame) -> Result<(), quinn::WriteError> {
    send.write_all(&frame::encode(frame).unwrap()).await
}

pub(crate) async fn read(receive: &mut RecvStream) -> Option<Frame> {
    let mut prefix = [0; PREFIX_LEN];
    receive.read_exact(&mut prefix).await.ok()?;
    let mut body = vec![0; frame::body_len(prefix).unwrap()];
    receive.read_exact(&mut body).await.ok()?;
    Some(frame::decode(&body).unwrap())
}

/// A peer that keeps to the protocol, driven by the test.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    shared: Arc<Shared>,
    _endpoint: Endpoint,
}

/// What a peer says when it is asked about its log; nothing for no answer at all.
pub(crate) type Teller = Box<dyn Fn(About) -> Option<Telling> + Send + Sync>;

/// A head and a proof, as an answer has them.
pub(crate) type Telling = (Option<Vec<u8>>, Option<Vec<[u8; 32]>>);

struct Shared {
    name: String,
    /// Whether deliveries are answered with a receipt, as a node would.
    answers: bool,
    teller: Option<Teller>,
    send: tokio::sync::Mutex<SendStream>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    awaited: HashMap<u64, oneshot::Sender<Vec<Entry>>>,
    asked: HashMap<u64, oneshot::Sender<Told>>,
    delivered: Vec<Deliver>,
    heads: Vec<Vec<u8>>,
    wanted: Vec<Want>,
    ended: bool,
}

impl Peer {
    /// Comes as a node of this name and says hello. It never answers what is delivered to it.
    pub(crate) async fn come(world: &World, name: &str) -> Result<Self, ConnectionError> {
        Self::with(world, name, Face::of(name).config(), false).await
    }

    /// The same, answering each delivery with a receipt, as a node would.
    pub(crate) async fn come_and_answer(
        world: &World,
        name: &str,
    ) -> Result<Self, ConnectionError> {
        Self::with(world, name, Face::of(name).config(), true).await
    }

    /// Comes to another node than the terminal.
    pub(crate) async fn come_to(
        world: &World,
        node: &str,
        name: &str,
    ) -> Result<Self, ConnectionError> {
        let endpoint = endpoint();
        let connection = dial_node(world, node, &endpoint, Face::of(name).config()).await?;
        Self::begin(endpoint, connection, name, hello(world, name), false, None).await
    }

    /// The same, and answers questions about its log as it likes.
    pub(crate) async fn come_telling(
        world: &World,
        node: &str,
        name: &str,
        teller: Teller,
    ) -> Result<Self, ConnectionError> {
        let endpoint = endpoint();
        let connection = dial_node(world, node, &endpoint, Face::of(name).config()).await?;
        let hello = hello(world, name);
        Self::begin(endpoint, connection, name, hello, true, Some(teller)).await
    }

    /// Comes to the terminal with an edition of its own.
    pub(crate) async fn come_with(
        world: &World,
        name: &str,
        newest: Have,
    ) -> Result<Self, ConnectionError> {
        let endpoint = endpoint();
        let connection = dial(world, &endpoint, Face::of(name).config()).await?;
        let hello = hello_with(name, VERSION, newest);
        Self::begin(endpoint, connection, name, hello, false, None).await
    }

    /// Comes with a TLS config of its own.
    pub(crate) async fn with(
        world: &World,
        name: &str,
        config: quinn::ClientConfig,
        answers: bool,
    ) -> Result<Self, ConnectionError> {
        let endpoint = endpoint();
        let connection = dial(world, &endpoint, config).await?;
        Self::begin(endpoint, connection, name, hello(world, name), answers, None).await
    }

    async fn begin(
        endpoint: Endpoint,
        connection: Connection,
        name: &str,
        hello: Frame,
        answers: bool,
        teller: Option<Teller>,
    ) -> Result<Self, ConnectionError> {
        let (mut send, mut receive) = connection.open_bi().await?;
        if write(&mut send, &hello).await.is_err() {
            return Err(end_of(&connection).await);
        }
        match tokio::time::timeout(PATIENCE, read(&mut receive)).await.expect("a hello or an end") {
            Some(Frame::Hello(_)) => {}
            Some(other) => panic!("a node says hello first, not {other:?}"),
            None => return Err(end_of(&connection).await),
        }
        let (name, send) = (name.to_owned(), tokio::sync::Mutex::new(send));
        let shared = Arc::new(Shared { name, answers, teller, send, state: Mutex::default() });
        tokio::spawn(listen(receive, Arc::clone(&shared)));
        Ok(Self { connection, shared, _endpoint: endpoint })
    }

    /// Delivers a batch for registration; gives the entries of the receipt, or why the link ended.
    pub(crate) async fn deliver(
        &self,
        documents: Vec<Vec<u8>>,
    ) -> Result<Vec<Entry>, ConnectionError> {
        self.deliver_proven(documents, None).await
    }

    /// Delivers a batch with a registration.
    pub(crate) async fn deliver_proven(
        &self,
        documents: Vec<Vec<u8>>,
        registration: Option<Vec<u8>>,
    ) -> Result<Vec<Entry>, ConnectionError> {
        self.deliver_disclosing(documents, registration, vec![]).await
    }

    /// Delivers a batch with disclosures, each with the place of its document in the batch.
    pub(crate) async fn deliver_disclosing(
        &self,
        documents: Vec<Vec<u8>>,
        registration: Option<Vec<u8>>,
        disclosures: Vec<Disclosed>,
    ) -> Result<Vec<Entry>, ConnectionError> {
        let (batch, told) = self.shared.await_answer();
        let deliver = Frame::Deliver(Deliver { batch, documents, registration, disclosures });
        // When the link is gone, its end says why.
        let _ = write(&mut *self.shared.send.lock().await, &deliver).await;
        match tokio::time::timeout(PATIENCE, told).await.expect("an answer or an end") {
            Ok(entries) => Ok(entries),
            Err(_) => Err(end_of(&self.connection).await),
        }
    }

    /// Delivers one document; gives its entry.
    pub(crate) async fn hand_in(&self, bytes: &[u8]) -> Entry {
        let mut entries = self.deliver(vec![bytes.to_vec()]).await.unwrap();
        assert_eq!(entries.len(), 1);
        entries.remove(0)
    }

    /// Signs as this peer and delivers what must be accepted; gives its id.
    pub(crate) async fn accepted(&self, document: impl Into<Document>) -> DocId {
        let signed = sealed(&self.shared.name, document);
        let entry = self.hand_in(signed.bytes()).await;
        assert_eq!(entry.outcome, Outcome::Accepted, "{entry:?}");
        signed.id()
    }

    /// Asks about a log; nothing when the link ends instead.
    pub(crate) async fn ask(&self, about: About) -> Option<Told> {
        let (tell, told) = oneshot::channel();
        let number = {
            let mut state = self.shared.state.lock().unwrap();
            let number = state.next;
            state.next += 1;
            if !state.ended {
                state.asked.insert(number, tell);
            }
            number
        };
        // When the link is gone, its end says why.
        let _ = self.write(&Frame::Ask(Ask { number, about })).await;
        tokio::time::timeout(PATIENCE, told).await.expect("an answer or an end").ok()
    }

    /// Heads shown to this peer so far.
    pub(crate) fn heads(&self) -> Vec<Vec<u8>> {
        self.shared.state.lock().unwrap().heads.clone()
    }

    /// Writes a frame as it is and waits for nothing.
    pub(crate) async fn write(&self, frame: &Frame) -> Result<(), quinn::WriteError> {
        write(&mut *self.shared.send.lock().await, frame).await
    }

    /// Writes bytes that need be no frame.
    pub(crate) async fn write_bytes(&self, bytes: &[u8]) -> Result<(), quinn::WriteError> {
        self.shared.send.lock().await.write_all(bytes).await
    }

    /// Batches delivered to this peer so far.
    pub(crate) fn batches(&self) -> usize {
        self.shared.state.lock().unwrap().delivered.len()
    }

    /// Parts of editions that this peer was asked for so far.
    pub(crate) fn wanted(&self) -> Vec<Want> {
        self.shared.state.lock().unwrap().wanted.clone()
    }

    /// Documents delivered to this peer so far.
    pub(crate) fn delivered(&self) -> Vec<Vec<u8>> {
        let state = self.shared.state.lock().unwrap();
        state.delivered.iter().flat_map(|deliver| deliver.documents.clone()).collect()
    }
}

impl Shared {
    fn await_answer(&self) -> (u64, oneshot::Receiver<Vec<Entry>>) {
        let (tell, told) = oneshot::channel();
        let mut state = self.state.lock().unwrap();
        let batch = state.next;
        state.next += 1;
        if !state.ended {
            state.awaited.insert(batch, tell);
        }
        (batch, told)
    }

    fn take_answer(&self, Answer { batch, receipt }: Answer) {
        let receipt = envelope::reopen(receipt).unwrap();
        let Document::Receipt(Receipt { to, entries }) = receipt.document() else {
            panic!("an answer is a receipt");
        };
        assert_eq!(*to, actor(&self.name), "a receipt for another");
        if let Some(tell) = self.state.lock().unwrap().awaited.remove(&batch) {
            // The test may have gone on without it.
            let _ = tell.send(entries.clone());
        }
    }

    async fn tell(&self, Ask { number, about }: Ask) {
        let answer = match &self.teller {
            Some(teller) => teller(about),
            // Like a node with an empty log that shows nothing of it.
            None => Some((None, None)),
        };
        if let Some((head, proof)) = answer {
            let rotations = Vec::new();
            let told = Frame::Told(Told { number, head, proof, rotations, figures: None });
            // The link may have ended meanwhile.
            let _ = write(&mut *self.send.lock().await, &told).await;
        }
    }

    async fn take_delivery(&self, deliver: Deliver) {
        if self.answers {
            let accepted = |bytes: &Vec<u8>| Entry {
                document: envelope::claimed_id(bytes),
                outcome: Outcome::Accepted,
                position: None,
                refused: None,
            };
            let entries = deliver.documents.iter().map(accepted).collect();
            let receipt = sealed(&self.name, Receipt { to: actor("terminal"), entries });
            let (batch, receipt) = (deliver.batch, receipt.bytes().to_vec());
            // The link may have ended meanwhile.
            let _ = write(&mut *self.send.lock().await, &Frame::Receipt(Answer { batch, receipt }))
                .await;
        }
        self.state.lock().unwrap().delivered.push(deliver);
    }
}

async fn listen(mut receive: RecvStream, shared: Arc<Shared>) {
    while let Some(frame) = read(&mut receive).await {
        match frame {
            Frame::Hello(_) => panic!("a second hello"),
            Frame::Deliver(deliver) => shared.take_delivery(deliver).await,
            Frame::Receipt(answer) => shared.take_answer(answer),
            Frame::Ask(ask) => shared.tell(ask).await,
            Frame::Told(told) => {
                let asker = shared.state.lock().unwrap().asked.remove(&told.number);
                // The test may have gone on without it.
                let _ = asker.expect("an answer to what was asked").send(told);
            }
            Frame::Head(note) => shared.state.lock().unwrap().heads.push(note),
            Frame::Want(want) => shared.state.lock().unwrap().wanted.push(want),
            // What is said of editions is for a test to ask the node for.
            Frame::Have(_) | Frame::Part(_) => {}
        }
    }
    let mut state = shared.state.lock().unwrap();
    state.ended = true;
    state.awaited.clear();
    state.asked.clear();
}

fn certified(key: &SecretKey) -> Arc<CertifiedKey> {
    let pem = key.to_pkcs8_pem().unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let signer = ring::sign::any_eddsa_type(&der).unwrap();
    let spki = CertificateDer::from(key.public_key().to_spki());
    Arc::new(CertifiedKey::new(vec![spki], signer))
}

/// Takes every server for what it says it is.
#[derive(Debug)]
struct AnyServer(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("QUIC has no TLS 1.2".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = SubjectPublicKeyInfoDer::from(cert.as_ref());
        verify_tls13_signature_with_raw_key(message, &spki, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
