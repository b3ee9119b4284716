//! Calls: placed, alone or in a batch, and walking through their states as the clock moves.
//!
//! A call stores what it was placed with. Where it stands is computed from the clock when it is read, so that nothing
//! has to run in the background and [`Emulator::advance`](crate::Emulator::advance) moves every call at once.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::changes::Change;
use crate::clock::whole_milliseconds;
use crate::moment;
use crate::resources::{Asked, add, new_resource};
use crate::transcript::Transcript;
use crate::world::World;

/// How many calls an organization may have at once, as a new account has.
const CONCURRENCY_LIMIT: usize = 10;

/// The course of one call. Moments are milliseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    /// When it leaves `scheduled`, at once for a call that isn't.
    pub queued: i64,
    pub scheduled: bool,
    /// Ended from outside, before its time: when and why.
    pub cut_short: Option<(i64, &'static str)>,
    pub greeting: String,
    pub organization: String,
    pub over_websocket: bool,
    /// When its socket was connected; a call over a websocket waits for that.
    pub connected: Option<i64>,
}

/// What a socket of a call wants to know of it.
pub(crate) struct Standing {
    pub organization: String,
    pub status: &'static str,
    pub over_websocket: bool,
}

/// How long a call over a websocket waits to be connected, in milliseconds.
const PATIENCE: i64 = 60_000;

/// A moment that does not come.
const NEVER: i64 = i64::MAX / 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Scheduled,
    Queued,
    Ringing,
    InProgress,
    Ended,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Scheduled => "scheduled",
            State::Queued => "queued",
            State::Ringing => "ringing",
            State::InProgress => "in-progress",
            State::Ended => "ended",
        }
    }
}

impl Life {
    /// When the call enters a state, if nobody ends it before.
    fn enters(&self, state: State, step: i64) -> i64 {
        if self.over_websocket {
            return match state {
                State::Scheduled | State::Queued => self.queued,
                State::Ringing | State::InProgress => self.connected.unwrap_or(NEVER),
                State::Ended if self.connected.is_some() => NEVER,
                State::Ended => self.queued + PATIENCE,
            };
        }
        match state {
            State::Scheduled | State::Queued => self.queued,
            State::Ringing => self.queued + step,
            State::InProgress => self.queued + 2 * step,
            State::Ended => self.queued + 3 * step,
        }
    }

    fn ended(&self, step: i64) -> (i64, &'static str) {
        let reason = match self.over_websocket {
            true => "call.in-progress.error-providerfault-transport-never-connected",
            false => "customer-ended-call",
        };
        let by_itself = (self.enters(State::Ended, step), reason);
        self.cut_short.filter(|(at, _)| *at < by_itself.0).unwrap_or(by_itself)
    }

    pub fn state(&self, step: i64, now: i64) -> State {
        match now {
            _ if now >= self.ended(step).0 => State::Ended,
            _ if now >= self.enters(State::InProgress, step) => State::InProgress,
            _ if now >= self.enters(State::Ringing, step) => State::Ringing,
            _ if now >= self.queued || !self.scheduled => State::Queued,
            _ => State::Scheduled,
        }
    }
}

/// `POST /call`: a call, or with `customers` a batch of them.
pub(crate) fn place(asked: &Asked<'_>) -> Answer {
    let mut sent = asked.body.as_object().cloned().unwrap_or_default();
    let Some(Value::Array(customers)) = sent.remove("customers") else {
        if let Some(problem) = customer_problem(asked, &asked.body["customer"]) {
            return Answer::error(StatusCode::BAD_REQUEST, vec![format!("customer.{problem}")]);
        }
        let mut call = place_one(asked, sent);
        call["subscriptionLimits"] = subscription_limits(asked);
        return asked.success(&call);
    };
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for customer in customers {
        match customer_problem(asked, &customer) {
            Some(problem) => errors.push(json!({ "customer": customer, "error": problem })),
            None => {
                let mut sent = sent.clone();
                // A customer's own overrides replace those of the batch.
                if let Some(overrides) = customer.get("assistantOverrides") {
                    sent.insert("assistantOverrides".into(), overrides.clone());
                }
                sent.insert("customer".into(), customer);
                results.push(place_one(asked, sent));
            }
        }
    }
    let limits = subscription_limits(asked);
    asked.success(&json!({ "results": results, "errors": errors, "subscriptionLimits": limits }))
}

