//! The turn of an assistant in a chat, by its own model: the model is asked, and the tools that it calls are carried out.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::api::context::RequestContext;
use crate::calls::api_request::ApiRequest;
use crate::calls::assistant;
use crate::calls::messages::wants;
use crate::calls::template;
use crate::calls::tools::{ToolCall, built_in_result, is_waited_for, tool_calls_message, tool_result};
use crate::llm::{CustomLlm, ModelError, Surroundings};
use crate::script::ToolUse;
use crate::state::State;
use crate::state::clock::whole_milliseconds;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks;
use crate::webhooks::Delivery;
use crate::webhooks::signature::Subject;

/// The number of times that a model may call tools within one turn.
const MOST_ROUNDS: usize = 20;

/// The turn of an assistant in a chat.
pub(crate) struct ChatTurn {
    state: Arc<State>,
    organization: String,
    subject: Subject,
    assistant: Value,
    chat: Value,
    messages: Vec<Value>,
    /// The simulation that the chat belongs to.
    simulation: Option<Simulated>,
}

/// The differences of a chat that belongs to a simulation. Its job holds the clock meanwhile, so nothing waits for another attempt.
#[derive(Clone, Default)]
pub(crate) struct Simulated {
    /// The results of tools that the scenario replaces, by the name of the tool.
    pub tool_mocks: Map<String, Value>,
}

impl ChatTurn {
    /// Prepares the turn of an assistant with a model that the emulator can ask; `None` for any other.
    pub fn of(context: &RequestContext<'_>, chat: &Value, messages: &[Value]) -> Option<ChatTurn> {
        let assistant = assistant_of(context, chat)?;
        CustomLlm::of(&assistant)?;
        let id: Arc<str> = chat["id"].as_str()?.into();
        let mut shown = chat.clone();
        shown["messages"] = json!(messages);
        let (variables, now) = variables_of(context.state, chat, &assistant);
        let prompt = assistant::prompt(&assistant, |text| template::render(text, &variables, now));
        Some(ChatTurn {
            state: context.state.clone(),
            organization: context.organization.to_owned(),
            subject: Subject::Chat(id),
            chat: shown,
            messages: prompt.into_iter().chain(messages.iter().cloned()).collect(),
            assistant,
            simulation: None,
        })
    }

    /// Makes the turn one of a simulation.
    pub fn simulated(mut self, simulation: Simulated) -> ChatTurn {
        self.simulation = Some(simulation);
        self
    }

