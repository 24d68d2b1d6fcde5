//! How bytes that anybody may have made are handed to a browser.

use std::fmt::Write as _;

/// Types under which bytes are handed out. None of them runs anything; everything else, HTML and SVG
/// included, is bytes.
const SAFE: [&str; 12] = [
    "application/json",
    "application/pdf",
    "application/yaml",
    "audio/mpeg",
    "audio/wav",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/markdown",
    "text/plain",
];

/// The content type under which something of that media type is handed out.
pub(super) fn safe(media_type: &str) -> &'static str {
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match SAFE.iter().find(|safe| **safe == name) {
        Some(&"text/csv") => "text/csv; charset=utf-8",
        Some(&"text/markdown") => "text/markdown; charset=utf-8",
        Some(&"text/plain") => "text/plain; charset=utf-8",
        Some(safe) => safe,
        None => "application/octet-stream",
    }
}

/// `Content-Disposition` of a download (RFC 6266): plain letters for old clients, all of the name for
/// others, and never a path.
pub(super) fn attachment(name: &str) -> String {
    let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().collect();
    let kept = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
    let plain: String = name.chars().map(|c| if kept(c) { c } else { '_' }).collect();
    let plain = if plain.trim_matches(['.', ' ']).is_empty() { "download" } else { plain.trim() };
    let mut header = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            header.push(char::from(byte));
        } else {
            let _ = write!(header, "%{byte:02X}");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_in_a_browser_is_bytes() {
        for (given, wanted) in [
            ("text/markdown", "text/markdown; charset=utf-8"),
            ("TEXT/PLAIN; charset=latin1", "text/plain; charset=utf-8"),
            ("image/png", "image/png"),
            ("text/html", "application/octet-stream"),
            ("image/svg+xml", "application/octet-stream"),
            ("application/javascript", "application/octet-stream"),
            ("", "application/octet-stream"),
            ("text/plain\r\nSet-Cookie: a=b", "application/octet-stream"),
        ] {
            assert_eq!(safe(given), wanted, "{given}");
        }
    }

    #[test]
    fn a_name_is_one_name_whatever_is_in_it() {
        for (name, wanted) in [
            ("brief.md", "attachment; filename=\"brief.md\"; filename*=UTF-8''brief.md"),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("a\"b", "attachment; filename=\"a_b\"; filename*=UTF-8''a%22b"),
            ("é\r\n", "attachment; filename=\"___\"; filename*=UTF-8''%C3%A9%0D%0A"),
            ("..", "attachment; filename=\"download\"; filename*=UTF-8''.."),
        ] {
            assert_eq!(attachment(name), wanted, "{name:?}");
        }
    }
}
