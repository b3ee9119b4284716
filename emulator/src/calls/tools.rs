//! Tool calls: requests to the user's server, with the results added to the conversation.

use serde_json::{Map, Value, json};

use crate::calls::assistant;
use crate::calls::driver::{CallFlow, Driver, Interrupt};
use crate::script::ToolUse;
use crate::state::webhook_server::WebhookServer;
use crate::text::ids;
use crate::webhooks::Reply;

/// The result in the conversation if the server gives none or there is no server.
const NO_RESULT: &str = "No result returned.";

/// One tool call, with the assistant's tool of that name.
struct ToolCall<'a> {
    id: String,
    name: &'a str,
    json: Value,
    tool: Option<Value>,
    result: Option<&'a str>,
}

impl Driver {
    pub async fn call_tools(&mut self, uses: &[ToolUse]) -> CallFlow<()> {
        let calls: Vec<ToolCall<'_>> = uses.iter().map(|used| self.call_of(used)).collect();
        if let [only] = calls.as_slice() {
            if is_built_in(only, "transferCall") {
                return self.transfer_by_tool(only).await;
            }
            if is_built_in(only, "handoff") {
                return self.hand_off_by_tool(only).await;
            }
        }
        self.add_calls(&calls);
        for call in &calls {
            if let Some(text) = assistant::tool_message(call.tool.as_ref(), "request-start") {
                self.assistant_says(&text).await?;
            }
        }
        // One message has all calls for one server.
        let mut left: Vec<(Option<WebhookServer>, &ToolCall<'_>)> =
            calls.iter().map(|call| (self.server_of(call), call)).collect();
        while let Some((server, first)) = left.first().map(|(server, call)| (server.clone(), *call)) {
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
                        self.add_result(call, call.result.unwrap_or(built_in_result(first)), None);
                    }
                }
            }
        }
        self.notify_conversation();
        if calls.iter().any(|call| is_built_in(call, "endCall")) {
            return self.hang_up().await;
        }
        Ok(())
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

    fn call_of<'a>(&self, used: &'a ToolUse) -> ToolCall<'a> {
        let id = format!("call_{}", ids::uuid().replace('-', ""));
        let function = json!({ "name": used.name, "arguments": used.arguments });
        ToolCall {
            json: json!({ "id": id, "type": "function", "function": function }),
            id,
            name: &used.name,
            tool: assistant::tool(&self.assistant, &used.name).cloned(),
            result: used.result.as_deref(),
        }
    }

    /// Returns the server of a tool. Only functions have one. A tool that the assistant lacks counts as a function,
    /// since the script calls it.
    fn server_of(&self, call: &ToolCall<'_>) -> Option<WebhookServer> {
        let known = call.tool.as_ref();
        if !known.is_none_or(|tool| tool["type"] == "function" || tool["type"].is_null()) {
            return None;
        }
        let of_assistant = || self.server().filter(|_| self.wants(&json!({ "type": "tool-calls" })));
        known.and_then(WebhookServer::of).or_else(of_assistant)
    }

    fn add_calls(&self, calls: &[ToolCall<'_>]) {
        let (at, tool_calls) = (self.at, calls.iter().map(|call| call.json.clone()).collect::<Vec<_>>());
        self.change(|record| record.conversation.add_tool_calls(&tool_calls, at));
        self.notify_conversation();
        self.publish(|| message(&calls.iter().collect::<Vec<_>>()));
    }

    async fn ask_server(&mut self, server: WebhookServer, calls: &[&ToolCall<'_>]) -> CallFlow<()> {
        let message = self.enveloped(message(calls));
        let waits = |call: &&ToolCall<'_>| call.tool.as_ref().is_none_or(|tool| tool["async"] != true);
        if !calls.iter().any(waits) {
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
                .add_tool_result(&call.id, call.name, text, metadata, at)
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
        };
        let call = self.call_of(&used);
        self.add_calls(std::slice::from_ref(&call));
        self.add_result(&call, result, None);
        self.notify_conversation();
    }
}

/// Returns a `tool-calls` message without its envelope.
fn message(calls: &[&ToolCall<'_>]) -> Value {
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

fn built_in_result(call: &ToolCall<'_>) -> &'static str {
    let is_function = call.tool.as_ref().is_none_or(|tool| tool["type"] == "function");
    if is_function && !is_built_in(call, "endCall") {
        NO_RESULT
    } else {
        "Success."
    }
}

struct ToolResult {
    text: String,
    failed: bool,
    metadata: Option<Value>,
    /// The message that the server makes the assistant speak.
    says: Option<String>,
}

/// Reads the server's result of one call. A failure gives the conversation no more than a missing result.
fn tool_result(call: &ToolCall<'_>, reply: &Reply) -> ToolResult {
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
