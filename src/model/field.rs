//! The types of fields: the generated types, the scalars, and options, lists, maps and boxes of those.
//!
//! `serde`'s own `Deserialize` for `Option` and the like cannot pass on how unions are to be read; and what is read here is read into
//! its place, as some of these types are kilobytes.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::capture::capture;
use super::fit::{Expected, MemberPlan};
use super::read::read_text;
use super::{Mode, Nullable, Number, Secret, TagPrefix, Timestamp};

/// A type that can stand in a field of a generated object.
///
/// Public only because the fields' types are; nothing outside this crate can or needs to implement it.
#[doc(hidden)]
pub trait Field: Clone + Debug + PartialEq + Serialize + 'static {
    /// The reader of values of this type.
    type Reader: Reader<Self>;

    /// Returns the value of a field that nothing was said about. For a required field it never leaves the decoder.
    fn blank() -> Self;

    /// Returns whether the field is left out when the object is written.
    fn is_absent(&self) -> bool {
        false
    }

    /// Returns the kind of value that the type takes.
    fn expected() -> Expected {
        Self::Reader::expected()
    }

    /// Reads the field's value from the object being decoded.
    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A, mode: Mode<'_>) -> Result<FieldRead, A::Error> {
        map.next_value_seed(FieldSeed { field: self, mode })?;
        Ok(FieldRead::Value)
    }
}

/// The kind of value that was read into a field.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FieldRead {
    /// A value, now in the field.
    Value,
    /// A `null` that the field's type cannot hold.
    Null,
}

/// Something to do with one field, whatever its type.
#[doc(hidden)]
pub trait Visit {
    type Out;
    fn visit<T: Field>(self, value: &T) -> Self::Out;
}

/// Something to do with a field that changes, or with the value of a variant, whatever its type.
#[doc(hidden)]
pub trait VisitMut {
    type Out;
    fn visit_mut<T: Field>(self, value: &mut T) -> Self::Out;
}

/// A reader of values of one kind of type. There is one for all objects, one for all unions, and so on: functions of each of a
/// thousand types would be a good part of this crate.
#[doc(hidden)]
pub trait Reader<T> {
    /// Reads a value into `field`, which is blank.
    fn decode<'de, D: Deserializer<'de>>(field: &mut T, deserializer: D, mode: Mode<'_>) -> Result<(), D::Error>;

    /// Reads the rest of an object whose first members were read to see what it is.
    fn resume<'de, A: MapAccess<'de>>(
        _field: &mut T,
        _prefix: TagPrefix<'de>,
        _map: A,
        _mode: Mode<'_>,
    ) -> Result<(), A::Error> {
        Err(A::Error::custom("not an object type"))
    }

    /// Returns the kind of value that the type takes, for the fit walk.
    fn expected() -> Expected;
}

/// Reads what `serde` knows how to: strings, enums of strings, and the few types that say otherwise.
#[doc(hidden)]
#[derive(Debug)]
pub enum SerdeReader {}

impl<T: DeserializeOwned> Reader<T> for SerdeReader {
    fn decode<'de, D: Deserializer<'de>>(field: &mut T, deserializer: D, _: Mode<'_>) -> Result<(), D::Error> {
        *field = T::deserialize(deserializer)?;
        Ok(())
    }

    fn expected() -> Expected {
        Expected::String
    }
}

/// Reads what has values of other types in it.
#[doc(hidden)]
#[derive(Debug)]
pub enum ContainerReader {}

/// Reads a value of a generated type by `serde`, as responses are read: its text is captured first. Misfits are reported.
pub(crate) fn deserialize<'de, T: Field, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = capture(deserializer)?;
    let decoded = read_text::<T>(&text).map_err(D::Error::custom)?;
    decoded.report_misfits();
    Ok(decoded.value)
}

/// Reads into a field.
struct FieldSeed<'a, T> {
    field: &'a mut T,
    mode: Mode<'a>,
}

impl<'de, T: Field> DeserializeSeed<'de> for FieldSeed<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        T::Reader::decode(self.field, deserializer, self.mode)
    }
}

impl<T: Field> Field for Option<T> {
    type Reader = ContainerReader;

    fn blank() -> Self {
        None
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A, mode: Mode<'_>) -> Result<FieldRead, A::Error> {
        map.next_value_seed(FieldSeed { field: self, mode })?;
        Ok(match self {
            Some(_) => FieldRead::Value,
            None => FieldRead::Null,
        })
    }
}

impl<T: Field> Reader<Option<T>> for ContainerReader {
    fn decode<'de, D: Deserializer<'de>>(
        field: &mut Option<T>,
        deserializer: D,
        mode: Mode<'_>,
    ) -> Result<(), D::Error> {
        deserializer.deserialize_option(FieldSeed { field, mode })
    }

