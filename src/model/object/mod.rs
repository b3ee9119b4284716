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

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::cursor::{Cursor, Unfit};
use super::field::{AsSlot, Field, FieldRead, IfPresent, Slot, Visit, VisitMut};
use super::fit::MemberPlan;
use super::names::Names;
use super::read::Mode;
pub use write::Out;

/// A generated object type, as tables.
#[doc(hidden)]
pub trait Object: Field {
    const TABLE: &'static Table;

    /// Returns an object with nothing said, whose type is unknown.
    fn empty() -> Box<dyn Fields>;
    fn extra(&self) -> &Map<String, Value>;
    fn extra_mut(&mut self) -> &mut Map<String, Value>;
    /// Visits a field. The number after the last is `extra`.
    fn visit<'a, V: Visit<'a>>(&'a self, index: usize, visit: V) -> V::Out;
    /// Visits a field to change it. The number after the last is `extra`.
    fn visit_mut<'a, V: VisitMut<'a>>(&'a mut self, index: usize, visit: V) -> V::Out;
}

/// The facts about an object type that are known without an object.
#[doc(hidden)]
#[derive(Debug)]
pub struct Table {
    /// The Rust name, for `Debug` and errors.
    pub name: &'static str,
    /// The properties that can only have one value: written always, and not fields.
    pub tags: Names,
    /// The value of each of those.
    pub values: Names,
    /// The names on the wire, in field order.
    pub fields: Names,
    /// The indices of the fields that must be present.
    pub required: &'static [usize],
}

/// An object of any type. With its table, what reads, writes and shows objects is compiled once, and not once more for each of 700
/// types.
#[doc(hidden)]
pub trait Fields {
    /// Calls `each` with the number and the value of each field that is not absent.
    fn each_present(&self, each: &mut dyn FnMut(usize, &dyn Slot));
    fn slot_mut(&mut self, index: usize) -> &mut dyn Slot;
    fn kept(&self) -> &Map<String, Value>;
    fn kept_mut(&mut self) -> &mut Map<String, Value>;
}

impl<T: Object> Fields for T {
    #[inline]
    fn each_present(&self, each: &mut dyn FnMut(usize, &dyn Slot)) {
        for index in 0..T::TABLE.fields.len() {
            if let Some(field) = self.visit(index, IfPresent) {
                each(index, field);
            }
        }
    }

    #[inline]
    fn slot_mut(&mut self, index: usize) -> &mut dyn Slot {
        self.visit_mut(index, AsSlot)
    }

    #[inline]
    fn kept(&self) -> &Map<String, Value> {
        self.extra()
    }

    #[inline]
    fn kept_mut(&mut self) -> &mut Map<String, Value> {
        self.extra_mut()
    }
}

/// Reads an object. Unknown properties, a `null` where the document knows none, and what the plan says go to `extra`.
pub(crate) fn read(
    object: &mut dyn Fields,
    table: &Table,
    cursor: &mut Cursor<'_>,
    mode: Mode<'_>,
) -> Result<FieldRead, Unfit> {
    let seen = fill(object, table, cursor, mode)?;
    match table.mandatory().all(|(index, _)| seen.contains(index)) {
        true => Ok(FieldRead::Value),
        false => Err(Unfit),
    }
}

impl Table {
    /// Returns whether objects can have a property of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        !matches!(self.find(Cow::Borrowed(name)), Key::Other(_))
    }

    /// Returns the numbers and names of the properties that must be there. The numbers of tags are behind those of the fields.
    pub(crate) fn mandatory(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let fields = self.required.iter().map(|&index| (index, self.fields.get(index)));
        fields.chain((self.fields.len()..).zip(self.tags.iter()))
    }

    /// Reads the name of a property. `next` is the probable index of the field: servers write properties in a steady order. A tag often is
    /// the first.
    #[inline]
    fn read_key<'t>(&self, cursor: &mut Cursor<'t>, next: usize) -> Result<Key<'t>, Unfit> {
        let key = if next == 0
            && let Some(index) = cursor.one_of(self.tags, 0)
        {
            Key::Tag(index)
        } else if let Some(index) = cursor.one_of(self.fields, next) {
            Key::Field(index)
        } else {
            self.find(cursor.string()?)
        };
        cursor.colon()?;
        Ok(key)
    }

    /// Finds a property.
    fn find<'t>(&self, name: Cow<'t, str>) -> Key<'t> {
        if let Some(index) = self.tags.position(&name) {
            return Key::Tag(index);
        }
        match self.fields.position(&name) {
            Some(index) => Key::Field(index),
            None => Key::Other(name),
        }
    }
}

