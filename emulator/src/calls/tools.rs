//! Tool calls: requests to the user's server, with the results added to the conversation.

use serde_json::{Map, Value, json};

use crate::calls::api_request::ApiRequest;
use crate::calls::assistant;
use crate::calls::driver::{CallFlow, Driver, Interrupt, Interruptible};
use crate::script::ToolUse;
use crate::state::clock::whole_milliseconds;
use crate::state::webhook_server::WebhookServer;
use crate::text::ids;
use crate::webhooks::Reply;
use crate::webhooks::signature::Subject;

/// The result in the conversation if the server gives none or there is no server.
const NO_RESULT: &str = "No result returned.";

/// One tool call, with the assistant's tool of that name.
pub(crate) struct ToolCall<'a> {
    pub id: String,
    pub name: &'a str,
    pub json: Value,
    pub tool: Option<Value>,
    /// The result if there is no server to ask.
    pub result: Option<&'a str>,
    /// The reason why the call is not made. It is the result.
    pub problem: Option<&'a str>,
    /// The result that a simulation gives instead of the tool's own.
    pub mock: Option<String>,
    /// The place among the calls that are made together.
    position: usize,
}

impl<'a> ToolCall<'a> {
    /// Makes the call of a tool. `mocks` are the results of tools that a simulation replaces, by their names.
    pub fn of(assistant: &Value, used: &'a ToolUse, mocks: &Map<String, Value>, position: usize) -> ToolCall<'a> {
        let made = used.made_by_model.as_ref();
        let id = made.map_or_else(
            || format!("call_{}", ids::uuid().replace('-', "")),
            |made| made.id.clone(),
        );
        let function = json!({ "name": used.name, "arguments": used.arguments });
        ToolCall {
            json: json!({ "id": id, "type": "function", "function": function }),
            id,
            name: &used.name,
            tool: assistant::tool(assistant, &used.name).cloned(),
            result: used.result.as_deref(),
            problem: made.and_then(|made| made.problem.as_deref()),
            mock: mocks
                .get(&used.name)
                .map(|result| result.as_str().unwrap_or_default().to_owned()),
            position,
        }
    }

    /// Returns whether only the emulator can tell the result: of built-in tools and of requests to an API.
    fn has_no_server(&self) -> bool {
        let tool = self.tool.as_ref();
        !tool.is_none_or(|tool| tool["type"] == "function" || tool["type"].is_null())
    }

    /// Returns the server of the tool. Only functions have one. A tool that the assistant lacks counts as a function, since the script
    /// calls it.
    pub fn server(&self, of_assistant: impl FnOnce() -> Option<WebhookServer>) -> Option<WebhookServer> {
        if self.has_no_server() || self.problem.is_some() || self.mock.is_some() {
            return None;
        }
        self.tool.as_ref().and_then(WebhookServer::of).or_else(of_assistant)
    }
}

impl Driver {
    pub async fn call_tools(&mut self, uses: &[ToolUse]) -> CallFlow<()> {
        let mocks = self.change(|record| record.tool_mocks.clone()).unwrap_or_default();
        let calls: Vec<ToolCall<'_>> = uses
            .iter()
            .enumerate()
            .map(|(position, used)| ToolCall::of(&self.assistant, used, &mocks, position))
            .collect();
        if let [only] = calls.as_slice()
            && only.problem.is_none()
            && only.mock.is_none()
        {
            if is_built_in(only, "transferCall") {
                return self.transfer_by_tool(only).await;
            }
            if is_built_in(only, "handoff") {
                return self.hand_off_by_tool(only).await;
            }
        }
        self.record_calls(&calls);
        self.add_calls(&calls);
        for call in &calls {
            if let Some(text) = assistant::tool_message(call.tool.as_ref(), "request-start") {
                self.assistant_says(&text).await?;
            }
        }
        // One message has all calls for one server.
        let mut left: Vec<(Option<WebhookServer>, &ToolCall<'_>)> =
            calls.iter().map(|call| (self.server_of(call), call)).collect();
        while let Some(server) = left.first().map(|(server, _)| server.clone()) {
            let (together, others) = left.into_iter().partition(|(other, _)| *other == server);
            left = others;
            let together: Vec<&ToolCall<'_>> = together
                .into_iter()
                .map(|(_, call): (Option<WebhookServer>, _)| call)
                .collect();
            match server {
                Some(server) => self.ask_server(server, &together).await?,
                None => {
                    for call in together {
                        self.perform_without_server(call).await?;
                    }
                }
            }
        }
        self.notify_conversation();
        if calls
            .iter()
            .any(|call| is_built_in(call, "endCall") && call.problem.is_none() && call.mock.is_none())
        {
            return self.hang_up().await;
        }
        Ok(())
    }

    /// Adds the result of a tool that no server has: the one of the script, that of the API which the tool names, or a fixed one.
    async fn perform_without_server(&mut self, call: &ToolCall<'_>) -> CallFlow<()> {
        if let Some(known) = call.problem.or(call.mock.as_deref()).or(call.result) {
            self.add_result(call, known, None);
            return Ok(());
        }
        let api_request = call.tool.as_ref().filter(|tool| tool["type"] == "apiRequest").cloned();
        let Some(tool) = api_request else {
            self.add_result(call, built_in_result(call), None);
            return Ok(());
        };
        let (state, organization) = (self.state.clone(), self.organization.clone());
        let subject = Subject::Call(self.id.clone());
        let variables = self.change(|record| record.variables.clone()).unwrap_or_default();
        let request = ApiRequest::of(&tool, &call.json["function"]["arguments"], variables, self.at);
        let mut attempts = 0;
        let result = loop {
            attempts += 1;
            let attempt = request.attempt(&state, &organization, &subject, attempts);
            let Some(attempt) = self.wait_for(attempt).await? else {
                break None;
            };
            let Some(delay) = attempt.delay else {
                break Some(attempt.result);
            };
            let due = self.at + whole_milliseconds(delay);
            if self.until(due, Interruptible::Interruptions).await? {
                break None;
            }
        };
        let Some(result) = result else {
            self.add_result(call, "The customer interrupted.", None);
            return Ok(());
        };
        let (text, kind) = match &result {
            Ok(text) => (text, "request-complete"),
            Err(problem) => (problem, "request-failed"),
        };
        self.add_result(call, text, None);
        if let Some(text) = assistant::tool_message(call.tool.as_ref(), kind) {
            self.assistant_says(&text).await?;
        }
        Ok(())
    }

    fn record_calls(&self, calls: &[ToolCall<'_>]) {
        let steps = calls
            .iter()
            .map(|call| json!({ "tool": call.name, "arguments": call.json["function"]["arguments"] }));
        let (step, at) = (json!({ "tools": steps.collect::<Vec<_>>() }), self.at);
        self.change(|record| record.recording.add(step, at, at));
    }

    /// Transfers to the destination that the model chose, or asks the server if the tool has none.
    async fn transfer_by_tool(&mut self, call: &ToolCall<'_>) -> CallFlow<()> {
        let Some(destination) = chosen_destination(call) else {
            return self.ask_where_to_transfer().await;
        };
        self.add_built_in(
            call.name,
            call.json["function"]["arguments"].clone(),
            "Transfer initiated.",
        );
        Err(Interrupt::Transfer {
            text: super::start::spoken(&destination["message"]),
            destination,
            taken: None,
        })
    }

    async fn hand_off_by_tool(&mut self, call: &ToolCall<'_>) -> CallFlow<()> {
        let arguments = &call.json["function"]["arguments"];
        let Some(destination) = chosen_destination(call) else {
            return self.ask_whom_to_hand_off_to(arguments).await;
        };
        self.add_built_in(call.name, arguments.clone(), "Handoff initiated.");
        Err(Interrupt::Handoff {
            destination,
            text: None,
            taken: None,
        })
    }

    fn server_of(&self, call: &ToolCall<'_>) -> Option<WebhookServer> {
        call.server(|| self.server().filter(|_| self.wants(&json!({ "type": "tool-calls" }))))
    }

    fn add_calls(&self, calls: &[ToolCall<'_>]) {
        let (at, tool_calls) = (self.at, calls.iter().map(|call| call.json.clone()).collect::<Vec<_>>());
        self.change(|record| record.conversation.add_tool_calls(&tool_calls, at));
        self.notify_conversation();
        self.publish(|| tool_calls_message(&calls.iter().collect::<Vec<_>>()));
    }

    async fn ask_server(&mut self, server: WebhookServer, calls: &[&ToolCall<'_>]) -> CallFlow<()> {
        let message = self.enveloped(tool_calls_message(calls));
        if !calls.iter().any(|call| is_waited_for(call)) {
            self.post(server, message);
            for call in calls {
                self.add_result(call, "Success.", None);
            }
            return Ok(());
        }
        let reply = self.request_reply(server, message, false).await?;
        for call in calls {
            let result = tool_result(call, &reply);
            self.add_result(call, &result.text, result.metadata.as_ref());
            let kind = if result.failed {
                "request-failed"
            } else {
                "request-complete"
            };
            let said = result
                .says
                .or_else(|| assistant::tool_message(call.tool.as_ref(), kind));
            if let Some(text) = said {
                self.assistant_says(&text).await?;
            }
        }
        Ok(())
    }

    fn add_result(&self, call: &ToolCall<'_>, text: &str, metadata: Option<&Value>) {
        let at = self.at;
        self.change(|record| {
            record
                .conversation
                .add_tool_result(&call.id, call.name, text, metadata, at);
            record.recording.set_result(call.position, text, at);
        });
        self.publish(|| {
            json!({
                "type": "tool-call-result",
                "toolCallResult": { "toolCallId": call.id, "name": call.name, "result": text },
            })
        });
    }

    /// Adds the call of a built-in tool and its immediate result to the conversation.
    pub fn add_built_in(&self, name: &str, arguments: Value, result: &str) {
        let used = ToolUse {
            name: name.to_owned(),
            arguments,
            result: None,
            made_by_model: None,
        };
        let call = ToolCall::of(&self.assistant, &used, &Map::new(), usize::MAX);
        self.add_calls(std::slice::from_ref(&call));
        self.add_result(&call, result, None);
        self.notify_conversation();
    }
}

/// Returns whether the conversation waits for the result of a call.
pub(crate) fn is_waited_for(call: &ToolCall<'_>) -> bool {
    call.tool.as_ref().is_none_or(|tool| tool["async"] != true)
}

/// Returns a `tool-calls` message without its envelope.
pub(crate) fn tool_calls_message(calls: &[&ToolCall<'_>]) -> Value {
    let list: Vec<&Value> = calls.iter().map(|call| &call.json).collect();
    let with_tools = calls.iter().map(|call| {
        let mut tool = call
            .tool
            .clone()
            .unwrap_or_else(|| json!({ "type": "function", "function": { "name": call.name } }));
        tool["toolCall"] = call.json.clone();
        tool
    });
    json!({
        "type": "tool-calls",
        "toolCalls": list,
        "toolCallList": list,
        "toolWithToolCallList": with_tools.collect::<Vec<_>>(),
    })
}

fn is_built_in(call: &ToolCall<'_>, kind: &str) -> bool {
    match &call.tool {
        Some(tool) => tool["type"] == kind,
        None => call.name == kind,
    }
}

/// Returns the tool's destination that the arguments name, or the only one; `None` for a dynamic one.
fn chosen_destination(call: &ToolCall<'_>) -> Option<Value> {
    let destinations = call.tool.as_ref()?["destinations"].as_array()?;
    let wanted = &call.json["function"]["arguments"]["destination"];
    let is_wanted = |destination: &&Value| {
        let names = ["number", "sipUri", "assistantName", "assistantId"];
        wanted.is_string() && names.iter().any(|name| destination[*name] == *wanted)
    };
    let only = || destinations.first().filter(|_| destinations.len() == 1);
    let chosen = destinations.iter().find(is_wanted).or_else(only)?;
    (chosen["type"] != "dynamic").then(|| chosen.clone())
}

pub(crate) fn built_in_result(call: &ToolCall<'_>) -> &'static str {
    let is_function = call.tool.as_ref().is_none_or(|tool| tool["type"] == "function");
    if is_function && !is_built_in(call, "endCall") {
        NO_RESULT
    } else {
        "Success."
    }
}

pub(crate) struct ToolResult {
    pub text: String,
    pub failed: bool,
    pub metadata: Option<Value>,
    /// The message that the server makes the assistant speak.
    pub says: Option<String>,
}

/// Reads the server's result of one call. A failure gives the conversation no more than a missing result.
pub(crate) fn tool_result(call: &ToolCall<'_>, reply: &Reply) -> ToolResult {
    let none = Map::new();
    let body = reply.json().unwrap_or_default();
    let results = body["results"].as_array();
    let result = results
        .and_then(|results| results.iter().find(|result| result["toolCallId"] == call.id.as_str()))
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        // Undocumented, but common.
        Some(other) => Some(other.to_string()),
    };
    let error = text(result.get("error")).or_else(|| text(body.get("error")));
    let good = text(result.get("result"));
    ToolResult {
        failed: good.is_none(),
        text: good.or(error).unwrap_or_else(|| NO_RESULT.to_owned()),
        metadata: result.get("metadata").filter(|metadata| metadata.is_object()).cloned(),
        says: result.get("message").and_then(super::start::spoken),
    }
}
