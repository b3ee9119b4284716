//! Tools: handlers of tool calls.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

use super::activity::ActivityGuard;
use super::isolation::{BoxFuture, isolated};
use super::tool_results::{ErasedToolResults, ToolCallClaim};
use crate::webhooks::{ToolCallsResponse, ToolResult, WebhookMessage, WebhookToolCall};

/// The circumstances of a tool call.
#[derive(Clone, Debug)]
pub struct ToolContext {
    message: Arc<WebhookMessage>,
    tool_call_id: String,
    deadline: Instant,
}

impl ToolContext {
    /// Returns the message with its call, its customer, and the other tool calls.
    pub fn message(&self) -> &WebhookMessage {
        &self.message
    }

    /// Returns the id of the call. A chat has none.
    pub fn call_id(&self) -> Option<&str> {
        self.message.call_id()
    }

    /// Returns the id of the tool call. It is the same if Vapi delivers the call again.
    pub fn tool_call_id(&self) -> &str {
        &self.tool_call_id
    }

    /// Returns the time that is left. The handler is not stopped after it, but the model has then been told that the tool failed.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// An error of a tool, which the model reads as its result.
///
/// `?` makes one of any error. The model is told the text of that, and may repeat it to the caller. Where the text is not for callers,
/// [`ToolError::new`] has a better one.
///
/// ```
/// use vapi::webhooks::ToolError;
///
/// fn guests(text: &str) -> Result<u32, ToolError> {
///     let guests = text.parse()?;
///     if guests > 12 {
///         return Err(ToolError::new("There is no table for more than 12 guests."));
///     }
///     Ok(guests)
/// }
/// # assert_eq!(guests("40").unwrap_err().to_string(), "There is no table for more than 12 guests.");
/// # assert_eq!(guests("?").unwrap_err().to_string(), "invalid digit found in string");
/// ```
// It does not implement `Error`, since a type that does cannot be made of all errors.
#[derive(Debug)]
pub struct ToolError(String);

impl ToolError {
    /// Creates an error with a text for the model: what is wrong, and best how to do better.
    pub fn new(text: impl fmt::Display) -> Self {
        ToolError(text.to_string())
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for ToolError {
    fn from(error: E) -> Self {
        ToolError(error.to_string())
    }
}

/// A handler of calls of one tool. The arguments are decoded by it.
pub(super) type Tool =
    Arc<dyn Fn(WebhookToolCall, ToolContext) -> BoxFuture<Result<ToolResult, ToolError>> + Send + Sync>;

/// Returns the result of a tool, whose output is anything that can be serialized.
///
/// Text is sent as it is, anything else as JSON. `()` becomes `done`, so that the model sees a success.
fn to_result<T: Serialize>(output: &T) -> Result<ToolResult, ToolError> {
    let json = serde_json::to_string(output)?;
    Ok(match json.as_bytes() {
        b"null" => ToolResult::text("done"),
        [b'"', ..] => ToolResult::text(serde_json::from_str::<String>(&json)?),
        _ => ToolResult::text(json),
    })
}

/// Returns a tool that takes arguments of a type and returns what can be serialized.
pub(super) fn typed<A, T, F, Fut>(handler: F) -> Tool
where
    A: DeserializeOwned + Send + 'static,
    T: Serialize + Send + 'static,
    F: Fn(A, ToolContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, ToolError>> + Send + 'static,
{
    Arc::new(move |call, context| {
        let arguments = match call.arguments_as::<A>() {
            Ok(arguments) => arguments,
            Err(error) => {
                tracing::debug!(tool = call.name, %error, "the model has sent arguments that do not fit");
                let text = format!("The arguments of `{}` are not valid: {error}", call.name);
                return Box::pin(async { Ok(ToolResult::error(text)) });
            }
        };
        let output = handler(arguments, context);
        Box::pin(async move { to_result(&output.await?) })
    })
}

/// Returns a tool that takes calls as they are.
pub(super) fn untyped<T, F, Fut>(handler: F) -> Tool
where
    T: Serialize + Send + 'static,
    F: Fn(WebhookToolCall, ToolContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, ToolError>> + Send + 'static,
{
    Arc::new(move |call, context| {
        let output = handler(call, context);
        Box::pin(async move { to_result(&output.await?) })
    })
}

/// The circumstances of the tool calls of one message.
pub(super) struct ToolRun<'a> {
    pub(super) tools: &'a HashMap<String, Tool>,
    pub(super) other_tool: Option<&'a Tool>,
    pub(super) results: &'a Arc<dyn ErasedToolResults>,
    pub(super) deadline: Instant,
    pub(super) guard: &'a ActivityGuard,
}

impl ToolRun<'_> {
    /// Runs the tool calls of a message at the same time, and returns their results in the order of the calls.
    pub(super) async fn respond(self, message: WebhookMessage) -> ToolCallsResponse {
        let message = Arc::new(message);
        let calls = message.tool_calls();
        let running: Vec<_> = calls.into_iter().map(|call| self.start(&message, call)).collect();
        let mut response = ToolCallsResponse::new();
        for (id, name, result) in running {
            let result = match result {
                Started::Known(result) => result,
                // A call that is late goes on: it may be booking a table. Its result is there if Vapi delivers the call again.
                Started::Running(task) => match timeout_at(self.deadline, task).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(error)) => {
                        tracing::error!(tool = name, %error, "a tool was stopped");
                        failed(&name)
                    }
                    Err(_) => {
                        tracing::error!(tool = name, id, "a tool has not finished in time");
                        ToolResult::error(format!("`{name}` has not finished in time. It may still succeed."))
                    }
                },
            };
            response = response.result(id, result);
        }
        response
    }

