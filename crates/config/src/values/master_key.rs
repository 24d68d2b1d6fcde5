//! The key that encrypts stored secrets: 32 bytes, written as 64 hexadecimal digits.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretBox};

use super::MASK;
use crate::setting::{ListItem, Raw, Setting, unfit};

/// The key that encrypts stored secrets.
#[derive(Debug, Clone)]
pub struct MasterKey(Arc<SecretBox<[u8; KEY_BYTES]>>);

/// The length of the key, in bytes.
const KEY_BYTES: usize = 32;

impl MasterKey {
    /// The bytes of the key, for the cipher alone.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * KEY_BYTES {
            return None;
        }
        let mut key = Box::new([0_u8; KEY_BYTES]);
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(Arc::new(SecretBox::new(key))))
    }
}

impl Setting for MasterKey {
    const KIND: &'static str = "64 hexadecimal digits, as `openssl rand -hex 32` prints them";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(Self::parse).ok_or_else(|| unfit::<Self>(raw))
    }

    fn show(&self) -> String {
        MASK.to_owned()
    }
}

impl ListItem for MasterKey {
    const LIST_KIND: &'static str = "a list of keys of 64 hexadecimal digits";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_hexadecimal_digits() {
        let key = MasterKey::parse(&format!("{}\n", "0f".repeat(32))).unwrap();
        assert_eq!(key.expose(), &[15; 32]);
        for text in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"+1".repeat(32)] {
            let fault = MasterKey::read(&Raw::Written(text.to_owned())).unwrap_err();
            assert!(text.is_empty() || !fault.contains(&format!("`{text}`")), "{fault}");
        }
    }
}