enum Key<'t> {
    Field(usize),
    Tag(usize),
    Other(Cow<'t, str>),
}

fn fill(object: &mut dyn Fields, table: &Table, cursor: &mut Cursor<'_>, mode: Mode<'_>) -> Result<Seen, Unfit> {
    let Table {
        tags, values, fields, ..
    } = *table;
    let mut seen = Seen::default();
    let mut next = 0;
    let mut opened = cursor.object()?;
    while cursor.has_member(&mut opened)? {
        let plan = mode.member();
        match table.read_key(cursor, next)? {
            Key::Field(_) | Key::Tag(_) if plan == MemberPlan::Skip => cursor.ignore()?,
            Key::Field(index) if plan == MemberPlan::Keep => {
                seen.insert(index);
                object.kept_mut().insert(fields.get(index).to_owned(), cursor.value()?);
            }
            Key::Field(index) => {
                if seen.contains(index) {
                    return Err(Unfit);
                }
                next = index + 1;
                seen.insert(index);
                if object.slot_mut(index).read(cursor, mode)? == FieldRead::Null {
                    object.kept_mut().insert(fields.get(index).to_owned(), Value::Null);
                }
            }
            Key::Tag(index) => {
                if seen.contains(fields.len() + index) {
                    return Err(Unfit);
                }
                seen.insert(fields.len() + index);
                let mut ahead = *cursor;
                if ahead.string().is_ok_and(|value| value == values.get(index)) {
                    *cursor = ahead;
                } else {
                    object.kept_mut().insert(tags.get(index).to_owned(), cursor.value()?);
                }
            }
            Key::Other(name) => {
                let value = cursor.value()?;
                object.kept_mut().insert(name.into_owned(), value);
            }
        }
    }
    Ok(seen)
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
///     const TABLE: &'static Table =
///         &Table { name: "Robot", tags: names!["kind"], values: names!["robot"], fields: names!["axes" "id"], required: &[1] };
///     fn visit<'a, V: Visit<'a>>(&'a self, index: usize, visit: V) -> V::Out { match index { 0 => visit.visit(&self.axes), … } }
///     fn visit_mut<'a, V: VisitMut<'a>>(&'a mut self, index: usize, visit: V) -> V::Out { match index { 0 => …, … } }
///     …
/// }
/// ```
///
/// and to `Field`, `Slot`, `Deserialize`, `Serialize`, `Debug`, `Clone` and `PartialEq`, each a call of a function of this module. `tests.rs` has calls to run.
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
            const TABLE: &'static $crate::model::Table = &$crate::model::Table {
                name: stringify!($name),
                tags: $crate::model::names![$($tag)*],
                values: $crate::model::names![$($value)*],
                fields: $crate::model::names![$($wire)*],
                required: &[$($required),*],
            };

            #[cfg_attr(not(debug_assertions), inline)]
            fn empty() -> Box<dyn $crate::model::Fields> {
                <Self as $crate::model::Field>::boxed()
            }
            #[inline]
            fn extra(&self) -> &::serde_json::Map<String, ::serde_json::Value> {
                &self.extra
            }
            #[inline]
            fn extra_mut(&mut self) -> &mut ::serde_json::Map<String, ::serde_json::Value> {
                &mut self.extra
            }
            fn visit<'a, V: $crate::model::Visit<'a>>(&'a self, index: usize, visit: V) -> V::Out {
                match index {
                    $($index => visit.visit(&self.$field),)*
                    _ => visit.visit(&self.extra),
                }
            }
            fn visit_mut<'a, V: $crate::model::VisitMut<'a>>(&'a mut self, index: usize, visit: V) -> V::Out {
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

        $crate::model::field_type! {
            $name: $crate::model::Expected::object::<Self>(),
            Self { $($field: $crate::model::Field::blank(),)* extra: ::serde_json::Map::new() };
            |object, cursor, mode| $crate::model::read_object(object, <Self as $crate::model::Object>::TABLE, cursor, mode);
            |object, out| out.object(object, <Self as $crate::model::Object>::TABLE)
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::deserialize(deserializer)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::model::serialize(self, serializer)
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
