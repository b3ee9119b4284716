//! Problems: the differences between a value and what the document allows.

use std::fmt;

use serde::Serialize;

/// One difference between a value and what the document allows.
///
/// `Display` is the API's own sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// The place, as a JSON Pointer (RFC 6901): `/customers/0/number`; empty for the value as a whole. A missing property is named
    /// as if it were there.
    pub path: String,
    /// The rule, in a few words: `a string`, `one of: a, b`, `no property of this name`.
    pub expected: String,
    /// The value at the place, cut if it is long; its kind if it may be a secret; `nothing` if there is none.
    pub found: String,
    /// The sentence with which the API refuses the value: `name must be a string`.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
