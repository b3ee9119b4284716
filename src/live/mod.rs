//! Running calls: talk into them, control them, listen to them.
//!
//! ```no_run
//! # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
//! let live = vapi.calls().wait_until_live(id).await?;
//! live.say("One moment please.").await?;
//! live.listen().await?.save_wav("call.wav").await?; // until the call ends
//! # Ok(())
//! # }
//! ```
//!
//! A call has two URLs for this, in its `monitor`. They give access by themselves, so the key of the client is not sent to them, and
//! no error and no trace shows them.

mod command;
mod listener;
mod live_event;
mod live_wait;
mod wav;

use std::fmt;

use http::StatusCode;
use reqwest::Url;
use serde_json::Value;

use crate::by_name::property;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::resources::Calls;
use crate::transport;
use crate::types::Call;

pub use command::{AddMessage, Command, Plain, Redirect, Say};
pub use listener::{AudioEvent, Listen, Listener};
pub use live_event::LiveEvent;
pub use live_wait::LiveWait;
pub use wav::PcmFormat;

/// A running call, made by [`Calls::live`] or [`Calls::wait_until_live`].
///
/// It does not follow the call: when the call has ended, its methods return an error ([`Error::is_call_ended`]).
///
/// # Examples
///
/// ```no_run
/// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
/// let live = vapi.calls().live(&vapi.calls().get(id).await?)?;
/// live.mute_customer().await?;
/// live.say("Goodbye.").end_call_after_spoken(true).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LiveCall {
    client: Client,
    id: String,
    control_url: Option<Url>,
    listen_url: Option<Url>,
    public_key: Option<String>,
}

/// Shows the id, not the URLs.
impl fmt::Debug for LiveCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveCall")
            .field("id", &self.id)
            .field("has_control_url", &self.control_url.is_some())
            .field("has_listen_url", &self.listen_url.is_some())
            .finish_non_exhaustive()
    }
}

impl LiveCall {
    fn new(client: &Client, call: &Call) -> Result<Self> {
        let text = |name: &str| match property(call, name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        // In webhooks a call has the status of its creation, `queued`, while it is running.
        match Obstacle::of(text("status").as_deref(), text("endedReason").as_deref()) {
            Some(Obstacle::NotBegun(status)) if status != "scheduled" => {}
            Some(obstacle) => return Err(obstacle.into_error(&call.id)),
            None => {}
        }
        let monitor = property(call, "monitor").unwrap_or_default();
        let url = |property: &str, name| match monitor[property].as_str() {
            Some(text) => transport::given_url(client.settings(), name, text).map(Some),
            None => Ok(None),
        };
        let live = LiveCall {
            client: client.clone(),
            id: call.id.clone(),
            control_url: url("controlUrl", CONTROL)?,
            listen_url: url("listenUrl", LISTEN)?,
            public_key: None,
        };
        if live.control_url.is_none() && live.listen_url.is_none() {
            return Err(Error::input(format!(
                "the call {} has no `monitor` with URLs: not every web call has one, and a `monitorPlan` can forbid it",
                live.id
            )));
        }
        Ok(live)
    }

    /// Sends the public key of the organization to the URLs of the call, for an assistant whose `monitorPlan` asks for it
    /// (`controlAuthenticationEnabled`, `listenAuthenticationEnabled`).
    #[must_use]
    pub fn with_public_key(mut self, key: impl Into<String>) -> Self {
        self.public_key = Some(key.into());
        self
    }

    /// Returns the id of the call.
    pub fn id(&self) -> &str {
        &self.id
    }
}

const CONTROL: &str = "monitor.controlUrl";
const LISTEN: &str = "monitor.listenUrl";

/// The beginning and the end of a call, as far as they forbid to control it.
#[derive(Debug, PartialEq, Eq)]
enum Obstacle {
    NotBegun(String),
    Ended(Option<String>),
}

impl Obstacle {
    /// Returns the obstacle in the state of a call. The status may be missing.
    fn of(status: Option<&str>, ended_reason: Option<&str>) -> Option<Self> {
        match status? {
            "ended" | "not-found" | "deletion-failed" => Some(Obstacle::Ended(ended_reason.map(str::to_owned))),
            status @ ("scheduled" | "queued" | "ringing") => Some(Obstacle::NotBegun(status.to_owned())),
            _ => None,
        }
    }

    fn into_error(self, id: &str) -> Error {
        let why = match &self {
            Obstacle::NotBegun(status) => {
                format!("has not begun, it is `{status}`: `calls().wait_until_live(id)` waits for it")
            }
            Obstacle::Ended(Some(reason)) => format!("has ended ({reason})"),
            Obstacle::Ended(None) => "has ended".to_owned(),
        };
        let error = Error::input(format!("the call {id} {why}"));
        match self {
            Obstacle::NotBegun(_) => error,
            Obstacle::Ended(_) => error.because_call_ended(),
        }
    }
}

/// Returns a better error if a URL of a call has gone: the API knows why. `error` is the cause of it.
async fn explain(client: &Client, id: &str, error: Error) -> Error {
    let gone = [StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::GONE];
    if !error.status().is_some_and(|status| gone.contains(&status)) {
        return error;
    }
    let obstacle = match client.calls().get(id).json::<Value>().await {
        Ok(call) => Obstacle::of(call["status"].as_str(), call["endedReason"].as_str()),
        Err(cause) if cause.is_not_found() => Some(Obstacle::Ended(None)),
        // A client with a public key cannot read calls.
        Err(_) => None,
    };
    match obstacle {
        Some(obstacle) => obstacle.into_error(id).caused_by(error),
        None => error,
    }
}

impl Calls {
    /// Returns the running call, to control it and to listen to it. Nothing is sent.
    ///
    /// The call may come from a webhook, whose server can thus control the call. A call that was just created has not begun, and the
    /// server decides what it does with commands until then: [`wait_until_live`](Self::wait_until_live) waits for the customer to
    /// answer.
    ///
    /// # Errors
    ///
    /// The call is scheduled for later, or has ended ([`Error::is_call_ended`]), or has no URLs in its `monitor`.
    pub fn live(&self, call: &Call) -> Result<LiveCall> {
        LiveCall::new(&self.client, call)
    }

    /// Waits until a call was answered, and returns it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
    /// use std::time::Duration;
    ///
    /// let live = vapi.calls().wait_until_live(id).timeout(Duration::from_secs(90)).await?;
    /// live.say("This call is recorded.").interruptions_enabled(false).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_live(&self, id: impl AsRef<str>) -> LiveWait<'static> {
        LiveWait::new(&self.client, self.wait_until_answered(id.as_ref()))
    }
}
