//! What happens, told while it happens: `GET /emulator/events`, server-sent events for the page.
//!
//! Changes that come together are told together, each call once and as it stands then, so that a page that shows
//! thousands of calls is not told of every word that is spoken in each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{calls, clock};
use crate::answer::Answer;
use crate::world::World;

/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(50);

/// How often the clock is looked at, which can be moved without any call noticing.
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn stream(world: &Arc<World>) -> Answer {
    let (frames, receiver) = mpsc::channel(16);
    tokio::spawn(tell(world.clone(), frames));
    Answer::live("text/event-stream", receiver)
}

/// Until the listener or the emulator goes.
async fn tell(world: Arc<World>, frames: mpsc::Sender<Bytes>) {
    let mut changes = world.changes.subscribe();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ahead = None;
    loop {
        let mut changed = BTreeSet::new();
        let mut missed = false;
        tokio::select! {
            () = world.stopped() => return,
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
        let moved = ahead.replace(world.clock.ahead()) != Some(world.clock.ahead());
        let frame = if missed {
            event("missed", &clock::told(&world))
        } else if !changed.is_empty() {
            event("calls", &describe(&world, changed))
        } else if moved {
            event("clock", &clock::told(&world))
        } else {
            // A comment: a listener that is gone is only noticed by writing to it.
            Bytes::from_static(b":\n\n")
        };
        if frames.send(frame).await.is_err() {
            return;
        }
    }
}

fn describe(world: &World, changed: BTreeSet<String>) -> Value {
    let (mut calls, mut gone) = (Vec::new(), Vec::new());
    for id in changed {
        match calls::find(world, &id) {
            Some(call) => calls.push(calls::summary(world, &call)),
            None => gone.push(id),
        }
    }
    json!({ "calls": calls, "gone": gone, "clock": clock::told(world) })
}

fn event(name: &str, data: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}
