//! A checksum over the rows of a table, in whatever order they come.

use std::fmt;

use gathering_database::Value;
use sha2::{Digest, Sha256};

/// The sum of the rows' hashes: SHA-256, cut to 128 bits. It finds what went wrong on the way; who wants
/// to deceive could write both sides anyway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checksum(u128);

impl Checksum {
    /// Takes a row in.
    pub fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            let (kind, bytes): (u8, &[u8]) = match value {
                Value::Null => (0, &[]),
                Value::Bool(v) => (1, &[u8::from(*v)]),
                Value::Int(v) => (2, &v.to_be_bytes()),
                Value::Real(v) => (3, &v.to_bits().to_be_bytes()),
                Value::Text(v) => (4, v.as_bytes()),
                Value::Bytes(v) => (5, v),
                Value::Uuid(v) => (6, v.as_bytes()),
            };
            hash.update([kind]);
            // So that no two rows are spelled alike.
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        let digest = hash.finalize();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(first));
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use gathering_database::params;

    use super::*;

    fn of(rows: &[Vec<Value>]) -> Checksum {
        let mut sum = Checksum::default();
        for row in rows {
            sum.add(row);
        }
        sum
    }

    #[test]
    fn rows_count_in_any_order_and_every_difference_counts() {
        let (one, two) = (params![1, "ab", None::<i64>], params![2, "c", None::<i64>]);
        let both = of(&[one.clone(), two.clone()]);
        assert_eq!(both, of(&[two.clone(), one.clone()]));
        for other in [
            vec![one.clone()],
            vec![one.clone(), one.clone()],
            vec![one.clone(), two.clone(), two.clone()],
            vec![one.clone(), params![2, "d", None::<i64>]],
            vec![one.clone(), params![2, "c", 0]],
            vec![one.clone(), params![2, "c"]],
            vec![one, params![2, "", "c"]],
        ] {
            assert_ne!(both, of(&other), "{other:?}");
        }
        assert_ne!(of(&[params!["ab", "c"]]), of(&[params!["a", "bc"]]));
        assert_eq!(of(&[]).to_string(), "0".repeat(32));
    }
}
