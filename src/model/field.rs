//! The types of fields: the generated types, the scalars, and options, lists, maps and boxes of those.
//!
//! What is done to fields is done to a [`Slot`], behind `dyn`: there are a thousand types of fields, and a function for each of them
//! would be a good part of a program's build.

use std::collections::BTreeMap;

use serde::de::Deserializer;
use serde_json::{Map, Value};

use super::capture::capture;
use super::cursor::{Cursor, Unfit};
use super::fit::{Expected, MemberPlan};
use super::object::write::Out;
use super::read::read_text;
use super::{Mode, Nullable, Number, Secret, Timestamp};

/// A field, whatever its type.
#[doc(hidden)]
pub trait Slot: Expects {
    /// Reads a value into the field, which is blank.
    ///
    /// # Errors
    ///
    /// The value does not fit, or is not JSON.
    fn read(&mut self, cursor: &mut Cursor<'_>, mode: Mode<'_>) -> Result<FieldRead, Unfit>;

    /// Writes the value.
    fn write(&self, out: &mut dyn Out);
}

/// A value whose type says what it takes.
#[doc(hidden)]
pub trait Expects {
    /// Returns the kind of value that the type takes.
    fn expected(&self) -> Expected;
}

impl<T: Field> Expects for T {
    #[inline]
    fn expected(&self) -> Expected {
        T::EXPECTED
    }
}

/// A type that can stand in a field of a generated object.
///
/// Public only because the fields' types are; nothing outside this crate can or needs to implement it.
#[doc(hidden)]
pub trait Field: Slot + Clone + PartialEq + 'static {
    /// The kind of value that the type takes.
    const EXPECTED: Expected;

    /// Returns the value of a field that nothing was said about. For a required field it never leaves the decoder.
    fn blank() -> Self;

    /// Returns a blank value in a box. Unions do so for each of their variants, and would write out the fields of each.
    #[inline(never)]
    fn boxed() -> Box<Self> {
        Box::new(Self::blank())
    }

    /// Makes the type unknown. Of a box it is what is in it.
    #[inline]
    fn as_slot(&self) -> &dyn Slot {
        self
    }

    /// Makes the type unknown, to change the value. Of a box it is what is in it.
    #[inline]
    fn as_slot_mut(&mut self) -> &mut dyn Slot {
        self
    }

    /// Returns whether the field is left out when the object is written.
    fn is_absent(&self) -> bool {
        false
    }
}

/// The kind of value that was read into a field.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldRead {
    /// A value, now in the field.
    Value,
    /// A `null` that the field's type cannot hold.
    Null,
}

/// Something to do with one field, whatever its type.
#[doc(hidden)]
pub trait Visit<'a> {
    type Out;
    fn visit<T: Field>(self, value: &'a T) -> Self::Out;
}

/// Something to do with a field that changes, or with the value of a variant, whatever its type.
#[doc(hidden)]
pub trait VisitMut<'a> {
    type Out;
    fn visit_mut<T: Field>(self, value: &'a mut T) -> Self::Out;
}

/// Makes the type of a field unknown, unless it is absent.
pub(crate) struct IfPresent;

impl<'a> Visit<'a> for IfPresent {
    type Out = Option<&'a dyn Slot>;

    #[inline]
    fn visit<T: Field>(self, value: &'a T) -> Option<&'a dyn Slot> {
        match value.is_absent() {
            true => None,
            false => Some(value.as_slot()),
        }
    }
}

/// Makes the type of a field unknown.
pub(super) struct AsSlot;

impl<'a> Visit<'a> for AsSlot {
    type Out = &'a dyn Slot;

    #[inline]
    fn visit<T: Field>(self, value: &'a T) -> &'a dyn Slot {
        value.as_slot()
    }
}

impl<'a> VisitMut<'a> for AsSlot {
    type Out = &'a mut dyn Slot;

