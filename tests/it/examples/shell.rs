//! One POSIX shell in an empty directory, fed command by command.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// A running shell. What it started in the background ends with it.
pub(super) struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What a command printed.
    printed: PathBuf,
    /// Process ids of what runs in the background.
    servers: PathBuf,
    _dir: TempDir,
}

/// Begins the line that the shell says after each command; no command prints it.
const MARK: &str = "--- example, exit";

impl Shell {
    /// A shell with `landside` on `PATH` and the repository in `REPO`.
    pub(super) fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let empty = dir.path().join("example");
        fs::create_dir(&empty).unwrap();
        let program = crate::process::path();
        let mut places = vec![program.parent().unwrap().to_owned()];
        places.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let mut child = Command::new("sh")
            .current_dir(&empty)
            .env("PATH", env::join_paths(places).unwrap())
            .env("REPO", crate::tidy::root())
            .env("TZ", "UTC")
            .env_remove("LANDSIDE_HOME")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (printed, servers) = (dir.path().join("printed"), dir.path().join("servers"));
        fs::write(&servers, "").unwrap();
        Self { child, input, output, printed, servers, _dir: dir }
    }

    /// Runs a command in the shell itself, so that a `cd` or a function stays; gives its status and
    /// what it printed on both ways.
    pub(super) fn run(&mut self, command: &str) -> (i32, String) {
        fs::write(&self.printed, "").unwrap();
        let script = if command.ends_with('&') {
            // What a server prints would mix with what later commands print.
            format!("{{ {command}\n}} > /dev/null 2>&1\necho $! >> {}\n", self.servers.display())
        } else {
            format!("{{ {command}\n}} > {} 2>&1 < /dev/null\n", self.printed.display())
        };
        let script = format!("{script}echo \"{MARK} $?\"\n");
        self.input.write_all(script.as_bytes()).unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the shell ended: {command}");
            if let Some(exit) = line.strip_prefix(MARK) {
                let printed = fs::read(&self.printed).unwrap();
                return (exit.trim().parse().unwrap(), String::from_utf8(printed).unwrap());
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // By their own ids; some have ended, and with them gone there is nothing left to do.
        let end = format!("kill -9 $(cat {}) 2> /dev/null; exit\n", self.servers.display());
        let _ = self.input.write_all(end.as_bytes());
        let _ = self.child.wait();
    }
}
