//! The journal: changes on their way to the data file. Responses are served from memory. The journal collects changes
//! and lets a response wait until they are on disk. Without a data file there is no journal and nothing is tracked.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::{broadcast, watch};

use crate::state::State;
use crate::state::events::CallEvent;
use crate::state::locked::Locked;
use crate::storage::batch::Batch;
use crate::storage::calls;
use crate::storage::data_file::{DataFile, DataFileError};

pub(crate) struct Journal {
    queue: Locked<Queue>,
    progress: watch::Receiver<Progress>,
    writer: Locked<Option<JoinHandle<()>>>,
}

struct Queue {
    /// Events of calls, which name the calls that must be written again.
    calls: broadcast::Receiver<CallEvent>,
    /// The number of the latest batch.
    latest: u64,
    /// `None` once the file is closed.
    batches: Option<mpsc::Sender<Batch>>,
}

#[derive(Clone, Default)]
struct Progress {
    durable: u64,
    failed: Option<Arc<str>>,
}

impl Journal {
    /// Reads the file into the state and writes changes from now on.
    pub fn start(file: DataFile, state: &State) -> Result<Journal, DataFileError> {
        let calls = state.events.subscribe();
        file.load(state)?;
        let (batches, received) = mpsc::channel();
        let (sender, progress) = watch::channel(Progress::default());
        let writer = std::thread::Builder::new()
            .name("vapi-emulator-data".into())
            .spawn(move || write(&file, &received, &sender))
            .map_err(|error| DataFileError::new(Path::new(""), error))?;
        Ok(Journal {
            queue: Locked::new(Queue {
                calls,
                latest: 0,
                batches: Some(batches),
            }),
            progress,
            writer: Locked::new(Some(writer)),
        })
    }

    /// Waits until everything in memory is on disk.
    pub async fn settle(&self, state: &State) -> Result<(), Arc<str>> {
        let latest = self.hand_over(state);
        let mut progress = self.progress.clone();
        let reached = progress.wait_for(|progress| progress.durable >= latest || progress.failed.is_some());
        match reached.await.map(|progress| progress.failed.clone()) {
            Ok(None) => Ok(()),
            Ok(Some(failure)) => Err(failure),
            Err(_) => Err("the data file is closed".into()),
        }
    }

    /// Sends all changes to the writer as one batch and returns the number of the latest batch.
    pub fn hand_over(&self, state: &State) -> u64 {
        // Held to the end, so that batches are sent in order.
        let mut queue = self.queue.lock();
        let mut calls = queue.changed_calls(state);
        let resources = state.store.lock().take_changes();
        let uploads = state.uploads.lock().take_changes();
        // A new call exists before its first event.
        let placed = resources.iter().filter(|change| change.collection == "/call");
        calls.extend(placed.filter_map(|change| Some(change.resource.as_ref()?["id"].as_str()?.to_owned())));
        if resources.is_empty() && uploads.is_empty() && calls.is_empty() {
            return queue.latest;
        }
        let records = state.calls.lock();
        let saved = |id: String| {
            let record = records.get(&id).map(calls::saved);
            (id, record)
        };
        let calls = calls.into_iter().map(saved).collect();
        drop(records);
        let number = queue.latest + 1;
        let batch = Batch {
            number,
            resources,
            calls,
            uploads,
            now: state.clock.now(),
        };
        if queue
            .batches
            .as_ref()
            .is_some_and(|batches| batches.send(batch).is_ok())
        {
            queue.latest = number;
        }
        queue.latest
    }

    /// Writes the remaining changes and closes the file. It can be opened again when this returns.
    pub fn close(&self, state: &State) -> Result<(), Arc<str>> {
        self.hand_over(state);
        self.queue.lock().batches = None;
        if let Some(writer) = self.writer.lock().take() {
            let _ = writer.join();
        }
        self.progress.borrow().failed.clone().map_or(Ok(()), Err)
    }
}

impl Queue {
    fn changed_calls(&mut self, state: &State) -> HashSet<String> {
        let mut changed = HashSet::new();
        loop {
            match self.calls.try_recv() {
                Ok(change) => {
                    changed.insert(change.call_id().to_owned());
                }
                Err(TryRecvError::Lagged(_)) => changed.extend(state.calls.lock().keys().cloned()),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return changed,
            }
        }
    }
}

/// Runs on the writer's thread. All waiting batches become one transaction, so that many clients share one flush.
fn write(file: &DataFile, received: &mpsc::Receiver<Batch>, progress: &watch::Sender<Progress>) {
    while let Ok(first) = received.recv() {
        let batches: Vec<Batch> = std::iter::once(first).chain(received.try_iter()).collect();
        let result = file.write(&batches);
        let durable = batches.last().map_or(0, |batch| batch.number);
        progress.send_modify(|progress| match result {
            // After a failure, memory and file differ. No later success repairs that.
            Ok(()) if progress.failed.is_none() => progress.durable = durable,
            Ok(()) => {}
            Err(error) => progress.failed = Some(error.to_string().into()),
        });
    }
}