fn place_one(asked: &Asked<'_>, sent: Map<String, Value>) -> Value {
    let world = asked.world;
    let over_websocket = sent
        .get("transport")
        .is_some_and(|transport| transport["provider"] == "vapi.websocket");
    let earliest = sent
        .get("schedulePlan")
        .and_then(|plan| plan["earliestAt"].as_str())
        .and_then(moment::parse);
    let greeting = greeting(world, asked.organization, &sent);
    let mut call = new_resource(asked, sent);
    let id = call["id"].as_str().unwrap_or_default().to_owned();
    let created = call["createdAt"].as_str().and_then(moment::parse);
    let created = created.unwrap_or_else(|| world.clock.now());
    let in_browser = asked.operation.wants_public_key;
    call["type"] = json!(match () {
        () if in_browser => "webCall",
        () if over_websocket => "vapi.websocketCall",
        () => "outboundPhoneCall",
    });
    call["monitor"] = json!({
        "listenUrl": world.links.websocket(&format!("/{id}/listen")),
        "controlUrl": world.links.plain(&format!("/{id}/control")),
    });
    if over_websocket {
        call["transport"]["websocketCallUrl"] = json!(world.links.websocket(&format!("/{id}/transport")));
    } else if in_browser {
        call["webCallUrl"] = json!(world.links.plain(&format!("/{id}")));
        call["transport"] = json!({ "provider": "daily", "callUrl": call["webCallUrl"] });
    } else {
        call["phoneCallProvider"] = json!("vapi");
        call["phoneCallTransport"] = json!("pstn");
    }
    let life = Life {
        queued: earliest.unwrap_or(created).max(created),
        scheduled: earliest.is_some_and(|earliest| earliest > created),
        cut_short: None,
        greeting,
        organization: asked.organization.to_owned(),
        over_websocket,
        connected: None,
    };
    call["status"] = json!(if life.scheduled { "scheduled" } else { "queued" });
    world.lives.lock().insert(id, life);
    add(asked, &mut world.store.lock(), call.clone());
    call
}

/// The resource as it stands now: the state of a call comes from its life, anything else is as it was stored.
pub(crate) fn as_of_now(world: &World, mut resource: Value) -> Value {
    let life = resource["id"]
        .as_str()
        .and_then(|id| world.lives.lock().get(id).cloned());
    let Some(life) = life else { return resource };
    let (step, now) = (whole_milliseconds(world.settings.call_step), world.clock.now());
    let state = life.state(step, now);
    resource["status"] = json!(state.name());
    let started = life.enters(State::InProgress, step);
    let (ended, reason) = life.ended(step);
    let was_answered = started < ended;
    if was_answered && state >= State::InProgress {
        resource["startedAt"] = json!(moment::format(started));
    }
    let mut changed = life.enters(state, step);
    if state == State::Ended {
        changed = ended;
        resource["endedAt"] = json!(moment::format(ended));
        resource["endedReason"] = json!(reason);
        if was_answered {
            describe_conversation(world, &mut resource, &Transcript::of(&life.greeting, started, ended));
        }
    }
    if let Some(updated_at) = resource.get_mut("updatedAt") {
        let patched = updated_at.as_str().and_then(moment::parse);
        *updated_at = json!(moment::format(changed.max(patched.unwrap_or_default())));
    }
    resource
}

