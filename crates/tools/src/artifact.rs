//! Artifacts: what a tool stores beside its answer, and the port through which it does.

use std::{future::Future, pin::Pin};

use gathering_domain::{ArtifactId, Failure};
use serde::{Deserialize, Serialize};

use crate::ToolContext;

/// A stored output that a tool made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// Its id.
    pub artifact_id: ArtifactId,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Something to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifact {
    name: String,
    media_type: String,
    content: Vec<u8>,
}

/// Something that cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArtifact {
    /// The name could mislead whoever downloads it.
    #[error(
        "an artifact's name has 1 to {} characters, no control characters, no `/` and no `\\`, and is not `.` or `..`",
        NewArtifact::MAX_NAME_CHARS
    )]
    Name,
    /// Not a media type.
    #[error("`{0}` is not a media type such as `text/markdown`")]
    MediaType(String),
    /// Too large.
    #[error("an artifact has at most {most} bytes; this one has {0}", most = NewArtifact::MAX_BYTES)]
    TooLarge(usize),
}

impl NewArtifact {
    /// The longest name, in characters.
    pub const MAX_NAME_CHARS: usize = 120;
    /// The largest artifact of a tool, in bytes.
    pub const MAX_BYTES: usize = 16 * 1024 * 1024;
    /// The longest media type, in bytes.
    const MAX_MEDIA_TYPE: usize = 100;

    /// Checks name, media type (`type/subtype`, without parameters) and size.
    pub fn new(
        name: impl Into<String>,
        media_type: impl Into<String>,
        content: Vec<u8>,
    ) -> Result<Self, InvalidArtifact> {
        let (name, media_type) = (name.into(), media_type.into());
        let length = name.chars().count();
        let misleads = |c: char| c.is_control() || matches!(c, '/' | '\\') || is_direction(c);
        if !(1..=Self::MAX_NAME_CHARS).contains(&length)
            || name.chars().any(misleads)
            || name.trim() != name
            || matches!(name.as_str(), "." | "..")
        {
            return Err(InvalidArtifact::Name);
        }
        if !is_media_type(&media_type) {
            return Err(InvalidArtifact::MediaType(media_type.chars().take(64).collect()));
        }
        if content.len() > Self::MAX_BYTES {
            return Err(InvalidArtifact::TooLarge(content.len()));
        }
        Ok(Self { name, media_type, content })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The bytes.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Name, media type and bytes.
    pub fn into_parts(self) -> (String, String, Vec<u8>) {
        (self.name, self.media_type, self.content)
    }
}

/// The future of one store.
pub type SinkFuture<'a> = Pin<Box<dyn Future<Output = Result<ArtifactRef, Failure>> + Send + 'a>>;

/// Where tools store artifacts.
pub trait ArtifactSink: Send + Sync {
    /// Stores it for the context's project and run. A second store under the same effect id and
    /// name answers the first one's artifact, so that an attempt may be repeated.
    fn save<'a>(&'a self, context: &'a ToolContext, artifact: NewArtifact) -> SinkFuture<'a>;
}

fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || matches!(c, '!' | '#' | '$' | '&' | '-' | '^' | '_' | '.' | '+')
            })
    };
    text.len() <= NewArtifact::MAX_MEDIA_TYPE
        && text.split_once('/').is_some_and(|(kind, sub)| is_token(kind) && is_token(sub))
}

/// Characters that change the order in which text is shown, so that `exe.txt` may be `txt.exe`.
const fn is_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_media_types_that_mislead_are_refused() {
        let check = |name: &str, media_type: &str| NewArtifact::new(name, media_type, vec![]);
        for name in ["brief.md", "Über uns 2.txt", "a..b"] {
            assert!(check(name, "text/plain").is_ok(), "{name}");
        }
        let long = "x".repeat(NewArtifact::MAX_NAME_CHARS + 1);
        for name in ["", " a", "..", ".", "a/b", "..\\a", "a\nb", "a\0", "txt\u{202E}exe", &long] {
            assert_eq!(check(name, "text/plain"), Err(InvalidArtifact::Name), "{name:?}");
        }
        for media_type in
            ["", "text", "text/", "/plain", "text/pl ain", "text/html\r\nx: y", "a/b/c"]
        {
            let refused = check("a", media_type);
            assert!(matches!(refused, Err(InvalidArtifact::MediaType(_))), "{media_type:?}");
        }
        let large = NewArtifact::new("a", "text/plain", vec![0; NewArtifact::MAX_BYTES + 1]);
        assert!(matches!(large, Err(InvalidArtifact::TooLarge(_))));
    }
}
