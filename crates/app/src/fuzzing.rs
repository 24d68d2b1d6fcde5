//! For the fuzz targets alone: reads what may be a token.

use crate::identity::read_token;

/// Reads text as every kind of token.
pub fn token(text: &str) {
    read_token(text);
}
