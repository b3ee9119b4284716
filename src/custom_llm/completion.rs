//! Responses in the format of OpenAI's chat completions, as events and in one piece.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Value, json};

use super::delta::{Delta, FinishReason, LlmUsage};
use super::llm_error::LlmError;
use super::llm_message::LlmToolCall;

/// The last event of a stream.
pub(super) const DONE: &str = "data: [DONE]\n\n";

/// The properties that all parts of one response share.
#[derive(Debug)]
struct CompletionHead {
    id: String,
    created: u64,
    model: String,
}

impl CompletionHead {
    fn new(model: String) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        CompletionHead {
            id: format!("chatcmpl-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)),
            created: now.map_or(0, |now| now.as_secs()),
            model,
        }
    }

    fn object(&self, kind: &str, choices: Value) -> Value {
        json!({ "id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices })
    }
}

/// A writer of events.
#[derive(Debug)]
pub(super) struct ChunkWriter {
    head: CompletionHead,
    with_usage: bool,
    usage: LlmUsage,
    tool_calls: usize,
    finish: Option<FinishReason>,
}

impl ChunkWriter {
    pub(super) fn new(model: String, with_usage: bool) -> Self {
        ChunkWriter {
            head: CompletionHead::new(model),
            with_usage,
            usage: LlmUsage::default(),
            tool_calls: 0,
            finish: None,
        }
    }

    /// Returns the first event, which has the role.
    pub(super) fn begin(&self) -> Bytes {
        self.chunk(json!({ "role": "assistant", "content": "" }), None)
    }

    /// Returns the event of a piece; `None` if it belongs to the end.
    pub(super) fn event(&mut self, delta: Delta) -> Option<Bytes> {
        let tool_call = |index: usize, call: Value| {
            let mut call = call;
            call["index"] = index.into();
            json!({ "tool_calls": [call] })
        };
        let delta = match delta {
            Delta::Text(text) => json!({ "content": text }),
            Delta::ToolCall(call) => {
                self.tool_calls += 1;
                tool_call(self.tool_calls - 1, call.to_json())
            }
            Delta::ToolCallPart {
                index,
                id,
                name,
                arguments,
            } => {
                self.tool_calls = self.tool_calls.max(index.saturating_add(1));
                let mut call = json!({ "function": { "arguments": arguments } });
                if let Some(name) = name {
                    call["function"]["name"] = name.into();
                }
                if let Some(id) = id {
                    call["id"] = id.into();
                    call["type"] = "function".into();
                }
                tool_call(index, call)
            }
            Delta::Usage(usage) => {
                self.usage = usage;
                return None;
            }
            Delta::Finish(reason) => {
                self.finish = Some(reason);
                return None;
            }
        };
        Some(self.chunk(delta, None))
    }

    /// Returns the last events.
    pub(super) fn end(&self) -> Bytes {
        let reason = self.finish.unwrap_or(default_finish(self.tool_calls > 0));
        let mut events = self.chunk(json!({}), Some(reason)).to_vec();
        if self.with_usage {
            let mut last = self.head.object("chat.completion.chunk", json!([]));
            last["usage"] = usage_json(self.usage);
            events.extend_from_slice(&event(&last));
        }
        events.extend_from_slice(DONE.as_bytes());
        events.into()
    }

    /// Returns the event of an error within the stream. Nothing follows it.
    pub(super) fn error(error: &LlmError) -> Bytes {
        event(&error.body())
    }

    fn chunk(&self, delta: Value, finish: Option<FinishReason>) -> Bytes {
        let finish = finish.map(FinishReason::as_str);
        let choices = json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
        event(&self.head.object("chat.completion.chunk", choices))
    }
}

fn event(data: &Value) -> Bytes {
    format!("data: {data}\n\n").into()
}

fn default_finish(has_tool_calls: bool) -> FinishReason {
    if has_tool_calls {
        FinishReason::ToolCalls
    } else {
        FinishReason::Stop
    }
}

fn usage_json(usage: LlmUsage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    })
}

/// A response in one piece, collected from its pieces.
#[derive(Debug)]
pub(super) struct Completion {
    head: CompletionHead,
    text: String,
    tool_calls: Vec<LlmToolCall>,
    usage: LlmUsage,
    finish: Option<FinishReason>,
}

/// The most tool calls of one response. More is a mistake in an index.
const MOST_TOOL_CALLS: usize = 256;

impl Completion {
    pub(super) fn new(model: String) -> Self {
        Completion {
            head: CompletionHead::new(model),
            text: String::new(),
            tool_calls: Vec::new(),
            usage: LlmUsage::default(),
            finish: None,
        }
    }

