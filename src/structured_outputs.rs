//! Structured outputs: data that Vapi extracts from calls, as a type of your own.
//!
//! ```
//! # #[cfg(all(feature = "schemars", vapi_type = "CreateStructuredOutputDto"))] {
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use vapi::structured_outputs::{self, ReadStructuredOutput};
//! use vapi::types::Call;
//!
//! /// The mood of the caller.
//! #[derive(Deserialize, JsonSchema)]
//! struct Mood {
//!     /// From 0, furious, to 10, delighted.
//!     score: u8,
//! }
//!
//! // For `vapi.structured_outputs().create(..)`, or an assistant's artifact plan:
//! let output = structured_outputs::of::<Mood>();
//!
//! // Some time after a call:
//! let call: Call = serde_json::from_str(
//!     r#"{"id": "c", "artifact": {"structuredOutputs": {"5f0c": {"name": "Mood", "result": {"score": 9}}}}}"#,
//! )?;
//! let mood: Option<Mood> = call.structured_output("Mood")?;
//! assert_eq!(mood.map(|mood| mood.score), Some(9));
//! # }
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::de::DeserializeOwned;
use serde_json::Value;

#[allow(unused_imports, reason = "a document may have no type with structured outputs")]
use crate::by_name::property;
#[allow(unused_imports, reason = "a document may have no type with structured outputs")]
use crate::types;

/// Creates a structured output that extracts a `T`. It has the name of the type, and its comments as descriptions.
///
/// [`ReadStructuredOutput::structured_output`] reads it from a call. `.name(..)` sets another name, of up to 40 characters.
#[cfg(all(feature = "schemars", vapi_type = "CreateStructuredOutputDto"))]
#[cfg_attr(docsrs, doc(cfg(feature = "schemars")))]
#[must_use]
pub fn of<T: schemars::JsonSchema>() -> types::CreateStructuredOutputDto {
    let schema = crate::json_schema::of::<T>();
    let name: String = T::schema_name().chars().take(40).collect();
    let mut output = serde_json::Map::from_iter([("name".to_owned(), name.into())]);
    if let Some(description) = schema.get("description") {
        output.insert("description".to_owned(), description.clone());
    }
    output.insert("schema".to_owned(), schema.into());
    crate::by_name::from_members(output)
}

/// The structured outputs of a call.
pub trait ReadStructuredOutput {
    /// Decodes the structured output with this id or name as a type of your own. Returns `None` if there is none yet.
    ///
    /// Outputs are extracted after the end of the call. If several have the same name, any of them is returned.
    ///
    /// # Errors
    ///
    /// The output is not of this type.
    fn structured_output<T: DeserializeOwned>(&self, id_or_name: &str) -> Result<Option<T>, serde_json::Error>;
}

/// Finds an output among those of an artifact, which are keyed by id: `{"<id>": {"name": .., "result": ..}}`.
#[allow(dead_code, reason = "a document may have no type with structured outputs")]
fn find<T: DeserializeOwned>(outputs: Option<Value>, id_or_name: &str) -> Result<Option<T>, serde_json::Error> {
    let Some(Value::Object(mut outputs)) = outputs else {
        return Ok(None);
    };
    let found = outputs.remove(id_or_name).or_else(|| {
        let named = |output: &Value| output.get("name").and_then(Value::as_str) == Some(id_or_name);
        outputs.into_iter().map(|(_, output)| output).find(named)
    });
    match found.and_then(|mut output| output.get_mut("result").map(Value::take)) {
        None | Some(Value::Null) => Ok(None),
        Some(result) => serde_json::from_value(result).map(Some),
    }
}

// A macro, since rustdoc would show the `cfg` of an impl: "available on vapi_type=Call only".
#[allow(unused_macros, reason = "a document may have no type with structured outputs")]
macro_rules! read_structured_output {
    ($type:ident, $self:ident => $outputs:expr) => {
        impl ReadStructuredOutput for types::$type {
            fn structured_output<T: DeserializeOwned>(&$self, id_or_name: &str) -> Result<Option<T>, serde_json::Error> {
                find($outputs, id_or_name)
            }
        }
    };
}

/// Returns the outputs of a type that has an artifact.
#[allow(dead_code, reason = "a document may have no type with an artifact")]
fn of_artifact<T: crate::model::Object>(object: &T) -> Option<Value> {
    let mut artifact = property(object, "artifact")?;
    artifact.get_mut("structuredOutputs").map(Value::take)
}

#[cfg(vapi_type = "Artifact")]
read_structured_output!(Artifact, self => property(self, "structuredOutputs"));
#[cfg(vapi_type = "Call")]
read_structured_output!(Call, self => of_artifact(self));
#[cfg(vapi_type = "ServerMessageEndOfCallReport")]
read_structured_output!(ServerMessageEndOfCallReport, self => of_artifact(self));
