//! Reads a backup, and tells where it is damaged.

use std::{
    fs::File,
    io::{BufReader, Read, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, anyhow, ensure};
use gathering_storage::newest_version;
use sha2::{Digest, Sha256};

use super::{
    DATABASE, FORMAT, KEYS, Listed, MANIFEST, Manifest, PIECE, manifest,
    tar::{BLOCK, Block, Head},
};

/// A backup that is being read.
pub(crate) struct Archive<R: Read> {
    stream: Stream<R>,
    manifest: Manifest,
}

/// The archive without its compression, read from its beginning to its end.
struct Stream<R: Read> {
    bytes: R,
    /// How many were read.
    at: u64,
}

impl Archive<zstd::Decoder<'static, BufReader<File>>> {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let attempt = || format!("could not read `{}`", path.display());
        let file = File::open(path).with_context(attempt)?;
        Archive::of(zstd::Decoder::new(file).with_context(attempt)?).with_context(attempt)
    }
}

impl<R: Read> Archive<R> {
    /// Reads up to the end of the manifest, and refuses what this program does not know.
    fn of(bytes: R) -> anyhow::Result<Self> {
        let mut stream = Stream { bytes, at: 0 };
        let head = stream.head()?.filter(|head| head.name == MANIFEST);
        let head = head.context("it is no backup: it does not begin with a manifest")?;
        ensure!(head.size <= manifest::BYTES_MAX, "its manifest has {} bytes", head.size);
        let mut text = Vec::new();
        stream.file(&head, |piece| {
            text.extend_from_slice(piece);
            Ok(())
        })?;
        let manifest: Manifest =
            serde_json::from_slice(&text).context("its manifest cannot be read")?;
        let known = newest_version();
        ensure!(
            manifest.format == FORMAT && manifest.schema_version <= known,
            "a newer version of the program wrote it ({}, schema version {}; this one knows versions \
             up to {known})",
            manifest.program,
            manifest.schema_version
        );
        let names: Vec<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        let keys = names.iter().filter(|name| KEYS.contains(name)).count();
        ensure!(
            names.first() == Some(&DATABASE) && names.len() == keys + 1 && keys <= KEYS.len(),
            "its manifest lists other files than a backup has: {names:?}"
        );
        Ok(Self { stream, manifest })
    }

    /// What it says of itself.
    pub(crate) const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Writes all files into a folder and reads to the end; what is not as the manifest has it is an error.
    pub(crate) fn unpack(self, into: &Path) -> anyhow::Result<()> {
        let Self { mut stream, manifest } = self;
        for listed in &manifest.files {
            stream.unpack(listed, &into.join(&listed.name))?;
        }
        stream.end()
    }
}

impl<R: Read> Stream<R> {
    fn unpack(&mut self, listed: &Listed, path: &Path) -> anyhow::Result<()> {
        let Listed { name, size, sha256 } = listed;
        let place = self.place();
        let head = self.head()?.filter(|head| head.name == *name && head.size == *size);
        let head = head.with_context(|| format!("{place}: no `{name}` of {size} bytes begins"))?;
        let writing = || format!("could not write `{}`", path.display());
        // Nobody but its owner may read a store or a key.
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .with_context(writing)?;
        let mut hash = Sha256::new();
        self.file(&head, |piece| {
            hash.update(piece);
            file.write_all(piece).with_context(writing)
        })?;
        file.sync_all().with_context(writing)?;
        let found = hex::encode(hash.finalize());
        ensure!(
            found == *sha256,
            "{place}: `{name}` is damaged: its SHA-256 is {found}, and the manifest says {sha256}"
        );
        Ok(())
    }

    /// Reads the rest, which must be nothing but an end.
    fn end(&mut self) -> anyhow::Result<()> {
        let place = self.place();
        ensure!(self.head()?.is_none(), "{place}: more follows than the manifest lists");
        let mut block = [0; BLOCK];
        self.fill(&mut block, "the end")?;
        ensure!(block == [0; BLOCK], "{place}: the end is damaged");
        let mut beyond = [0];
        let read = self.bytes.read(&mut beyond);
        let read = read.with_context(|| format!("{place}: the end is damaged"))?;
        ensure!(read == 0, "{place}: something follows the end");
        Ok(())
    }

    fn head(&mut self) -> anyhow::Result<Option<Head>> {
        let place = self.place();
        let mut block: Block = [0; BLOCK];
        self.fill(&mut block, "the head of a file")?;
        Head::of_block(&block).map_err(|why| anyhow!("{place}: {why}"))
    }

    /// Reads the bytes of a file, and those up to the next block.
    fn file(
        &mut self,
        head: &Head,
        mut take: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut left = head.size;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            self.fill(&mut piece[..length], &head.name)?;
            take(&piece[..length])?;
            left -= length as u64;
        }
        self.fill(&mut piece[..head.padding()], &head.name)
    }

    fn fill(&mut self, bytes: &mut [u8], of: &str) -> anyhow::Result<()> {
        let place = self.place();
        self.bytes
            .read_exact(bytes)
            .with_context(|| format!("{place}: {of} is damaged or cut off"))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn place(&self) -> String {
        format!("at byte {} of its contents", self.at)
    }
}

#[cfg(test)]
mod tests;
