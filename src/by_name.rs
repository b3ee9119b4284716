//! Generated types by their names on the wire, for code that must compile whatever properties a document has.

// A document may have none of the types that are read or made so.
#![allow(dead_code)]

use crate::model::{Object, Show, Slot};
use serde::Serialize;
use serde_json::Value;

/// What an object says under this name; `None` if nothing or `null`.
pub(crate) fn property<T: Object>(object: &T, name: &str) -> Option<Value> {
    let field = T::FIELDS.iter().position(|field| *field == name);
    let value = match field {
        Some(index) => object.show(index, ToValue),
        None => object.extra().get(name).cloned(),
    };
    value.filter(|value| !value.is_null())
}

struct ToValue;

impl Show for ToValue {
    type Out = Option<Value>;

    fn show<T: Slot>(self, value: &T) -> Option<Value> {
        to_value(value).ok()
    }
}

/// By way of text, as requests are written: one copy of each type's encoder is compiled instead of two.
pub(crate) fn to_value<T: Serialize>(value: &T) -> serde_json::Result<Value> {
    serde_json::from_slice(&serde_json::to_vec(value)?)
}

/// An object that says this. Where a document has another type for what is said, it is kept as an unknown property.
#[cfg(feature = "schemars")]
pub(crate) fn saying<T: Object + serde::de::DeserializeOwned>(members: serde_json::Map<String, Value>) -> T {
    let said = serde_json::to_string(&members).and_then(|text| serde_json::from_str(&text));
    said.unwrap_or_else(|_| {
        let mut object = T::blank();
        *object.extra_mut() = members;
        object
    })
}
