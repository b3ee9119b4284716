//! Unions: enums of types, told apart by a tag where the document has one, else by their properties.
//!
//! Where a tag tells the variants apart, the members up to the tag are read first (`tag_prefix.rs`), and the rest as the variant that
//! the tag names. Else the value is captured as text, compared with the properties of each variant (`untagged.rs`), and decoded as the
//! likeliest one. A value that is not one of the variants becomes `Unknown` and loses nothing. So does a value that does not fit the
//! variant that its tag names: that takes the careful reading, in which the fit walk has decided each union before.

mod tag_prefix;
#[cfg(test)]
mod tests;
pub(super) mod untagged;

pub use tag_prefix::TagPrefix;

use std::cmp::Reverse;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use self::untagged::{Members, find_tag};
use super::capture::capture;
use super::field::{Field, Reader, Visit, VisitMut};
use super::fit::Expected;
use super::read::Mode;

/// A generated union, as a table.
#[doc(hidden)]
pub trait Union: Field {
    /// The property that alone tells the object variants apart, if there is one.
    const TAG: Option<&'static str>;
    /// The variants in the document's order.
    const SHAPES: &'static [Shape];

    /// Set if all variants are objects that the tag tells apart.
    const DIRECT: bool = Self::TAG.is_some() && all_objects(Self::SHAPES);

    /// Returns the variant with nothing said.
    fn variant(index: usize) -> Self;
    /// Does something with the value.
    fn visit_mut<C: VisitMut>(&mut self, visit_mut: C) -> C::Out;
    fn unknown(value: Value) -> Self;
    /// Returns the number of the variant, or `None` if it is `Unknown`.
    #[allow(dead_code, reason = "only some features and documents need it")]
    fn index(&self) -> Option<usize>;
    fn visit<S: Visit>(&self, visit: S) -> S::Out;
}

/// The facts about a variant that are known without decoding it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shape {
    pub kind: JsonKind,
    /// Properties that can only have certain values.
    pub tags: &'static [(&'static str, &'static [&'static str])],
    /// Properties that must be there.
    pub required: &'static [&'static str],
    /// Properties that can be there.
    pub fields: &'static [&'static str],
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

/// Reads the value of a variant.
struct Decode<'p, 'de, D> {
    deserializer: D,
    mode: Mode<'p>,
    text: PhantomData<&'de ()>,
}

impl<'p, D> Decode<'p, '_, D> {
    fn new(deserializer: D, mode: Mode<'p>) -> Self {
        Decode {
            deserializer,
            mode,
            text: PhantomData,
        }
    }
}

impl<'de, D: Deserializer<'de>> VisitMut for Decode<'_, 'de, D> {
    type Out = Result<(), D::Error>;

    fn visit_mut<T: Field>(self, value: &mut T) -> Self::Out {
        T::Reader::decode(value, self.deserializer, self.mode)
    }
}

/// Reads the rest of the value of a variant, which is an object.
struct Resume<'de, A> {
    prefix: TagPrefix<'de>,
    map: A,
    mode: Mode<'static>,
}

impl<'de, A: MapAccess<'de>> VisitMut for Resume<'de, A> {
    type Out = Result<(), A::Error>;

    fn visit_mut<T: Field>(self, value: &mut T) -> Self::Out {
        T::Reader::resume(value, self.prefix, self.map, self.mode)
    }
}

/// Reads unions.
#[doc(hidden)]
#[derive(Debug)]
pub enum UnionReader {}

impl<T: Union> Reader<T> for UnionReader {
    fn decode<'de, D: Deserializer<'de>>(union: &mut T, deserializer: D, mode: Mode<'_>) -> Result<(), D::Error> {
        match mode {
            Mode::Careful(plan) => match plan.take_union() {
                Some(index) => {
                    *union = T::variant(index);
                    union.visit_mut(Decode::new(deserializer, mode))
                }
                None => {
                    *union = T::unknown(Value::deserialize(deserializer)?);
                    Ok(())
                }
            },
            Mode::Direct { captures } => match T::TAG.filter(|_| T::DIRECT) {
                Some(tag) => deserializer.deserialize_map(Direct { union, tag, captures }),
                None => {
                    let mode = Mode::captured(captures)?;
                    let text = capture(deserializer)?;
                    decode_captured(union, &text, mode).map_err(D::Error::custom)
                }
            },
        }
    }

    fn expected() -> Expected {
        Expected::union::<T>()
    }
}

/// Reads a value as the variant with a number, which is known before.
#[allow(dead_code, reason = "only some features need it")]
pub(crate) struct VariantSeed<'a, T> {
    pub(crate) union: &'a mut T,
    pub(crate) index: usize,
}

impl<'de, T: Union> DeserializeSeed<'de> for VariantSeed<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        *self.union = T::variant(self.index);
        self.union
            .visit_mut(Decode::new(deserializer, Mode::Direct { captures: 0 }))
    }
}

fn decode_captured<T: Union>(union: &mut T, text: &str, mode: Mode<'_>) -> Result<(), serde_json::Error> {
    let deserializer = &mut serde_json::Deserializer::from_str(text);
    match choose(T::TAG, T::SHAPES, text)? {
        Some(index) => {
            *union = T::variant(index);
            union.visit_mut(Decode::new(deserializer, mode))
        }
        None => {
            *union = T::unknown(Value::deserialize(deserializer)?);
            Ok(())
        }
    }
}

