//! The emulator over real HTTP, as a client of any language meets it.

mod access;
mod calls;
mod chat;
mod client;
mod control;
mod credentials;
mod downloads;
mod faults;
mod hostile;
mod inbound;
mod lists;
mod operations;
mod receiver;
mod remote;
mod resources;
mod rules;
#[cfg(feature = "cli")]
mod scenario;
mod script_files;
mod scripts;
mod upload;
mod webhooks;
