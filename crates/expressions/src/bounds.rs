//! What an expression may cost: every bound of the language, in one place.

/// Longest source of a template, in bytes.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;

/// Longest expression, whether alone or between `{{ }}` or `{% %}`, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 4 * 1024;

/// Most names, numbers, texts and signs in one expression: chains of them are compiled by recursion.
pub const MAX_TOKENS: usize = 400;

/// Most `if`, `elif` and `for` around any place of a template.
pub const MAX_BLOCKS: usize = 32;

/// Most uses of `~`, `+` and `*` in one expression: each may copy its operands.
pub const MAX_OPERATORS: usize = 64;

/// Most virtual machine instructions in one evaluation.
pub const FUEL: u64 = 100_000;

/// Most bytes and elements that the filters and operators of one evaluation may touch.
pub const MAX_WORK: u64 = 16 * 1024 * 1024;

/// Largest result of an evaluation, and of each filter in it, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 1024 * 1024;

/// Deepest nesting of lists and objects in a result or in a value of templates.
pub const MAX_NESTING: usize = 64;
