//! A property with three states: not said, `null`, and a value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A property that can be left out, be `null`, or have a value, which are three different things to the API.
///
/// In an update, leaving a property out keeps what it was, `null` clears it, and a value replaces it.
///
/// ```
/// use vapi::Nullable;
///
/// let mut name: Nullable<String> = Nullable::Absent;
/// assert!(name.is_absent());
/// name = "Ada".to_owned().into();
/// assert_eq!(name.as_ref().value().map(String::as_str), Some("Ada"));
/// name.clear();
/// assert!(name.is_null());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nullable<T> {
    /// The property is not there.
    #[default]
    Absent,
    /// The property is there and is `null`.
    Null,
    /// The property has this value.
    Value(T),
}

impl<T> Nullable<T> {
    /// The value, unless the property is absent or `null`.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The same state, with a reference to the value.
    pub fn as_ref(&self) -> Nullable<&T> {
        match self {
            Self::Absent => Nullable::Absent,
            Self::Null => Nullable::Null,
            Self::Value(value) => Nullable::Value(value),
        }
    }

    /// Makes the property `null`: in an update, the API forgets what it had.
    pub fn clear(&mut self) {
        *self = Self::Null;
    }

    /// Returns whether the property is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns whether the property is there and is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Nullable<String> {
    fn from(text: &str) -> Self {
        Self::Value(text.to_owned())
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(deserializer)? {
            Some(value) => Self::Value(value),
            None => Self::Null,
        })
    }
}
