//! Tests of the emulator over real HTTP.

mod access;
mod admin;
mod attacks;
#[cfg(feature = "cli")]
mod binary;
mod by_hand;
mod calls;
mod campaigns;
mod chat;
mod client;
mod control;
mod cors;
mod credentials;
#[cfg(feature = "cli")]
mod damage;
mod destinations;
mod downloads;
mod evals;
mod faults;
mod fuzz;
mod hostile;
mod inbound;
mod insights;
mod keys;
mod lists;
mod manual;
mod memory;
mod model_chats;
mod model_server;
mod models;
mod operations;
mod pages;
mod phone_numbers;
#[cfg(feature = "cli")]
mod process;
mod rare_webhooks;
mod receiver;
#[cfg(feature = "reference")]
mod reference;
mod removed;
mod requirements;
mod resources;
mod results;
mod rules;
#[cfg(feature = "cli")]
mod scenario;
mod script_files;
mod scripts;
mod simulation_hooks;
mod simulations;
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
