//! Tool calls of a message, in whichever shape they came.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::json_path;

/// A call of a tool that runs on your server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WebhookToolCall {
    /// The id of the call, to which the result refers.
    pub id: String,
    /// The name of the function.
    pub name: String,
    /// The arguments: an object, or whatever the model wrote in its place. JSON in text is parsed already.
    pub arguments: Value,
}

impl WebhookToolCall {
    /// Decodes the arguments as a type of your own. A call without arguments is read as an empty object.
    ///
    /// # Errors
    ///
    /// The arguments do not fit the type. Models make such mistakes: as the tool's error, it tells the model which argument is wrong.
    pub fn arguments_as<T: DeserializeOwned>(&self) -> Result<T, ArgumentsError> {
        let text = match &self.arguments {
            Value::Null => "{}".to_owned(),
            arguments => arguments.to_string(),
        };
        serde_json::from_str(&text).map_err(|cause| ArgumentsError {
            json_path: json_path::of(text.as_bytes(), &cause),
            cause,
        })
    }

    /// Reads a call in one of two shapes: `{id, type, function: {name, arguments}}`, and `{id, name, arguments}` with `parameters` as
    /// another name of `arguments`.
    pub(super) fn read(call: &Value) -> Option<Self> {
        let function = call.get("function").filter(|function| function.is_object());
        let function = function.unwrap_or(call);
        let arguments = function.get("arguments").or_else(|| function.get("parameters"));
        Some(WebhookToolCall {
            id: call.get("id")?.as_str()?.to_owned(),
            name: function.get("name")?.as_str()?.to_owned(),
            arguments: match arguments {
                Some(Value::String(text)) if text.trim().is_empty() => Value::Object(Map::new()),
                Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
                None | Some(Value::Null) => Value::Object(Map::new()),
                Some(arguments) => arguments.clone(),
            },
        })
    }
}

/// Arguments that do not fit the type of a tool.
///
/// `Display` is one line that names the argument, for the model to read.
#[derive(Debug)]
pub struct ArgumentsError {
    json_path: Option<String>,
    cause: serde_json::Error,
}

impl ArgumentsError {
    /// Returns the argument that does not fit, such as `guests` or `dishes[1].name`. Returns `None` if all arguments are meant.
    pub fn json_path(&self) -> Option<&str> {
        self.json_path.as_deref()
    }
}

impl fmt::Display for ArgumentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.json_path {
            write!(f, "`{path}`: ")?;
        }
        // The line and column are those of a text that nobody has seen.
        let cause = self.cause.to_string();
        f.write_str(cause.rsplit_once(" at line ").map_or(&*cause, |(reason, _)| reason))
    }
}

impl std::error::Error for ArgumentsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}
