//! Jobs: what an operation starts and the emulator's clock finishes. A job keeps its progress in its resource, so that
//! clients see it and a restart continues it.

pub(super) mod campaigns;
mod chats;
pub(super) mod evals;
mod files;
mod hooks;
mod outcome;
pub(super) mod simulations;

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::state::State;
use crate::state::clock::whole_milliseconds;
use crate::state::job::NewJob;
use crate::state::timers::ActivityGuard;
use crate::text::timestamp;

/// The kinds of jobs.
#[derive(Clone, Copy)]
enum Kind {
    Simulations,
    Eval,
    Campaign,
    /// An uploaded file, or a file of a knowledge base.
    File,
}

/// Runs jobs for as long as it is polled.
pub(crate) async fn run(state: Arc<State>, mut new_jobs: mpsc::UnboundedReceiver<NewJob>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            new_job = new_jobs.recv() => match new_job {
                Some(new_job) => {
                    running.spawn(Job::of(state.clone(), new_job).run());
                }
                None => break,
            },
            Some(_) = running.join_next() => {}
        }
    }
}

/// Starts the job of a stored resource.
pub(super) fn start(state: &State, organization: &str, collection: &str, id: &str) {
    // Fails only while the emulator is stopping.
    let _ = state.new_jobs.send(NewJob {
        organization: organization.to_owned(),
        collection: collection.to_owned(),
        id: id.to_owned(),
        guard: state.timers.activity_guard(),
    });
}

/// Starts the job that readies a new file, uploaded or of a knowledge base.
pub(super) fn ready(state: &State, organization: &str, collection: &str, resource: &Value) {
    let id = resource["id"].as_str().unwrap_or_default();
    if matches!(kind(collection), Some(Kind::File)) {
        start(state, organization, collection, id);
    }
}

/// Continues the unfinished jobs of resources from a data file.
pub(crate) fn resume(state: &State) {
    let unfinished: Vec<(String, String, String)> = {
        let store = state.store.lock();
        let unfinished = store.all().filter(|(_, collection, resource)| {
            let status = resource["status"].as_str().unwrap_or_default();
            match kind(collection) {
                Some(Kind::Simulations | Kind::Eval) => status != "ended",
                Some(Kind::Campaign) => ["scheduled", "in-progress"].contains(&status),
                Some(Kind::File) => ["processing", "indexing"].contains(&status),
                None => false,
            }
        });
        let named = unfinished.filter_map(|(organization, collection, resource)| {
            let id = resource["id"].as_str()?;
            Some((organization.to_owned(), collection.to_owned(), id.to_owned()))
        });
        named.collect()
    };
    for (organization, collection, id) in unfinished {
        start(state, &organization, &collection, &id);
    }
}

fn kind(collection: &str) -> Option<Kind> {
    match collection {
        "/eval/simulation/run" => Some(Kind::Simulations),
        "/eval/run" => Some(Kind::Eval),
        "/campaign" => Some(Kind::Campaign),
        "/file" => Some(Kind::File),
        _ if collection.starts_with("/v2/knowledge-base/") && collection.ends_with("/file") => Some(Kind::File),
        _ => None,
    }
}

/// A running job, or a part of one: the resource that it finishes.
struct Job {
    state: Arc<State>,
    organization: String,
    collection: String,
    id: String,
    /// Held while the job does not wait.
    guard: Option<ActivityGuard>,
}

impl Job {
    fn of(state: Arc<State>, new_job: NewJob) -> Job {
        Job {
            state,
            organization: new_job.organization,
            collection: new_job.collection,
            id: new_job.id,
            guard: Some(new_job.guard),
        }
    }

    async fn run(mut self) {
        // Ends early if the resource is deleted meanwhile.
        let _ = match kind(&self.collection) {
            Some(Kind::Simulations) => simulations::run(&mut self).await,
            Some(Kind::Eval) => evals::run(&mut self).await,
            Some(Kind::Campaign) => campaigns::run(&mut self).await,
            Some(Kind::File) => files::run(&mut self).await,
            None => None,
        };
    }

