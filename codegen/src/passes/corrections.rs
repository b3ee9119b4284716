//! Applies `spec/corrections.toml`: the places where the wire is known to differ from the document.
//!
//! The crate `vapi-corrections` does it, since the validator applies the same table.

use serde_json::Value;
pub use vapi_corrections::{Correction, Corrections, OneOrMore, OperationCorrection, Variant};

use super::Changes;

/// Applies each correction whose schema and property, or whose operation, the document has.
pub fn run(document: &mut Value, corrections: &Corrections, changes: &mut Changes) {
    for (pointer, change) in corrections.apply(document) {
        changes.note(pointer, change);
    }
}