    /// Returns the new messages. `on_text` receives the text as it comes, with the index of its message.
    pub async fn run(mut self, on_text: &mut (dyn FnMut(usize, &str) + Send)) -> Result<Vec<Value>, ModelError> {
        let mut output = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let Some(model) = CustomLlm::of(&self.assistant) else {
                break;
            };
            let index = output.len();
            let mut on_piece = |text: &str| on_text(index, text);
            let surroundings = Surroundings {
                chat: self.chat.clone(),
                customer: self.chat["customer"].clone(),
                ..Surroundings::default()
            };
            let completion = model
                .complete(
                    &self.state,
                    &self.organization,
                    &self.subject,
                    &self.messages,
                    &surroundings,
                    &mut on_piece,
                )
                .await?;
            self.add(&mut output, completion.message());
            if completion.tool_calls.is_empty() {
                return Ok(output);
            }
            for result in self.call_tools(&completion.into_tool_uses()).await {
                self.add(&mut output, result);
            }
        }
        Err(ModelError::no_end_of_tools(MOST_ROUNDS))
    }

    fn add(&mut self, output: &mut Vec<Value>, message: Value) {
        self.messages.push(message.clone());
        output.push(message);
    }

    /// Carries out tool calls and returns their results as messages.
    async fn call_tools(&self, uses: &[ToolUse]) -> Vec<Value> {
        let simulation = self.simulation.clone().unwrap_or_default();
        let calls = uses.iter().enumerate();
        let calls: Vec<ToolCall<'_>> = calls
            .map(|(position, used)| ToolCall::of(&self.assistant, used, &simulation.tool_mocks, position))
            .collect();
        let mut results: Vec<Option<String>> = vec![None; calls.len()];
        // One message has all calls for one server.
        let mut left: Vec<(Option<WebhookServer>, usize)> = calls
            .iter()
            .enumerate()
            .map(|(at, call)| (call.server(|| self.server()), at))
            .collect();
        while let Some(server) = left.first().map(|(server, _)| server.clone()) {
            let (together, others) = left.into_iter().partition(|(other, _)| *other == server);
            left = others;
            let together: Vec<(Option<WebhookServer>, usize)> = together;
            let places: Vec<usize> = together.into_iter().map(|(_, at)| at).collect();
            let at_once: Vec<&ToolCall<'_>> = places.iter().filter_map(|at| calls.get(*at)).collect();
            let texts = match server {
                Some(server) => self.ask_server(server, &at_once).await,
                None => self.perform_without_server(&at_once).await,
            };
            for (at, text) in places.into_iter().zip(texts) {
                if let Some(result) = results.get_mut(at) {
                    *result = Some(text);
                }
            }
        }
        calls
            .iter()
            .zip(results)
            .map(|(call, text)| {
                let text = text.unwrap_or_default();
                json!({ "role": "tool", "tool_call_id": call.id, "name": call.name, "content": text })
            })
            .collect()
    }

    /// Returns the server of tools that have none of their own.
    fn server(&self) -> Option<WebhookServer> {
        let server = webhooks::for_call(&self.state, &self.organization, &Value::Null, &self.assistant);
        server.filter(|_| wants(&self.assistant, &json!({ "type": "tool-calls" })))
    }

    async fn ask_server(&self, mut server: WebhookServer, calls: &[&ToolCall<'_>]) -> Vec<String> {
        if self.simulation.is_some() {
            server.backoff = None;
        }
        let mut message = tool_calls_message(calls);
        message["timestamp"] = json!(self.state.clock.now());
        message["chat"] = self.chat.clone();
        message["assistant"] = self.assistant.clone();
        let delivery = Delivery {
            state: self.state.clone(),
            organization: self.organization.clone(),
            subject: self.subject.clone(),
        };
        if !calls.iter().any(|call| is_waited_for(call)) {
            delivery.start(server, message);
            return calls.iter().map(|_| "Success.".to_owned()).collect();
        }
        let reply = delivery.request(server, message).await;
        calls.iter().map(|call| tool_result(call, &reply).text).collect()
    }

    async fn perform_without_server(&self, calls: &[&ToolCall<'_>]) -> Vec<String> {
        let mut results = Vec::new();
        for call in calls {
            let api_request = call.tool.as_ref().filter(|tool| tool["type"] == "apiRequest");
            results.push(match (call.problem.or(call.mock.as_deref()), api_request) {
                (Some(known), _) => known.to_owned(),
                (None, Some(tool)) => {
                    let arguments = &call.json["function"]["arguments"];
                    let (variables, now) = variables_of(&self.state, &self.chat, &self.assistant);
                    let request = ApiRequest::of(tool, arguments, variables, now);
                    self.send(&request).await.unwrap_or_else(|problem| problem)
                }
                (None, None) => built_in_result(call).to_owned(),
            });
        }
        results
    }

    /// Sends the request of a tool, with further attempts by the emulator's clock where the tool asks for them.
    async fn send(&self, request: &ApiRequest) -> Result<String, String> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let attempt = request
                .attempt(&self.state, &self.organization, &self.subject, attempts)
                .await;
            match attempt.delay.filter(|_| self.simulation.is_none()) {
                None => return attempt.result,
                Some(delay) => {
                    let due = self.state.clock.now() + whole_milliseconds(delay);
                    // Fails only while the emulator is stopping.
                    let _ = self.state.timers.timer(due).await;
                }
            }
        }
    }
}

/// Returns the assistant of a chat: its own, that of its session, or that of the chat before.
fn assistant_of(context: &RequestContext<'_>, chat: &Value) -> Option<Value> {
    let (state, organization) = (context.state, context.organization);
    let mut holder = chat.clone();
    for _ in 0..MOST_ROUNDS {
        if let Some(assistant) = assistant::of_call(state, organization, &holder) {
            return Some(assistant);
        }
        let session = state.stored(organization, "/session", &holder["sessionId"]);
        let before = || state.stored(organization, &context.collection(), &holder["previousChatId"]);
        let mut next = session.or_else(before)?;
        // The overrides of the new chat apply to the old assistant.
        if chat["assistantOverrides"].is_object() {
            next["assistantOverrides"] = chat["assistantOverrides"].clone();
        }
        holder = next;
    }
    None
}

/// Returns the variables of a chat, and the time at which they are filled in.
fn variables_of(state: &State, chat: &Value, assistant: &Value) -> (Map<String, Value>, i64) {
    let now = state.clock.now();
    let variables = template::variables(now, &chat["customer"], &assistant["variableValues"]);
    (variables, now)
}
