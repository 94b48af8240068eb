//! HTTP beside a node as people run it: from the config, to the end of the process.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use landside_node::home::Home;

use super::port::{LINE, Port, TERMINAL, free_address};
use super::program::run;

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
