//! The handle of a running emulator.

mod builder;
mod call_by_hand;
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
use crate::text::ids;

pub use builder::{Builder, StartError};
pub use call_by_hand::{CallByHand, CallByHandError};

/// A running local Vapi. It listens on 127.0.0.1, has its own thread and runtime, and stops when dropped.
pub struct Emulator {
    state: Arc<State>,
    storage: Arc<Storage>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator with the embedded document on a free port. It responds as soon as this returns.
    ///
    /// # Panics
    ///
    /// Panics if the machine has no port or thread left. [`Builder::start`] returns that as an error.
    pub async fn start() -> Emulator {
        match Emulator::builder().start().await {
            Ok(emulator) => emulator,
            Err(error) => panic!("the emulator did not start: {error}"),
        }
    }

    /// Returns a builder with key, port, document and behavior to choose.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the base URL, `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.state.server_address.url()
    }

    /// Returns an API key. Any other bearer token works too and has its own organization, unless [`Builder::strict_key`] is set.
    pub fn api_key(&self) -> &str {
        &self.state.server_address.key
    }

    /// Returns the id of the organization of [`Emulator::api_key`]. Tokens that the key has signed for it are accepted too.
    pub fn org_id(&self) -> String {
        ids::organization(self.api_key())
    }

    /// Returns the public key of [`Emulator::api_key`], valid for `POST /call/web` and `POST /chat/web` only. The
    /// public key of any private key is `public-` and the private key.
    pub fn public_key(&self) -> String {
        format!("{}{}", api_key::PUBLIC_KEY_PREFIX, self.api_key())
    }

    /// Returns the received requests, oldest first: the most recent ones, up to [`Builder::keep_requests`].
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.request_log.lock().all()
    }

    /// Removes all received requests from the log.
    pub fn clear_requests(&self) {
        self.state.request_log.lock().clear();
    }

    /// Adds a fault from now on.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.lock().add(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.state.faults.lock().clear();
    }

    /// Returns the served operations, in the order of the document.
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

    /// Returns the smallest valid request body of an operation; `None` if it takes none or does not exist.
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

    /// Returns the differences between a response and the success schema of an operation, one sentence each. It is
    /// empty for a valid response, and for an operation without such a schema.
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
        // The data file is closed when this returns.
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

/// One operation of the document, for tests that send it requests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationInfo {
    /// `operationId`, or method and path where the document gives none.
    pub id: String,
    /// The HTTP method.
    pub method: http::Method,
    /// The path template: `/call/{id}`.
    pub path: String,
    /// The schema of the request body, if there is one.
    pub request_content_type: Option<String>,
}
