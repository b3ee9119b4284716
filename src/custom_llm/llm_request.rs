//! A request for the next turn of a conversation.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::llm_error::LlmError;
use super::llm_message::{LlmMessage, LlmTool};
use crate::types::{Call, CreateCustomerDto, OpenAiMessageRole, PhoneNumber};

/// A request for the next turn of a conversation: OpenAI's properties, and what Vapi adds.
///
/// One wrong value costs no more than itself: it stays in `extra`, as everything does that is unknown here.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LlmRequest {
    /// The model that the assistant names.
    pub model: String,
    /// The conversation so far, with the prompt.
    pub messages: Vec<LlmMessage>,
    /// The tools that may be called.
    pub tools: Vec<LlmTool>,
    /// True if Vapi wants the response as a stream of events.
    pub stream: bool,
    /// The randomness of the output.
    pub temperature: Option<f64>,
    /// The most tokens of the output.
    pub max_tokens: Option<u64>,
    /// The call that the conversation is part of. Its `monitor.control_url` is there too.
    pub call: Option<Box<Call>>,
    /// The phone number of the call.
    pub phone_number: Option<Box<PhoneNumber>>,
    /// The person on the other end.
    pub customer: Option<Box<CreateCustomerDto>>,
    /// The metadata of the assistant, if `metadataSendMode` is `variable`. If it is `destructured`, they are in `extra`.
    pub metadata: Option<Map<String, Value>>,
    /// The other properties: `tool_choice`, `stream_options` and all that is unknown here.
    pub extra: Map<String, Value>,
}

impl LlmRequest {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object, or its `messages` are not a list of messages with roles.
    pub fn read(body: &[u8]) -> Result<Self, LlmError> {
        let bad = |message: &str| LlmError::new(StatusCode::BAD_REQUEST, message);
        let mut fields: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| bad(&format!("the body is not a JSON object: {error}")))?;
        let messages = take_list(&mut fields, "messages", LlmMessage::read)
            .ok_or_else(|| bad("`messages` is not a list of messages with roles").param("messages"))?;
        Ok(LlmRequest {
            model: take(&mut fields, "model").unwrap_or_default(),
            messages,
            tools: take_list(&mut fields, "tools", LlmTool::read).unwrap_or_default(),
            stream: take(&mut fields, "stream").unwrap_or_default(),
            temperature: take(&mut fields, "temperature"),
            max_tokens: take(&mut fields, "max_tokens"),
            call: take(&mut fields, "call"),
            phone_number: take(&mut fields, "phoneNumber"),
            customer: take(&mut fields, "customer"),
            metadata: take(&mut fields, "metadata"),
            extra: fields,
        })
    }

    /// Returns the text of the last message of the user.
    pub fn last_user_text(&self) -> Option<String> {
        let is_user = |message: &&LlmMessage| message.role == OpenAiMessageRole::User;
        self.messages.iter().rev().find(is_user).map(LlmMessage::text)
    }

    /// Returns whether the request wants the number of tokens at the end of the stream.
    pub(super) fn wants_usage(&self) -> bool {
        self.extra
            .get("stream_options")
            .is_some_and(|options| options["include_usage"] == true)
    }
}

/// Takes a property. If it is absent, null or of another type, it stays where it is.
pub(super) fn take<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Option<T> {
    let value = fields.get(name).filter(|value| !value.is_null())?;
    let value = T::deserialize(value).ok()?;
    fields.remove(name);
    Some(value)
}

/// Takes a list. If one of its elements cannot be read, it stays where it is, with all its elements.
pub(super) fn take_list<T>(
    fields: &mut Map<String, Value>,
    name: &str,
    read: impl Fn(Value) -> Option<T>,
) -> Option<Vec<T>> {
    let list = fields.get(name)?.as_array()?;
    let list = list.iter().cloned().map(read).collect::<Option<_>>()?;
    fields.remove(name);
    Some(list)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> LlmRequest {
        LlmRequest::read(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_properties_of_openai_and_of_vapi_are_read() {
        let request = read(json!({
            "model": "mine", "stream": true, "temperature": 0.5, "max_tokens": 250, "tool_choice": "auto",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "A table, " }, { "type": "text", "text": "please." }] },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c1", "type": "function", "function": { "name": "book", "arguments": "{\"guests\":2}" } },
                ] },
                { "role": "tool", "tool_call_id": "c1", "content": "booked" },
            ],
            "tools": [{ "type": "function", "function": { "name": "book", "description": "Books.", "parameters": { "a": 1 } } }],
            "call": { "id": "k", "orgId": "o", "monitor": { "controlUrl": "https://x.example/control" } },
            "customer": { "number": "+15555550123" }, "phoneNumber": null, "metadata": { "table": 7 }, "seat": "window",
        }));
        assert_eq!(request.last_user_text().as_deref(), Some("A table, please."));
        let [_, _, called, result] = &request.messages[..] else {
            panic!("four messages")
        };
        assert_eq!(
            called.tool_calls[0].read_arguments::<Value>().unwrap(),
            json!({ "guests": 2 })
        );
        assert_eq!(
            (result.tool_call_id.as_deref(), result.text()),
            (Some("c1"), "booked".to_owned())
        );
        assert_eq!(
            (&*request.tools[0].name, &request.tools[0].parameters),
            ("book", &json!({ "a": 1 }))
        );
        let control = request
            .call
            .as_ref()
            .and_then(|call| call.monitor.as_ref()?.control_url.as_deref());
        assert_eq!(control, Some("https://x.example/control"));
        assert_eq!(request.customer.unwrap().number.as_deref(), Some("+15555550123"));
        assert_eq!(request.metadata.unwrap()["table"], 7);
        let mut names: Vec<_> = request.extra.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["phoneNumber", "seat", "tool_choice"]);
        assert!(request.stream);
    }

    #[test]
    fn messages_are_written_back_as_they_came() {
        for message in [
            json!({ "role": "user", "content": "a", "name": "Ada" }),
            json!({ "role": "assistant", "content": null, "refusal": null, "tool_calls": [
                { "id": "c", "type": "function", "function": { "name": "f", "arguments": "{}" } },
            ] }),
            json!({ "role": "tool", "content": [], "tool_call_id": "c" }),
            json!({ "role": "developer", "content": 7 }),
        ] {
            assert_eq!(LlmMessage::read(message.clone()).unwrap().to_json(), message);
        }
    }

    #[test]
    fn a_wrong_value_costs_no_more_than_itself() {
        let request =
            read(json!({ "messages": [], "temperature": "hot", "tools": [1], "metadata": "text", "stream": "yes" }));
        assert_eq!(
            (request.temperature, request.tools.len(), request.stream),
            (None, 0, false)
        );
        assert_eq!(request.extra["temperature"], "hot");
        assert_eq!(
            (&request.extra["tools"], &request.extra["metadata"]),
            (&json!([1]), &json!("text"))
        );
    }

    #[test]
    fn a_body_without_messages_is_an_error() {
        for body in ["", "[]", "{}", r#"{"messages":7}"#, r#"{"messages":[{"content":"a"}]}"#] {
            let error = LlmRequest::read(body.as_bytes()).unwrap_err();
            assert_eq!(error.status(), StatusCode::BAD_REQUEST, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".*") {
            let _ = LlmRequest::read(&bytes);
            let body = json!({ "messages": [{ "role": text, "content": text, "tool_calls": [{ "function": { "name": text } }] }] });
            prop_assert!(LlmRequest::read(body.to_string().as_bytes()).is_ok());
        }
    }
}