    fn start(&self, message: &Arc<WebhookMessage>, call: WebhookToolCall) -> (String, String, Started) {
        let (id, name) = (call.id.clone(), call.name.clone());
        let Some(tool) = self.tools.get(&name).or(self.other_tool).cloned() else {
            tracing::warn!(tool = name, "the model has called a tool that has no handler");
            return (
                id,
                name.clone(),
                Started::Known(ToolResult::error(format!("There is no tool `{name}`."))),
            );
        };
        let context = ToolContext {
            message: Arc::clone(message),
            tool_call_id: id.clone(),
            deadline: self.deadline,
        };
        let scope = message.call_id().or_else(|| message.chat_id()).unwrap_or_default();
        let key = format!("{scope}/{id}");
        let results = Arc::clone(self.results);
        let guard = self.guard.clone();
        let task = async move {
            let result = run_once(&*results, &key, tool, call, context).await;
            drop(guard);
            result
        };
        let task = tokio::spawn(task.in_current_span());
        (id, name, Started::Running(task))
    }
}

/// A tool call whose result is known, or that runs.
#[allow(clippy::large_enum_variant, reason = "there is one for each tool call")]
enum Started {
    Known(ToolResult),
    Running(tokio::task::JoinHandle<ToolResult>),
}

fn failed(name: &str) -> ToolResult {
    ToolResult::error(format!("`{name}` has failed."))
}

/// Runs a tool call if no delivery of it has run, and returns the first result.
async fn run_once(
    results: &dyn ErasedToolResults,
    key: &str,
    tool: Tool,
    call: WebhookToolCall,
    context: ToolContext,
) -> ToolResult {
    let mut pause = Duration::from_millis(5);
    loop {
        match results.claim(key).await {
            Ok(ToolCallClaim::New) => break,
            Ok(ToolCallClaim::Finished(result)) => {
                tracing::info!(tool = call.name, id = call.id, "a tool call was delivered again");
                return result;
            }
            Ok(ToolCallClaim::Running) => {
                if context.remaining().is_zero() {
                    return failed(&call.name);
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(250));
            }
            Err(error) => {
                tracing::error!(%error, "the store of tool results has failed: the tool is run");
                break;
            }
        }
    }
    let name = call.name.clone();
    let result = match isolated(|| tool(call, context)).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            tracing::warn!(tool = name, %error, "a tool has returned an error");
            ToolResult::error(error)
        }
        Err(panic) => {
            tracing::error!(tool = name, panic, "a tool has panicked");
            failed(&name)
        }
    };
    if let Err(error) = results.finish(key, &result).await {
        tracing::error!(%error, "the store of tool results has failed: the result is not kept");
    }
    result
}
