//! The emulator over real HTTP, as a client of any language meets it.

mod access;
mod calls;
mod chat;
mod client;
mod downloads;
mod faults;
mod lists;
mod operations;
mod resources;
mod rules;
mod undocumented;
mod upload;
