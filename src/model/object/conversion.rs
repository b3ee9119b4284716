//! Conversions from a resource that was read to the body that creates it again.

use serde_json::{Map, Value};

use super::{Object, Table, fill};
use crate::model::cursor::{Cursor, Unfit};
use crate::model::object::write::{BySerde, to_json};
use crate::model::read::{Mode, read_body};

/// Declares the conversion from a resource that was read to the body that creates it again.
///
/// # Grammar
///
/// ```text
/// CREATE READ                                          two objects
/// CREATE READ { CREATE_VARIANT READ_VARIANT … }        two unions, all of whose variants can be created
/// try CREATE READ { CREATE_VARIANT READ_VARIANT … }    two unions, some of whose variants can be created
/// ```
///
/// The objects of the variants need a conversion of their own.
///
/// # Example
///
/// `created_from! { CreateRobot Robot }` expands to
///
/// ```text
/// impl From<Robot> for CreateRobot {
///     fn from(value: Robot) -> Self { without_read_only(&value) }
/// }
/// ```
///
/// and with `try` to `TryFrom`, whose error is the value. `tests.rs` beside this file and in `union` has calls to run.
macro_rules! created_from {
    ($create:ident $read:ident) => {
        /// Keeps all that can be set, unknown properties included, and leaves out what is read-only. A required property that was
        /// not received stays blank, and a value that does not fit is kept in `extra`.
        impl From<$read> for $create {
            #[inline]
            fn from(value: $read) -> Self {
                $crate::model::without_read_only(&value)
            }
        }
    };
    ($create:ident $read:ident { $($create_variant:ident $read_variant:ident)* }) => {
        /// Keeps all that can be set, unknown properties included, and leaves out what is read-only.
        impl From<$read> for $create {
            #[inline]
            fn from(value: $read) -> Self {
                match value {
                    $($read::$read_variant(value) => Self::$create_variant(Box::new((*value).into())),)*
                    $read::Unknown(value) => Self::Unknown(value),
                }
            }
        }
    };
    (try $create:ident $read:ident { $($create_variant:ident $read_variant:ident)* }) => {
        /// Keeps all that can be set, unknown properties included, and leaves out what is read-only. A variant that can no longer be
        /// created is returned as the error.
        impl TryFrom<$read> for $create {
            type Error = Box<$read>;

            #[inline]
            fn try_from(value: $read) -> Result<Self, Self::Error> {
                match value {
                    $($read::$read_variant(value) => Ok(Self::$create_variant(Box::new((*value).into()))),)*
                    $read::Unknown(value) => Ok(Self::Unknown(value)),
                    other => Err(Box::new(other)),
                }
            }
        }
    };
}

/// Makes an object of another one. Properties that `R` has and `C` has not are read-only, and left out.
///
/// A value that does not fit its field in `C` is kept in `extra`. A required field of `C` that the object lacks stays blank.
pub(crate) fn without_read_only<R: Object, C: Object>(object: &R) -> C {
    let mut members = members(object);
    retain_writable(&mut members, R::TABLE, C::TABLE);
    if let Ok(decoded) = read_body(&to_json(&members)) {
        return decoded.value;
    }
    // A required field is missing: what is there is read one by one.
    let (mut object, mut fitting, mut misfits) = (C::blank(), Map::new(), Map::new());
    for (name, value) in members {
        fitting.insert(name.clone(), value);
        match read_members(&fitting) {
            Ok(read) => object = read,
            Err(_) => misfits.extend(fitting.remove_entry(&name)),
        }
    }
    object.extra_mut().extend(misfits);
    object
}

fn members<T: Object>(object: &T) -> Map<String, Value> {
    // Not by way of text, which can be deeper than it is read.
    match serde_json::to_value(BySerde(object)) {
        Ok(Value::Object(members)) => members,
        // An object is written as a map, its names are text, and no type of a field refuses to be written.
        other => unreachable!("{} is written as an object: {other:?}", T::TABLE.name),
    }
}

fn retain_writable(members: &mut Map<String, Value>, read: &Table, create: &Table) {
    members.retain(|name, _| create.has(name) || !read.has(name));
}

/// Reads an object from some of its properties.
fn read_members<T: Object>(members: &Map<String, Value>) -> Result<T, Unfit> {
    let text = serde_json::to_string(members).map_err(|_| Unfit)?;
    let mut object = T::blank();
    fill(
        &mut object,
        T::TABLE,
        &mut Cursor::new(&text),
        Mode::Direct { looks: 0 },
    )?;
    Ok(object)
}

#[allow(unused_imports, reason = "a document may have no type that is created from another")]
pub(crate) use created_from;
