//! Judges requests and responses of the Vapi API by its OpenAPI document, without sending them.
//!
//! A [`Validator`] gives every [`Problem`] of a value: its place, what was expected and found, and the sentence with which the API
//! refuses it. The emulator, the command `vapi-spec validate` and the client's feature `validate` all ask this one.
//!
//! The document is used as it is given. What is known to be wrong in it is corrected before, with the crate `vapi-corrections`.

pub mod document;
mod errors;
mod json_schema;
mod order;
mod problem;
pub mod schema;
mod validator;

pub use document::{Document, DocumentError};
pub use json_schema::Undeclared;
pub use json_schema::formats::is_uuid;
pub use problem::Problem;
pub use validator::{UnknownName, Validator};
