//! The response of a model: a stream of events, or one JSON object. Small servers deviate from OpenAI in many ways, so that it is
//! read leniently.

use serde_json::{Map, Value, json};

use crate::script::{ModelMade, ToolUse};

/// The response of a model: its text, and the tools that it calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Completion {
    pub text: String,
    pub tool_calls: Vec<ModelToolCall>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Value,
    /// The reason why the arguments cannot be used. The model is told it as the result.
    pub problem: Option<String>,
}

impl Completion {
    /// Returns the message of the assistant in OpenAI's format.
    pub fn message(&self) -> Value {
        let mut message = json!({ "role": "assistant" });
        if !self.text.is_empty() || self.tool_calls.is_empty() {
            message["content"] = json!(self.text);
        }
        if !self.tool_calls.is_empty() {
            let calls = self.tool_calls.iter().map(|call| {
                let function = json!({ "name": call.name, "arguments": call.arguments.to_string() });
                json!({ "id": call.id, "type": "function", "function": function })
            });
            message["tool_calls"] = calls.collect();
        }
        message
    }

    /// Returns the tool calls as those of a script.
    pub fn into_tool_uses(self) -> Vec<ToolUse> {
        let uses = self.tool_calls.into_iter().map(|call| ToolUse {
            name: call.name,
            arguments: call.arguments,
            result: None,
            made_by_model: Some(ModelMade {
                id: call.id,
                problem: call.problem,
            }),
        });
        uses.collect()
    }
}

/// The reader of a response. It takes the body in pieces of any size.
#[derive(Default)]
pub(crate) struct CompletionReader {
    /// The bytes of an unfinished line, or of a whole object.
    pending: Vec<u8>,
    /// True if the body is one JSON object; `None` before the first byte.
    is_object: Option<bool>,
    text: String,
    tool_calls: Vec<PartialToolCall>,
    chunks: usize,
    problem: Option<String>,
}

#[derive(Default)]
struct PartialToolCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl CompletionReader {
    /// Adds bytes, and passes on the text of each event.
    pub fn feed(&mut self, bytes: &[u8], on_text: &mut dyn FnMut(&str)) {
        self.pending.extend_from_slice(bytes);
        if self.is_object.is_none() {
            let first = self.pending.iter().find(|byte| !byte.is_ascii_whitespace());
            self.is_object = first.map(|first| *first == b'{');
        }
        if self.is_object != Some(false) {
            return;
        }
        while let Some(end) = memchr::memchr(b'\n', &self.pending) {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let before = self.text.len();
            self.read_line(&String::from_utf8_lossy(&line));
            if let Some(text) = self.text.get(before..).filter(|text| !text.is_empty()) {
                on_text(text);
            }
        }
    }

    /// Returns the whole response. The error is a sentence.
    pub fn finish(mut self) -> Result<Completion, String> {
        let rest = std::mem::take(&mut self.pending);
        let rest = String::from_utf8_lossy(&rest);
        if self.is_object == Some(true) {
            let whole: Value =
                serde_json::from_str(&rest).map_err(|error| format!("the response is not JSON: {error}"))?;
            self.read_chunk(&whole, "message");
        } else {
            self.read_line(&rest);
        }
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if self.chunks == 0 {
            return Err("the response has no choices".to_owned());
        }
        let tool_calls = self.tool_calls.into_iter().enumerate();
        Ok(Completion {
            text: self.text,
            tool_calls: tool_calls.map(|(at, call)| call.whole(at)).collect(),
        })
    }

    /// Reads a line of a stream. Only lines of data matter; OpenAI puts each object on one line.
    fn read_line(&mut self, line: &str) {
        let Some(data) = line.trim_end().strip_prefix("data:").map(str::trim_start) else {
            return;
        };
        if data.is_empty() || data == "[DONE]" {
            return;
        }
        match serde_json::from_str(data) {
            Ok(chunk) => self.read_chunk(&chunk, "delta"),
            Err(error) => self.fail(format!("an event of the stream is not JSON: {error}")),
        }
    }

    fn read_chunk(&mut self, chunk: &Value, part: &str) {
        if !chunk["error"].is_null() {
            let message = chunk["error"]["message"].as_str().or_else(|| chunk["error"].as_str());
            return self.fail(message.unwrap_or("the model sent an error").to_owned());
        }
        let Some(choice) = chunk["choices"].as_array() else {
            return;
        };
        self.chunks += 1;
        // A chunk with the number of tokens has no choice.
        let Some(choice) = choice.first() else { return };
        // Some servers send whole messages in streams.
        let delta = [&choice[part], &choice["delta"], &choice["message"]];
        let Some(delta) = delta.into_iter().find(|delta| delta.is_object()) else {
            return;
        };
        self.text += delta["content"].as_str().unwrap_or_default();
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.read_tool_call(call);
        }
    }

    fn read_tool_call(&mut self, call: &Value) {
        let (index, id) = (call["index"].as_u64(), call["id"].as_str().unwrap_or_default());
        let known = self.tool_calls.iter().position(|partial| match index {
            Some(_) => partial.index == index,
            None => !id.is_empty() && partial.id == id,
        });
        let at = known.unwrap_or_else(|| {
            self.tool_calls.push(PartialToolCall {
                index,
                ..PartialToolCall::default()
            });
            self.tool_calls.len() - 1
        });
        let Some(partial) = self.tool_calls.get_mut(at) else {
            return;
        };
        if partial.id.is_empty() {
            id.clone_into(&mut partial.id);
        }
        let function = &call["function"];
        partial.name += function["name"].as_str().unwrap_or_default();
        match &function["arguments"] {
            Value::String(piece) => partial.arguments += piece,
            // Some servers send an object.
            object @ Value::Object(_) => partial.arguments += &object.to_string(),
            _ => {}
        }
    }

    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }
}

