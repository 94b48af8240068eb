//! Writes `keys/` and `fixtures/vectors/` anew: `cargo run -p landside-vectors`.

use std::path::Path;
use std::{fs, io};

use landside_vectors::{KEYS, VECTORS, files};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::create_dir_all(root.join(KEYS))?;
    fs::create_dir_all(root.join(VECTORS))?;
    let files = files();
    for (path, contents) in &files {
        fs::write(root.join(path), contents)?;
    }
    println!("{} files in {KEYS}/ and {VECTORS}/", files.len());
    Ok(())
}