    #[inline]
    fn visit_mut<T: Field>(self, value: &'a mut T) -> &'a mut dyn Slot {
        value.as_slot_mut()
    }
}

/// Reads a value of a generated type by `serde`, as responses are read: its text is captured first. Misfits are reported.
pub(crate) fn deserialize<'de, T: Field, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = capture(deserializer)?;
    let decoded = read_text::<T>(&text).map_err(serde::de::Error::custom)?;
    decoded.report_misfits();
    Ok(decoded.value)
}

/// Puts a value in the place of a blank one, which owns no memory: the code that would free it is not compiled.
#[inline]
pub(crate) fn overwrite<T>(blank: &mut T, value: T) {
    std::mem::forget(std::mem::replace(blank, value));
}

impl<T: Field> Slot for Option<T> {
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, mode: Mode<'_>) -> Result<FieldRead, Unfit> {
        match cursor.null()? {
            true => Ok(FieldRead::Null),
            false => {
                overwrite(self, Some(T::blank()));
                match self {
                    Some(value) => value.read(cursor, mode),
                    None => Err(Unfit),
                }
            }
        }
    }

    #[inline]
    fn write(&self, out: &mut dyn Out) {
        match self {
            Some(value) => value.write(out),
            None => out.null(),
        }
    }
}

impl<T: Field> Field for Option<T> {
    const EXPECTED: Expected = Expected::Optional(&T::EXPECTED);

    #[inline]
    fn blank() -> Self {
        None
    }

    #[inline]
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Field> Slot for Nullable<T> {
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, mode: Mode<'_>) -> Result<FieldRead, Unfit> {
        if cursor.null()? {
            overwrite(self, Nullable::Null);
            return Ok(FieldRead::Value);
        }
        overwrite(self, Nullable::Value(T::blank()));
        match self {
            Nullable::Value(value) => value.read(cursor, mode),
            Nullable::Absent | Nullable::Null => Err(Unfit),
        }
    }

    #[inline]
    fn write(&self, out: &mut dyn Out) {
        match self {
            Nullable::Value(value) => value.write(out),
            Nullable::Absent | Nullable::Null => out.null(),
        }
    }
}

impl<T: Field> Field for Nullable<T> {
    const EXPECTED: Expected = Expected::Optional(&T::EXPECTED);

    #[inline]
    fn blank() -> Self {
        Nullable::Absent
    }

