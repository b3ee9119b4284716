//! Generated types by their names on the wire, for code that must compile whatever properties a document has.

// A document may have none of the types that are read or made so.
#![allow(dead_code)]

use crate::model::{Object, Show, Slot};
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
        serde_json::to_value(value).ok()
    }
}

/// An object that says this. Where a document has another type for what is said, it is kept as an unknown property.
#[cfg(feature = "schemars")]
pub(crate) fn saying<T: Object + serde::de::DeserializeOwned>(members: serde_json::Map<String, Value>) -> T {
    serde_json::from_value(Value::Object(members.clone())).unwrap_or_else(|_| {
        let mut object = T::blank();
        *object.extra_mut() = members;
        object
    })
}
