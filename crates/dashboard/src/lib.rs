//! The pages of the dashboard, as files inside the program.
//!
//! Their sources are in `ui`; `cargo xtask dashboard` builds them into `ui/dist`, from where they are taken.
//! Without that there are none, and the program says how to get them. An optimised build holds the files; a
//! quick one reads them where they lie.

use std::borrow::Cow;

use rust_embed::Embed;

#[derive(Embed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Built;

/// The bytes of a file, such as `index.html`, or with `.br` or `.gz` at its end the same compressed.
pub fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    Built::get(path).map(|file| file.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_pages_is_a_file() {
        for path in ["", "/", "../package.json", "/etc/passwd", "assets/../../package.json"] {
            assert!(file(path).is_none(), "{path:?}");
        }
    }
}
