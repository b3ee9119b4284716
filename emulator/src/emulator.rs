//! Starting and stopping an emulator, and what a test asks of it while it runs.

mod live;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::document::{Document, DocumentError};
use crate::downloads::Links;
use crate::fault::Fault;
use crate::received::ReceivedRequest;
use crate::script::Script;
use crate::world::{Settings, World};
use crate::{ids, sample, server, validate};

static EMBEDDED: &str = include_str!("../../spec/openapi.json");

/// A running local Vapi. It listens on 127.0.0.1, on a thread and runtime of its own, and stops when dropped.
pub struct Emulator {
    world: Arc<World>,
    address: SocketAddr,
    api_key: String,
    stop: watch::Sender<bool>,
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
        format!("http://{}", self.address)
    }

    /// A key to use. Any other bearer token works as well, and sees an organization of its own.
    pub fn api_key(&self) -> &str {
        &self.api_key
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
        let operations = self.world.document.operations().iter();
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
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
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

/// How an emulator is to be.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    api_key: Option<String>,
    address: SocketAddr,
    spec: Option<Spec>,
    settings: Settings,
    scripts: Vec<Script>,
}

#[derive(Clone, Debug)]
enum Spec {
    File(PathBuf),
    Text(String),
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            api_key: None,
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            spec: None,
            settings: Settings {
                lenient: false,
                body_limit: 32 * 1024 * 1024,
                call_step: Duration::from_millis(40),
                log_limit: 4096,
                webhook_limit: 512,
                server: None,
                webhook_timeout: Duration::from_secs(300),
            },
            scripts: Vec::new(),
        }
    }
}

impl Builder {
    /// The key that [`Emulator::api_key`] gives; random otherwise.
    pub fn api_key(mut self, key: impl Into<String>) -> Builder {
        self.api_key = Some(key.into());
        self
    }

    /// The port of the API; a free one otherwise. Downloads always get a free port of their own.
    pub fn port(mut self, port: u16) -> Builder {
        self.address.set_port(port);
        self
    }

    /// Serves this OpenAPI document (JSON) instead of the embedded one.
    pub fn spec_file(mut self, path: impl AsRef<Path>) -> Builder {
        self.spec = Some(Spec::File(path.as_ref().to_owned()));
        self
    }

    /// Serves this OpenAPI document, given as JSON text.
    pub fn spec(mut self, document: impl Into<String>) -> Builder {
        self.spec = Some(Spec::Text(document.into()));
        self
    }

    /// Accepts requests that break the rules of the document.
    pub fn lenient(mut self, lenient: bool) -> Builder {
        self.settings.lenient = lenient;
        self
    }

    /// How long a call stays `queued`, `ringing` and `in-progress` each; 40 ms otherwise. With an hour, only
    /// [`Emulator::advance`] moves calls.
    pub fn call_step(mut self, step: Duration) -> Builder {
        self.settings.call_step = step;
        self
    }

    /// The largest request body that is read, in bytes; 32 MiB otherwise. Larger ones are answered with 413.
    pub fn body_limit(mut self, bytes: usize) -> Builder {
        self.settings.body_limit = bytes;
        self
    }

    /// How many requests are kept for [`Emulator::requests`]; 4096 otherwise. Of their bodies, 256 MiB at most are kept.
    pub fn keep_requests(mut self, count: usize) -> Builder {
        self.settings.log_limit = count;
        self
    }

    /// Starts it on a thread of its own; it answers as soon as this returns.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let (stop, stopped) = watch::channel(false);
        let prepared = self.prepare()?;
        let Prepared {
            api,
            downloads,
            world,
            address,
            api_key,
        } = prepared;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = world.clone();
        // Not a task of the caller's runtime: a test that blocks on a client of another language would never hear
        // from it, and one that pauses its clock would stop it.
        let thread = std::thread::Builder::new()
            .name("vapi-emulator".into())
            .spawn(move || {
                // Fails only where a listener can't be registered; clients then find nobody there.
                let _ = runtime.block_on(server::serve(api, downloads, served, stopped));
                // A name that is still looked up for a webhook must not hold up whoever drops the emulator.
                runtime.shutdown_background();
            })?;
        Ok(Emulator {
            world,
            address,
            api_key,
            stop,
            thread: Some(thread),
        })
    }

    /// Serves on the caller's runtime until `stop` is ready. `started` is told the base URL and the key first.
    pub async fn run(self, started: impl FnOnce(&str, &str), stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let Prepared {
            api,
            downloads,
            world,
            address,
            api_key,
        } = self.prepare()?;
        let (sender, stopped) = watch::channel(false);
        started(&format!("http://{address}"), &api_key);
        let mut serve = std::pin::pin!(server::serve(api, downloads, world, stopped));
        tokio::select! {
            served = &mut serve => return Ok(served?),
            () = stop => {}
        }
        let _ = sender.send(true);
        Ok(serve.await?)
    }

    fn prepare(self) -> Result<Prepared, StartError> {
        let document = match self.spec {
            None => embedded()?,
            Some(Spec::Text(text)) => Arc::new(Document::parse(text)?),
            Some(Spec::File(path)) => {
                let text = std::fs::read(&path).map_err(|error| StartError(format!("{}: {error}", path.display())))?;
                let document = Document::parse(text);
                Arc::new(document.map_err(|error| StartError(format!("{}: {error}", path.display())))?)
            }
        };
        let api = bind(self.address)?;
        let downloads = bind(SocketAddr::new(self.address.ip(), 0))?;
        let address = api.local_addr()?;
        let links = Links::to(downloads.local_addr()?);
        let world = Arc::new(World::new(document, self.settings, links));
        for script in self.scripts {
            world.scripts.lock().add(script);
        }
        Ok(Prepared {
            api,
            downloads,
            world,
            address,
            api_key: self.api_key.unwrap_or_else(ids::uuid),
        })
    }
}

struct Prepared {
    api: TcpListener,
    downloads: TcpListener,
    world: Arc<World>,
    address: SocketAddr,
    api_key: String,
}

/// Listens already: a client that connects before the first `accept` waits in the queue.
fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener =
        TcpListener::bind(address).map_err(|error| StartError(format!("can't listen on {address}: {error}")))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The embedded document, read once for all emulators of a process.
fn embedded() -> Result<Arc<Document>, DocumentError> {
    static DOCUMENT: OnceLock<Arc<Document>> = OnceLock::new();
    if let Some(document) = DOCUMENT.get() {
        return Ok(document.clone());
    }
    let document = Arc::new(Document::parse(EMBEDDED)?);
    Ok(DOCUMENT.get_or_init(|| document).clone())
}

/// An emulator could not start: no port, or no document that can be served.
#[derive(Debug)]
pub struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl From<DocumentError> for StartError {
    fn from(error: DocumentError) -> StartError {
        StartError(error.to_string())
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> StartError {
        StartError(error.to_string())
    }
}
