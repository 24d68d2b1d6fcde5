//! The one expression and template language: parsed, strict, bounded.
