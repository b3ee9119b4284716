//! Live events: `GET /emulator/events`, server-sent events for the live view.
//!
//! Changes are gathered. Each frame has the current summary of every changed call once, so that a page with thousands
//! of calls does not receive every spoken word.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::admin::{calls, clock};
use crate::http::response::Response;
use crate::state::State;

/// The time for which changes are gathered.
const GATHER: Duration = Duration::from_millis(50);

/// The interval at which the clock is checked. It can be advanced without any event of a call.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) fn stream(state: &Arc<State>) -> Response {
    let (frames, receiver) = mpsc::channel(16);
    tokio::spawn(send_events(state.clone(), frames));
    Response::live("text/event-stream", receiver)
}

/// Sends frames until the client or the emulator is gone.
async fn send_events(state: Arc<State>, frames: mpsc::Sender<Bytes>) {
    let mut changes = state.events.subscribe();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ahead = None;
    loop {
        let mut changed = BTreeSet::new();
        let mut missed = false;
        tokio::select! {
            () = state.stopped() => return,
            () = frames.closed() => return,
            _ = look.tick() => {}
            change = changes.recv() => {
                match change {
                    Ok(change) => { changed.insert(change.call_id().to_owned()); }
                    Err(RecvError::Lagged(_)) => missed = true,
                    Err(RecvError::Closed) => return,
                }
                sleep(GATHER).await;
                loop {
                    match changes.try_recv() {
                        Ok(change) => { changed.insert(change.call_id().to_owned()); }
                        Err(TryRecvError::Lagged(_)) => missed = true,
                        Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                    }
                }
            }
        }
        let moved = ahead.replace(state.clock.ahead()) != Some(state.clock.ahead());
        let frame = if missed {
            event("missed", &clock::to_json(&state))
        } else if !changed.is_empty() {
            event("calls", &describe(&state, changed))
        } else if moved {
            event("clock", &clock::to_json(&state))
        } else {
            // An empty comment. Only a write detects a client that is gone.
            Bytes::from_static(b":\n\n")
        };
        if frames.send(frame).await.is_err() {
            return;
        }
    }
}

fn describe(state: &State, changed: BTreeSet<String>) -> Value {
    let (mut calls, mut gone) = (Vec::new(), Vec::new());
    for id in changed {
        match calls::find(state, &id) {
            Some(call) => calls.push(calls::summary(state, &call)),
            None => gone.push(id),
        }
    }
    json!({ "calls": calls, "gone": gone, "clock": clock::to_json(state) })
}

fn event(name: &str, data: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}
