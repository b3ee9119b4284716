//! Objects: structs whose fields are the document's properties, and which keep what the document does not know.

#[allow(
    dead_code,
    unused_macros,
    reason = "a document may have no type that is created from another"
)]
pub(crate) mod conversion;
pub(crate) mod copy;
#[cfg(test)]
mod tests;
pub(crate) mod write;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::field::{Field, FieldRead, Reader, Visit, VisitMut};
use super::fit::{Expected, MemberPlan};
use super::read::Mode;
use super::union::TagPrefix;

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
    /// Visits a field. The number after the last is `extra`.
    fn visit<V: Visit>(&self, index: usize, visit: V) -> V::Out;
    /// Visits a field to change it. The number after the last is `extra`.
    fn visit_mut<V: VisitMut>(&mut self, index: usize, visit: V) -> V::Out;
}

/// Reads objects. Unknown properties, a `null` where the document knows none, and what the plan says go to `extra`.
#[doc(hidden)]
#[derive(Debug)]
pub enum ObjectReader {}

impl<T: Object> Reader<T> for ObjectReader {
    fn decode<'de, D: Deserializer<'de>>(object: &mut T, deserializer: D, mode: Mode<'_>) -> Result<(), D::Error> {
        deserializer.deserialize_map(ObjectVisitor {
            object,
            seen: &mut Seen::default(),
            mode,
            whole: true,
        })
    }

    fn resume<'de, A: MapAccess<'de>>(
        object: &mut T,
        mut prefix: TagPrefix<'de>,
        map: A,
        mode: Mode<'_>,
    ) -> Result<(), A::Error> {
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
                mode,
                whole: false,
            };
            serde_json::Deserializer::from_str(&text)
                .deserialize_map(visitor)
                .map_err(A::Error::custom)?;
        }
        let table = Table::of::<T>();
        fill(object, table, &mut seen, map, mode)?;
        table.check(&seen)
    }

    fn expected() -> Expected {
        Expected::object::<T>()
    }
}

struct ObjectVisitor<'a, T> {
    object: &'a mut T,
    seen: &'a mut Seen,
    mode: Mode<'a>,
    /// Set if nothing more of the object is to come.
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

/// The constants of a type. With them and an object behind `dyn`, what reads, writes and shows objects is compiled once for
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

    /// Checks that all required properties were read.
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
    fn read_field(&mut self, index: usize, map: &mut A, mode: Mode<'_>) -> Result<FieldRead, A::Error>;
    fn kept(&mut self) -> &mut Map<String, Value>;
}

impl<'de, A: MapAccess<'de>, T: Object> Fill<'de, A> for T {
    fn read_field(&mut self, index: usize, map: &mut A, mode: Mode<'_>) -> Result<FieldRead, A::Error> {
        let text = PhantomData;
        self.visit_mut(index, ReadField { map, mode, text })
    }

    fn kept(&mut self) -> &mut Map<String, Value> {
        self.extra_mut()
    }
}

/// Reads a field's value.
struct ReadField<'a, 'm, 'de, A> {
    map: &'a mut A,
    mode: Mode<'m>,
    text: PhantomData<&'de ()>,
}

impl<'de, A: MapAccess<'de>> VisitMut for ReadField<'_, '_, 'de, A> {
    type Out = Result<FieldRead, A::Error>;

    fn visit_mut<T: Field>(self, field: &mut T) -> Self::Out {
        field.read(self.map, self.mode)
    }
}

