//! The emulator over real HTTP, as a client of any language meets it.

mod access;
mod calls;
mod chat;
mod client;
mod cors;
mod downloads;
mod faults;
mod lists;
mod operations;
mod page;
mod resources;
mod rules;
mod upload;
