//! Calls: outbound and inbound, run by the emulator's clock, controlled from outside.
//!
//! Each call has a driver: a task that runs the flow of the call. It changes the [`Call`](crate::state::call::Call) in
//! the state and sends messages to the user's servers.

pub(crate) mod api_request;
pub(crate) mod assistant;
pub(crate) mod by_hand;
pub(crate) mod control;
mod driver;
mod end;
pub(crate) mod inbound;
pub(crate) mod launch;
pub(crate) mod messages;
pub(crate) mod model;
pub(crate) mod results;
mod start;
mod talk;
pub(crate) mod template;
pub(crate) mod tools;
mod uploads;
pub(crate) mod view;
pub(crate) mod websocket;

pub(crate) use start::spoken;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::state::State;
use crate::state::call::NewCall;

/// Drives calls for as long as it is polled.
pub(crate) async fn run(state: Arc<State>, mut new_calls: mpsc::UnboundedReceiver<NewCall>) {
    let mut drivers = JoinSet::new();
    let keeper = state.clone();
    let mut keeping = std::pin::pin!(keeper.timers.keep(&keeper.clock));
    loop {
        tokio::select! {
            new_call = new_calls.recv() => match new_call {
                Some(new_call) => {
                    drivers.spawn(driver::run(state.clone(), new_call));
                }
                None => break,
            },
            Some(_) = drivers.join_next() => {}
            () = &mut keeping => break,
        }
    }
}
