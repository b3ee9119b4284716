//! The operations of the API: dispatch, and the behavior that each kind of operation has.

mod announcements;
mod calls;
mod chat;
mod chat_turn;
pub(crate) mod context;
pub(crate) mod dispatch;
mod list;
mod problems;
mod requirements;
mod resources;
mod undocumented;
mod upload;

pub(crate) use calls::place_single;
