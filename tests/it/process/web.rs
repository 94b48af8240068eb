//! HTTP beside a node as people run it: from the config, to the end of the process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use landside_node::home::Home;
use serde_json::{Value, json};

use super::port::{LINE, Port, TERMINAL, free_address};
use super::program::{object, path, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_whose_config_says_so_serves_its_log_until_it_stops() {
    let port = Port::new();
    let address = free_address();
    offer(&port.home(TERMINAL), address);
    let node = port.start(TERMINAL).await;
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /log/checkpoint HTTP/1.1\r\nHost: log\r\n\r\n").unwrap();
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    // The connection stays open for further requests, and does not keep the node from ending.
    node.stop().await;
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("\r\n\r\nlandside/process/terminal\n0\n"), "{rest}");
    TcpStream::connect(address).unwrap_err();
}

#[test]
fn an_address_that_is_taken_is_said_before_anything_is_done() {
    let port = Port::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = port.home(LINE);
    offer(&home, taken.local_addr().unwrap());
    let ended = run(["--home", home.path().to_str().unwrap(), "serve"]);
    assert_eq!(ended.exit, 3, "{}", ended.said);
    let error = ended.event("error");
    assert_eq!(error["code"], "http-address-in-use");
    assert!(error["remedy"].as_str().unwrap().contains("listen.http"), "{error}");
    assert!(!home.had_store(), "a node that did not start made a store");
}

#[test]
fn an_address_that_is_not_of_this_machine_is_refused() {
    let port = Port::new();
    let home = port.home(LINE);
    // TEST-NET-1 (RFC 5737): nobody has it.
    offer(&home, "192.0.2.1:8080".parse().unwrap());
    let ended = run(["--home", home.path().to_str().unwrap(), "serve"]);
    assert_eq!((ended.exit, ended.event("error")["code"].as_str()), (3, Some("http-address")));
}

/// Has the node of a home offer HTTP from its next start.
fn offer(home: &Home, address: SocketAddr) {
    let text = std::fs::read_to_string(home.config_file()).unwrap();
    let default = "# http = \"127.0.0.1:8080\"";
    assert!(text.contains(default), "{default} is no default any more");
    let text = text.replace(default, &format!("http = \"{address}\""));
    std::fs::write(home.config_file(), text).unwrap();
}

#[test]
fn a_node_with_a_console_and_nobody_enrolled_shows_the_link_until_somebody_is() {
    let port = Port::new();
    let address = free_address();
    let home = port.home(LINE);
    console(&home, address);
    let path = home.path().to_str().unwrap();
    let mut node = Serving::start(path);
    let link = node.object();
    assert_eq!((&link["event"], &link["role"]), (&json!("link"), &json!("admin")));
    let url = link["url"].as_str().unwrap();
    let token = url.strip_prefix(&format!("http://{address}/#link=")).unwrap();
    let body = json!({
        "token": token, "login": "wang.wei", "name": "Wang Wei",
        "password": "a lorry full of tulips",
    });
    assert_eq!(post(address, "/api/v1/session/link", &body), "HTTP/1.1 200");
    let list = run(["--home", path, "people", "list"]);
    let person = list.event("person");
    assert_eq!((&person["login"], &person["state"]), (&json!("wang.wei"), &json!("active")));
    let added =
        run(["--home", path, "people", "add", "li.na", "--name", "Li Na", "--role", "clerk"]);
    assert!(
        added.event("link")["url"].as_str().unwrap().starts_with(&format!("http://{address}/#"))
    );
    let twice = run(["--home", path, "people", "add", "li.na", "--name", "Li", "--role", "clerk"]);
    assert_eq!((twice.exit, &twice.event("error")["code"]), (1, &json!("login-taken")));
    let wrong = run(["--home", path, "people", "add", "ole", "--name", "Ole", "--role", "boss"]);
    assert_eq!((wrong.exit, &wrong.event("error")["code"]), (2, &json!("person-role")));
    let closed = run(["--home", path, "people", "close", "li.na"]);
    assert_eq!(closed.event("person")["state"], "closed");
    let gone = run(["--home", path, "people", "reset", "li.na"]);
    assert_eq!((gone.exit, &gone.event("error")["code"]), (1, &json!("person-closed")));
    assert_eq!(run(["--home", path, "people", "link"]).event("link")["role"], "admin");
    assert_eq!(node.stop(path), "", "nothing more is printed");

    let node = Serving::start(path);
    let login = json!({ "login": "wang.wei", "password": "a lorry full of tulips" });
    while TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
    assert_eq!(post(address, "/api/v1/session", &login), "HTTP/1.1 200");
    assert_eq!(node.stop(path), "", "somebody is enrolled");
}

#[test]
fn a_console_open_to_other_machines_without_tls_keeps_the_node_from_starting() {
    let port = Port::new();
    let home = port.home(LINE);
    console(&home, "0.0.0.0:8443".parse().unwrap());
    let ended = run(["--home", home.path().to_str().unwrap(), "serve"]);
    let error = ended.event("error");
    assert_eq!((ended.exit, &error["code"]), (3, &json!("console-without-tls")));
    assert!(error["remedy"].as_str().unwrap().contains("console.certificate"), "{error}");
    assert!(!home.had_store(), "a node that did not start made a store");
}

/// A node whose standard output is read.
struct Serving {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Serving {
    fn start(home: &str) -> Self {
        let mut command = Command::new(path());
        command.args(["--json", "--home", home, "serve"]).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn object(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        object(&line)
    }

    /// Ends it; gives what else it printed.
    fn stop(mut self, home: &str) -> String {
        let ended = run(["--home", home, "stop"]);
        assert_eq!(ended.exit, 0, "{}", ended.said);
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap();
        rest
    }
}

/// The first line of the answer to a request that a page of the console sends.
fn post(address: SocketAddr, path: &str, body: &Value) -> String {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nX-Landside: 1\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said.chars().take("HTTP/1.1 200".len()).collect()
}

/// Has the node of a home offer a console from its next start.
fn console(home: &Home, address: SocketAddr) {
    let text = std::fs::read_to_string(home.config_file()).unwrap();
    let default = "listen = \"\"";
    assert!(text.contains(default), "{default} is no default any more");
    // The first such line is the console's.
    let text = text.replacen(default, &format!("listen = \"{address}\""), 1);
    std::fs::write(home.config_file(), text).unwrap();
}