/// Ends a call before its time; false if there is no such call.
pub(crate) fn hang_up(world: &World, id: &str, reason: &'static str) -> bool {
    let now = world.clock.now();
    let mut lives = world.lives.lock();
    let Some(life) = lives.get_mut(id) else {
        return false;
    };
    life.cut_short.get_or_insert((now, reason));
    drop(lives);
    tell(world, id, State::Ended);
    true
}

pub(crate) fn standing(world: &World, id: &str) -> Option<Standing> {
    let lives = world.lives.lock();
    let life = lives.get(id)?;
    let step = whole_milliseconds(world.settings.call_step);
    Some(Standing {
        organization: life.organization.clone(),
        status: life.state(step, world.clock.now()).name(),
        over_websocket: life.over_websocket,
    })
}

/// The call as it stands now, whoever's it is.
pub(crate) fn read(world: &World, id: &str) -> Option<Value> {
    let organization = world.lives.lock().get(id)?.organization.clone();
    let stored = world
        .store
        .lock()
        .collection(&organization, "/call")?
        .get("id", id)?
        .clone();
    Some(as_of_now(world, stored))
}

/// What the assistant says when a call over a websocket begins.
pub(crate) fn first_message(world: &World, id: &str) -> String {
    world
        .lives
        .lock()
        .get(id)
        .map_or_else(String::new, |life| life.greeting.clone())
}

/// The socket of a call is there: the call begins. False if it does not wait for one, or no longer.
pub(crate) fn connect(world: &World, id: &str) -> bool {
    let (step, now) = (whole_milliseconds(world.settings.call_step), world.clock.now());
    let mut lives = world.lives.lock();
    let waiting = lives
        .get_mut(id)
        .filter(|life| life.over_websocket && life.connected.is_none() && life.state(step, now) == State::Queued);
    let Some(life) = waiting else { return false };
    life.connected = Some(now);
    drop(lives);
    tell(world, id, State::InProgress);
    true
}

fn tell(world: &World, id: &str, state: State) {
    let status = state.name();
    // Nobody has to listen.
    let _ = world.changes.send(Change::Status {
        call_id: id.into(),
        status,
    });
}

/// Takes a call up again that the data file remembers: one that is over stays so, one that waited or rang goes on, and
/// one that lost its socket ends.
pub(crate) fn resume(world: &World, organization: &str, call: &Value) {
    let Some(id) = call["id"].as_str() else { return };
    let moment = |text: &Value| text.as_str().and_then(moment::parse);
    if call["status"] == "ended" {
        if call["startedAt"].is_string() {
            world.recorded.lock().insert(id.to_owned());
        }
        return;
    }
    let created = moment(&call["createdAt"]).unwrap_or_else(|| world.clock.now());
    let earliest = moment(&call["schedulePlan"]["earliestAt"]);
    let connected = moment(&call["startedAt"]);
    let over_websocket = call["type"] == "vapi.websocketCall";
    let life = Life {
        queued: earliest.unwrap_or(created).max(created),
        scheduled: earliest.is_some_and(|earliest| earliest > created),
        cut_short: connected
            .filter(|_| over_websocket)
            .map(|_| (world.clock.now(), "worker-shutdown")),
        greeting: greeting(world, organization, call.as_object().unwrap_or(&Map::new())),
        organization: organization.to_owned(),
        over_websocket,
        connected,
    };
    world.lives.lock().insert(id.to_owned(), life);
}

/// Whether the call has a recording to download: it was answered, and is over.
pub(crate) fn has_artifacts(world: &World, id: &str) -> bool {
    if world.recorded.lock().contains(id) {
        return true;
    }
    let lives = world.lives.lock();
    let step = whole_milliseconds(world.settings.call_step);
    lives.get(id).is_some_and(|life| {
        life.state(step, world.clock.now()) == State::Ended && life.enters(State::InProgress, step) < life.ended(step).0
    })
}

