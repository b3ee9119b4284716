//! The first members of an object, read to see what it is.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess};
use serde_json::{Map, Value};

use super::super::capture::capture;
use super::Shape;
use super::untagged::{StringOnly, Text};

/// The members of an object up to its tag.
#[doc(hidden)]
pub struct TagPrefix<'de> {
    /// The members before the tag, as the text of an object that is not closed. Empty if there are none.
    members: String,
    pub(in super::super) tag: &'static str,
    pub(in super::super) value: Cow<'de, str>,
}

impl<'de> TagPrefix<'de> {
    /// Reads on to the tag.
    ///
    /// # Errors
    ///
    /// There is no tag, or it is not a string.
    pub(super) fn read<A: MapAccess<'de>>(tag: &'static str, map: &mut A) -> Result<Self, A::Error> {
        let mut members = String::new();
        while let Some(Text(name)) = map.next_key()? {
            let name = name.unwrap_or_default();
            if name == tag {
                let StringOnly(value) = map.next_value()?;
                let value = value.ok_or_else(|| A::Error::custom(format_args!("`{tag}` is not a string")))?;
                return Ok(TagPrefix { members, tag, value });
            }
            let value = map.next_value_seed(Capture)?;
            push(&mut members, &name, &value);
        }
        Err(A::Error::missing_field(tag))
    }

    /// Returns the variant that the tag names. A union has a tag only if each of its object variants has values of it, and no two the same.
    pub(super) fn variant(&self, shapes: &[Shape]) -> Option<usize> {
        shapes.iter().position(|shape| {
            let mut tags = shape.tags.iter();
            tags.any(|(tag, values)| values.contains(&self.value.as_ref()) && *tag == self.tag)
        })
    }

    /// Makes the tag a member like the others.
    pub(in super::super) fn take_tag(&mut self) {
        let value = Value::from(self.value.as_ref()).to_string();
        push(&mut self.members, self.tag, &value);
    }

    /// Returns whether the tag is the first member.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns the members as the text of an object, if there are any.
    pub(in super::super) fn text(mut self) -> Option<String> {
        if self.members.is_empty() {
            return None;
        }
        self.members.push('}');
        Some(self.members)
    }

    /// Returns the whole object.
    pub(super) fn rest<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        self.take_tag();
        let tag = self.tag;
        let mut object: Map<String, Value> = match self.text() {
            Some(text) => serde_json::from_str(&text).map_err(A::Error::custom)?,
            None => Map::new(),
        };
        while let Some((name, value)) = map.next_entry::<String, _>()? {
            if name == tag {
                return Err(A::Error::duplicate_field(tag));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

fn push(members: &mut String, name: &str, value: &str) {
    // The quotes, the colon, the comma and what closes the object; and one more like it.
    members.reserve(2 * (name.len() + value.len() + 5));
    members.push(if members.is_empty() { '{' } else { ',' });
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        members.push('"');
        members.push_str(name);
        members.push('"');
    } else {
        members.push_str(&Value::from(name).to_string());
    }
    members.push(':');
    members.push_str(value);
}

/// Captures a value.
struct Capture;

impl<'de> DeserializeSeed<'de> for Capture {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        capture(deserializer)
    }
}
