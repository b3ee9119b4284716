//! The state of one running emulator, shared by its listeners and its handle.
//!
//! The types in this folder hold data. Behavior is in the folders above and takes `&State`.

pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod conversation;
pub(crate) mod events;
pub(crate) mod faults;
pub(crate) mod job;
pub(crate) mod links;
pub(crate) mod locked;
pub(crate) mod oauth_tokens;
pub(crate) mod recording;
pub(crate) mod request_log;
pub(crate) mod scripts;
pub(crate) mod settings;
pub(crate) mod store;
pub(crate) mod timers;
pub(crate) mod uploads;
pub(crate) mod webhook_log;
pub(crate) mod webhook_server;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{broadcast, mpsc, watch};

use crate::http::api_key::KeyRing;
use crate::http::server_address::ServerAddress;
use crate::openapi::document::Document;
use crate::openapi::plan::Plan;
use crate::openapi::references::References;
use crate::openapi::routes::Routes;
use crate::openapi::validator::Validators;
use call::{Call, NewCall};
use clock::Clock;
use events::CallEvent;
use faults::Faults;
use job::NewJob;
use links::Links;
use locked::Locked;
use oauth_tokens::OauthTokens;
use request_log::RequestLog;
use scripts::Scripts;
use settings::Settings;
use store::Store;
use timers::Timers;
use uploads::Uploads;
use webhook_log::WebhookLog;

/// The state of one running emulator.
pub(crate) struct State {
    pub document: Arc<Document>,
    /// The compiled schemas of the document.
    pub validators: Arc<Validators>,
    pub routes: Routes,
    /// The plan of each operation, in the order of the document.
    pub plans: Vec<Plan>,
    pub references: References,
    pub settings: Settings,
    pub clock: Clock,
    pub links: Links,
    pub store: Locked<Store>,
    /// Calls by id.
    pub calls: Locked<HashMap<String, Call>>,
    /// Uploaded files by id: content type and bytes.
    pub uploads: Locked<Uploads>,
    pub faults: Locked<Faults>,
    pub request_log: Locked<RequestLog>,
    /// Events of calls. Sending fails without a subscriber, which is fine.
    pub events: broadcast::Sender<CallEvent>,
    pub timers: Timers,
    /// New calls that wait for a driver.
    pub new_calls: mpsc::UnboundedSender<NewCall>,
    /// The receiver of `new_calls`, until the server takes it.
    pub new_calls_receiver: Locked<Option<mpsc::UnboundedReceiver<NewCall>>>,
    /// New jobs that wait to be run.
    pub new_jobs: mpsc::UnboundedSender<NewJob>,
    /// The receiver of `new_jobs`, until the server takes it.
    pub new_jobs_receiver: Locked<Option<mpsc::UnboundedReceiver<NewJob>>>,
    pub scripts: Locked<Scripts>,
    pub webhooks: Locked<WebhookLog>,
    pub tokens: Locked<OauthTokens>,
    /// Becomes true when the emulator is stopping.
    closing: watch::Sender<bool>,
    pub server_address: ServerAddress,
    pub keys: Locked<KeyRing>,
}

impl State {
    pub fn new(validators: Arc<Validators>, settings: Settings, links: Links, server_address: ServerAddress) -> State {
        let document = validators.document().clone();
        let (new_calls, new_calls_receiver) = mpsc::unbounded_channel();
        let (new_jobs, new_jobs_receiver) = mpsc::unbounded_channel();
        let operations = document.operations().iter();
        let plans: Vec<Plan> = operations.map(|operation| Plan::of(&document, operation)).collect();
        State {
            routes: Routes::of(&document),
            references: References::of(&document, &plans),
            plans,
            document,
            validators,
            clock: Clock::start(),
            links,
            store: Locked::default(),
            calls: Locked::default(),
            uploads: Locked::default(),
            faults: Locked::default(),
            request_log: Locked::new(RequestLog::keeping(settings.log_limit)),
            events: broadcast::channel(events::BACKLOG).0,
            closing: watch::Sender::new(false),
            keys: Locked::new(KeyRing::new(&server_address.key, settings.strict_key)),
            server_address,
            timers: Timers::default(),
            new_calls,
            new_calls_receiver: Locked::new(Some(new_calls_receiver)),
            new_jobs,
            new_jobs_receiver: Locked::new(Some(new_jobs_receiver)),
            scripts: Locked::default(),
            webhooks: Locked::new(WebhookLog::keeping(settings.webhook_limit)),
            tokens: Locked::default(),
            settings,
        }
    }

    /// Stops the server and all its tasks.
    pub fn stop(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until the emulator is stopping.
    pub async fn stopped(&self) {
        // `self` owns the sender, so the channel cannot be closed.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Returns a copy of the resource of an organization that has this id; `None` if there is none.
    pub fn stored(&self, organization: &str, collection: &str, id: &Value) -> Option<Value> {
        let store = self.store.lock();
        store
            .collection(organization, collection)?
            .get("id", id.as_str()?)
            .cloned()
    }

    /// Adds a resource to a collection of an organization.
    pub fn insert(&self, organization: &str, collection: &str, resource: Value) {
        self.store
            .lock()
            .collection_mut(organization, collection)
            .insert(resource);
    }

    /// Removes everything except the time.
    pub fn reset(&self) {
        self.store.lock().clear();
        // Dropping a call ends its driver.
        let records = std::mem::take(&mut *self.calls.lock());
        for id in records.keys() {
            let _ = self.events.send(CallEvent::Deleted {
                call_id: id.as_str().into(),
            });
        }
        self.scripts.lock().clear();
        self.webhooks.lock().clear();
        self.uploads.lock().clear();
        self.faults.lock().clear();
        self.request_log.lock().clear();
    }
}