    fn expected() -> Expected {
        Expected::Optional(T::expected)
    }
}

impl<'de, T: Field> Visitor<'de> for FieldSeed<'_, Option<T>> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        *self.field = None;
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        *self.field = None;
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        T::Reader::decode(self.field.insert(T::blank()), deserializer, self.mode)
    }
}

impl<T: Field> Field for Nullable<T> {
    type Reader = ContainerReader;

    fn blank() -> Self {
        Nullable::Absent
    }

    fn is_absent(&self) -> bool {
        matches!(self, Nullable::Absent)
    }
}

impl<T: Field> Reader<Nullable<T>> for ContainerReader {
    fn decode<'de, D: Deserializer<'de>>(
        field: &mut Nullable<T>,
        deserializer: D,
        mode: Mode<'_>,
    ) -> Result<(), D::Error> {
        let mut value = None;
        <Self as Reader<Option<T>>>::decode(&mut value, deserializer, mode)?;
        *field = value.map_or(Nullable::Null, Nullable::Value);
        Ok(())
    }

    fn expected() -> Expected {
        Expected::Optional(T::expected)
    }
}

macro_rules! fields_of {
    ($($type:ty = $blank:expr, $expected:expr;)*) => {
        $(impl Field for $type {
            type Reader = SerdeReader;

            fn blank() -> Self {
                $blank
            }

            fn expected() -> Expected {
                $expected
            }
        })*
    };
}

fields_of! {
    String = String::new(), Expected::String;
    Secret = Secret::new(""), Expected::String;
    Timestamp = Timestamp::from(String::new()), Expected::String;
    bool = false, Expected::Bool;
    i64 = 0, Expected::Integer;
    Number = Number::from(0), Expected::Number;
    serde_json::Value = serde_json::Value::Null, Expected::Any;
    serde_json::Map<String, serde_json::Value> = serde_json::Map::new(), Expected::AnyMap;
}

impl<T: Field> Field for Vec<T> {
    type Reader = ContainerReader;

    fn blank() -> Self {
        Vec::new()
    }
}

impl<T: Field> Reader<Vec<T>> for ContainerReader {
    fn decode<'de, D: Deserializer<'de>>(field: &mut Vec<T>, deserializer: D, mode: Mode<'_>) -> Result<(), D::Error> {
        deserializer.deserialize_seq(FieldSeed { field, mode })
    }

    fn expected() -> Expected {
        Expected::List(T::expected)
    }
}

impl<'de, T: Field> Visitor<'de> for FieldSeed<'_, Vec<T>> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let FieldSeed { field, mode } = self;
        while seq.next_element_seed(ElementSeed { items: field, mode })?.is_some() {}
        Ok(())
    }
}

/// Reads one more item.
struct ElementSeed<'a, T> {
    items: &'a mut Vec<T>,
    mode: Mode<'a>,
}

impl<'de, T: Field> DeserializeSeed<'de> for ElementSeed<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.items.push(T::blank());
        match self.items.last_mut() {
            Some(item) => T::Reader::decode(item, deserializer, self.mode),
            None => Ok(()),
        }
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    type Reader = ContainerReader;

    fn blank() -> Self {
        BTreeMap::new()
    }
}

impl<T: Field> Reader<BTreeMap<String, T>> for ContainerReader {
    fn decode<'de, D: Deserializer<'de>>(
        field: &mut BTreeMap<String, T>,
        deserializer: D,
        mode: Mode<'_>,
    ) -> Result<(), D::Error> {
        deserializer.deserialize_map(FieldSeed { field, mode })
    }

    fn expected() -> Expected {
        Expected::Map(T::expected)
    }
}

impl<'de, T: Field> Visitor<'de> for FieldSeed<'_, BTreeMap<String, T>> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if self.mode.member() == MemberPlan::Skip {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let mut value = T::blank();
            map.next_value_seed(FieldSeed {
                field: &mut value,
                mode: self.mode,
            })?;
            if self.field.insert(name, value).is_some() {
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        Ok(())
    }
}

impl<T: Field> Field for Box<T> {
    type Reader = ContainerReader;

    fn blank() -> Self {
        Box::new(T::blank())
    }
}

impl<T: Field> Reader<Box<T>> for ContainerReader {
    fn decode<'de, D: Deserializer<'de>>(field: &mut Box<T>, deserializer: D, mode: Mode<'_>) -> Result<(), D::Error> {
        T::Reader::decode(field, deserializer, mode)
    }

    fn resume<'de, A: MapAccess<'de>>(
        field: &mut Box<T>,
        prefix: TagPrefix<'de>,
        map: A,
        mode: Mode<'_>,
    ) -> Result<(), A::Error> {
        T::Reader::resume(field, prefix, map, mode)
    }

    fn expected() -> Expected {
        T::expected()
    }
}
