//! Has the crate compiled again when the pages were built again.

fn main() {
    println!("cargo::rerun-if-changed=ui/dist");
}
