//! What many open screens cost, and how soon the last of them knows.
//!
//! A terminal's node in a process of its own serves its console over TLS. People log in, each from a browser of its own
//! with a stream of events; a container's arrival is said through the door, again and again. A screen has it when the
//! event that names the document has come through its own TLS connection. All of this process's work, decryption for
//! every screen included, runs on the same cores.
//!
//! The page of open cases is asked for before any case is there and after, over one connection that stays open.
//!
//! `cargo run --release -p landside-bench -- screens [--cases N] [--screens N] [--json]`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use landside_node::config;
use landside_node::home::Home;
use landside_node::node::{Node, clock};
use landside_web::Console;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::board::{fill, number};
use super::{Failed, homes};

/// Screens unless told otherwise.
pub(crate) const SCREENS: u64 = 200;

/// Documents said while every screen listens.
const ROUNDS: u64 = 100;

/// Askings of a page.
const ASKINGS: usize = 200;

/// Rest between two documents, and before the memory is looked at.
const REST: Duration = Duration::from_millis(100);

/// How long a document may take to a screen before the run is given up: as long as a stream is, and more.
const PATIENCE: Duration = Duration::from_secs(90);

/// What people and files are called for the time of a run.
const WORD: &str = "a lorry full of tulips";

/// The process that is measured: a node and its console, which says where it is, and fills itself when it is told to.
pub(crate) async fn serve(home: &str) -> Result<(), Failed> {
    let home = Home::at(home)?;
    let file = |name: &str| home.path().parent().map(|dir| dir.join(name));
    let settings = config::Console {
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        certificate: file("certificate.pem"),
        key: file("key.pem"),
        ..config::Console::default()
    };
    let console = Console::bind(&settings).await?.ok_or("no console")?;
    let address = console.address();
    let (node, _running) = Node::start(home).await?;
    let link = node.people().admin_link(clock())?.path;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(console.serve(node.clone(), async { drop(stopped.await) }));
    println!("{}", json!({ "address": address, "link": link }));
    let node = Arc::new(node);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        fill(&node, line.trim().parse()?).await?;
        println!("{}", json!({ "filled": true }));
    }
    drop(stop);
    Ok(served.await?)
}

/// A terminal's console for a browser that measures: says where it is, and registers as many cases as each line says.
pub(crate) async fn open(dir: &Path) -> Result<(), Failed> {
    let terminal = homes(dir)?.terminal;
    certificate(dir)?;
    serve(terminal.path().to_str().ok_or("a folder of another script")?).await
}

/// Runs it and prints what came of it.
pub(crate) async fn run(dir: &Path, cases: u64, screens: u64, json: bool) -> Result<(), Failed> {
    let terminal = homes(dir)?.terminal;
    let trust = certificate(dir)?;
    let mut site = Site::start(terminal.path(), trust).await?;
    let admin = site.admin().await?;
    let path = "/cases?limit=100";
    let empty = pages(&site, &admin, path).await?;
    site.fill(cases).await?;
    until_complete(&site, &admin, cases).await?;
    let full = pages(&site, &admin, path).await?;
    tokio::time::sleep(REST).await;
    let before = site.memory_kib()?;
    let looks = Arc::new(AtomicBool::new(false));
    let (listening, mut had) = listen(&site, &admin, screens, &looks).await?;
    tokio::time::sleep(REST).await;
    let after = site.memory_kib()?;
    let told = rounds(&site, &admin, (cases, screens), &mut had).await?;
    looks.store(true, Ordering::Relaxed);
    let looked = rounds(&site, &admin, (cases + ROUNDS, screens), &mut had).await?;
    let busiest = site.memory_kib()?;
    let ms = |times: &[f64], per_mille| round(quantile(times, per_mille));
    let figures = json!({
        "event": "screens", "cases": cases, "screens": screens, "documents": 2 * ROUNDS,
        "page_empty_us": quantile(&empty, 500), "page_full_us": quantile(&full, 500),
        "page_ratio": round(quantile(&full, 500) / quantile(&empty, 500)),
        "registered_p50_ms": ms(&told.registered, 500),
        "registered_p99_ms": ms(&told.registered, 990),
        "last_screen_p50_ms": ms(&told.last, 500),
        "last_screen_p99_ms": ms(&told.last, 990),
        "looked_anew_p50_ms": ms(&looked.anew, 500),
        "looked_anew_p99_ms": ms(&looked.anew, 990),
        "kib_a_screen": round((after - before) / f64::from(u32::try_from(screens)?.max(1))),
        "mib_before": round(before / 1024.0), "mib_listening": round(after / 1024.0),
        "mib_after": round(busiest / 1024.0),
    });
    drop(listening);
    if json {
        println!("{figures}");
    } else {
        for (name, value) in figures.as_object().into_iter().flatten().skip(1) {
            println!("{name:>20} {value}");
        }
    }
    Ok(())
}

