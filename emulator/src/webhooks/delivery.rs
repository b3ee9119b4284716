//! Delivery of the messages of one call to the user's servers, in order, with further attempts where a server asks for
//! them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::state::State;
use crate::state::clock::whole_milliseconds;
use crate::state::timers::ActivityGuard;
use crate::state::webhook_log::SentWebhook;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks::exchange::log_attempt;
use crate::webhooks::signature::Subject;
use crate::webhooks::{client, signature};

/// A message that is ready for delivery.
pub(crate) struct OutgoingMessage {
    pub server: WebhookServer,
    /// The property `message` of the body.
    pub message: Value,
    /// The receiver of the reply, if the call waits for one.
    pub reply: Option<oneshot::Sender<(Reply, ActivityGuard)>>,
    /// Allows one attempt only, whatever the server's plan.
    pub once: bool,
    pub guard: ActivityGuard,
}

/// The result of the last attempt to deliver a message.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub status: Option<u16>,
    pub error: Option<String>,
    pub body: Bytes,
}

impl Reply {
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Returns the body of a successful response as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(|_| self.is_success())
    }

    /// Returns the reason of a failure.
    pub fn problem(&self) -> String {
        match (self.status, &self.error) {
            (Some(status), _) => format!("Request failed with status code {status}"),
            (None, error) => error.clone().unwrap_or_else(|| "no response".into()),
        }
    }
}

/// The delivery of the messages of one call, or of a chat.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub state: Arc<State>,
    pub organization: String,
    pub subject: Subject,
}

impl Delivery {
    /// Delivers messages until the channel is closed and empty.
    ///
    /// The messages to one address arrive in order: those after one that waits for its next attempt wait too. The call
    /// never waits for them. A message whose reply the call needs is sent at once.
    pub async fn run(self, mut receiver: mpsc::UnboundedReceiver<OutgoingMessage>) {
        // What waits behind a message that is attempted again, by address.
        let mut held: HashMap<String, VecDeque<InFlight>> = HashMap::new();
        let mut later = JoinSet::new();
        loop {
            tokio::select! {
                Some(outgoing) = receiver.recv() => {
                    if outgoing.reply.is_some() {
                        self.deliver(outgoing).await;
                        continue;
                    }
                    let mut in_flight = InFlight::of(outgoing);
                    if let Some(held) = held.get_mut(&in_flight.server.url) {
                        // The one before has a timer, which counts for all.
                        in_flight.guard = None;
                        held.push_back(in_flight);
                        continue;
                    }
                    self.attempt_in_line(in_flight, &mut held, &mut later).await;
                }
                Some(Ok(in_flight)) = later.join_next() => {
                    self.attempt_in_line(in_flight, &mut held, &mut later).await;
                }
                else => break,
            }
        }
    }

    /// Attempts a message and then those held behind it, until one must wait for its next attempt.
    async fn attempt_in_line(
        &self,
        mut in_flight: InFlight,
        held: &mut HashMap<String, VecDeque<InFlight>>,
        later: &mut JoinSet<InFlight>,
    ) {
        let url = in_flight.server.url.clone();
        loop {
            let (_, delay) = self.attempt(&mut in_flight).await;
            if let Some(delay) = delay {
                let due = self.state.clock.now() + whole_milliseconds(delay);
                let again = self.state.timers.timer(due);
                in_flight.guard = None;
                held.entry(url).or_default();
                later.spawn(async move {
                    in_flight.guard = again.await.ok();
                    in_flight
                });
                return;
            }
            let Some(mut next) = held.get_mut(&url).and_then(VecDeque::pop_front) else {
                held.remove(&url);
                return;
            };
            next.guard = in_flight.guard.take();
            in_flight = next;
        }
    }

    /// Delivers one message and returns its reply.
    pub async fn request(&self, server: WebhookServer, message: Value) -> Reply {
        self.finish(self.single(server, message)).await.0
    }

    /// Delivers one message that nobody waits for.
    pub fn start(self, server: WebhookServer, message: Value) {
        let in_flight = self.single(server, message);
        tokio::spawn(async move {
            self.finish(in_flight).await;
        });
    }

