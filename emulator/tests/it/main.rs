//! The emulator over real HTTP, as a client of any language meets it.

mod access;
#[cfg(feature = "cli")]
mod binary;
mod calls;
mod chat;
mod client;
mod downloads;
mod faults;
mod hostile;
mod lists;
mod operations;
mod pages;
#[cfg(feature = "cli")]
mod process;
mod remote;
mod resources;
mod rules;
mod sockets;
#[cfg(feature = "cli")]
mod storage;
mod undocumented;
mod upload;