fn fill<'de, A: MapAccess<'de>>(
    object: &mut dyn Fill<'de, A>,
    table: Table,
    seen: &mut Seen,
    mut map: A,
    mode: Mode<'_>,
) -> Result<(), A::Error> {
    let Table { tags, fields, .. } = table;
    let mut next = 0;
    while let Some(key) = map.next_key_seed(KeySeed { tags, fields, next })? {
        let plan = mode.member();
        match key {
            Key::Field(_) | Key::Tag(_) if plan == MemberPlan::Skip => {
                map.next_value::<IgnoredAny>()?;
            }
            Key::Field(index) if plan == MemberPlan::Keep => {
                seen.insert(index);
                object.kept().insert(fields[index].to_owned(), map.next_value()?);
            }
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
                let (name, expected) = tags[index];
                if seen.contains(fields.len() + index) {
                    return Err(A::Error::duplicate_field(name));
                }
                seen.insert(fields.len() + index);
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
    /// The probable index of the next field: servers write properties in a steady order.
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

/// Declares one object type.
///
/// # Grammar
///
/// ```text
/// NAME { "TAG" = "VALUE" … }                        properties with one possible value; they are no fields
/// new { FIELD: SHAPE TYPE, … }                      the arguments of `new`
/// required [NUMBER …]                               the numbers of the fields that must be read
/// NUMBER FIELD "WIRE NAME" PRESENCE SHAPE TYPE; …   the fields, numbered from 0 in this order
/// ```
///
/// `PRESENCE` is `req` for `T`, `opt` for `Option<T>` and `null` for `Nullable<T>`. `SHAPE` makes `T` of the type: `one` is the type
/// itself, `list` is `Vec<TYPE>`, `map` is `BTreeMap<String, TYPE>` and `json` is a JSON object. The setter of a list, a map or a JSON
/// object takes anything that yields its items. Attributes and docs stand before the name and before each number.
///
/// # Example
///
/// ```text
/// model! {
///     /// A robot.
///     Robot { "kind" = "robot" }
///     new { id: one String }
///     required [1]
///     /// The axes.
///     0 axes "axes" opt list i64;
///     /// The id.
///     1 id "id" req one String;
/// }
/// ```
///
/// expands to
///
/// ```text
/// /// A robot.
/// #[non_exhaustive]
/// pub struct Robot {
///     /// The axes.
///     pub axes: Option<Vec<i64>>,
///     /// The id.
///     pub id: String,
///     pub extra: Map<String, Value>,
/// }
///
/// impl Robot {
///     pub fn new(id: impl Into<String>) -> Self { … }
///     pub fn axes(mut self, axes: impl IntoIterator<Item: Into<i64>>) -> Self { … }
///     pub fn id(mut self, id: impl Into<String>) -> Self { … }
/// }
///
/// impl Object for Robot {
///     const NAME: &'static str = "Robot";
///     const TAGS: &'static [(&'static str, &'static str)] = &[("kind", "robot")];
///     const FIELDS: &'static [&'static str] = &["axes", "id"];
///     const REQUIRED: &'static [usize] = &[1];
///     fn visit<V: Visit>(&self, index: usize, visit: V) -> V::Out { match index { 0 => visit.visit(&self.axes), … } }
///     fn visit_mut<V: VisitMut>(&mut self, index: usize, visit: V) -> V::Out { match index { 0 => …, … } }
///     …
/// }
/// ```
///
/// and to `Field`, `Deserialize`, `Serialize`, `Debug`, `Clone` and `PartialEq`, each a call of a function of this module. `tests.rs` has calls to run.
macro_rules! model {
    (
        $(#[$meta:meta])*
        $name:ident { $($tag:literal = $value:literal)* }
        new { $($arg:ident: $arg_shape:ident $arg_type:ty),* }
        required [$($required:literal)*]
        $($(#[$doc:meta])* $index:literal $field:ident $wire:literal $kind:ident $shape:ident $type:ty;)*
    ) => {
        $(#[$meta])*
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: model!(@type $kind $shape $type),)*
            /// Properties that are not fields of this type: they are sent, and kept when received. A received value that
            /// its field cannot hold, `null` included, is kept here as well.
            pub extra: ::serde_json::Map<String, ::serde_json::Value>,
        }

        impl $name {
            /// Creates a value that says only what it must.
            #[must_use]
            #[inline]
            pub fn new($($arg: model!(@argument $arg_shape $arg_type)),*) -> Self {
                #[allow(unused_mut)]
                let mut object: Self = $crate::model::Field::blank();
                $(object.$arg = model!(@value $arg_shape $arg);)*
                object
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $field(mut self, $field: model!(@argument $shape $type)) -> Self {
                    self.$field = model!(@wrap $kind model!(@value $shape $field));
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
            fn visit<V: $crate::model::Visit>(&self, index: usize, visit: V) -> V::Out {
                match index {
                    $($index => visit.visit(&self.$field),)*
                    _ => visit.visit(&self.extra),
                }
            }
            fn visit_mut<V: $crate::model::VisitMut>(&mut self, index: usize, visit: V) -> V::Out {
                match index {
                    $($index => visit.visit_mut(&mut self.$field),)*
                    _ => visit.visit_mut(&mut self.extra),
                }
            }
        }

        impl Clone for $name {
            #[inline]
            fn clone(&self) -> Self {
                $crate::model::cloned(self)
            }
        }

        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                $crate::model::equal(self, other)
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
                $crate::model::deserialize(deserializer)
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

    (@type opt $shape:ident $type:ty) => { Option<model!(@shaped $shape $type)> };
    (@type null $shape:ident $type:ty) => { $crate::model::Nullable<model!(@shaped $shape $type)> };
    (@type req $shape:ident $type:ty) => { model!(@shaped $shape $type) };
    (@shaped one $type:ty) => { $type };
    (@shaped list $type:ty) => { Vec<$type> };
    (@shaped map $type:ty) => { BTreeMap<String, $type> };
    (@shaped json $type:ty) => { Map<String, $type> };
    (@argument one $type:ty) => { impl Into<$type> };
    (@argument list $type:ty) => { impl IntoIterator<Item: Into<$type>> };
    (@argument map $type:ty) => { impl IntoIterator<Item = (impl Into<String>, impl Into<$type>)> };
    (@argument json $type:ty) => { impl IntoIterator<Item = (impl Into<String>, impl Into<$type>)> };
    (@value one $value:expr) => { $value.into() };
    (@value list $value:expr) => { $crate::model::list($value) };
    (@value map $value:expr) => { $crate::model::pairs($value) };
    (@value json $value:expr) => { $crate::model::pairs($value) };
    (@wrap opt $value:expr) => { Some($value) };
    (@wrap null $value:expr) => { $crate::model::Nullable::Value($value) };
    (@wrap req $value:expr) => { $value };
}

/// Collects the items of a list from whatever they can be made of.
pub(crate) fn list<T>(items: impl IntoIterator<Item: Into<T>>) -> Vec<T> {
    items.into_iter().map(Into::into).collect()
}

/// Collects the members of a map from pairs.
pub(crate) fn pairs<V, M: FromIterator<(String, V)>>(
    pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<V>)>,
) -> M {
    let pairs = pairs.into_iter();
    pairs.map(|(name, value)| (name.into(), value.into())).collect()
}

pub(crate) use model;
