//! The common parts of the servers that Vapi calls, which are services over `http` types, without a framework.

mod request_body;
#[cfg(any(feature = "audio", feature = "custom-llm"))]
mod service_body;

#[allow(unused_imports, reason = "a document may have no type of any server")]
pub(crate) use request_body::{UnreadBody, read_body};
#[cfg(any(feature = "audio", feature = "custom-llm"))]
pub use service_body::ServiceBody;
#[cfg(any(feature = "audio", feature = "custom-llm"))]
pub(crate) use service_body::{Authorize, response};

/// An error of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
