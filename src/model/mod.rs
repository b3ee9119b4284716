//! What every generated type is made of: objects that keep unknown fields, enums and unions that keep unknown values.
//!
//! `serde_derive` writes a state machine per type, and compiling those was most of the cost of this crate. Here a type is
//! a table of names and two `match`es over field numbers, and the machinery that reads and writes it exists once. The
//! macros in this module write those tables; they are called by generated code only.

mod nullable;
mod number;
mod object;
pub(crate) mod open_enum;
mod raw;
mod secret;
pub(crate) mod shown;
mod timestamp;
pub(crate) mod union;

pub use nullable::Nullable;
pub use number::Number;
pub use secret::Secret;
pub use timestamp::{Timestamp, TimestampError};

pub(crate) use object::{Object, Read, Show, debug, decode, encode, model, unnumbered};
pub(crate) use open_enum::{OpenEnum, open_enum};
pub(crate) use union::{Kind, Shape, Union, boxed_variant, plain_variant, tagged_union};

use serde::Serialize;
use serde::de::{DeserializeOwned, MapAccess};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// Reads a whole body.
///
/// Through `&str`, because unions are read from text too: one copy of each type's decoder is compiled instead of two. Nothing in
/// this crate reads a generated type out of anything else.
pub(crate) fn from_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(cause) => Err(serde::de::Error::custom(cause)),
    }
}

/// A type that can stand in a field of a generated object.
///
/// Public only because the fields' types are; nothing outside this crate can or needs to implement it.
#[doc(hidden)]
pub trait Slot: Sized + Serialize + DeserializeOwned + Debug {
    /// What the field holds before anything was said about it. For a required field this never leaves the decoder.
    fn blank() -> Self;

    /// Whether the field is left out when the object is written.
    fn is_absent(&self) -> bool {
        false
    }

    /// Reads the field's value from the object being decoded.
    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<Read, A::Error> {
        *self = map.next_value()?;
        Ok(Read::Value)
    }
}

impl<T: Serialize + DeserializeOwned + Debug> Slot for Option<T> {
    fn blank() -> Self {
        None
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<Read, A::Error> {
        *self = map.next_value()?;
        Ok(match self {
            Some(_) => Read::Value,
            None => Read::Null,
        })
    }
}

impl<T: Serialize + DeserializeOwned + Debug> Slot for Nullable<T> {
    fn blank() -> Self {
        Nullable::Absent
    }

    fn is_absent(&self) -> bool {
        matches!(self, Nullable::Absent)
    }
}

macro_rules! slots {
    ($($type:ty = $blank:expr),* $(,)?) => {
        $(impl Slot for $type {
            fn blank() -> Self {
                $blank
            }
        })*
    };
}

slots! {
    String = String::new(),
    Secret = Secret::new(""),
    Timestamp = Timestamp::from(String::new()),
    bool = false,
    i64 = 0,
    Number = Number::from(0),
    serde_json::Value = serde_json::Value::Null,
    serde_json::Map<String, serde_json::Value> = serde_json::Map::new(),
}

impl<T: Serialize + DeserializeOwned + Debug> Slot for Vec<T> {
    fn blank() -> Self {
        Vec::new()
    }
}

impl<T: Serialize + DeserializeOwned + Debug> Slot for BTreeMap<String, T> {
    fn blank() -> Self {
        BTreeMap::new()
    }
}

impl<T: Slot> Slot for Box<T> {
    fn blank() -> Self {
        Box::new(T::blank())
    }
}
