//! Validation: what the API would refuse, told without sending it.
//!
//! The document that this crate was built from judges, after the corrections that the types have too. Each [`Problem`] has its
//! place, what was expected and found, and the sentence with which the API refuses it. `vapi-spec validate` and the emulator tell the
//! same ones.
//!
//! [`ClientBuilder::validation`](crate::ClientBuilder::validation) does this for all that a client sends and receives.
//!
//! # Examples
//!
//! ```
//! # fn main() -> vapi::Result<()> {
//! # #[cfg(vapi_type = "CreateAssistantDto")] {
//! use vapi::types::CreateAssistantDto;
//! use vapi::validate;
//!
//! let assistant = CreateAssistantDto::new().name("an assistant whose name has more than forty letters");
//! let problems = validate::schema("CreateAssistantDTO", &assistant)?;
//! assert_eq!(problems[0].path, "/name");
//! assert_eq!(problems[0].message, "name must be shorter than or equal to 40 characters");
//! # }
//! # Ok(())
//! # }
//! ```

use serde::Serialize;
use serde_json::Value;
use vapi_validator::UnknownName;

use crate::error::{Error, Result};
use crate::operation::Endpoint;
use crate::transport::validator;

pub use crate::transport::Validation;
pub use vapi_validator::Problem;

/// Returns the problems of the body of a request for an operation, an [`endpoint`](crate::resources::endpoint).
///
/// # Errors
///
/// The body cannot be written as JSON.
///
/// # Examples
///
/// ```
/// # fn main() -> vapi::Result<()> {
/// # #[cfg(vapi_op = "AssistantController_create")] {
/// use serde_json::json;
/// use vapi::resources::endpoint::AssistantsCreate;
/// use vapi::validate;
///
/// let body = json!({ "firstMessage": "Hello.", "voice": "Ada" });
/// let problems = validate::request::<AssistantsCreate>(&body)?;
/// assert_eq!(problems[0].message, "nested property voice must be either object or array");
/// # }
/// # Ok(())
/// # }
/// ```
pub fn request<E: Endpoint>(body: &impl Serialize) -> Result<Vec<Problem>> {
    validator()?.request(E::ID, &written(body)?).map_err(unknown)
}

/// Returns the problems of the body of a response of an operation, by its status. The body may have properties that the document
/// does not know.
///
/// # Errors
///
/// The document does not declare a response with this status, or the body cannot be written as JSON.
pub fn response<E: Endpoint>(status: u16, body: &impl Serialize) -> Result<Vec<Problem>> {
    validator()?.response(E::ID, status, &written(body)?).map_err(unknown)
}

/// Returns the problems of a value that is sent, by the name of its schema in the document.
///
/// # Errors
///
/// The document has no such schema, or the value cannot be written as JSON.
pub fn schema(name: &str, value: &impl Serialize) -> Result<Vec<Problem>> {
    validator()?.schema(name, &written(value)?).map_err(unknown)
}

/// Returns the problems of the body of a webhook, or of the message in it, by the type of the message: `end-of-call-report`.
///
/// # Errors
///
/// The document has no such message, or the value cannot be written as JSON.
pub fn webhook(kind: &str, value: &impl Serialize) -> Result<Vec<Problem>> {
    validator()?.webhook(kind, &written(value)?).map_err(unknown)
}

fn written(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|cause| Error::input(format!("the value cannot be written as JSON: {cause}")))
}

fn unknown(name: UnknownName) -> Error {
    Error::input(name.to_string())
}