fn certificate(dir: &Path) -> Result<Arc<ClientConfig>, Failed> {
    use std::os::unix::fs::PermissionsExt as _;
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
    std::fs::write(dir.join("certificate.pem"), cert.pem())?;
    let key = dir.join("key.pem");
    std::fs::write(&key, signing_key.serialize_pem())?;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone())?;
    let client =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
    Ok(Arc::new(client))
}

/// The node that is measured.
struct Site {
    child: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
    link: String,
    door: Door,
}

/// Where browsers come to, and whom they trust.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    trust: Arc<ClientConfig>,
}

impl Door {
    async fn connect(&self) -> Result<Browser, Failed> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let connector = TlsConnector::from(Arc::clone(&self.trust));
        let stream = connector.connect(ServerName::try_from("localhost")?, stream).await?;
        Ok(Browser { stream, read: Vec::new(), last: String::new() })
    }
}

impl Site {
    async fn start(home: &Path, trust: Arc<ClientConfig>) -> Result<Self, Failed> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["console".as_ref(), home.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let tell = child.stdin.take().ok_or("no stdin")?;
        let mut hear = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut line = String::new();
        hear.read_line(&mut line).await?;
        let said: Value = serde_json::from_str(&line)?;
        let address = said["address"].as_str().ok_or("no address")?.parse()?;
        let link = said["link"].as_str().ok_or("no link")?.to_owned();
        Ok(Self { child, tell, hear, link, door: Door { address, trust } })
    }

    async fn fill(&mut self, cases: u64) -> Result<(), Failed> {
        self.tell.write_all(format!("{cases}\n").as_bytes()).await?;
        let mut line = String::new();
        self.hear.read_line(&mut line).await?;
        if line.is_empty() { Err("the node ended".into()) } else { Ok(()) }
    }

    /// The cookie of a first administrator.
    async fn admin(&self) -> Result<String, Failed> {
        let token = self.link.rsplit('=').next().unwrap_or_default();
        let body =
            json!({ "token": token, "password": WORD, "login": "admin", "name": "Ada Admin" });
        Ok(self.connect().await?.say("POST", "/session/link", "", Some(&body)).await?.cookie)
    }

    async fn connect(&self) -> Result<Browser, Failed> {
        self.door.connect().await
    }

    /// Resident memory of the node (proc(5), status).
    fn memory_kib(&self) -> Result<f64, Failed> {
        let id = self.child.id().ok_or("the node ended")?;
        let status = std::fs::read_to_string(PathBuf::from(format!("/proc/{id}/status")))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no VmRSS")?;
        Ok(kib.parse()?)
    }
}

/// One connection of a browser.
struct Browser {
    stream: TlsStream<TcpStream>,
    read: Vec<u8>,
    /// The last id that was read of a stream and left no trace in `read`.
    last: String,
}

struct Said {
    cookie: String,
    json: Value,
}