    pub(super) fn add(&mut self, delta: Delta) {
        match delta {
            Delta::Text(text) => self.text.push_str(&text),
            Delta::ToolCall(call) => self.tool_calls.push(call),
            Delta::ToolCallPart {
                index,
                id,
                name,
                arguments,
            } => {
                let index = index.min(MOST_TOOL_CALLS);
                while self.tool_calls.len() <= index {
                    self.tool_calls.push(LlmToolCall::new("", &Value::Null));
                    if let Some(call) = self.tool_calls.last_mut() {
                        call.arguments.clear();
                    }
                }
                let call = &mut self.tool_calls[index];
                call.id = id.unwrap_or(std::mem::take(&mut call.id));
                call.name = name.unwrap_or(std::mem::take(&mut call.name));
                call.arguments.push_str(&arguments);
            }
            Delta::Usage(usage) => self.usage = usage,
            Delta::Finish(reason) => self.finish = Some(reason),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let has_tool_calls = !self.tool_calls.is_empty();
        let content = if self.text.is_empty() && has_tool_calls {
            Value::Null
        } else {
            self.text.as_str().into()
        };
        let mut message = json!({ "role": "assistant", "content": content });
        if has_tool_calls {
            message["tool_calls"] = self.tool_calls.iter().map(LlmToolCall::to_json).collect();
        }
        let finish = self.finish.unwrap_or(default_finish(has_tool_calls)).as_str();
        let choices = json!([{ "index": 0, "message": message, "finish_reason": finish }]);
        let mut object = self.head.object("chat.completion", choices);
        object["usage"] = usage_json(self.usage);
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(event: &Bytes) -> Vec<Value> {
        let text = std::str::from_utf8(event).unwrap();
        let lines = text.split("\n\n").filter_map(|line| line.strip_prefix("data: "));
        lines
            .map(|data| serde_json::from_str(data).unwrap_or_else(|_| data.into()))
            .collect()
    }

    fn part(index: usize, first: bool, arguments: &str) -> Delta {
        Delta::ToolCallPart {
            index,
            id: first.then(|| format!("c{index}")),
            name: first.then(|| "book".to_owned()),
            arguments: arguments.to_owned(),
        }
    }

    #[test]
    fn pieces_become_events() {
        let mut writer = ChunkWriter::new("m".to_owned(), true);
        let first = &data(&writer.begin())[0];
        assert_eq!(
            (&first["object"], &first["model"]),
            (&json!("chat.completion.chunk"), &json!("m"))
        );
        assert_eq!(
            first["choices"],
            json!([{ "index": 0, "delta": { "role": "assistant", "content": "" }, "finish_reason": null }])
        );
        let text = data(&writer.event("Hi\n".into()).unwrap());
        assert_eq!(text[0]["choices"][0]["delta"], json!({ "content": "Hi\n" }));
        assert_eq!(text[0]["id"], first["id"]);
        let usage = LlmUsage {
            prompt_tokens: 3,
            completion_tokens: 1,
        };
        assert_eq!(writer.event(Delta::Usage(usage)), None);
        let end = data(&writer.end());
        assert_eq!(
            end[0]["choices"][0],
            json!({ "index": 0, "delta": {}, "finish_reason": "stop" })
        );
        assert_eq!(
            (&end[1]["choices"], &end[1]["usage"]["total_tokens"]),
            (&json!([]), &json!(4))
        );
        assert_eq!(end[2], "[DONE]");
    }

    #[test]
    fn tool_calls_are_numbered() {
        let mut writer = ChunkWriter::new(String::new(), false);
        for index in 0..2 {
            let call = LlmToolCall::new("book", &json!({ "guests": 2 })).id("c");
            let event = data(&writer.event(call.into()).unwrap());
            assert_eq!(
                event[0]["choices"][0]["delta"]["tool_calls"],
                json!([{ "index": index, "id": "c", "type": "function",
                    "function": { "name": "book", "arguments": "{\"guests\":2}" } }])
            );
        }
        let event = data(&writer.event(part(2, false, "}")).unwrap());
        assert_eq!(
            event[0]["choices"][0]["delta"]["tool_calls"],
            json!([{ "index": 2, "function": { "arguments": "}" } }])
        );
        assert_eq!(data(&writer.end())[0]["choices"][0]["finish_reason"], "tool_calls");
    }

    #[test]
    fn pieces_are_collected_into_one_response() {
        let mut completion = Completion::new("m".to_owned());
        for delta in ["Hello".into(), ", Ada.".into(), Delta::Finish(FinishReason::Length)] {
            completion.add(delta);
        }
        let response = completion.to_json();
        assert_eq!(response["object"], "chat.completion");
        assert_eq!(
            response["choices"],
            json!([{ "index": 0, "message": { "role": "assistant", "content": "Hello, Ada." }, "finish_reason": "length" }])
        );
    }

    #[test]
    fn parts_of_tool_calls_are_joined() {
        let mut completion = Completion::new(String::new());
        for delta in [
            part(0, true, "{\"a\""),
            part(1, true, "{}"),
            part(0, false, ":1}"),
            part(usize::MAX, false, ""),
        ] {
            completion.add(delta);
        }
        let message = &completion.to_json()["choices"][0]["message"];
        assert_eq!(message["content"], Value::Null);
        assert_eq!(
            message["tool_calls"][0]["function"],
            json!({ "name": "book", "arguments": "{\"a\":1}" })
        );
        assert_eq!(message["tool_calls"][1]["id"], "c1");
        assert_eq!(message["tool_calls"].as_array().unwrap().len(), MOST_TOOL_CALLS + 1);
    }
}
