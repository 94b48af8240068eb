//! The examples of the documentation, run as they are written.
//!
//! Every `docs/examples/*.md` runs in an empty directory with the real program on `PATH`. The form is
//! told in docs/examples/first-release.md: commands begin with `$ `, go on with `> `, and what
//! follows is what they print; `[..]` stands for anything in a line, `...` for any lines, and
//! `[exit n]` for a status that is not 0.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod compare;
mod shell;

use std::fmt::Write as _;

use self::compare::matches;
use self::shell::Shell;

/// A command of an example and what it should print.
struct Step {
    /// Line in the file, from 1.
    line: usize,
    command: String,
    expected: Vec<String>,
    exit: i32,
}

#[test]
fn every_example_prints_what_it_says() {
    for file in crate::tidy::files("docs/examples", ".md") {
        let steps = steps(&file.text);
        assert!(!steps.is_empty(), "{} shows nothing", file.path);
        let mut shell = Shell::start();
        for step in &steps {
            let (exit, printed) = shell.run(&step.command);
            let in_background = step.command.ends_with('&');
            if !in_background && (exit != step.exit || !matches(&step.expected, &printed)) {
                panic!("{}", difference(&file.path, step, exit, &printed));
            }
        }
    }
}

/// The commands of all console blocks, in order.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut within, mut first) = (false, true);
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            within = line == "```console";
            first = true;
            continue;
        }
        if !within {
            continue;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            let command = command.to_owned();
            steps.push(Step { line: at + 1, command, expected: Vec::new(), exit: 0 });
            first = false;
            continue;
        }
        assert!(!first, "line {}: a block begins with a command", at + 1);
        let step = steps.last_mut().unwrap();
        let exit = line.strip_prefix("[exit ").and_then(|rest| rest.strip_suffix(']'));
        match (line.strip_prefix("> "), exit) {
            (Some(more), _) if step.expected.is_empty() => {
                write!(step.command, "\n{more}").unwrap();
            }
            (_, Some(exit)) => step.exit = exit.parse().unwrap(),
            _ => step.expected.push(line.to_owned()),
        }
    }
    steps
}

fn difference(path: &str, step: &Step, exit: i32, printed: &str) -> String {
    format!(
        "{path}:{}: $ {}\nexpected exit {} and\n{}\nfound exit {exit} and\n{printed}",
        step.line,
        step.command,
        step.exit,
        step.expected.join("\n"),
    )
}

#[test]
fn a_console_block_is_cut_into_commands() {
    let text = "text\n```console\n$ one\nout\n[exit 2]\n```\n```sh\n$ not this\n```\n\
                ```console\n$ two \\\n>   more\n...\n```\n";
    let steps = steps(text);
    let found: Vec<_> =
        steps.iter().map(|s| (s.command.as_str(), s.expected.len(), s.exit, s.line)).collect();
    assert_eq!(found, [("one", 1, 2, 3), ("two \\\n  more", 1, 0, 11)]);
}