/// Reads a union as it comes.
struct Direct<'a, T> {
    union: &'a mut T,
    tag: &'static str,
    captures: u8,
}

impl<'de, T: Union> Visitor<'de> for Direct<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let prefix = TagPrefix::read(self.tag, &mut map)?;
        match prefix.variant(T::SHAPES) {
            Some(index) => {
                // What stands before the tag is captured too.
                let mode = match prefix.is_empty() {
                    true => Mode::Direct {
                        captures: self.captures,
                    },
                    false => Mode::captured(self.captures)?,
                };
                *self.union = T::variant(index);
                self.union.visit_mut(Resume { prefix, map, mode })
            }
            None => {
                *self.union = T::unknown(prefix.rest(map)?);
                Ok(())
            }
        }
    }
}

/// Returns the variant that `text` probably is, or `None` if it is one that the document does not know. Not generic, so that it is
/// compiled once and not for each union.
///
/// # Errors
///
/// No variant is of this kind of value.
fn choose(tag: Option<&str>, shapes: &[Shape], text: &str) -> Result<Option<usize>, serde_json::Error> {
    let kind = match text.trim_start().bytes().next() {
        Some(b'{') => JsonKind::Object,
        Some(b'[') => JsonKind::Array,
        Some(b'"') => JsonKind::String,
        Some(b't' | b'f') => JsonKind::Bool,
        Some(b'n') | None => return Err(serde_json::Error::custom("no variant can be null")),
        Some(_) => JsonKind::Number,
    };
    let mut candidates = of_kind(shapes, kind).peekable();
    if candidates.peek().is_none() {
        return Err(serde_json::Error::custom(format_args!("no variant is {}", kind.name())));
    }
    if kind != JsonKind::Object {
        return Ok(candidates.next());
    }
    if let Some(tag) = tag
        && let Some(value) = find_tag(text, tag)
    {
        return Ok(candidates.find(|&index| allows(&shapes[index], tag, &value)));
    }
    let members: Members<'_> = serde_json::from_str(text)?;
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
        .is_none_or(|(_, values)| values.contains(&value))
}

/// Writes a union's value as its variant is written.
pub(crate) struct Write<S>(pub(crate) S);

impl<S: serde::Serializer> Visit for Write<S> {
    type Out = Result<S::Ok, S::Error>;

    fn visit<T: Field>(self, value: &T) -> Self::Out {
        value.serialize(self.0)
    }
}

/// Formats a union's value as its variant is formatted.
pub(crate) struct Format<'a, 'b>(pub(crate) &'a mut fmt::Formatter<'b>);

impl Visit for Format<'_, '_> {
    type Out = fmt::Result;

    fn visit<T: Field>(self, value: &T) -> fmt::Result {
        value.fmt(self.0)
    }
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
///     0 Gripper Box<GripperArm> = Shape { kind: JsonKind::Object, tags: &[("type", &["gripper"])], required: &["type"], fields: &[] };
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
///     const TAG: Option<&'static str> = Some("type");
///     const SHAPES: &'static [Shape] = &[Shape { … }];
///     fn variant(index: usize) -> Self { match index { 0 => Self::Gripper(Field::blank()), _ => Self::Unknown(Value::Null) } }
///     fn visit<S: Visit>(&self, visit: S) -> S::Out { match self { Self::Gripper(value) => visit.visit(value), … } }
///     …
/// }
/// ```
///
/// and to `Field`, `Deserialize`, `Serialize` and `Debug`. `tests.rs` has calls to run.
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
            const TAG: Option<&'static str> = $tag;
            const SHAPES: &'static [$crate::model::Shape] = &[$($shape),*];

            #[inline]
            fn variant(index: usize) -> Self {
                match index {
                    $($index => Self::$variant($crate::model::Field::blank()),)*
                    _ => Self::Unknown(::serde_json::Value::Null),
                }
            }
            fn visit_mut<C: $crate::model::VisitMut>(&mut self, visit_mut: C) -> C::Out {
                match self {
                    $(Self::$variant(value) => visit_mut.visit_mut(value),)*
                    Self::Unknown(value) => visit_mut.visit_mut(value),
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
            fn visit<S: $crate::model::Visit>(&self, visit: S) -> S::Out {
                match self {
                    $(Self::$variant(value) => visit.visit(value),)*
                    Self::Unknown(value) => visit.visit(value),
                }
            }
        }

        impl $crate::model::Field for $name {
            type Reader = $crate::model::UnionReader;

            #[inline]
            fn blank() -> Self {
                Self::Unknown(::serde_json::Value::Null)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::deserialize(deserializer)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::model::Union::visit(self, $crate::model::union::Write(serializer))
            }
        }

        impl ::std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    Self::Unknown(value) => f
                        .debug_tuple("Unknown")
                        .field(&$crate::model::redact::Redacted(value))
                        .finish(),
                    known => $crate::model::Union::visit(known, $crate::model::union::Format(f)),
                }
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
