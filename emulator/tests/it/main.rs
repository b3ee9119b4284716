//! Tests of the emulator over real HTTP.

mod access;
mod admin;
mod attacks;
#[cfg(feature = "cli")]
mod binary;
mod calls;
mod chat;
mod client;
mod control;
mod cors;
mod credentials;
#[cfg(feature = "cli")]
mod damage;
mod destinations;
mod downloads;
mod faults;
mod fuzz;
mod hostile;
mod inbound;
mod keys;
mod lists;
mod operations;
mod pages;
#[cfg(feature = "cli")]
mod process;
mod receiver;
#[cfg(feature = "reference")]
mod reference;
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
mod webhooks;