    #[inline]
    fn is_absent(&self) -> bool {
        matches!(self, Nullable::Absent)
    }
}

/// Declares how a type that stands in fields is read and written.
///
/// In a debug build this is compiled with this crate, once for all programs and tests that use it. In a release build it is compiled with
/// the program, which then has the types that it reaches, and one copy less of what frees their values.
///
/// # Grammar
///
/// ```text
/// TYPE: KIND, BLANK;                  the kind of value that it takes, and the value that says nothing
/// |field, cursor, mode| READ;         reads into `field`, a `&mut TYPE`: a `Result<FieldRead, Unfit>`
/// |field, out| WRITE                  writes `field`, a `&TYPE`
/// ```
macro_rules! field_type {
    ($type:ty: $expected:expr, $blank:expr; |$field:ident, $cursor:ident, $mode:pat_param| $read:expr; |$this:ident, $out:ident| $write:expr) => {
        impl $crate::model::Slot for $type {
            #[cfg_attr(not(debug_assertions), inline)]
            fn read(
                &mut self,
                $cursor: &mut $crate::model::Cursor<'_>,
                $mode: $crate::model::Mode<'_>,
            ) -> Result<$crate::model::FieldRead, $crate::model::Unfit> {
                let $field = self;
                $read
            }
            #[cfg_attr(not(debug_assertions), inline)]
            fn write(&self, $out: &mut dyn $crate::model::Out) {
                let $this = self;
                $write
            }
        }

        impl $crate::model::Field for $type {
            const EXPECTED: $crate::model::Expected = $expected;

            #[cfg_attr(not(debug_assertions), inline)]
            fn blank() -> Self {
                $blank
            }
        }
    };
}

pub(crate) use field_type;

/// `TYPE = BLANK, KIND, |cursor| READ, |field, out| WRITE;`, where `READ` is the value and ends with `?` if it can fail.
macro_rules! scalars {
    ($($type:ty = $blank:expr, $expected:expr, |$cursor:ident| $read:expr, |$this:ident, $out:ident| $write:expr;)*) => {
        $(field_type! {
            $type: $expected, $blank;
            |field, $cursor, _| {
                *field = $read;
                Ok(FieldRead::Value)
            };
            |$this, $out| $write
        })*
    };
}

scalars! {
    String = String::new(), Expected::String, |cursor| cursor.string()?.into_owned(), |field, out| out.string(field);
    Secret = Secret::new(""), Expected::String, |cursor| Secret::from(cursor.string()?.into_owned()), |field, out| out.secret(field.expose());
    Timestamp = Timestamp::from(String::new()), Expected::String, |cursor| Timestamp::from(cursor.string()?.into_owned()), |field, out| out.string(field.as_str());
    bool = false, Expected::Bool, |cursor| cursor.bool()?, |field, out| out.bool(*field);
    i64 = 0, Expected::Integer, |cursor| cursor.integer()?, |field, out| out.number((*field).into());
    Number = Number::from(0), Expected::Number, |cursor| cursor.number()?, |field, out| out.number(*field);
    Value = Value::Null, Expected::Any, |cursor| cursor.value()?, |field, out| out.json(field);
    Map<String, Value> = Map::new(), Expected::AnyMap, |cursor| cursor.map()?, |field, out| out.map(field);
}

impl<T: Field> Slot for Vec<T> {
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, mode: Mode<'_>) -> Result<FieldRead, Unfit> {
        let mut list = cursor.list()?;
        while cursor.item(&mut list)? {
            self.push(T::blank());
            let item = self.last_mut().ok_or(Unfit)?;
            item.read(cursor, mode)?;
        }
        Ok(FieldRead::Value)
    }

    #[inline]
    fn write(&self, out: &mut dyn Out) {
        out.items(self.len(), &|index| self[index].as_slot());
    }
}

impl<T: Field> Field for Vec<T> {
    const EXPECTED: Expected = Expected::List(&T::EXPECTED);

    #[inline]
    fn blank() -> Self {
        Vec::new()
    }
}

impl<T: Field> Slot for BTreeMap<String, T> {
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, mode: Mode<'_>) -> Result<FieldRead, Unfit> {
        let mut object = cursor.object()?;
        while let Some(name) = cursor.member(&mut object)? {
            if mode.member() == MemberPlan::Skip {
                cursor.ignore()?;
                continue;
            }
            let mut value = T::blank();
            value.read(cursor, mode)?;
            if self.insert(name.into_owned(), value).is_some() {
                return Err(Unfit);
            }
        }
        Ok(FieldRead::Value)
    }

    #[inline]
    fn write(&self, out: &mut dyn Out) {
        out.members(&|member| self.iter().for_each(|(name, value)| member(name, value.as_slot())));
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    const EXPECTED: Expected = Expected::Map(&T::EXPECTED);

    #[inline]
    fn blank() -> Self {
        BTreeMap::new()
    }
}

impl<T: Field> Slot for Box<T> {
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, mode: Mode<'_>) -> Result<FieldRead, Unfit> {
        (**self).read(cursor, mode)
    }

    #[inline]
    fn write(&self, out: &mut dyn Out) {
        (**self).write(out);
    }
}

impl<T: Field> Field for Box<T> {
    const EXPECTED: Expected = T::EXPECTED;

    #[inline]
    fn blank() -> Self {
        T::boxed()
    }

    #[inline]
    fn as_slot(&self) -> &dyn Slot {
        (**self).as_slot()
    }

    #[inline]
    fn as_slot_mut(&mut self) -> &mut dyn Slot {
        (**self).as_slot_mut()
    }

    #[inline]
    fn is_absent(&self) -> bool {
        (**self).is_absent()
    }
}
