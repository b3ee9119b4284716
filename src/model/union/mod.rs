//! Unions: enums of types, told apart by a tag where the document has one, else by their properties.
//!
//! Where a tag tells the variants apart, the cursor looks ahead for it, and the value is read as the variant that it names. Else the
//! members are compared with the properties of each variant (`untagged.rs`), and the value is read as the likeliest one. A value that is
//! not one of the variants becomes `Unknown` and loses nothing. So does a value that does not fit the variant that its tag names: that
//! takes the careful reading, in which the fit walk has decided each union before.

#[cfg(test)]
mod tests;
pub(super) mod untagged;

use std::cmp::Reverse;

use serde_json::Value;

use self::untagged::Members;
use super::cursor::{Cursor, Unfit};
use super::field::{AsSlot, Field, FieldRead, Slot, Visit, VisitMut, overwrite};
use super::names::Names;
use super::object::{self, Out};
use super::read::Mode;

/// A generated union, as a table.
#[doc(hidden)]
pub trait Union: Field {
    const TABLE: &'static Table;

    /// Returns a blank union whose type is unknown.
    fn empty() -> Box<dyn AnyUnion>;
    /// Returns the variant with nothing said.
    fn variant(index: usize) -> Self;
    fn unknown(value: Value) -> Self;
    /// Returns the number of the variant, or `None` if it is `Unknown`.
    fn index(&self) -> Option<usize>;
    /// Does something with the value.
    fn visit<'a, V: Visit<'a>>(&'a self, visit: V) -> V::Out;
    /// Does something with the value that changes it.
    fn visit_mut<'a, V: VisitMut<'a>>(&'a mut self, visit: V) -> V::Out;
}

/// The facts about a union that are known without a value.
#[doc(hidden)]
#[derive(Debug)]
pub struct Table {
    /// The Rust name.
    pub name: &'static str,
    /// The property that alone tells the object variants apart, if there is one.
    pub tag: Option<&'static str>,
    /// Set if all variants are objects that the tag tells apart.
    pub is_direct: bool,
    /// The variants in the document's order.
    pub shapes: &'static [Shape],
}

impl Table {
    /// Makes a table.
    pub(crate) const fn new(name: &'static str, tag: Option<&'static str>, shapes: &'static [Shape]) -> Self {
        Table {
            name,
            tag,
            is_direct: tag.is_some() && all_objects(shapes),
            shapes,
        }
    }

    /// Returns the variant that a value of the tag names. A union has a tag only if each of its object variants has values of it, and
    /// no two the same.
    fn named(&self, value: &str) -> Option<usize> {
        self.shapes.iter().position(|shape| {
            let mut tags = shape.tags.iter();
            tags.any(|(tag, values)| values.contains(value) && Some(*tag) == self.tag)
        })
    }
}

/// A value of any union. With its table, what reads and writes unions is compiled once.
#[doc(hidden)]
pub trait AnyUnion {
    /// Makes a blank union a variant, with nothing said.
    fn set_variant(&mut self, index: usize);
    fn set_unknown(&mut self, value: Value);
    fn is_unknown(&self) -> bool;
    fn inner(&self) -> &dyn Slot;
    fn inner_mut(&mut self) -> &mut dyn Slot;
}

impl<T: Union> AnyUnion for T {
    #[inline]
    fn set_variant(&mut self, index: usize) {
        overwrite(self, T::variant(index));
    }

    #[inline]
    fn set_unknown(&mut self, value: Value) {
        *self = T::unknown(value);
    }

    #[inline]
    fn is_unknown(&self) -> bool {
        self.index().is_none()
    }

    #[inline]
    fn inner(&self) -> &dyn Slot {
        self.visit(AsSlot)
    }

    #[inline]
    fn inner_mut(&mut self) -> &mut dyn Slot {
        self.visit_mut(AsSlot)
    }
}

/// The facts about a variant that are known without decoding it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shape {
    pub kind: JsonKind,
    /// Properties that can only have certain values.
    pub tags: &'static [(&'static str, Names)],
    /// The type of an object, if it has one of its own.
    pub object: Option<&'static object::Table>,
}

