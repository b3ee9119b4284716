//! Objects: structs whose fields are the document's properties, and which keep what the document does not know.

mod write;

pub(crate) use write::{debug, encode};

use super::field::Reader;
use super::{TagPrefix, Mode, Field};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// What stood in a field that was read.
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

/// A generated object type, as tables.
#[doc(hidden)]
pub trait Object: Field {
    /// The Rust name, for `Debug` and errors.
    const NAME: &'static str;
    /// The properties that can only have one value: written always, and not fields.
    const TAGS: &'static [(&'static str, &'static str)];
    /// The names on the wire, in field order.
    const FIELDS: &'static [&'static str];
    /// The indices of the fields that must be present.
    const REQUIRED: &'static [usize];

    fn extra(&self) -> &Map<String, Value>;
    fn extra_mut(&mut self) -> &mut Map<String, Value>;
    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A, mode: Mode) -> Result<FieldRead, A::Error>;
    fn visit<S: Visit>(&self, index: usize, visit: S) -> S::Out;
}

/// Reads objects. Unknown properties, and a `null` where the document knows none, go to `extra`.
#[doc(hidden)]
#[derive(Debug)]
pub enum ObjectReader {}

impl<T: Object> Reader<T> for ObjectReader {
    fn decode<'de, D: Deserializer<'de>>(object: &mut T, deserializer: D, mode: Mode) -> Result<(), D::Error> {
        deserializer.deserialize_map(ObjectVisitor {
            object,
            seen: &mut Seen::default(),
            mode,
            whole: true,
        })
    }

    fn resume<'de, A: MapAccess<'de>>(object: &mut T, mut prefix: TagPrefix<'de>, map: A) -> Result<(), A::Error> {
        let mut seen = Seen::default();
        let is_said = |(name, value): &(&str, &str)| *name == prefix.tag && *value == prefix.value;
        match T::TAGS.iter().position(is_said) {
            Some(index) => seen.insert(T::FIELDS.len() + index),
            None => prefix.take_tag(),
        }
        if let Some(text) = prefix.text() {
            let visitor = ObjectVisitor {
                object,
                seen: &mut seen,
                mode: Mode::Direct,
                whole: false,
            };
            serde_json::Deserializer::from_str(&text)
                .deserialize_map(visitor)
                .map_err(A::Error::custom)?;
        }
        let table = Table::of::<T>();
        fill(object, table, &mut seen, map, Mode::Direct)?;
        table.check(&seen)
    }
}

struct ObjectVisitor<'a, T> {
    object: &'a mut T,
    seen: &'a mut Seen,
    mode: Mode,
    /// Whether nothing more of the object is to come.
    whole: bool,
}

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object ({})", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let table = Table::of::<T>();
        fill(self.object, table, self.seen, map, self.mode)?;
        if self.whole { table.check(self.seen) } else { Ok(()) }
    }
}

/// What is constant about a type. With it and an object behind `dyn`, what reads, writes and shows objects is compiled once for
/// each format, and not once more for each of 700 types.
#[derive(Clone, Copy)]
struct Table {
    name: &'static str,
    tags: &'static [(&'static str, &'static str)],
    fields: &'static [&'static str],
    required: &'static [usize],
}

impl Table {
    fn of<T: Object>() -> Table {
        Table {
            name: T::NAME,
            tags: T::TAGS,
            fields: T::FIELDS,
            required: T::REQUIRED,
        }
    }

    /// Whether all is there that must be.
    fn check<E: Error>(&self, seen: &Seen) -> Result<(), E> {
        let fields = self.required.iter().map(|&index| (index, self.fields[index]));
        let tags = self.tags.iter().enumerate();
        let tags = tags.map(|(index, &(name, _))| (self.fields.len() + index, name));
        match fields.chain(tags).find(|(index, _)| !seen.contains(*index)) {
            Some((_, name)) => Err(E::missing_field(name)),
            None => Ok(()),
        }
    }
}

trait Fill<'de, A: MapAccess<'de>> {
    fn read_field(&mut self, index: usize, map: &mut A, mode: Mode) -> Result<FieldRead, A::Error>;
    fn kept(&mut self) -> &mut Map<String, Value>;
}

impl<'de, A: MapAccess<'de>, T: Object> Fill<'de, A> for T {
    fn read_field(&mut self, index: usize, map: &mut A, mode: Mode) -> Result<FieldRead, A::Error> {
        Object::read(self, index, map, mode)
    }

    fn kept(&mut self) -> &mut Map<String, Value> {
        self.extra_mut()
    }
}

fn fill<'de, A: MapAccess<'de>>(
    object: &mut dyn Fill<'de, A>,
    table: Table,
    seen: &mut Seen,
    mut map: A,
    mode: Mode,
) -> Result<(), A::Error> {
    let Table { tags, fields, .. } = table;
    let mut next = 0;
    while let Some(key) = map.next_key_seed(KeySeed { tags, fields, next })? {
        match key {
            Key::Field(index) => {
                if seen.contains(index) {
                    return Err(A::Error::duplicate_field(fields[index]));
                }
                next = index + 1;
                seen.insert(index);
                if object.read_field(index, &mut map, mode)? == FieldRead::Null {
                    object.kept().insert(fields[index].to_owned(), Value::Null);
                }
            }
            Key::Tag(index) => {
                seen.insert(fields.len() + index);
                let (name, expected) = tags[index];
                let value: Value = map.next_value()?;
                if value != *expected {
                    object.kept().insert(name.to_owned(), value);
                }
            }
            Key::Other(name) => {
                let value = map.next_value()?;
                object.kept().insert(name, value);
            }
        }
    }
    Ok(())
}