    /// Returns a part of this job, for a resource below its own.
    fn part(&self, list: &str, id: String) -> Job {
        Job {
            state: self.state.clone(),
            organization: self.organization.clone(),
            collection: format!("{}/{}/{list}", self.collection, self.id),
            id,
            guard: Some(self.state.timers.activity_guard()),
        }
    }

    /// Waits for a time that a call spends in each status.
    async fn wait_a_step(&mut self) {
        let step = whole_milliseconds(self.state.settings.call_step);
        self.wait_until(self.state.clock.now() + step).await;
    }

    async fn wait_until(&mut self, due: i64) {
        let timer = self.state.timers.timer(due);
        self.guard = None;
        self.guard = timer.await.ok();
    }

    /// Waits for the end of a call, or its deletion.
    async fn wait_for_call(&mut self, call: &str) {
        let ended = end_of_call(&self.state, call);
        self.guard = None;
        let guard = ended.await.unwrap_or_else(|_| self.state.timers.activity_guard());
        self.guard = Some(guard);
    }

    /// Waits for one of several parts, and takes over the guard that it returns. Returns false if there is none left.
    async fn wait_for_part(&mut self, parts: &mut JoinSet<Option<ActivityGuard>>) -> bool {
        if parts.is_empty() {
            return false;
        }
        self.guard = None;
        let guard = parts.join_next().await.and_then(Result::ok).flatten();
        self.guard = guard.or_else(|| Some(self.state.timers.activity_guard()));
        true
    }

    /// Returns the resource; `None` after its deletion.
    fn resource(&self) -> Option<Value> {
        self.state.stored(&self.organization, &self.collection, &json!(self.id))
    }

    /// Changes the resource; `None` after its deletion.
    fn change<T>(&self, change: impl FnOnce(&mut Value) -> T) -> Option<T> {
        let key = (self.organization.as_str(), self.collection.as_str(), self.id.as_str());
        change_resource(&self.state, key, change)
    }

    fn now(&self) -> Value {
        json!(timestamp::format(self.state.clock.now()))
    }
}

/// Changes a stored resource and its `updatedAt`; `None` if there is no such resource.
fn change_resource<T>(
    state: &State,
    (organization, collection, id): (&str, &str, &str),
    change: impl FnOnce(&mut Value) -> T,
) -> Option<T> {
    let stamp = state.clock.stamp();
    let mut store = state.store.lock();
    let resource = store.collection_mut(organization, collection).get_mut("id", id)?;
    let changed = change(resource);
    if let Some(updated_at) = resource.get_mut("updatedAt") {
        *updated_at = json!(timestamp::format(stamp));
    }
    Some(changed)
}

/// Returns all resources of a collection, oldest first.
fn resources(state: &State, organization: &str, collection: &str) -> Vec<Value> {
    let store = state.store.lock();
    let resources = store.collection(organization, collection);
    let mut resources: Vec<Value> = resources
        .into_iter()
        .flat_map(|resources| resources.newest_first().cloned())
        .collect();
    resources.reverse();
    resources
}

/// Returns what receives a guard when a call ends. It fails if the call is deleted.
fn end_of_call(state: &State, call: &str) -> oneshot::Receiver<ActivityGuard> {
    let (sender, receiver) = oneshot::channel();
    let mut calls = state.calls.lock();
    match calls.get_mut(call).filter(|record| !record.is_over()) {
        Some(record) => record.watchers.push(sender),
        None => {
            // The receiver is at hand.
            let _ = sender.send(state.timers.activity_guard());
        }
    }
    receiver
}

/// Returns the given properties of an object, without the absent ones.
fn picked(from: &Value, names: &[&str]) -> Map<String, Value> {
    let given = names.iter().filter(|name| !from[**name].is_null());
    given.map(|name| ((*name).to_owned(), from[*name].clone())).collect()
}
