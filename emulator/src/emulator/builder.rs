//! The builder of an emulator.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::api::jobs;
use crate::emulator::Emulator;
use crate::fault::{Fault, syntax};
use crate::http::listener::{ListenError, bind, reachable};
use crate::http::server_address::ServerAddress;
use crate::openapi::document::{Document, DocumentError};
use crate::openapi::validator::Validators;
use crate::script::Script;
use crate::server;
use crate::state::State;
use crate::state::links::Links;
use crate::state::settings::Settings;
use crate::storage::Storage;
#[cfg(feature = "data")]
use crate::storage::data_file::DataFile;
#[cfg(feature = "data")]
use crate::storage::data_file::DataFileError;
use crate::text::ids;

static EMBEDDED: &str = include_str!("../../openapi.json");

/// The configuration of an emulator, and its start.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    api_key: Option<String>,
    address: SocketAddr,
    spec: Option<Spec>,
    pub(crate) settings: Settings,
    faults: Vec<Fault>,
    #[cfg(feature = "data")]
    data: Option<PathBuf>,
    pub(crate) scripts: Vec<Script>,
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
            faults: Vec::new(),
            #[cfg(feature = "data")]
            data: None,
            settings: Settings {
                lenient: false,
                strict_key: false,
                allow_unknown_ids: false,
                allow_incomplete_calls: false,
                allowed_origins: Vec::new(),
                allowed_hosts: Vec::new(),
                body_limit: 32 * 1024 * 1024,
                call_step: Duration::from_millis(40),
                log_limit: 4096,
                shutdown_timeout: Duration::from_millis(500),
                client_timeout: Duration::from_secs(30),
                webhook_limit: 512,
                server: None,
                webhook_timeout: Duration::from_secs(300),
            },
            scripts: Vec::new(),
        }
    }
}

impl Builder {
    /// Sets the key that [`Emulator::api_key`] returns; random by default.
    pub fn api_key(mut self, key: impl Into<String>) -> Builder {
        self.api_key = Some(key.into());
        self
    }

    /// Accepts no other key than [`Emulator::api_key`], its public key, and the tokens that it has signed. By default every bearer
    /// token is accepted, and has its own organization.
    pub fn strict_key(mut self, strict: bool) -> Builder {
        self.settings.strict_key = strict;
        self
    }

    /// Sets the port of the API; a free one by default. Downloads always use another free port.
    pub fn port(mut self, port: u16) -> Builder {
        self.address.set_port(port);
        self
    }

    /// Sets the address to listen on; 127.0.0.1 by default. Any other address lets other machines connect.
    pub fn host(mut self, host: IpAddr) -> Builder {
        self.address.set_ip(host);
        self
    }

    /// Adds a fault from the start. Its operation must be one of the document.
    pub fn fault(mut self, fault: Fault) -> Builder {
        self.faults.push(fault);
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

    /// Stores everything in this file, which is created if it does not exist. Every confirmed change is in it. The next
    /// emulator with the same file continues from there.
    #[cfg(feature = "data")]
    pub fn data(mut self, path: impl AsRef<Path>) -> Builder {
        self.data = Some(path.as_ref().to_owned());
        self
    }

    /// Lets pages of this origin use the API in a browser, such as `https://app.example.com`; `*` is any. Pages of this machine
    /// always may.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Builder {
        let origin = origin.into();
        self.settings
            .allowed_origins
            .push(origin.trim_end_matches('/').to_owned());
        self
    }

    /// Sends webhooks, and requests to models and tools, to this host, too, given by name or address; `*` is any. By default they are
    /// sent to this machine only.
    pub fn allow_host(mut self, host: impl Into<String>) -> Builder {
        self.settings.allowed_hosts.push(host.into());
        self
    }

    /// Accepts ids of resources that do not exist, such as `"an-assistant"` in `assistantId`. By default they are refused, as the
    /// API does: `` `assistantId` <id> Does Not Exist. ``
    pub fn allow_unknown_ids(mut self, allow: bool) -> Builder {
        self.settings.allow_unknown_ids = allow;
        self
    }

    /// Accepts calls, chats and campaigns without an assistant, and calls without a phone number. By default they are refused, as
    /// the API does.
    pub fn allow_incomplete_calls(mut self, allow: bool) -> Builder {
        self.settings.allow_incomplete_calls = allow;
        self
    }

    /// Accepts requests that break the rules of the document or of the API, all of them.
    pub fn lenient(mut self, lenient: bool) -> Builder {
        self.settings.lenient = lenient;
        self
    }

    /// Sets the time that a call stays `queued`, `ringing` and `in-progress` each; 40 ms by default. With an hour, only
    /// [`Emulator::advance`] moves calls.
    pub fn call_step(mut self, step: Duration) -> Builder {
        self.settings.call_step = step;
        self
    }

    /// Sets the largest accepted request body, in bytes; 32 MiB by default. A larger one gets a 413.
    pub fn body_limit(mut self, bytes: usize) -> Builder {
        self.settings.body_limit = bytes;
        self
    }

    /// Sets the time that a client may be silent within a request and between two; 30 seconds by default.
    pub fn client_timeout(mut self, timeout: Duration) -> Builder {
        self.settings.client_timeout = timeout;
        self
    }

