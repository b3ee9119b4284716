//! Tests of the emulator over real HTTP.

mod access;
mod admin;
#[cfg(feature = "cli")]
mod binary;
mod by_hand;
mod calls;
mod chat;
mod client;
mod control;
mod cors;
mod credentials;
mod destinations;
mod downloads;
mod faults;
mod fuzz;
mod hostile;
mod inbound;
mod lists;
mod model_chats;
mod model_server;
mod models;
mod operations;
mod pages;
#[cfg(feature = "cli")]
mod process;
mod rare_webhooks;
mod receiver;
mod requirements;
mod resources;
mod rules;
#[cfg(feature = "cli")]
mod scenario;
mod script_files;
mod scripts;
mod socket_refusals;
mod sockets;
#[cfg(feature = "cli")]
mod storage;
mod tools;
mod ui;
mod undocumented;
mod upload;
mod voices;
mod webhooks;