    /// Delivers a body that is no message: nothing is around it.
    pub fn start_bare(self, server: WebhookServer, body: Value) {
        let bytes = Bytes::from(body.to_string());
        let in_flight = InFlight {
            body: bytes,
            ..self.single(server, body)
        };
        tokio::spawn(async move {
            self.finish(in_flight).await;
        });
    }

    fn single(&self, server: WebhookServer, message: Value) -> InFlight {
        InFlight::of(OutgoingMessage {
            server,
            message,
            reply: None,
            once: false,
            guard: self.state.timers.activity_guard(),
        })
    }

    async fn deliver(&self, mut outgoing: OutgoingMessage) {
        let reply_to = outgoing.reply.take();
        let (reply, guard) = self.finish(InFlight::of(outgoing)).await;
        if let (Some(reply_to), Some(guard)) = (reply_to, guard) {
            // The receiver is gone if the call has ended meanwhile.
            let _ = reply_to.send((reply, guard));
        }
    }

    /// Makes the remaining attempts.
    async fn finish(&self, mut in_flight: InFlight) -> (Reply, Option<ActivityGuard>) {
        loop {
            let (reply, delay) = self.attempt(&mut in_flight).await;
            let Some(delay) = delay else {
                return (reply, in_flight.guard);
            };
            let again = self
                .state
                .timers
                .timer(self.state.clock.now() + whole_milliseconds(delay));
            in_flight.guard = None;
            match again.await {
                Ok(guard) => in_flight.guard = Some(guard),
                Err(_) => return (reply, None),
            }
        }
    }

    /// Makes one attempt and returns the delay of the next one, if there is one.
    async fn attempt(&self, in_flight: &mut InFlight) -> (Reply, Option<Duration>) {
        in_flight.attempts += 1;
        let (state, server) = (&self.state, &in_flight.server);
        let (at, began) = (state.clock.now(), Instant::now());
        let signed = signature::headers(state, &self.organization, &self.subject, server, &in_flight.body).await;
        let (headers, result) = match signed {
            Ok(headers) => {
                let longest = server.timeout.min(state.settings.webhook_timeout);
                let hosts = &state.settings.allowed_hosts;
                let result = client::post(hosts, &server.url, headers.clone(), in_flight.body.clone(), longest).await;
                (headers, result.map_err(|error| error.to_string()))
            }
            Err(problem) => (HeaderMap::new(), Err(problem)),
        };
        let reply = match result {
            Ok(response) => Reply {
                status: Some(response.status),
                error: None,
                body: response.body,
            },
            Err(problem) => Reply {
                status: None,
                error: Some(problem),
                body: Bytes::new(),
            },
        };
        if let (Some(401), Some(credential)) = (reply.status, &server.credential_id) {
            state.tokens.lock().remove(credential);
        }
        log_attempt(
            state,
            &self.subject,
            SentWebhook {
                at,
                call_id: self.subject.id().to_string(),
                message_type: in_flight.message_type.clone(),
                url: server.url.clone(),
                headers,
                body: in_flight.body.clone(),
                status: reply.status,
                error: reply.error.clone(),
                response: reply.body.clone(),
                duration: began.elapsed(),
                attempt: in_flight.attempts,
            },
        );
        let again = if reply.is_success() || in_flight.once {
            None
        } else {
            let plan = server.backoff.as_ref();
            plan.and_then(|plan| plan.delay(in_flight.attempts, reply.status))
        };
        (reply, again)
    }
}

struct InFlight {
    server: WebhookServer,
    message_type: String,
    body: Bytes,
    attempts: u32,
    once: bool,
    guard: Option<ActivityGuard>,
}

impl InFlight {
    fn of(outgoing: OutgoingMessage) -> InFlight {
        let mut body = serde_json::Map::new();
        let message_type = outgoing.message["type"].as_str().unwrap_or_default().to_owned();
        body.insert("message".into(), outgoing.message);
        InFlight {
            server: outgoing.server,
            message_type,
            body: Bytes::from(Value::Object(body).to_string()),
            attempts: 0,
            once: outgoing.once,
            guard: Some(outgoing.guard),
        }
    }
}
