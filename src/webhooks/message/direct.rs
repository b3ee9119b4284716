//! The first reading of a body: the type is looked for, and then the message is read as that type.
//!
//! A union that is read as it comes sets aside what stands before its tag, as text, and reads that again. In a message this can be
//! nearly all of it. A look at the names costs less, and next to nothing where the API has the type: in front.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::model::{Union, VariantSeed};
use crate::types::ServerMessagePayload;

/// Returns the type that a body says, if it is text. Of two, it returns the first.
pub(super) fn type_name(body: &str) -> Option<String> {
    let mut found = None;
    let find = Find {
        path: &["message", "type"],
        found: &mut found,
    };
    // Stopping early is an error to `serde_json`. Whether the body is JSON shows when it is read.
    let _ = find.deserialize(&mut serde_json::Deserializer::from_str(body));
    found
}

/// Reads the message in a body as the type with a name. Returns `None` if there is no such type, or if something does not fit: then
/// the body takes a careful reading.
pub(super) fn read(body: &str, type_name: &str) -> Option<ServerMessagePayload> {
    let index = ServerMessagePayload::SHAPES.iter().position(|shape| {
        let mut tags = shape.tags.iter();
        tags.any(|(tag, names)| *tag == "type" && names.contains(&type_name))
    })?;
    let mut payload = None;
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let envelope = Envelope {
        payload: &mut payload,
        index,
    };
    deserializer.deserialize_map(envelope).ok()?;
    deserializer.end().ok()?;
    payload
}

/// Looks for a text in objects, by the names on the way.
struct Find<'a> {
    path: &'static [&'static str],
    found: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((name, path)) = self.path.split_first() else {
            return Ok(());
        };
        while let Some(is_next) = map.next_key_seed(Is(name))? {
            if !is_next {
                map.next_value::<IgnoredAny>()?;
            } else if path.is_empty() {
                *self.found = Some(map.next_value()?);
                break;
            } else {
                let found = self.found;
                return map.next_value_seed(Find { path, found });
            }
        }
        Ok(())
    }
}

/// Compares a name.
struct Is(&'static str);

impl<'de> DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Is {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// Reads the message as the variant with a number, and skips the rest.
struct Envelope<'a> {
    payload: &'a mut Option<ServerMessagePayload>,
    index: usize,
}

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(is_message) = map.next_key_seed(Is("message"))? {
            if !is_message {
                map.next_value::<IgnoredAny>()?;
            } else if self.payload.is_some() {
                return Err(A::Error::duplicate_field("message"));
            } else {
                let union = self.payload.insert(ServerMessagePayload::Unknown(Value::Null));
                let index = self.index;
                map.next_value_seed(VariantSeed { union, index })?;
            }
        }
        Ok(())
    }
}
