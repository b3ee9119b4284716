//! Finds types by name and sends JSON through them.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use vapi::types;

/// A decoded value.
pub struct Decoded {
    /// The value as `Debug` shows it, which begins with the name of the type.
    pub debug: String,
    /// The paths of the values in it that are not what the document says.
    pub misfits: Vec<String>,
    /// The value written again.
    pub written: Value,
}

pub type Decode = fn(&str) -> Result<Decoded, serde_json::Error>;

/// By `serde`, and as the client reads responses: the same must come of it, in whatever order the members of objects are.
fn decode<T: DeserializeOwned + Serialize + Debug + PartialEq>(
    text: &str,
    as_response: fn(&[u8]) -> Result<vapi::operation::Decoded<T>, vapi::operation::Undecodable>,
) -> Result<Decoded, serde_json::Error> {
    let value: T = serde_json::from_str(text)?;
    let vapi::operation::Decoded { value: read, misfits } = as_response(text.as_bytes()).unwrap();
    assert_eq!(read, value, "{text}");
    let backwards = serde_json::to_string(&Backwards(&serde_json::from_str(text)?))?;
    assert_eq!(as_response(backwards.as_bytes()).unwrap().value, value, "{backwards}");
    Ok(Decoded {
        debug: format!("{value:?}"),
        misfits: misfits.iter().map(|misfit| misfit.json_path().to_owned()).collect(),
        written: serde_json::to_value(&value)?,
    })
}

/// A value with the members of its objects from the last to the first.
struct Backwards<'a>(&'a Value);

impl Serialize for Backwards<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                serializer.collect_map(object.iter().rev().map(|(name, value)| (name, Backwards(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Backwards)),
            scalar => scalar.serialize(serializer),
        }
    }
}

macro_rules! registry {
    ($($kind:tt $name:literal $type:ty;)*) => {
        const TYPES: &[(&str, &str, &str, Decode)] =
            &[$((stringify!($kind), $name, stringify!($type), |text| decode::<$type>(text, vapi::read_body))),*];
    };
}

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

/// Returns the types by Rust name.
pub fn types() -> impl Iterator<Item = (&'static str, Decode)> {
    TYPES
        .iter()
        .filter(|(kind, ..)| *kind == "type")
        .map(|(_, name, _, decode)| (*name, *decode))
}

/// The Rust names of the types that operations return, or of their items.
pub fn responses() -> impl Iterator<Item = &'static str> {
    TYPES
        .iter()
        .filter(|(kind, ..)| *kind == "response")
        .filter_map(|(_, _, ty, _)| Some(ty.split_once("types::")?.1.trim_end_matches('>')))
}

/// Returns the type of this Rust name.
pub fn find(name: &str) -> Decode {
    types()
        .find(|(known, _)| *known == name)
        .map(|(_, decode)| decode)
        .unwrap_or_else(|| panic!("no type is called {name}"))
}
