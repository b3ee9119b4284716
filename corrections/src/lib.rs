//! The places where the wire is known to differ from the OpenAPI document of the Vapi API, as data, and their application to a
//! document.
//!
//! The data is `spec/corrections.toml`. The generator applies it before it makes types, and the validator before it compiles
//! schemas.

mod apply;
mod table;
mod variants;

pub use table::{Acceptance, Correction, Corrections, OneOrMore, OperationCorrection, Variant};
