//! The head of a file in a tar archive (POSIX ustar), of plain files alone.

/// The bytes of a block: everything in an archive begins at one.
pub(super) const BLOCK: usize = 512;
/// The largest size that is written in octal digits; larger ones are written in binary, as GNU tar does.
const OCTAL_MAX: u64 = (1 << 33) - 1;

/// A block.
pub(super) type Block = [u8; BLOCK];

/// The head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) size: u64,
}

/// Where each field begins and ends.
mod field {
    use std::ops::Range;

    pub(super) const NAME: Range<usize> = 0..100;
    pub(super) const MODE: Range<usize> = 100..108;
    pub(super) const UID: Range<usize> = 108..116;
    pub(super) const GID: Range<usize> = 116..124;
    pub(super) const SIZE: Range<usize> = 124..136;
    pub(super) const MTIME: Range<usize> = 136..148;
    pub(super) const CHECKSUM: Range<usize> = 148..156;
    pub(super) const KIND: usize = 156;
    pub(super) const MAGIC: Range<usize> = 257..265;
}

/// "ustar", and its version.
const MAGIC: &[u8; 8] = b"ustar\x0000";

impl Head {
    /// The block that stands before the file's bytes. The name has at most 100 bytes.
    pub(super) fn to_block(&self, modified_s: u64) -> Block {
        let mut block = [0; BLOCK];
        let name = self.name.as_bytes();
        block[field::NAME][..name.len()].copy_from_slice(name);
        block[field::MODE].copy_from_slice(b"0000600\0");
        block[field::UID].copy_from_slice(b"0000000\0");
        block[field::GID].copy_from_slice(b"0000000\0");
        if self.size <= OCTAL_MAX {
            block[field::SIZE].copy_from_slice(format!("{:011o}\0", self.size).as_bytes());
        } else {
            block[field::SIZE][0] = 0x80;
            block[field::SIZE][4..].copy_from_slice(&self.size.to_be_bytes());
        }
        let modified = modified_s.min(OCTAL_MAX);
        block[field::MTIME].copy_from_slice(format!("{modified:011o}\0").as_bytes());
        block[field::KIND] = b'0';
        block[field::MAGIC].copy_from_slice(MAGIC);
        let sum = sum(&block);
        block[field::CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// The head in a block; none at the end of the archive; why it is neither.
    pub(super) fn of_block(block: &Block) -> Result<Option<Self>, &'static str> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if block[field::MAGIC] != *MAGIC {
            return Err("it is no head of a file");
        }
        if octal(&block[field::CHECKSUM]) != Some(sum(block)) {
            return Err("the head of a file is damaged");
        }
        if block[field::KIND] != b'0' {
            return Err("it is something else than a plain file");
        }
        let name = &block[field::NAME];
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        let name =
            std::str::from_utf8(&name[..length]).map_err(|_| "the name of a file is not text")?;
        let size = &block[field::SIZE];
        let size = match size {
            [0x80, 0, 0, 0, bytes @ ..] => bytes.try_into().ok().map(u64::from_be_bytes),
            digits => octal(digits),
        };
        let size = size.ok_or("the size of a file cannot be read")?;
        Ok(Some(Self { name: name.to_owned(), size }))
    }

    /// Bytes of nothing after the file, up to the next block.
    pub(super) fn padding(&self) -> usize {
        let over = self.size.next_multiple_of(BLOCK as u64) - self.size;
        usize::try_from(over).expect("it is less than a block")
    }
}

/// The sum of all bytes, those of the sum itself counted as spaces.
fn sum(block: &Block) -> u64 {
    let byte = |(place, byte): (usize, &u8)| {
        u64::from(if field::CHECKSUM.contains(&place) { b' ' } else { *byte })
    };
    block.iter().enumerate().map(byte).sum()
}

fn octal(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_read_back_also_of_files_that_are_larger_than_octal_digits_tell() {
        for size in [0, 1, 511, 512, 513, OCTAL_MAX, OCTAL_MAX + 1, 1 << 45] {
            let head = Head { name: "gathering.db".to_owned(), size };
            assert_eq!(Head::of_block(&head.to_block(1_700_000_000)), Ok(Some(head.clone())));
            assert_eq!((size + head.padding() as u64) % 512, 0, "{size}");
        }
        assert_eq!(Head::of_block(&[0; BLOCK]), Ok(None));
    }

    #[test]
    fn a_head_with_any_byte_changed_is_refused() {
        let head = Head { name: "secrets.key".to_owned(), size: 65 };
        let block = head.to_block(7);
        for place in 0..BLOCK {
            let mut changed = block;
            changed[place] ^= 0x01;
            let read = Head::of_block(&changed);
            // The spaces around the sum itself count for nothing.
            if !field::CHECKSUM.contains(&place) {
                assert!(read.is_err(), "{place}: {read:?}");
            }
        }
        for kind in *b"12345xgL" {
            let mut link = block;
            link[field::KIND] = kind;
            let sum = sum(&link);
            link[field::CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            assert_eq!(Head::of_block(&link), Err("it is something else than a plain file"));
        }
    }
}
