//! The screens are compiled in: a file that is new among them is a reason to compile again.

fn main() {
    println!("cargo::rerun-if-changed=assets");
}
