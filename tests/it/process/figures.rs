//! `landside figures` as people run it: a table, an object, and a chart for a spreadsheet.

use std::process::{Command, Stdio};

use serde_json::json;

use super::port::{LINE, Port, TERMINAL};
use super::program::{path, run};

/// Standard output in words, of a run that must be done.
fn words(arguments: &[&str]) -> String {
    let mut command = Command::new(path());
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_to_be_had_as_words_as_json_and_as_csv() {
    let port = Port::new();
    let node = port.start(TERMINAL).await;
    let home = port.home(TERMINAL);
    let home = home.path().to_str().unwrap();
    let of = |more: &[&'static str]| [&["--home", home, "figures"], more].concat();
    let arrival = [
        "--home",
        home,
        "issue",
        "arrival",
        "--container",
        "MSKU1234565",
        "--discharged_at",
        "2026-11-20T04:00:00Z",
        "--available",
        "true",
        "--cleared",
        "true",
    ];
    let registered = run(arrival);
    assert_eq!(registered.exit, 0, "{}", registered.said);

    let figures = run(of(&["--from", "2026-01-01", "--to", "2026-01-03"]));
    let figures = figures.event("figures");
    let days = figures["days"].as_array().unwrap().iter().map(|day| day["day"].clone());
    assert_eq!(days.collect::<Vec<_>>(), [json!("2026-01-01"), json!("2026-01-02")]);
    assert_eq!((&figures["complete"], &figures["of"]), (&json!(true), &json!(TERMINAL)));

    let said = words(&of(&[]));
    assert!(said.contains("1 case begun, 0 left, 1 open"), "{said}");
    let csv = words(&of(&["--csv", "cases"]));
    assert!(csv.starts_with("day,zone,from_utc,to_utc,opened,left,late\r\n"), "{csv}");
    let rows: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(rows.len(), 31, "a line of names and thirty days: {csv}");
    assert!(rows[30].ends_with(",1,0,0") && csv.ends_with("\r\n"), "{csv}");

    for (wrong, code) in
        [(["--csv", "everything"], "chart-unknown"), (["--from", "yesterday"], "figures-period")]
    {
        let refused = run(of(&wrong));
        assert_eq!((refused.exit, refused.event("error")["code"].as_str()), (2, Some(code)));
    }
    node.stop().await;
    let nobody = run(["--home", port.home(LINE).path().to_str().unwrap(), "figures"]);
    assert_eq!(nobody.exit, 3, "{}", nobody.said);
}
