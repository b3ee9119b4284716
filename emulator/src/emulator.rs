//! What a test asks of an emulator while it runs.

mod builder;
mod live;

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::Value;

use crate::fault::Fault;
use crate::received::ReceivedRequest;
use crate::world::World;
use crate::{sample, undocumented, validate};

pub use builder::{Builder, StartError};

/// A running local Vapi. It listens on 127.0.0.1, on a thread and runtime of its own, and stops when dropped.
pub struct Emulator {
    world: Arc<World>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts one with the embedded document on a free port; it answers as soon as this returns.
    ///
    /// # Panics
    /// If the machine has no port or thread left; [`Builder::start`] returns that as an error.
    pub async fn start() -> Emulator {
        match Emulator::builder().start().await {
            Ok(emulator) => emulator,
            Err(error) => panic!("the emulator did not start: {error}"),
        }
    }

    /// Chooses key, port, document and behaviour first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it listens: `http://127.0.0.1:<port>`, with no slash at the end.
    pub fn base_url(&self) -> String {
        self.world.here.url()
    }

    /// A key to use. Any other bearer token works as well, and sees an organization of its own.
    pub fn api_key(&self) -> &str {
        &self.world.here.key
    }

    /// The public key that belongs to [`Emulator::api_key`], good for `POST /call/web` and `POST /chat/web` only. Any
    /// private key has one: the same with `public-` before it.
    pub fn public_key(&self) -> String {
        format!("{}{}", undocumented::PUBLIC_KEY_PREFIX, self.api_key())
    }

    /// What was received, oldest first: the most recent requests, up to [`Builder::keep_requests`].
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.world.log.lock().all()
    }

    /// Forgets what was received so far.
    pub fn clear_requests(&self) {
        self.world.log.lock().clear();
    }

    /// Makes something go wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.world.faults.lock().add(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.world.faults.lock().clear();
    }

    /// Every operation it serves, in the order of the document.
    pub fn operations(&self) -> Vec<OperationInfo> {
        let operations = self.world.document.documented();
        operations
            .map(|operation| OperationInfo {
                id: operation.id.clone(),
                method: operation.method.clone(),
                path: operation.path.clone(),
                request_content_type: operation.request.as_ref().map(|request| request.content_type.clone()),
            })
            .collect()
    }

    /// The smallest request body that the document allows for an operation; `None` if it takes none, or there is no
    /// such operation.
    pub fn minimal_request(&self, operation_id: &str) -> Option<Value> {
        let operation = self
            .world
            .document
            .operations()
            .iter()
            .find(|operation| operation.id == operation_id)?;
        let schema = &operation.request.as_ref()?.schema;
        Some(sample::minimal(&self.world.document, schema, self.world.clock.now()))
    }

    /// Where an answer departs from what the document declares for a success of the operation, one sentence for each
    /// place; empty if it fits, and for an operation that declares nothing or does not exist.
    pub fn answer_problems(&self, operation_id: &str, answer: &Value) -> Vec<String> {
        let document = &self.world.document;
        let operation = document
            .operations()
            .iter()
            .find(|operation| operation.id == operation_id);
        let schema = operation.and_then(|operation| operation.success.schema.as_ref());
        schema.map_or_else(Vec::new, |schema| validate::problems(document, schema, answer))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.world.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // Whoever opens the file next finds it closed.
        let _ = self.world.close();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// One operation of the document, as much as a test needs to send it a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationInfo {
    /// `operationId`, or method and path where the document gives none.
    pub id: String,
    /// The HTTP method.
    pub method: http::Method,
    /// The path template: `/call/{id}`.
    pub path: String,
    /// What the request body must be, if there is one.
    pub request_content_type: Option<String>,
}
