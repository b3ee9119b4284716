//! The messages, tools and tool calls of a conversation, as OpenAI's chat completions have them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::llm_request::{take, take_list};
use crate::types::OpenAiMessageRole;

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LlmMessage {
    /// Whose message it is.
    pub role: OpenAiMessageRole,
    /// The content: a text, a list of parts, or null. [`text`](Self::text) has its text.
    pub content: Value,
    /// The tool calls of an assistant.
    pub tool_calls: Vec<LlmToolCall>,
    /// The tool call whose result this is.
    pub tool_call_id: Option<String>,
    /// The name of the author.
    pub name: Option<String>,
    /// The other properties.
    pub extra: Map<String, Value>,
}

impl LlmMessage {
    /// Reads a message; `None` if it is not an object with a role.
    pub(super) fn read(value: Value) -> Option<Self> {
        let Value::Object(mut fields) = value else { return None };
        Some(LlmMessage {
            role: take(&mut fields, "role")?,
            content: fields.remove("content").unwrap_or_default(),
            tool_calls: take_list(&mut fields, "tool_calls", LlmToolCall::read).unwrap_or_default(),
            tool_call_id: take(&mut fields, "tool_call_id"),
            name: take(&mut fields, "name"),
            extra: fields,
        })
    }

    /// Returns the text of the content.
    pub fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            _ => String::new(),
        }
    }

    /// Returns the message as JSON, for another model.
    pub fn to_json(&self) -> Value {
        let mut fields = self.extra.clone();
        fields.insert("role".to_owned(), self.role.as_str().into());
        fields.insert("content".to_owned(), self.content.clone());
        if !self.tool_calls.is_empty() {
            let calls = self.tool_calls.iter().map(LlmToolCall::to_json);
            fields.insert("tool_calls".to_owned(), calls.collect());
        }
        let texts = [("tool_call_id", &self.tool_call_id), ("name", &self.name)];
        for (name, text) in texts
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.as_ref()?)))
        {
            fields.insert(name.to_owned(), text.as_str().into());
        }
        Value::Object(fields)
    }
}

/// A call of a tool by the model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LlmToolCall {
    /// The id, which the result refers to.
    pub id: String,
    /// The name of the function.
    pub name: String,
    /// The arguments as JSON text, as the model wrote them.
    pub arguments: String,
}

impl LlmToolCall {
    /// Creates a call with an id of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde_json::json;
    /// use vapi::custom_llm::LlmToolCall;
    ///
    /// let call = LlmToolCall::new("book_table", &json!({ "guests": 2 }));
    /// assert_eq!(call.arguments, r#"{"guests":2}"#);
    /// ```
    pub fn new(name: impl Into<String>, arguments: &Value) -> Self {
        LlmToolCall {
            id: format!("call_{:016x}", fastrand::u64(..)),
            name: name.into(),
            arguments: arguments.to_string(),
        }
    }

    /// Sets the id.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Reads the arguments as a type.
    ///
    /// # Errors
    ///
    /// The arguments are not JSON, or not of that type.
    pub fn read_arguments<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.arguments)
    }

    fn read(value: Value) -> Option<Self> {
        let arguments = match &value["function"]["arguments"] {
            Value::String(text) => text.clone(),
            Value::Null => "{}".to_owned(),
            other => other.to_string(),
        };
        Some(LlmToolCall {
            id: value["id"].as_str().unwrap_or_default().to_owned(),
            name: value["function"]["name"].as_str()?.to_owned(),
            arguments,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let function = json!({ "name": self.name, "arguments": self.arguments });
        json!({ "id": self.id, "type": "function", "function": function })
    }
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LlmTool {
    /// The name of the function.
    pub name: String,
    /// The purpose of the function.
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub parameters: Value,
    /// The tool as it came, for another model.
    pub json: Value,
}

impl LlmTool {
    pub(super) fn read(value: Value) -> Option<Self> {
        let function = &value["function"];
        Some(LlmTool {
            name: function["name"].as_str()?.to_owned(),
            description: function["description"].as_str().map(str::to_owned),
            parameters: function["parameters"].clone(),
            json: value,
        })
    }
}
