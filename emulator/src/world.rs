//! Everything one running emulator knows, shared by its two listeners and the handle that tests hold.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
#[cfg(feature = "data")]
use std::sync::OnceLock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};

use crate::agenda::Agenda;
use crate::answer::Answer;
use crate::calls::{Birth, Life};
use crate::changes::{self, Change};
use crate::clock::Clock;
use crate::document::Document;
use crate::downloads::Links;
use crate::fault::Faults;
#[cfg(feature = "data")]
use crate::journal::Journal;
use crate::plan::Plan;
use crate::received::Log;
use crate::routes::Routes;
use crate::script::Shelf;
use crate::store::Store;
use crate::uploads::Uploads;
use crate::webhooks::{Server, Tokens, WebhookLog};

pub(crate) struct World {
    pub document: Arc<Document>,
    pub routes: Routes,
    /// One for each operation of the document, in its order.
    pub plans: Vec<Plan>,
    pub settings: Settings,
    pub clock: Clock,
    pub links: Links,
    pub store: Guarded<Store>,
    /// By call id.
    pub lives: Guarded<HashMap<String, Life>>,
    /// Uploaded files by id: content type and bytes.
    pub uploads: Guarded<Uploads>,
    pub faults: Guarded<Faults>,
    pub log: Guarded<Log>,
    /// Something about a call changed. Sending fails when nobody listens, which is fine.
    pub changes: broadcast::Sender<Change>,
    /// The way to the data file, if there is one.
    #[cfg(feature = "data")]
    pub journal: OnceLock<Journal>,
    pub agenda: Agenda,
    /// Calls that are to be brought to life; the receiver is in `unborn` until the emulator serves.
    pub births: mpsc::UnboundedSender<Birth>,
    pub unborn: Guarded<Option<mpsc::UnboundedReceiver<Birth>>>,
    pub scripts: Guarded<Shelf>,
    pub webhooks: Guarded<WebhookLog>,
    pub tokens: Tokens,
    /// Turns true when the emulator stops.
    closing: watch::Sender<bool>,
    pub here: Here,
}

/// Where an emulator is found, and with which key.
pub(crate) struct Here {
    pub address: SocketAddr,
    /// What it listens on; `address` is loopback if that is every address of the machine.
    pub listens_on: IpAddr,
    pub key: String,
}

impl Here {
    /// With no slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub lenient: bool,
    /// The largest request body that is read, in bytes.
    pub body_limit: usize,
    /// How long a call stays in each state.
    pub call_step: Duration,
    /// How many requests are kept for [`Emulator::requests`](crate::Emulator::requests).
    pub log_limit: usize,
    /// How long answers that are under way may take once the server stops.
    pub grace: Duration,
    /// How long a client may be silent.
    pub client_timeout: Duration,
    /// How many deliveries are kept for [`Emulator::webhooks`](crate::Emulator::webhooks).
    pub webhook_limit: usize,
    /// Where messages go that no assistant and no phone number has a server for.
    pub server: Option<Server>,
    /// The longest that a server may take, in real time, whatever it says of itself.
    pub webhook_timeout: Duration,
}

impl World {
    pub fn new(document: Arc<Document>, settings: Settings, links: Links, here: Here) -> World {
        let (births, unborn) = mpsc::unbounded_channel();
        World {
            routes: Routes::of(&document),
            plans: document
                .operations()
                .iter()
                .map(|operation| Plan::of(&document, operation))
                .collect(),
            document,
            clock: Clock::start(),
            links,
            store: Guarded::default(),
            lives: Guarded::default(),
            uploads: Guarded::default(),
            #[cfg(feature = "data")]
            journal: OnceLock::new(),
            faults: Guarded::default(),
            log: Guarded::new(Log::keeping(settings.log_limit)),
            changes: broadcast::channel(changes::BACKLOG).0,
            closing: watch::Sender::new(false),
            here,
            agenda: Agenda::default(),
            births,
            unborn: Guarded::new(Some(unborn)),
            scripts: Guarded::default(),
            webhooks: Guarded::new(WebhookLog::keeping(settings.webhook_limit)),
            tokens: Tokens::default(),
            settings,
        }
    }

    /// The answer, once all that it can tell of is in the data file.
    pub async fn kept(&self, answer: Answer) -> Answer {
        #[cfg(feature = "data")]
        if let Some(journal) = self.journal.get()
            && let Err(failure) = journal.settle(self).await
        {
            return Answer::error(http::StatusCode::INTERNAL_SERVER_ERROR, &*failure);
        }
        answer
    }

    /// Writes what changes without a request, for as long as it is polled.
    pub async fn keep_writing(&self) {
        #[cfg(feature = "data")]
        if let Some(journal) = self.journal.get() {
            loop {
                journal.hand_over(self);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        std::future::pending().await
    }

    /// Has the server stop, with everything that would go on for ever.
    pub fn stop(&self) {
        self.closing.send_replace(true);
    }

    /// Ends when the emulator stops.
    pub async fn stopped(&self) {
        // The sender is in `self`, so that there is no other end.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// The last thing: closes the data file.
    pub fn close(&self) -> Result<(), String> {
        #[cfg(feature = "data")]
        if let Some(journal) = self.journal.get() {
            return journal.close(self).map_err(|failure| failure.to_string());
        }
        Ok(())
    }

    /// Forgets everything but the time.
    pub fn reset(&self) {
        self.store.lock().clear();
        // Their drivers end with them.
        let lives = std::mem::take(&mut *self.lives.lock());
        for id in lives.keys() {
            let _ = self.changes.send(Change::Deleted {
                call_id: id.as_str().into(),
            });
        }
        self.scripts.lock().clear();
        self.webhooks.lock().clear();
        self.uploads.lock().clear();
        self.faults.lock().clear();
        self.log.lock().clear();
    }
}

/// A mutex that outlives a panic of one of its users: a broken request must not take the server with it.
#[derive(Default)]
pub(crate) struct Guarded<T>(Mutex<T>);

impl<T> Guarded<T> {
    pub fn new(value: T) -> Guarded<T> {
        Guarded(Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
