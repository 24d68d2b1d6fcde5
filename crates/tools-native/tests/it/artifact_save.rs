//! `artifact_save` as a caller sees it.

use std::sync::Arc;

use gathering_tools_native::ArtifactSave;
use serde_json::json;

use crate::{MemorySink, block_on, boxed, call};

#[test]
fn text_is_stored_once_however_often_the_attempt_is_made() {
    let sink = Arc::new(MemorySink::default());
    let tool = || boxed(ArtifactSave::new(Arc::clone(&sink) as _));
    let arguments = json!({ "name": "brief.md", "content": "# Brief" });
    let first = block_on(call(tool(), arguments.clone())).unwrap();
    let second = block_on(call(tool(), arguments)).unwrap();
    assert_eq!(first, second);
    assert_eq!(
        first.text(),
        "saved `brief.md` (7 bytes)\n[artifact art_00000000000000000000000000000001: brief.md, text/markdown, 7 bytes]"
    );
    let saved = sink.saved.lock().unwrap();
    assert_eq!(saved.len(), 1);
    assert_eq!(saved[0].1.content(), b"# Brief");
}

#[test]
fn what_would_mislead_or_overflow_is_refused_and_nothing_stored() {
    let sink = Arc::new(MemorySink::default());
    for arguments in [
        json!({ "name": "../../etc/passwd", "content": "x" }),
        json!({ "name": "a\u{202E}b", "content": "x" }),
        json!({ "name": "a", "content": "x", "media_type": "text/html\r\nx-evil: 1" }),
        json!({ "name": "a", "content": "x".repeat(1024 * 1024 + 1) }),
    ] {
        let tool = boxed(ArtifactSave::new(Arc::clone(&sink) as _));
        assert_eq!(block_on(call(tool, arguments)).unwrap_err().code, "invalid_arguments");
    }
    assert!(sink.saved.lock().unwrap().is_empty());
}
