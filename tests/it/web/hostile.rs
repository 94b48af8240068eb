//! Strangers who do not behave: each gets a refusal or the end of the connection, and everybody else
//! goes on being served.

use std::net::SocketAddr;
use std::time::Instant;

use landside_web::{CONNECTIONS_MAX, FIELDS_MAX, HEAD_LIFE, HEAD_MAX};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{all, answer_to, ask, get};
use super::{Site, register};
use crate::world::{PATIENCE, World, container, release_fields};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_only_read() {
    let world = World::new(&["terminal"]).await;
    register(&world, 0..1).await;
    let site = Site::of(&world, "terminal").await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/log/checkpoint", "/log/tile/0/000.p/1", "/log/nothing"] {
            let answer = ask(site.address, method, path).await;
            assert_eq!((answer.status, answer.code()), (405, "method-unknown"), "{method} {path}");
            assert_eq!(answer.field("allow"), Some("GET,HEAD"), "{method} {path}");
        }
        assert_eq!(ask(site.address, method, "/").await.status, 404, "{method}");
    }
    // Forms that name no path.
    for (method, target) in [("OPTIONS", "*"), ("CONNECT", "log:443"), ("GET", "*")] {
        let answer = ask(site.address, method, target).await;
        assert!((400..500).contains(&answer.status), "{method} {target}: {answer:?}");
    }
    let absolute = ask(site.address, "GET", "http://elsewhere/log/tile/0/000.p/1").await;
    assert_eq!(absolute.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_has_one_spelling() {
    let world = World::new(&["terminal"]).await;
    register(&world, 0..2).await;
    let site = Site::of(&world, "terminal").await;
    assert_eq!(get(site.address, "/log/tile/0/000.p/2").await.status, 200);
    for path in [
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00.p/2",
        "tile/0/0000.p/2",
        "tile/00/000.p/2",
        "tile/+0/000.p/2",
        "tile/0/000.p/02",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/-1",
        "tile/0/000.p/",
        "tile/0/000.p/2/",
        "tile/0/000.p/2/..",
        "tile/0//000.p/2",
        "tile/0/x000/000.p/2",
        "tile/0/x000.p/2",
        "tile/8/000.p/2",
        "tile/256/000.p/2",
        "tile/data/000.p/2",
        "tile/entries/entries/000.p/2",
        "tile/Entries/000.p/2",
        "tile/0/%30%30%30.p/2",
        "tile/0/000%2Ep/2",
        "tile/0/../0/000.p/2",
        "tile/../checkpoint",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        let answer = get(site.address, &format!("/log/{path}")).await;
        assert_eq!((answer.status, answer.code()), (400, "path-form"), "{path}");
    }
    let dots = format!("/log/{}", "../".repeat(2_000));
    for path in [
        "/",
        "/log",
        "/log/",
        "/log//checkpoint",
        "/log/checkpoint/",
        "/log/Checkpoint",
        "/log/%63heckpoint",
        "/log/checkpoint%00",
        "/log/./checkpoint",
        "/log/../log/checkpoint",
        "/l%6fg/checkpoint",
        "//log/checkpoint",
        "/checkpoint",
        "/tile/0/000.p/2",
        "/log/../../../../etc/passwd",
        "/log/..%2f..%2f..%2fkeys%2fsigning.pem",
        "/log/%2e%2e/%2e%2e/config.toml",
        "/log/..\\..\\config.toml",
        "/control.sock",
        &dots,
    ] {
        let answer = get(site.address, path).await;
        assert_eq!((answer.status, answer.code()), (404, "path-unknown"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused_and_ends_the_connection() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    let dots = format!("GET /{} HTTP/1.1\r\nHost: log\r\n\r\n", ".".repeat(10_000));
    let long = format!("GET /{} HTTP/1.1\r\nHost: log\r\n\r\n", "a".repeat(1 << 20));
    let field = format!("GET / HTTP/1.1\r\nHost: log\r\nX: {}\r\n\r\n", "a".repeat(HEAD_MAX));
    let endless = format!("GET / HTTP/1.1\r\nHost: log\r\n{}", "X: a\r\n".repeat(HEAD_MAX));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: a\r\n".repeat(FIELDS_MAX + 1));
    let cases: [(&[u8], &[u16]); 14] = [
        (dots.as_bytes(), &[431, 414]),
        (long.as_bytes(), &[431, 414]),
        (field.as_bytes(), &[431]),
        (endless.as_bytes(), &[431]),
        (many.as_bytes(), &[431]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n", &[400]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[400]),
        (b"GET\r\n\r\n", &[400]),
        (b"GET / HTTP/7.3\r\n\r\n", &[400]),
        (b"G\x00T / HTTP/1.1\r\n\r\n", &[400]),
        (b"GET / HTTP/1.1\r\nHost log\r\n\r\n", &[400]),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", &[400]),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", &[400]),
        (&[0; 100_000], &[400]),
    ];
    for (bytes, statuses) in cases {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        // A reset may overtake the answer when more was sent than is ever read.
        if let Some(answer) = answer_to(site.address, bytes).await {
            assert!(statuses.contains(&answer.status), "{shown}: {answer:?}");
        }
    }
    assert_eq!(get(site.address, "/log/checkpoint").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_taken_with_no_request() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    let chunked = "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
    for (content, what) in [
        ("Content-Length: 4\r\n\r\nabcd", "some"),
        ("Content-Length: 99999999999999\r\n\r\n", "an announcement of much"),
        (chunked, "in chunks"),
        // The second request is content of the first: it is not answered.
        ("Content-Length: 37\r\n\r\nGET /log/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", "smuggled"),
    ] {
        let request = format!("GET /log/checkpoint HTTP/1.1\r\nHost: log\r\n{content}");
        let answer = answer_to(site.address, request.as_bytes()).await;
        let answer = answer.unwrap_or_else(|| panic!("{what}: no answer"));
        assert_eq!((answer.status, answer.code()), (413, "content-unwanted"), "{what}");
        assert_eq!(answer.field("connection"), Some("close"), "{what}");
    }
    let posted = b"POST /log/checkpoint HTTP/1.1\r\nHost: log\r\nConnection: close\r\n\
        Content-Length: 99999999\r\n\r\nabc";
    assert_eq!(answer_to(site.address, posted).await.unwrap().status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_slowly_or_nothing_is_cut_off() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    let begun = Instant::now();
    let mut silent = TcpStream::connect(site.address).await.unwrap();
    let mut half = TcpStream::connect(site.address).await.unwrap();
    half.write_all(b"GET /log/checkpoint HTTP/1.1\r\nHost: lo").await.unwrap();
    let mut idle = TcpStream::connect(site.address).await.unwrap();
    idle.write_all(b"GET /log/checkpoint HTTP/1.1\r\nHost: log\r\n\r\n").await.unwrap();
    let (silent, half, idle) = timeout(PATIENCE, async {
        // One byte now and then does not help: the time is that of the whole head.
        let slow = drip(site.address);
        let (silent, half, idle, ()) =
            tokio::join!(all(&mut silent), all(&mut half), all(&mut idle), slow);
        (silent, half, idle)
    })
    .await
    .expect("all of them are cut off");
    assert!(begun.elapsed() >= HEAD_LIFE);
    assert_eq!((silent.len(), half.len()), (0, 0));
    assert!(idle.starts_with(b"HTTP/1.1 200"));
}

/// Sends a head that never ends, a byte at a time, until nobody listens.
async fn drip(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /log/checkpoint HTTP/1.1\r\nX: ").await.unwrap();
    let mut now_and_then = tokio::time::interval(HEAD_LIFE / 10);
    while stream.write_all(b"a").await.is_ok() {
        now_and_then.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_wait_while_the_node_works_and_their_turn_comes() {
    let world = World::alone(&["terminal", "line"]).await;
    let site = Site::of(&world, "terminal").await;
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        held.push(TcpStream::connect(site.address).await.unwrap());
    }
    let late = get(site.address, "/log/checkpoint");
    tokio::pin!(late);
    // Other doors of the node are open.
    let released =
        world.accepted("line", "release-order", release_fields(&container(1), "forwarder"));
    tokio::select! {
        answer = &mut late => panic!("there was no place for {answer:?}"),
        _ = released => {}
    }
    // Those who only hold their places lose them.
    assert_eq!(late.await.status, 200);
    assert_eq!(site.head().await.checkpoint().size, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_never_reads_keeps_nobody_else_waiting() {
    let world = World::new(&["terminal"]).await;
    register(&world, 0..256).await;
    let site = Site::of(&world, "terminal").await;
    let mut deaf = TcpStream::connect(site.address).await.unwrap();
    let request = b"GET /log/tile/entries/000 HTTP/1.1\r\nHost: log\r\n\r\n".repeat(1_000_000);
    // Its requests are not read any further than its answers are.
    let written = timeout(HEAD_LIFE / 5, deaf.write_all(&request)).await;
    assert!(written.is_err(), "{} bytes of requests were taken", request.len());
    assert_eq!(get(site.address, "/log/checkpoint").await.status, 200);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_node_stops_connections_end_and_no_new_one_is_taken() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    let address = site.address;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /log/checkpoint HTTP/1.1\r\nHost: log\r\n\r\n").await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET /log/che").await.unwrap();
    // Both are being served when another one is answered.
    assert_eq!(get(address, "/log/checkpoint").await.status, 200);
    site.stop().await;
    assert!(all(&mut idle).await.starts_with(b"HTTP/1.1 200"));
    assert!(all(&mut half).await.is_empty());
    TcpStream::connect(address).await.unwrap_err();
}