impl Shape {
    /// Returns the names of the properties that must be there.
    pub(super) fn required(&self) -> impl Iterator<Item = &'static str> {
        let mandatory = self.object.into_iter().flat_map(object::Table::mandatory);
        mandatory.map(|(_, name)| name)
    }

    /// Returns whether a property can be there.
    fn knows(&self, name: &str) -> bool {
        self.object.is_some_and(|table| table.has(name))
    }
}

/// The kinds of JSON value.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    Object,
    Array,
    String,
    Number,
    Bool,
    /// Anything: the variant's type is not known.
    Any,
}

impl JsonKind {
    /// Returns the kind, for a sentence.
    pub(super) fn name(self) -> &'static str {
        match self {
            JsonKind::Object => "an object",
            JsonKind::Array => "a list",
            JsonKind::String => "a string",
            JsonKind::Number => "a number",
            JsonKind::Bool => "a boolean",
            JsonKind::Any => "any value",
        }
    }
}

const fn all_objects(shapes: &[Shape]) -> bool {
    let mut index = 0;
    while index < shapes.len() {
        if !matches!(shapes[index].kind, JsonKind::Object) {
            return false;
        }
        index += 1;
    }
    true
}

/// Reads a value of a union.
pub(crate) fn read(
    union: &mut dyn AnyUnion,
    table: &Table,
    cursor: &mut Cursor<'_>,
    mode: Mode<'_>,
) -> Result<FieldRead, Unfit> {
    let (variant, mode) = match (mode, table.tag.filter(|_| table.is_direct)) {
        (Mode::Careful(plan), _) => (plan.take_union(), mode),
        (Mode::Direct { looks }, Some(tag)) => {
            let mut ahead = *cursor;
            let is_first = ahead.find(tag)?;
            let value = ahead.string()?;
            let variant = table.named(&value);
            if variant.is_none() {
                let unknown = cursor.value()?;
                // Of two tags, the last counts: that takes the careful reading.
                if unknown[tag] != *value {
                    return Err(Unfit);
                }
                union.set_unknown(unknown);
                return Ok(FieldRead::Value);
            }
            // What stands before the tag is looked at twice.
            let mode = match is_first {
                true => mode,
                false => Mode::looked(looks)?,
            };
            (variant, mode)
        }
        (Mode::Direct { looks }, None) => {
            let mode = Mode::looked(looks)?;
            (choose(table, *cursor)?, mode)
        }
    };
    match variant {
        Some(index) => {
            union.set_variant(index);
            union.inner_mut().read(cursor, mode)
        }
        None => {
            union.set_unknown(cursor.value()?);
            Ok(FieldRead::Value)
        }
    }
}

/// Writes a union as its variant is written.
pub(crate) fn write(union: &dyn AnyUnion, out: &mut dyn Out) {
    match union.is_unknown() {
        true => out.unknown(union.inner()),
        false => union.inner().write(out),
    }
}

/// Returns the variant that the next value probably is, or `None` if it is one that the document does not know.
///
/// # Errors
///
/// No variant is of this kind of value.
fn choose(table: &Table, mut cursor: Cursor<'_>) -> Result<Option<usize>, Unfit> {
    let Table { tag, shapes, .. } = *table;
    let kind = match cursor.peek() {
        Some(b'{') => JsonKind::Object,
        Some(b'[') => JsonKind::Array,
        Some(b'"') => JsonKind::String,
        Some(b't' | b'f') => JsonKind::Bool,
        Some(b'n') | None => return Err(Unfit),
        Some(_) => JsonKind::Number,
    };
    let mut candidates = of_kind(shapes, kind).peekable();
    if candidates.peek().is_none() {
        return Err(Unfit);
    }
    if kind != JsonKind::Object {
        return Ok(candidates.next());
    }
    let mut ahead = cursor;
    if let Some(tag) = tag
        && ahead.find(tag).is_ok()
        && let Ok(value) = ahead.string()
    {
        return Ok(candidates.find(|&index| allows(&shapes[index], tag, &value)));
    }
    let members = Members::read(&mut cursor)?;
    let scored = candidates.filter_map(|index| Some((members.score(&shapes[index], |_, _| true)?, Reverse(index))));
    Ok(scored.max().map(|(_, Reverse(index))| index))
}

