//! Writes a backup.

use std::{
    fs::File,
    io::{Read as _, Write},
    path::Path,
};

use anyhow::{Context as _, ensure};
use sha2::{Digest, Sha256};

use super::{
    Listed, MANIFEST, Manifest, PIECE,
    tar::{BLOCK, Head},
};

/// How much zstd tries: beyond this it takes much longer for little.
const LEVEL: i32 = 3;

/// A file as the manifest lists it.
pub(crate) fn listed(path: &Path, name: &str) -> anyhow::Result<Listed> {
    let attempt = || format!("could not read `{}`", path.display());
    let mut file = File::open(path).with_context(attempt)?;
    let (mut hash, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let read = file.read(&mut piece).with_context(attempt)?;
        if read == 0 {
            return Ok(Listed {
                name: name.to_owned(),
                size,
                sha256: hex::encode(hash.finalize()),
            });
        }
        hash.update(&piece[..read]);
        size += read as u64;
    }
}

/// Writes the manifest and the files that it lists, which lie in `folder`, and answers the stream.
pub(crate) fn write<W: Write>(
    to: W,
    manifest: &Manifest,
    folder: &Path,
    modified_s: u64,
) -> anyhow::Result<W> {
    let attempt = "could not write the backup";
    let mut out = zstd::Encoder::new(to, LEVEL).context(attempt)?;
    out.include_checksum(true).context(attempt)?;
    let text = serde_json::to_vec_pretty(manifest).context("could not write the manifest")?;
    let head = Head { name: MANIFEST.to_owned(), size: text.len() as u64 };
    out.write_all(&head.to_block(modified_s)).context(attempt)?;
    out.write_all(&text).context(attempt)?;
    pad(&mut out, &head).context(attempt)?;
    let mut piece = vec![0; PIECE];
    for Listed { name, size, .. } in &manifest.files {
        let head = Head { name: name.clone(), size: *size };
        out.write_all(&head.to_block(modified_s)).context(attempt)?;
        let path = folder.join(name);
        let reading = || format!("could not read `{}`", path.display());
        let mut file = File::open(&path).with_context(reading)?;
        let mut written = 0;
        loop {
            let read = file.read(&mut piece).with_context(reading)?;
            if read == 0 {
                break;
            }
            out.write_all(&piece[..read]).context(attempt)?;
            written += read as u64;
        }
        ensure!(written == *size, "`{}` changed while it was read", path.display());
        pad(&mut out, &head).context(attempt)?;
    }
    // Two blocks of nothing end an archive.
    out.write_all(&[0; 2 * BLOCK]).context(attempt)?;
    out.finish().context(attempt)
}

fn pad(to: &mut impl Write, head: &Head) -> std::io::Result<()> {
    to.write_all(&[0; BLOCK][..head.padding()])
}