fn describe_conversation(world: &World, call: &mut Value, transcript: &Transcript) {
    let id = call["id"].as_str().unwrap_or_default().to_owned();
    let link = |file: &str| world.links.signed(&format!("/{id}/{file}"));
    let mut artifact = transcript.artifact();
    artifact["presignedMonoUrl"] = json!(link("mono-recording.wav"));
    artifact["presignedStereoUrl"] = json!(link("stereo-recording.wav"));
    artifact["presignedCustomerUrl"] = json!(link("customer-recording.wav"));
    artifact["presignedAssistantUrl"] = json!(link("assistant-recording.wav"));
    artifact["presignedPcapUrl"] = json!(link("pcap.pcap"));
    artifact["presignedLogUrl"] = json!(link("call-logs.jsonl.gz"));
    call["messages"] = artifact["messages"].clone();
    call["artifact"] = artifact;
    call["analysis"] =
        json!({ "summary": "The customer and the assistant greeted each other.", "successEvaluation": "true" });
    call["cost"] = json!(0.0125);
    call["costBreakdown"] =
        json!({ "transport": 0.002, "stt": 0.001, "llm": 0.0015, "tts": 0.003, "vapi": 0.005, "total": 0.0125 });
}

/// What the assistant of the call says first.
fn greeting(world: &World, organization: &str, sent: &Map<String, Value>) -> String {
    let of = |assistant: &Value| assistant["firstMessage"].as_str().map(str::to_owned);
    let inline = ["assistantOverrides", "assistant"]
        .into_iter()
        .find_map(|name| of(sent.get(name)?));
    let stored = || {
        let store = world.store.lock();
        of(store
            .collection(organization, "/assistant")?
            .get("id", sent.get("assistantId")?.as_str()?)?)
    };
    inline
        .or_else(stored)
        .unwrap_or_else(|| "Hello, how can I help you?".to_owned())
}

fn customer_problem(asked: &Asked<'_>, customer: &Value) -> Option<&'static str> {
    let unchecked = asked.world.settings.lenient || customer["numberE164CheckEnabled"] == false;
    let number = customer["number"].as_str().filter(|_| !unchecked)?;
    let digits = number.strip_prefix('+').unwrap_or_default();
    let is_e164 =
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    (!is_e164).then_some("number must be a valid phone number in the E.164 format")
}

fn subscription_limits(asked: &Asked<'_>) -> Value {
    let (step, now) = (
        whole_milliseconds(asked.world.settings.call_step),
        asked.world.clock.now(),
    );
    let lives = asked.world.lives.lock();
    let of_organization = lives.values().filter(|life| life.organization == asked.organization);
    let active = of_organization
        .filter(|life| (State::Queued..State::Ended).contains(&life.state(step, now)))
        .count();
    json!({
        // The limit is told, not enforced: a test that dials eleven customers should see eleven calls.
        "concurrencyBlocked": false,
        "concurrencyLimit": CONCURRENCY_LIMIT,
        "remainingConcurrentCalls": CONCURRENCY_LIMIT.saturating_sub(active),
    })
}

/// `GET /call/{id}/mono-recording` and its siblings: a redirect to where the artifact can be fetched without a token.
pub(crate) fn download(asked: &Asked<'_>) -> Answer {
    let (id, kind) = (
        asked.parameter("id"),
        asked.operation.path.rsplit('/').next().unwrap_or_default(),
    );
    if !has_artifacts(asked.world, id) {
        return Answer::not_found(&format!("{} of call {id}", kind.replace('-', " ")));
    }
    let extension = match kind {
        "pcap" => "pcap",
        "call-logs" => "jsonl.gz",
        "video-recording" => "mp4",
        _ => "wav",
    };
    let location = asked.world.links.signed(&format!("/{id}/{kind}.{extension}"));
    Answer::bytes(
        StatusCode::FOUND,
        "text/plain; charset=utf-8",
        format!("Found. Redirecting to {location}"),
    )
    .with_header(http::header::LOCATION, &location)
}
