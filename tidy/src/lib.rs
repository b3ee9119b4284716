//! Checks of the repository that neither rustfmt nor clippy makes.
//!
//! - [`layers`]: imports go downwards, by the lists in ARCHITECTURE.md.
//! - [`style`]: rules of writing that a tool can hold.
//!
//! `tests/repository.rs` runs them. Each check reports all its findings at once, as `path:line: message`.

mod finding;
pub mod layers;
mod repository;
mod source;
pub mod style;

pub use finding::{Finding, assert_none};
pub use repository::Repository;
pub use source::SourceFile;
