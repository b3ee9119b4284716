//! A JSON value captured whole before its type is known, out of any deserializer.
//!
//! `serde_json` can hand over a value's text unparsed (`RawValue`), but only when it is itself the deserializer. Inside
//! another format, or inside serde's own buffering (an untagged enum of the user's), the value is read as a
//! `serde_json::Value` and written to text instead.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor, value::StrDeserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

pub(super) fn capture<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<RawValue>, D::Error> {
    Box::<RawValue>::deserialize(Capture(deserializer))
}

struct Capture<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Capture<D> {
    type Error = D::Error;

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0
            .deserialize_newtype_struct(name, CaptureVisitor { name, visitor })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct CaptureVisitor<V> {
    name: &'static str,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for CaptureVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    /// `serde_json` is the deserializer: the text comes through as it is.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(map)
    }

    /// Another deserializer took the request at its word.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let value = Value::deserialize(deserializer)?;
        self.visitor.visit_map(Text {
            name: Some(self.name),
            text: value.to_string(),
            error: std::marker::PhantomData,
        })
    }
}

/// The one-entry map in which `RawValue` expects its text.
struct Text<E> {
    name: Option<&'static str>,
    text: String,
    error: std::marker::PhantomData<E>,
}

impl<'de, E: Error> MapAccess<'de> for Text<E> {
    type Error = E;

    fn next_key_seed<K: serde::de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, E> {
        self.name
            .take()
            .map(|name| seed.deserialize(StrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<S: serde::de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, E> {
        let text = std::mem::take(&mut self.text);
        seed.deserialize(serde::de::value::StringDeserializer::new(text))
    }
}