/// Returns the variants of exactly this kind, then those whose type is not known.
pub(super) fn of_kind(shapes: &[Shape], kind: JsonKind) -> impl Iterator<Item = usize> + Clone {
    let matching = move |wanted: JsonKind| {
        let shapes = shapes.iter().enumerate();
        shapes
            .filter(move |(_, shape)| shape.kind == wanted)
            .map(|(index, _)| index)
    };
    matching(kind).chain(matching(JsonKind::Any))
}

pub(super) fn allows(shape: &Shape, tag: &str, value: &str) -> bool {
    shape
        .tags
        .iter()
        .find(|(name, _)| *name == tag)
        .is_none_or(|(_, values)| values.contains(value))
}

/// Declares one union.
///
/// # Grammar
///
/// ```text
/// NAME tag TAG;                        `Some("property")` if one property tells the object variants apart, else `None`
/// NUMBER VARIANT TYPE = SHAPE; …       the variants, numbered from 0; `SHAPE` is a [`Shape`]
/// ```
///
/// Attributes and docs stand before the name and before each number.
///
/// # Example
///
/// ```text
/// tagged_union! {
///     /// An arm.
///     Arm tag Some("type");
///     /// An arm that grips.
///     0 Gripper Box<GripperArm> = Shape { kind: JsonKind::Object, tags: &[("type", names!["gripper"])], object: Some(<GripperArm as Object>::TABLE) };
/// }
/// ```
///
/// expands to
///
/// ```text
/// /// An arm.
/// #[derive(Clone, PartialEq)]
/// #[non_exhaustive]
/// pub enum Arm {
///     /// An arm that grips.
///     Gripper(Box<GripperArm>),
///     Unknown(Value),
/// }
///
/// impl Union for Arm {
///     const TABLE: &'static Table = &Table::new("Arm", Some("type"), &[Shape { … }]);
///     fn variant(index: usize) -> Self { match index { 0 => Self::Gripper(Field::blank()), _ => Self::Unknown(Value::Null) } }
///     fn visit<'a, V: Visit<'a>>(&'a self, visit: V) -> V::Out { match self { Self::Gripper(value) => visit.visit(value), … } }
///     …
/// }
/// ```
///
/// and to `Field`, `Slot`, `Deserialize`, `Serialize` and `Debug`. `tests.rs` has calls to run.
macro_rules! tagged_union {
    (
        $(#[$meta:meta])*
        $name:ident tag $tag:expr;
        $($(#[$doc:meta])* $index:literal $variant:ident $type:ty = $shape:expr;)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant($type),)*
            /// A value that this version of the crate does not know, or that does not fit its variant, as it came.
            Unknown(::serde_json::Value),
        }

        impl $crate::model::Union for $name {
            const TABLE: &'static $crate::model::union::Table = {
                const SHAPES: &[$crate::model::Shape] = &[$($shape),*];
                &$crate::model::union::Table::new(stringify!($name), $tag, SHAPES)
            };

            #[cfg_attr(not(debug_assertions), inline)]
            fn empty() -> Box<dyn $crate::model::union::AnyUnion> {
                <Self as $crate::model::Field>::boxed()
            }
            #[inline]
            fn variant(index: usize) -> Self {
                match index {
                    $($index => Self::$variant($crate::model::Field::blank()),)*
                    _ => Self::Unknown(::serde_json::Value::Null),
                }
            }
            fn visit_mut<'a, V: $crate::model::VisitMut<'a>>(&'a mut self, visit: V) -> V::Out {
                match self {
                    $(Self::$variant(value) => visit.visit_mut(value),)*
                    Self::Unknown(value) => visit.visit_mut(value),
                }
            }
            #[inline]
            fn unknown(value: ::serde_json::Value) -> Self {
                Self::Unknown(value)
            }
            #[inline]
            fn index(&self) -> Option<usize> {
                match self {
                    $(Self::$variant(_) => Some($index),)*
                    Self::Unknown(_) => None,
                }
            }
            fn visit<'a, V: $crate::model::Visit<'a>>(&'a self, visit: V) -> V::Out {
                match self {
                    $(Self::$variant(value) => visit.visit(value),)*
                    Self::Unknown(value) => visit.visit(value),
                }
            }
        }

        $crate::model::field_type! {
            $name: $crate::model::Expected::union::<Self>(), Self::Unknown(::serde_json::Value::Null);
            |union, cursor, mode| $crate::model::union::read(union, <Self as $crate::model::Union>::TABLE, cursor, mode);
            |union, out| $crate::model::union::write(union, out)
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
}

/// Declares `From` of a boxed variant's value, and of its box: `boxed_variant! { Arm Gripper GripperArm }`.
macro_rules! boxed_variant {
    ($union:ident $variant:ident $type:ty) => {
        impl From<$type> for $union {
            #[inline]
            fn from(value: $type) -> Self {
                Self::$variant(Box::new(value))
            }
        }
        impl From<Box<$type>> for $union {
            #[inline]
            fn from(value: Box<$type>) -> Self {
                Self::$variant(value)
            }
        }
    };
}

/// Declares `From` of the value of a variant that is not boxed: `plain_variant! { Tool Name String }`.
macro_rules! plain_variant {
    ($union:ident $variant:ident String) => {
        impl From<String> for $union {
            #[inline]
            fn from(value: String) -> Self {
                Self::$variant(value)
            }
        }
        impl From<&str> for $union {
            #[inline]
            fn from(value: &str) -> Self {
                Self::$variant(value.to_owned())
            }
        }
    };
    ($union:ident $variant:ident $type:ty) => {
        impl From<$type> for $union {
            #[inline]
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }
    };
}

/// Declares an accessor of a property that all variants of a union share.
///
/// # Grammar
///
/// ```text
/// UNION METHOD "WIRE NAME" TYPE { VARIANT PRESENCE … }
/// ```
///
/// `PRESENCE` is that of the field in the variant: `req`, `opt` or `null`.
///
/// # Example
///
/// `shared_property! { Arm reach "reach" i64 { Gripper req Welder opt } }` expands to
///
/// ```text
/// impl Arm {
///     pub fn reach(&self) -> Option<&i64> {
///         match self {
///             Self::Gripper(value) => Some(&value.reach),
///             Self::Welder(value) => value.reach.as_ref(),
///             Self::Unknown(_) => None,
///         }
///     }
/// }
/// ```
///
/// With the type `String` it returns `Option<&str>`, and reads the property from an unknown value too.
macro_rules! shared_property {
    ($union:ident $method:ident $wire:literal String { $($variant:ident $kind:ident)* }) => {
        impl $union {
            #[doc = concat!("Returns the property `", $wire, "`, which every variant has.")]
            #[must_use]
            #[inline]
            pub fn $method(&self) -> Option<&str> {
                match self {
                    $(Self::$variant(value) => shared_property!(@read $kind value.$method).map(String::as_str),)*
                    Self::Unknown(value) => value.get($wire)?.as_str(),
                }
            }
        }
    };
    ($union:ident $method:ident $wire:literal $type:ty { $($variant:ident $kind:ident)* }) => {
        impl $union {
            #[doc = concat!("Returns the property `", $wire, "`, which every variant has; `None` for an unknown variant.")]
            #[must_use]
            #[inline]
            pub fn $method(&self) -> Option<&$type> {
                match self {
                    $(Self::$variant(value) => shared_property!(@read $kind value.$method),)*
                    Self::Unknown(_) => None,
                }
            }
        }
    };
    (@read opt $value:expr) => { $value.as_ref() };
    (@read null $value:expr) => { $value.as_ref().value() };
    (@read req $value:expr) => { Some(&$value) };
}

pub(crate) use {boxed_variant, plain_variant, shared_property, tagged_union};
