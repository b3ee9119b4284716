//! Tools: functions that an assistant can call, with arguments of a type of your own.
//!
//! The derive is that of the crate [`schemars`](https://docs.rs/schemars), version 1.
//!
//! ```
//! # #[cfg(all(feature = "schemars", vapi_type = "CreateFunctionToolDto"))] {
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use vapi::tools::{self, ReadArguments};
//! use vapi::types::ToolCall;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct BookTable {
//!     /// The number of guests.
//!     guests: u32,
//!     /// Wishes of the guests, if they have any.
//!     note: Option<String>,
//! }
//!
//! // For the model of an assistant: `.tools([tool])`
//! let tool = tools::function::<BookTable>("book_table", "Books a table.");
//!
//! // In the server that Vapi sends the call to:
//! let call: ToolCall = serde_json::from_str(
//!     r#"{"id": "1", "type": "function", "function": {"name": "book_table", "arguments": {"guests": 4}}}"#,
//! )?;
//! let table: BookTable = call.arguments()?;
//! assert_eq!(table.guests, 4);
//! # }
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::de::DeserializeOwned;
#[cfg(any(feature = "schemars", vapi_type = "ToolCall"))]
use serde_json::{Map, Value};

#[cfg(vapi_type = "ToolCall")]
use crate::by_name::property;
#[allow(unused_imports, reason = "a document may have no tools")]
use crate::types;

/// Creates a function that the model can call with arguments of type `A`.
///
/// The name has up to 64 letters, digits, `_` and `-`. `A` is a struct with named fields. The comments on its fields tell the model
/// how to fill them; a field that is an `Option` or has a default is optional. Where a type contains itself, the model may send any
/// object.
#[cfg(all(feature = "schemars", vapi_type = "CreateFunctionToolDto"))]
#[cfg_attr(docsrs, doc(cfg(feature = "schemars")))]
pub fn function<A: schemars::JsonSchema>(
    name: impl Into<String>,
    description: impl Into<String>,
) -> types::CreateFunctionToolDto {
    let mut schema = crate::json_schema::of::<A>();
    // The function describes itself, and the document's parameters are not described.
    schema.remove("description");
    schema.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    let function = serde_json::json!({
        "name": name.into(),
        "description": description.into(),
        "parameters": schema
    });
    crate::by_name::from_members(Map::from_iter([
        ("type".to_owned(), "function".into()),
        ("function".to_owned(), function),
    ]))
}

/// The arguments of a function call, in webhooks and in messages.
pub trait ReadArguments {
    /// Decodes the arguments as a type of your own. A call without arguments is read as an empty object.
    ///
    /// In some places the API sends an object, in others text that contains one. Both are read.
    ///
    /// # Errors
    ///
    /// The arguments do not fit the type. Models make such mistakes: send them the text of the error as the result.
    fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error>;

    /// Returns the name of the function.
    fn function_name(&self) -> Option<String>;
}

// A macro, since rustdoc would show the `cfg` of an impl: "available on vapi_type=ToolCall only".
#[allow(unused_macros, reason = "a document may have no tool calls")]
macro_rules! read_arguments {
    ($call:ident) => {
        impl ReadArguments for types::$call {
            fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
                match call_property(self, &["arguments", "parameters"]) {
                    Some(Value::String(text)) if !text.trim().is_empty() => serde_json::from_str(&text),
                    None | Some(Value::Null | Value::String(_)) => serde_json::from_value(Value::Object(Map::new())),
                    Some(arguments) => serde_json::from_value(arguments),
                }
            }

            fn function_name(&self) -> Option<String> {
                call_property(self, &["name"])?.as_str().map(str::to_owned)
            }
        }
    };
}

#[cfg(vapi_type = "ToolCall")]
read_arguments!(ToolCall);

/// Returns the first of these properties that a call has, in its `function` or, in the short form, in itself.
#[cfg(vapi_type = "ToolCall")]
fn call_property(call: &types::ToolCall, names: &[&str]) -> Option<Value> {
    match property(call, "function") {
        Some(mut function) => names.iter().find_map(|name| function.get_mut(name).map(Value::take)),
        None => names.iter().find_map(|name| property(call, name)),
    }
}
