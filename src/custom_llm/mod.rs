//! A custom LLM: a server that is the language model of an assistant.
//!
//! An assistant with a model of the provider `custom-llm` names a URL. For each turn of the conversation, Vapi posts a request in the
//! format of OpenAI's chat completions to `…/chat/completions` below that URL. [`LlmService`] reads it, hands it to your function, and
//! writes what that returns: as a stream of events or in one piece, as the request wants.
//!
//! ```no_run
//! use futures_util::stream;
//! use vapi::custom_llm::{LlmError, LlmRequest, LlmService};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let llm = LlmService::new(|request: LlmRequest| async move {
//!     let said = request.last_user_text().unwrap_or_default();
//!     Ok::<_, LlmError>(stream::iter(["You said: ".to_owned(), said]))
//! });
//! let app: axum::Router = axum::Router::new().route_service("/chat/completions", llm);
//! axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
//! # Ok(())
//! # }
//! ```

mod completion;
mod delta;
mod llm_error;
mod llm_message;
mod llm_request;
mod llm_service;

pub use delta::{Delta, FinishReason, IntoDelta, LlmUsage};
pub use llm_error::LlmError;
pub use llm_message::{LlmMessage, LlmTool, LlmToolCall};
pub use llm_request::LlmRequest;
pub use llm_service::LlmService;