impl Browser {
    async fn ask(
        &mut self,
        method: &str,
        path: &str,
        cookie: &str,
        body: Option<&Value>,
    ) -> Result<(), Failed> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nX-Landside: 1\r\nCookie: {cookie}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len(),
        );
        // What only reads has no content.
        let request = request.replace("Content-Length: 0\r\n", "");
        Ok(self.stream.write_all(request.as_bytes()).await?)
    }

    /// Asks and reads the answer, which says its length.
    async fn say(
        &mut self,
        method: &str,
        path: &str,
        cookie: &str,
        body: Option<&Value>,
    ) -> Result<Said, Failed> {
        self.ask(method, path, cookie, body).await?;
        self.read.clear();
        loop {
            let end = self.read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
            if let Some(end) = end {
                let head = String::from_utf8(self.read[..end].to_vec())?.to_ascii_lowercase();
                let field = |name: &str| {
                    let line = head.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim().to_owned())
                };
                let length: usize = field("content-length:").unwrap_or_default().parse()?;
                if self.read.len() >= end + length {
                    if !head.starts_with("http/1.1 20") {
                        return Err(String::from_utf8_lossy(&self.read).into());
                    }
                    let exact = String::from_utf8_lossy(&self.read[..end]).into_owned();
                    let cookie = exact.split("set-cookie: ").nth(1).unwrap_or_default();
                    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
                    let json = serde_json::from_slice(&self.read[end..end + length])?;
                    return Ok(Said { cookie, json });
                }
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<(), Failed> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err("the connection ended".into()),
            _ => Ok(()),
        }
    }
}

/// Waits until the board knows every case.
async fn until_complete(site: &Site, cookie: &str, cases: u64) -> Result<(), Failed> {
    loop {
        let mut browser = site.connect().await?;
        let said = browser.say("GET", "/cases?limit=1", cookie, None).await?;
        if said.json["open"].as_u64() == Some(cases) && said.json["complete"] == true {
            return Ok(());
        }
        tokio::time::sleep(REST).await;
    }
}