impl PartialToolCall {
    fn whole(self, at: usize) -> ModelToolCall {
        let read = match self.arguments.trim() {
            "" => Ok(Map::new()),
            text => serde_json::from_str::<Map<String, Value>>(text),
        };
        let (arguments, problem) = match read {
            Ok(arguments) => (Value::Object(arguments), None),
            Err(error) => (json!({}), Some(format!("The arguments are not a JSON object: {error}"))),
        };
        ModelToolCall {
            id: if self.id.is_empty() {
                format!("call_{at}")
            } else {
                self.id
            },
            name: self.name,
            arguments,
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Completion, CompletionReader, ModelToolCall};

    fn read(body: &str, size: usize) -> Result<Completion, String> {
        let mut reader = CompletionReader::default();
        let mut said = String::new();
        for piece in body.as_bytes().chunks(size) {
            reader.feed(piece, &mut |text| said += text);
        }
        let read = reader.finish();
        if let Ok(completion) = &read {
            assert!(completion.text.starts_with(&said), "{said}");
        }
        read
    }

    fn call(id: &str, name: &str, arguments: serde_json::Value) -> ModelToolCall {
        ModelToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments,
            problem: None,
        }
    }

    #[test]
    fn a_stream_is_read_in_pieces_of_any_size() {
        let body = concat!(
            ": a comment\r\n\r\n",
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\r\n\r\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"Grüß \"}}]}\n\n",
            "data:{\"choices\":[{\"delta\":{\"content\":\"Gott\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",",
            "\"function\":{\"name\":\"book\",\"arguments\":\"{\\\"gue\"}}]}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"sts\\\":2}\"}},",
            "{\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"look\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\ndata: [DONE]\n\n",
        );
        for size in [1, 3, 7, 1000] {
            let completion = read(body, size).unwrap();
            assert_eq!(completion.text, "Grüß Gott");
            assert_eq!(
                completion.tool_calls,
                [
                    call("c1", "book", json!({ "guests": 2 })),
                    call("c2", "look", json!({}))
                ]
            );
        }
    }

    #[test]
    fn a_whole_object_is_read() {
        let body = json!({ "choices": [{ "message": { "content": "Hi.", "tool_calls": [
            { "function": { "name": "book", "arguments": { "guests": 2 } } },
        ] } }] });
        let completion = read(&body.to_string(), 5).unwrap();
        assert_eq!(completion.text, "Hi.");
        assert_eq!(completion.tool_calls, [call("call_0", "book", json!({ "guests": 2 }))]);
    }

    #[test]
    fn arguments_that_are_not_an_object_are_a_problem() {
        let body = json!({ "choices": [{ "message": { "tool_calls": [
            { "id": "c", "function": { "name": "book", "arguments": "two" } },
        ] } }] });
        let completion = read(&body.to_string(), 50).unwrap();
        let problem = completion.tool_calls[0].problem.as_deref().unwrap();
        assert!(
            problem.starts_with("The arguments are not a JSON object: "),
            "{problem}"
        );
    }

    #[test]
    fn a_response_without_choices_is_an_error() {
        assert_eq!(read("", 1).unwrap_err(), "the response has no choices");
        assert_eq!(read("<html>", 9).unwrap_err(), "the response has no choices");
        assert_eq!(read("{}", 9).unwrap_err(), "the response has no choices");
        assert!(
            read("{\"choices\":", 9)
                .unwrap_err()
                .starts_with("the response is not JSON")
        );
        let overloaded = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
        assert_eq!(read(overloaded, 4).unwrap_err(), "overloaded");
        assert!(read("data: nonsense\n\n", 4).unwrap_err().contains("not JSON"));
    }

    #[test]
    fn a_completion_is_a_message_of_openai() {
        let completion = Completion {
            text: String::new(),
            tool_calls: vec![call("c1", "book", json!({ "guests": 2 }))],
        };
        let expected = json!({ "role": "assistant", "tool_calls": [
            { "id": "c1", "type": "function", "function": { "name": "book", "arguments": "{\"guests\":2}" } },
        ] });
        assert_eq!(completion.message(), expected);
        assert_eq!(
            Completion::default().message(),
            json!({ "role": "assistant", "content": "" })
        );
    }
}
