//! Functions that an assistant can call, with arguments of a type of your own.
//!
//! The derive is that of the crate [`schemars`](https://docs.rs/schemars), version 1.
//!
//! ```
//! # #[cfg(all(feature = "schemars", vapi_type = "CreateFunctionToolDto"))] {
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use vapi::tools::{ReadArguments, Tool};
//! use vapi::types::ToolCall;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct BookTable {
//!     /// How many people come.
//!     guests: u32,
//!     /// What they told about themselves, if they did.
//!     note: Option<String>,
//! }
//!
//! // For an assistant's model: `.tools(vec![tool.into()])`
//! let tool = Tool::function::<BookTable>("book_table", "Books a table.");
//!
//! // In the server that Vapi asks to do it:
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
#[allow(unused_imports)]
use crate::types;

/// Makes tools from Rust types.
#[cfg(feature = "schemars")]
#[derive(Debug)]
pub enum Tool {}

#[cfg(feature = "schemars")]
impl Tool {
    /// A function that the model can call with arguments of type `A`.
    ///
    /// The name is up to 64 letters, digits, `_` and `-`. The comments on the fields of `A` tell the model what to fill in; what
    /// is an `Option` or has a default may be left out. `A` is a struct with named fields. Where a type contains itself, the
    /// model is told of any object.
    #[cfg(vapi_type = "CreateFunctionToolDto")]
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
        crate::by_name::saying(Map::from_iter([
            ("type".to_owned(), "function".into()),
            ("function".to_owned(), function),
        ]))
    }
}

/// Reads what a model calls a function with, in webhooks and in messages alike.
pub trait ReadArguments {
    /// The arguments as a type of your own. A call without arguments has those of an empty object.
    ///
    /// The API sends an object in one place and text that has one in another; both are read.
    ///
    /// # Errors
    ///
    /// When the arguments are not what the type needs. Models do that: what the error says is worth answering them.
    fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error>;

    /// The name of the function that is called.
    fn function_name(&self) -> Option<String>;
}

#[cfg(vapi_type = "ToolCall")]
impl ReadArguments for types::ToolCall {
    fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match said(self, &["arguments", "parameters"]) {
            Some(Value::String(text)) if !text.trim().is_empty() => serde_json::from_str(&text),
            None | Some(Value::Null | Value::String(_)) => serde_json::from_value(Value::Object(Map::new())),
            Some(arguments) => serde_json::from_value(arguments),
        }
    }

    fn function_name(&self) -> Option<String> {
        said(self, &["name"])?.as_str().map(str::to_owned)
    }
}

/// What a call says under the first of these names that it has, in its `function` or, in the short form, itself.
#[cfg(vapi_type = "ToolCall")]
fn said(call: &types::ToolCall, names: &[&str]) -> Option<Value> {
    match property(call, "function") {
        Some(mut function) => names.iter().find_map(|name| function.get_mut(name).map(Value::take)),
        None => names.iter().find_map(|name| property(call, name)),
    }
}
