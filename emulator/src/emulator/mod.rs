//! What a test asks of an emulator while it runs.

mod builder;
mod calls;

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::Value;

use crate::fault::Fault;
use crate::http::api_key;
use crate::openapi::{sample, validator};
use crate::state::State;
use crate::state::request_log::ReceivedRequest;
use crate::storage::Storage;

pub use builder::{Builder, StartError};

/// A running local Vapi. It listens on 127.0.0.1, on a thread and runtime of its own, and stops when dropped.
pub struct Emulator {
    state: Arc<State>,
    storage: Arc<Storage>,
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
        self.state.server_address.url()
    }

    /// A key to use. Any other bearer token works as well, and sees an organization of its own.
    pub fn api_key(&self) -> &str {
        &self.state.server_address.key
    }

    /// The public key that belongs to [`Emulator::api_key`], good for `POST /call/web` and `POST /chat/web` only. Any
    /// private key has one: the same with `public-` before it.
    pub fn public_key(&self) -> String {
        format!("{}{}", api_key::PUBLIC_KEY_PREFIX, self.api_key())
    }

    /// What was received, oldest first: the most recent requests, up to [`Builder::keep_requests`].
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.request_log.lock().all()
    }

    /// Forgets what was received so far.
    pub fn clear_requests(&self) {
        self.state.request_log.lock().clear();
    }

    /// Makes something go wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.lock().add(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.state.faults.lock().clear();
    }

    /// Every operation it serves, in the order of the document.
    pub fn operations(&self) -> Vec<OperationInfo> {
        let operations = self.state.document.documented();
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
            .state
            .document
            .operations()
            .iter()
            .find(|operation| operation.id == operation_id)?;
        let schema = &operation.request.as_ref()?.schema;
        Some(sample::minimal(&self.state.document, schema, self.state.clock.now()))
    }

    /// Where an answer departs from what the document declares for a success of the operation, one sentence for each
    /// place; empty if it fits, and for an operation that declares nothing or does not exist.
    pub fn response_problems(&self, operation_id: &str, response: &Value) -> Vec<String> {
        let document = &self.state.document;
        let operation = document
            .operations()
            .iter()
            .find(|operation| operation.id == operation_id);
        let schema = operation.and_then(|operation| operation.success.schema.as_ref());
        schema.map_or_else(Vec::new, |schema| {
            validator::problems(&self.state.validators, schema, response)
        })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.state.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // Whoever opens the file next finds it closed.
        let _ = self.storage.close(&self.state);
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
