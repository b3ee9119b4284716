//! A JSON value captured whole before its type is known, out of any deserializer.
//!
//! `serde_json` can hand over a value's text unparsed (`RawValue`), but only when it is itself the deserializer. Inside
//! another format, or inside serde's own buffering (an untagged enum of the user's), the value is read as a
//! `serde_json::Value` and written to text instead.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Returns the text of the next value, borrowed where the deserializer has all of it in memory.
///
/// # Errors
///
/// There is none.
pub(super) fn capture<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    let mut text = None;
    // Only `RawValue` knows how to ask `serde_json`. What it is then given does not matter.
    <&RawValue>::deserialize(Capture {
        deserializer,
        text: &mut text,
    })?;
    match text {
        Some(text) => Ok(text),
        None => Err(D::Error::custom("no value")),
    }
}

/// Asks `deserializer` as `RawValue` does, and keeps the text.
struct Capture<'t, 'de, D> {
    deserializer: D,
    text: &'t mut Option<Cow<'de, str>>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Capture<'_, 'de, D> {
    type Error = D::Error;

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        *self.text = Some(self.deserializer.deserialize_newtype_struct(name, TextVisitor)?);
        visitor.visit_map(Nothing {
            name: Some(name),
            error: PhantomData,
        })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserializer.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    /// `serde_json` is the deserializer: the text is the one entry of a map.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cow<'de, str>, A::Error> {
        map.next_key::<IgnoredAny>()?;
        map.next_value_seed(TextVisitor)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text))
    }

    /// Another deserializer took the request at its word.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Cow::Owned(value.to_string()))
    }
}

impl<'de> DeserializeSeed<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

/// The one-entry map in which `RawValue` expects its text: a `null`.
struct Nothing<E> {
    name: Option<&'static str>,
    error: PhantomData<E>,
}

impl<'de, E: Error> MapAccess<'de> for Nothing<E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, E> {
        self.name
            .take()
            .map(|name| seed.deserialize(StrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, E> {
        seed.deserialize(BorrowedStrDeserializer::new("null"))
    }
}
