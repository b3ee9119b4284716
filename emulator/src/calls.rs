//! Calls: placed or let in, living by the emulator's clock, steered from outside, and over.
//!
//! Each call has a driver, a task that walks it through its course: it changes the [`Life`] that readers of the call see,
//! and hands messages to the call's courier, which brings them to the user's servers.

pub(crate) mod assistant;
mod begin;
pub(crate) mod control;
pub(crate) mod conversation;
mod driver;
pub(crate) mod inbound;
mod keep;
mod leave;
mod life;
mod logs;
mod messages;
mod place;
mod read;
mod recording;
mod socket;
mod talk;
mod tools;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub(crate) use driver::Birth;
#[cfg(feature = "data")]
pub(crate) use keep::revive;
pub(crate) use life::Life;
pub(crate) use logs::call_logs;
pub(crate) use place::{download, place};
pub(crate) use read::{as_of_now, has_artifacts};
pub(crate) use recording::wav;
pub(crate) use socket::{Standing, connect, hear, leave, read, speaking_assistant, standing, status};

use crate::world::World;

/// Lets calls live for as long as it is polled.
pub(crate) async fn run(world: Arc<World>, mut births: mpsc::UnboundedReceiver<Birth>) {
    let mut drivers = JoinSet::new();
    let keeper = world.clone();
    let mut keeping = std::pin::pin!(keeper.agenda.keep(&keeper.clock));
    loop {
        tokio::select! {
            birth = births.recv() => match birth {
                Some(birth) => {
                    drivers.spawn(driver::live(world.clone(), birth));
                }
                None => break,
            },
            Some(_) = drivers.join_next() => {}
            () = &mut keeping => break,
        }
    }
}
