//! `cargo xtask deb [--program FILE] [--version VERSION] [--out DIR] [--compression xz|gzip]`: the Debian package.
//!
//! Made of a program that is there, else of a release build. Needs dpkg-deb. A version other than the
//! workspace's is for tests of an upgrade.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Where each file of the package comes from, below packaging/, where it goes, and its mode.
const FILES: [(&str, &str, u32); 8] = [
    ("landside.service", "usr/lib/systemd/system/landside.service", 0o644),
    ("landside-backup.service", "usr/lib/systemd/system/landside-backup.service", 0o644),
    ("landside-backup.timer", "usr/lib/systemd/system/landside-backup.timer", 0o644),
    ("landside-console.socket", "usr/lib/systemd/system/landside-console.socket", 0o644),
    ("debian/copyright", "usr/share/doc/landside/copyright", 0o644),
    ("monitoring/alerts.yml", "usr/share/landside/monitoring/alerts.yml", 0o644),
    ("monitoring/dashboard.json", "usr/share/landside/monitoring/dashboard.json", 0o644),
    ("monitoring/prometheus.yml", "usr/share/landside/monitoring/prometheus.yml", 0o644),
];

/// Scripts that dpkg runs.
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

/// Completions: shell, and the file it looks for.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/landside"),
    ("zsh", "usr/share/zsh/vendor-completions/_landside"),
    ("fish", "usr/share/fish/vendor_completions.d/landside.fish"),
];

struct Wanted {
    program: Option<PathBuf>,
    version: String,
    out: PathBuf,
    compression: String,
}

/// Makes it.
pub(crate) fn make(args: impl Iterator<Item = String>) -> ExitCode {
    let made = wanted(args).and_then(|wanted| package(&wanted));
    match made {
        Ok(file) => {
            println!("{}", file.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("deb: {error}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn wanted(mut args: impl Iterator<Item = String>) -> io::Result<Wanted> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let mut wanted = Wanted {
        program: None,
        version,
        out: target().join("debian"),
        compression: "xz".to_owned(),
    };
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| io::Error::other(format!("{name} needs a value")))?;
        match name.as_str() {
            "--program" => wanted.program = Some(value.into()),
            "--version" => wanted.version = value,
            "--compression" => wanted.compression = value,
            "--out" => wanted.out = value.into(),
            other => return Err(io::Error::other(format!("{other} is not known"))),
        }
    }
    Ok(wanted)
}

fn package(wanted: &Wanted) -> io::Result<PathBuf> {
    let program = match &wanted.program {
        Some(program) => program.clone(),
        None => {
            let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let build = ["build", "--release", "--locked", "-p", "landside"];
            done(Command::new(cargo).args(build))?;
            target().join("release/landside")
        }
    };
    let (packaging, tree) = (root().join("crates/landside/packaging"), wanted.out.join("tree"));
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    put(&tree, "usr/bin/landside", &fs::read(&program)?, 0o755)?;
    for (from, to, mode) in FILES {
        put(&tree, to, &fs::read(packaging.join(from))?, mode)?;
    }
    for (from, to) in [("CHANGELOG.md", "changelog"), ("docs/OPERATING.md", "OPERATING.md")] {
        let text = fs::read(root().join(from))?;
        let to = format!("usr/share/doc/landside/{to}.gz");
        put(&tree, &to, &gzipped(&text)?, 0o644)?;
    }
    for (shell, to) in SHELLS {
        let said = Command::new(&program).args(["completions", shell]).output()?;
        put(&tree, to, &said.stdout, 0o644)?;
    }
    manual(&program, &tree)?;
    strip(&tree.join("usr/bin/landside"));
    control(wanted, &packaging, &tree)?;
    let file = wanted.out.join(format!("landside_{}_{}.deb", wanted.version, architecture()?));
    let mut build = Command::new("dpkg-deb");
    build.arg(format!("-Z{}", wanted.compression));
    build.args(["--root-owner-group", "--build"]).args([&tree, &file]);
    done(build.stdout(Stdio::null()))?;
    Ok(file)
}

fn manual(program: &Path, tree: &Path) -> io::Result<()> {
    let pages = tree.join("../man");
    done(Command::new(program).arg("man").arg(&pages).stdout(Stdio::null()))?;
    for page in fs::read_dir(&pages)? {
        let page = page?.path();
        let name = page.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let to = format!("usr/share/man/man1/{name}.gz");
        put(tree, &to, &gzipped(&fs::read(&page)?)?, 0o644)?;
    }
    fs::remove_dir_all(&pages)
}

/// Files of `DEBIAN/`.
fn control(wanted: &Wanted, packaging: &Path, tree: &Path) -> io::Result<()> {
    for script in SCRIPTS {
        let text = fs::read(packaging.join("debian").join(script))?;
        put(tree, &format!("DEBIAN/{script}"), &text, 0o755)?;
    }
    let size = size_kib(&tree.join("usr"))?;
    let text = format!(
        "Package: landside\nVersion: {}\nArchitecture: {}\nMaintainer: The Landside contributors <landside@localhost>\n\
         Installed-Size: {size}\nDepends: libc6, adduser\nSection: net\nPriority: optional\n\
         Description: containers released and collected on signed documents\n \
         A node of one party of a container port: terminal, customs, shipping line,\n \
         forwarder or haulier. Nodes exchange signed documents, and a container\n \
         leaves the gate on nothing but documents that anybody can verify.\n",
        wanted.version,
        architecture()?,
    );
    put(tree, "DEBIAN/control", text.as_bytes(), 0o644)
}

fn put(tree: &Path, to: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    let path = tree.join(to);
    let mut dir = tree.to_owned();
    for part in Path::new(to).parent().into_iter().flat_map(Path::components) {
        dir.push(part);
        fs::create_dir_all(&dir)?;
        // Whatever the umask of whoever builds.
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755))?;
    }
    fs::set_permissions(tree, fs::Permissions::from_mode(0o755))?;
    fs::write(&path, bytes)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode))
}

fn gzipped(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut gzip = Command::new("gzip")
        .args(["-9", "-n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (mut to, bytes) = (gzip.stdin.take(), bytes.to_vec());
    // On a thread: its output is read meanwhile.
    let writer = std::thread::spawn(move || to.take().map(|mut to| to.write_all(&bytes)));
    let output = gzip.wait_with_output()?;
    let _ = writer.join();
    Ok(output.stdout)
}

/// Symbols are of no use in a package; where there is no strip they stay.
fn strip(program: &Path) {
    let _ = Command::new("strip").arg(program).status();
}

fn size_kib(dir: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += match metadata.is_dir() {
            true => size_kib(&entry.path())?,
            false => metadata.len().div_ceil(1024),
        };
    }
    Ok(sum)
}

fn architecture() -> io::Result<String> {
    let said = Command::new("dpkg").arg("--print-architecture").output()?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn done(command: &mut Command) -> io::Result<()> {
    match command.status()?.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("{command:?} failed"))),
    }
}