/// How long a page takes, whole, in microseconds.
async fn pages(site: &Site, cookie: &str, path: &str) -> Result<Vec<f64>, Failed> {
    let mut browser = site.connect().await?;
    let mut times = Vec::new();
    for _ in 0..ASKINGS {
        let begun = Instant::now();
        browser.say("GET", path, cookie, None).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// When a screen had a document's event, and when the list that it asked for then.
type Had = (Instant, Instant);

/// People log in, each in a browser with a stream of events. Gives their tasks and what they have.
async fn listen(
    site: &Site,
    admin: &str,
    screens: u64,
    looks: &Arc<AtomicBool>,
) -> Result<(JoinSet<()>, mpsc::UnboundedReceiver<Result<Had, String>>), Failed> {
    let (tell, had) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for number in 0..screens {
        let person = json!({
            "login": format!("viewer-{number}"), "name": format!("Viewer {number}"), "role": "viewer",
        });
        let mut desk = site.connect().await?;
        let link = desk.say("POST", "/people", admin, Some(&person)).await?.json;
        let token = link["url"].as_str().and_then(|url| url.rsplit('=').next()).ok_or("no link")?;
        let body = json!({ "token": token, "password": WORD });
        let cookie = desk.say("POST", "/session/link", "", Some(&body)).await?.cookie;
        let (door, looks) = (site.door.clone(), Arc::clone(looks));
        let mut screen = Screen { door, cookie, stream: None, desk: None, looks };
        screen.open("").await?;
        let tell = tell.clone();
        tasks.spawn(async move {
            loop {
                let had = screen.next().await.map_err(|error| error.to_string());
                if tell.send(had).is_err() {
                    return;
                }
            }
        });
    }
    Ok((tasks, had))
}

/// A browser that shows the worklist.
struct Screen {
    door: Door,
    cookie: String,
    stream: Option<Browser>,
    desk: Option<Browser>,
    /// Whether it looks at its list after each event.
    looks: Arc<AtomicBool>,
}

impl Screen {
    /// Opens the stream, behind an event that it had.
    async fn open(&mut self, last: &str) -> Result<(), Failed> {
        let mut stream = self.door.connect().await?;
        let fields = match last {
            "" => self.cookie.clone(),
            last => format!("{}\r\nLast-Event-ID: {last}", self.cookie),
        };
        stream.ask("GET", "/events", &fields, None).await?;
        while !contains(&stream.read, "retry: ") {
            stream.more().await?;
        }
        self.stream = Some(stream);
        Ok(())
    }

    /// Waits for the next document, and then looks at the list anew.
    async fn next(&mut self) -> Result<Had, Failed> {
        let had = loop {
            let stream = self.stream.as_mut().ok_or("no stream")?;
            let text = String::from_utf8_lossy(&stream.read).into_owned();
            if let Some((_, rest)) = text.split_once("event: taken")
                && rest.contains("\n\n")
            {
                // What came behind it stays.
                let behind = rest.split_once("\n\n").map(|(_, behind)| behind).unwrap_or_default();
                let at = Instant::now();
                let id = text.split_once("event: taken").map(|(id, _)| id).unwrap_or_default();
                stream.last = last_id(id).unwrap_or_else(|| stream.last.clone());
                stream.read = behind.as_bytes().to_vec();
                break at;
            }
            // The last chunk (RFC 9112 § 7.1) ends the stream; the connection may stay for more.
            if text.ends_with("\r\n0\r\n\r\n") || stream.more().await.is_err() {
                let text = String::from_utf8_lossy(&stream.read);
                let last = last_id(&text).unwrap_or_else(|| stream.last.clone());
                self.open(&last).await?;
            }
        };
        if !self.looks.load(Ordering::Relaxed) {
            return Ok((had, had));
        }
        let path = "/cases?limit=100";
        if let Some(desk) = &mut self.desk
            && desk.say("GET", path, &self.cookie, None).await.is_ok()
        {
            return Ok((had, Instant::now()));
        }
        let mut desk = self.door.connect().await?;
        desk.say("GET", path, &self.cookie, None).await?;
        self.desk = Some(desk);
        Ok((had, Instant::now()))
    }
}

/// The last id of some events.
fn last_id(text: &str) -> Option<String> {
    let (_, last) = text.rsplit_once("id: ")?;
    last.lines().next().map(str::to_owned)
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// Times in milliseconds from the moment at which a document was asked for, in order.
#[derive(Default)]
struct Rounds {
    /// Until it was registered and answered.
    registered: Vec<f64>,
    /// Until the last screen had the event.
    last: Vec<f64>,
    /// Until the last screen had looked at its list anew, all at once: pages rest first, each by chance.
    anew: Vec<f64>,
}

/// Says a document for each round and waits for every screen.
async fn rounds(
    site: &Site,
    admin: &str,
    (cases, screens): (u64, u64),
    had: &mut mpsc::UnboundedReceiver<Result<Had, String>>,
) -> Result<Rounds, Failed> {
    let mut rounds = Rounds::default();
    for round in 0..ROUNDS {
        // Anew each time, and before the clock starts: the node keeps no connection for long.
        let mut desk = site.connect().await?;
        let container = number(cases + round)?;
        let fields = json!({ "container": container, "available": true, "cleared": true });
        let body = json!({ "kind": "arrival", "fields": fields });
        let begun = Instant::now();
        let ms = |at: Instant| (at - begun).as_secs_f64() * 1e3;
        desk.say("POST", "/documents", admin, Some(&body)).await?;
        rounds.registered.push(ms(Instant::now()));
        let (mut last, mut anew) = (begun, begun);
        for reached in 0..screens {
            let next = tokio::time::timeout(PATIENCE, had.recv()).await;
            let next =
                next.map_err(|_| format!("round {round}: {reached} of {screens} screens"))?;
            let (event, page) = next.ok_or("no screen is left")??;
            last = last.max(event);
            anew = anew.max(page);
        }
        rounds.last.push(ms(last));
        rounds.anew.push(ms(anew));
        tokio::time::sleep(REST).await;
    }
    for times in [&mut rounds.registered, &mut rounds.last, &mut rounds.anew] {
        times.sort_by(f64::total_cmp);
    }
    Ok(rounds)
}

/// The value at so many of a thousand of sorted ones.
fn quantile(sorted: &[f64], per_mille: usize) -> f64 {
    let at = sorted.len() * per_mille / 1000;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