    /// Sets the time that pending responses have after a stop; half a second by default.
    pub fn shutdown_timeout(mut self, shutdown_timeout: Duration) -> Builder {
        self.settings.shutdown_timeout = shutdown_timeout;
        self
    }

    /// Sets the number of requests kept for [`Emulator::requests`]; 4096 by default. At most 64 MiB of their bodies are
    /// kept.
    pub fn keep_requests(mut self, count: usize) -> Builder {
        self.settings.log_limit = count;
        self
    }

    /// Starts the emulator on its own thread. It responds as soon as this returns.
    ///
    /// # Errors
    ///
    /// Returns an error if the document cannot be served, a fault names an unknown operation, the address cannot be
    /// listened on, or the data file cannot be used.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let Prepared {
            api,
            downloads,
            state,
            storage,
        } = self.prepare()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (served, stored) = (state.clone(), storage.clone());
        // The caller's runtime is not used: a test that blocks on a client of another language would block the server
        // too, and a paused clock would stop it.
        let thread = std::thread::Builder::new()
            .name("vapi-emulator".into())
            .spawn(move || {
                // This fails only if a listener cannot be registered; clients then get no connection.
                let _ = runtime.block_on(server::serve(api, downloads, served, stored));
                // A pending name lookup of a webhook must not delay the drop of the emulator.
                runtime.shutdown_background();
            })?;
        Ok(Emulator {
            state,
            storage,
            thread: Some(thread),
        })
    }

    /// Runs the emulator on the caller's runtime until `stop` is ready. Calls `started` first, with the base URL and
    /// the key.
    ///
    /// # Errors
    ///
    /// Returns an error if the document cannot be served, a fault names an unknown operation, the address cannot be
    /// listened on, or the data file cannot be used.
    pub async fn run(self, started: impl FnOnce(&str, &str), stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let Prepared {
            api,
            downloads,
            state,
            storage,
        } = self.prepare()?;
        started(&state.server_address.url(), &state.server_address.key);
        let mut serve = std::pin::pin!(server::serve(api, downloads, state.clone(), storage.clone()));
        tokio::select! {
            served = &mut serve => return Ok(served?),
            () = stop => {}
        }
        state.stop();
        serve.await?;
        storage.close(&state).map_err(StartError)
    }

    fn prepare(self) -> Result<Prepared, StartError> {
        let validators = match self.spec {
            None => embedded()?,
            Some(Spec::Text(text)) => validators(Document::parse(text)?),
            Some(Spec::File(path)) => {
                let text = std::fs::read(&path).map_err(|error| StartError(format!("{}: {error}", path.display())))?;
                let document = Document::parse(text);
                validators(document.map_err(|error| StartError(format!("{}: {error}", path.display())))?)
            }
        };
        for fault in &self.faults {
            syntax::check_target(fault, validators.document()).map_err(|error| StartError(error.to_string()))?;
        }
        let api = bind(self.address)?;
        let downloads = bind(SocketAddr::new(self.address.ip(), 0))?;
        #[cfg(feature = "data")]
        let file = self.data.as_deref().map(DataFile::open).transpose()?;
        #[cfg(feature = "data")]
        let link_key = file.as_ref().map_or_else(|| fastrand::u64(..), |file| file.link_key);
        #[cfg(not(feature = "data"))]
        let link_key = fastrand::u64(..);
        let links = Links::to(reachable(downloads.local_addr()?), link_key);
        let server_address = ServerAddress {
            address: reachable(api.local_addr()?),
            listens_on: self.address.ip(),
            key: self.api_key.unwrap_or_else(ids::uuid),
        };
        let state = Arc::new(State::new(validators, self.settings, links, server_address));
        for script in self.scripts {
            state.scripts.lock().add(script);
        }
        self.faults.into_iter().for_each(|fault| state.faults.lock().add(fault));
        #[cfg(feature = "data")]
        let storage = file.map_or_else(|| Ok(Storage::default()), |file| Storage::open(file, &state))?;
        #[cfg(not(feature = "data"))]
        let storage = Storage::default();
        // Before the first `advance`, which would not wait for them.
        jobs::resume(&state);
        Ok(Prepared {
            api,
            downloads,
            state,
            storage: Arc::new(storage),
        })
    }
}

struct Prepared {
    api: TcpListener,
    downloads: TcpListener,
    state: Arc<State>,
    storage: Arc<Storage>,
}

fn validators(document: Document) -> Arc<Validators> {
    Arc::new(Validators::new(Arc::new(document)))
}

/// Returns the embedded document, which is parsed once for all emulators of a process.
fn embedded() -> Result<Arc<Validators>, DocumentError> {
    static VALIDATORS: OnceLock<Arc<Validators>> = OnceLock::new();
    if let Some(known) = VALIDATORS.get() {
        return Ok(known.clone());
    }
    let read = validators(Document::parse(EMBEDDED)?);
    Ok(VALIDATORS.get_or_init(|| read).clone())
}

/// An error of starting an emulator: no port, or a document that cannot be served.
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

#[cfg(feature = "data")]
impl From<DataFileError> for StartError {
    fn from(error: DataFileError) -> StartError {
        StartError(error.to_string())
    }
}

impl From<ListenError> for StartError {
    fn from(error: ListenError) -> StartError {
        StartError(error.to_string())
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> StartError {
        StartError(error.to_string())
    }
}