/// The fields seen so far: a word for nearly every type, a vector for the few that are larger.
#[derive(Default)]
struct Seen {
    low: u64,
    high: Vec<usize>,
}

impl Seen {
    #[inline]
    fn insert(&mut self, index: usize) {
        match index {
            0..64 => self.low |= 1 << index,
            _ => self.high.push(index),
        }
    }

    #[inline]
    fn contains(&self, index: usize) -> bool {
        match index {
            0..64 => self.low & (1 << index) != 0,
            _ => self.high.contains(&index),
        }
    }
}

enum Key {
    Field(usize),
    Tag(usize),
    Other(String),
}

struct KeySeed {
    tags: &'static [(&'static str, &'static str)],
    fields: &'static [&'static str],
    /// Where the next field probably is: servers write properties in a steady order.
    next: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        let (before, after) = self.fields.split_at(self.next.min(self.fields.len()));
        if let Some(index) = after.iter().position(|field| *field == name) {
            return Ok(Key::Field(before.len() + index));
        }
        if let Some(index) = before.iter().position(|field| *field == name) {
            return Ok(Key::Field(index));
        }
        if let Some(index) = self.tags.iter().position(|(tag, _)| *tag == name) {
            return Ok(Key::Tag(index));
        }
        Ok(Key::Other(name.to_owned()))
    }
}

/// Declares one object type. Fields are numbered in the order in which they stand.
///
/// `opt T` is `Option<T>`, `null T` is `Nullable<T>` and `req T` is `T`.
macro_rules! model {
    (
        $(#[$meta:meta])*
        $name:ident { $($tag:literal = $value:literal)* }
        new { $($arg:ident: $arg_type:ty),* }
        required [$($required:literal)*]
        $($(#[$doc:meta])* $index:literal $field:ident $wire:literal $kind:ident $type:ty;)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: model!(@type $kind $type),)*
            /// Properties that are not fields of this type: they are sent, and kept when received. A received `null` that
            /// its field cannot hold is kept here as well.
            pub extra: ::serde_json::Map<String, ::serde_json::Value>,
        }

        impl $name {
            /// Creates a value that says only what it must.
            #[must_use]
            #[inline]
            pub fn new($($arg: impl Into<$arg_type>),*) -> Self {
                #[allow(unused_mut)]
                let mut object: Self = $crate::model::Field::blank();
                $(object.$arg = $arg.into();)*
                object
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                    self.$field = model!(@wrap $kind $field.into());
                    self
                }
            )*
        }

        impl $crate::model::Object for $name {
            const NAME: &'static str = stringify!($name);
            const TAGS: &'static [(&'static str, &'static str)] = &[$(($tag, $value)),*];
            const FIELDS: &'static [&'static str] = &[$($wire),*];
            const REQUIRED: &'static [usize] = &[$($required),*];

            #[inline]
            fn extra(&self) -> &::serde_json::Map<String, ::serde_json::Value> {
                &self.extra
            }
            #[inline]
            fn extra_mut(&mut self) -> &mut ::serde_json::Map<String, ::serde_json::Value> {
                &mut self.extra
            }
            fn read<'de, A: ::serde::de::MapAccess<'de>>(
                &mut self,
                index: usize,
                map: &mut A,
                mode: $crate::model::Mode,
            ) -> Result<$crate::model::FieldRead, A::Error> {
                match index {
                    $($index => $crate::model::Field::read(&mut self.$field, map, mode),)*
                    _ => $crate::model::no_such_field(index, map, mode),
                }
            }
            fn visit<S: $crate::model::Visit>(&self, index: usize, visit: S) -> S::Out {
                match index {
                    $($index => visit.visit(&self.$field),)*
                    _ => visit.visit(&self.extra),
                }
            }
        }

        impl $crate::model::Field for $name {
            type Reader = $crate::model::ObjectReader;

            #[inline]
            fn blank() -> Self {
                Self { $($field: $crate::model::Field::blank(),)* extra: ::serde_json::Map::new() }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::deserialize(deserializer, $crate::model::Mode::Outer)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::model::encode(self, serializer)
            }
        }

        impl ::std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::model::debug(self, f)
            }
        }
    };

    (@type opt $type:ty) => { Option<$type> };
    (@type null $type:ty) => { $crate::model::Nullable<$type> };
    (@type req $type:ty) => { $type };
    (@wrap opt $value:expr) => { Some($value) };
    (@wrap null $value:expr) => { $crate::model::Nullable::Value($value) };
    (@wrap req $value:expr) => { $value };
}

/// The answer to a field number that the type does not have, which the decoder never asks for.
#[doc(hidden)]
pub fn no_such_field<'de, A: MapAccess<'de>>(index: usize, map: &mut A, _: Mode) -> Result<FieldRead, A::Error> {
    map.next_value::<IgnoredAny>()?;
    Err(A::Error::custom(format_args!("no field has number {index}")))
}

pub(crate) use model;
