//! The user's language model: an assistant whose model is of the provider `custom-llm` is answered by its URL, in the format of
//! OpenAI's chat completions.

mod completion;
mod custom_llm;
mod offered_tools;

pub(crate) use completion::Completion;
pub(crate) use custom_llm::{CustomLlm, ModelError, Surroundings};
pub(crate) use offered_tools::HANDOFF;
