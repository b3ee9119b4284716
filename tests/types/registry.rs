//! Finds types by name and sends JSON through them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vapi::types;

/// What came of decoding a value.
pub struct Decoded {
    /// The value as `Debug` shows it, which begins with the name of the type.
    pub debug: String,
    /// The value written again.
    pub written: Value,
}

pub type Decode = fn(&str) -> Result<Decoded, serde_json::Error>;

fn decode<T: DeserializeOwned + Serialize + std::fmt::Debug>(text: &str) -> Result<Decoded, serde_json::Error> {
    let value: T = serde_json::from_str(text)?;
    Ok(Decoded {
        debug: format!("{value:?}"),
        written: serde_json::to_value(&value)?,
    })
}

macro_rules! registry {
    ($($kind:tt $name:literal $type:ty;)*) => {
        const TYPES: &[(&str, &str, Decode)] = &[$((stringify!($kind), $name, decode::<$type>)),*];
    };
}

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

/// The types by Rust name.
pub fn types() -> impl Iterator<Item = (&'static str, Decode)> {
    TYPES
        .iter()
        .filter(|(kind, _, _)| *kind == "type")
        .map(|(_, name, decode)| (*name, *decode))
}

/// The type of this Rust name.
pub fn find(name: &str) -> Decode {
    types()
        .find(|(known, _)| *known == name)
        .map(|(_, decode)| decode)
        .unwrap_or_else(|| panic!("no type is called {name}"))
}
