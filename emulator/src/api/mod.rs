//! The operations of the API: dispatch, and the behavior that each kind of operation has.

mod analytics;
mod announcements;
mod boards;
mod calls;
mod chat;
mod chat_turn;
pub(crate) mod context;
pub(crate) mod dispatch;
mod improvements;
mod insights;
pub(crate) mod jobs;
mod knowledge_bases;
mod list;
mod live;
mod named;
mod phone_numbers;
mod problems;
mod removed;
mod requirements;
mod resources;
mod scenarios;
mod sessions;
mod structured_outputs;
mod undocumented;
mod upload;

pub(crate) use calls::place_single;
