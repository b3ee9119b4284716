//! Finds the types that a payload names and sends JSON through them.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vapi::types;

use crate::index::Entry;
use crate::webhook;

/// A decoded value.
pub struct Decoded {
    /// The value as `Debug` shows it.
    pub debug: String,
    /// The values in it that are not what the document says.
    pub misfits: Vec<String>,
    /// The value written again.
    pub written: Value,
}

pub type Decode = fn(&str) -> Result<Decoded, String>;

/// A type that a payload, or a part of it, must fit.
pub struct Target {
    /// In Rust.
    pub name: &'static str,
    pub value: Value,
    pub decode: Decode,
}

fn decode<T: DeserializeOwned + Serialize + Debug + PartialEq>(
    text: &str,
    as_response: fn(&[u8]) -> Result<vapi::operation::Decoded<T>, vapi::operation::Undecodable>,
) -> Result<Decoded, String> {
    let value: T = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
        .map_err(|error| format!("at {}: {}", error.path(), error.inner()))?;
    let misfits = match as_response(text.as_bytes()) {
        Ok(read) if read.value == value => read.misfits.iter().map(ToString::to_string).collect(),
        Ok(read) => return Err(format!("the client reads {:?}, serde {value:?}", read.value)),
        Err(error) => return Err(format!("only the client does not read it: {error}")),
    };
    Ok(Decoded {
        debug: format!("{value:?}"),
        misfits,
        written: serde_json::to_value(&value).map_err(|error| error.to_string())?,
    })
}

macro_rules! registry {
    ($($kind:tt $name:literal $type:ty;)*) => {
        const TYPES: &[(&str, &str, &str, Decode)] =
            &[$((stringify!($kind), $name, stringify!($type), |text| decode::<$type>(text, vapi::read_body))),*];
    };
}

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

fn find(kind: &str, name: &str) -> Option<(&'static str, Decode)> {
    let known = TYPES.iter().find(|known| known.0 == kind && known.1 == name)?;
    Some((known.2, known.3))
}

/// All types that a payload must fit: those of the operation, the message and the schema that the table names.
pub fn targets(entry: &Entry, value: &Value) -> Vec<Target> {
    let (kind, name) = entry.kind.split_once(':').unwrap_or((&entry.kind, ""));
    let mut targets = Vec::new();
    let mut add = |kind: &str, name: &str, value: &Value| {
        if let Some((name, decode)) = find(kind, name) {
            targets.push(Target {
                name,
                value: value.clone(),
                decode,
            });
        }
    };
    // A message stands alone on a call's socket, and in an envelope on its way to a server.
    let message = match value.get("message") {
        Some(message) if kind == "webhook" || kind == "client-message" => message,
        _ => value,
    };
    match kind {
        "request" | "response" => add(kind, name, value),
        "webhook" => add("schema", "ServerMessage", value),
        "webhook-response" => add("type", "ServerMessageResponse", value),
        "client-message" | "transport-message" => {
            let wrapped = Value::Object(Map::from_iter([("message".to_owned(), message.clone())]));
            // A socket carries some of what servers get.
            let family = match entry.schema.starts_with("ServerMessage") {
                true => "ServerMessage",
                false => "ClientMessage",
            };
            add("schema", family, &wrapped);
        }
        "control" => {
            let wrapped = Value::Object(Map::from_iter([("message".to_owned(), value.clone())]));
            add("schema", "ClientInboundMessage", &wrapped);
        }
        _ => {}
    }
    match entry
        .schema
        .strip_prefix("array<")
        .and_then(|schema| schema.strip_suffix('>'))
    {
        Some(item) => value
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|value| add("schema", item, value)),
        None => add("schema", &entry.schema, message),
    }
    if kind == "webhook" {
        targets.push(Target {
            name: "types::ServerMessage",
            value: value.clone(),
            decode: webhook::decode,
        });
    }
    targets
}
