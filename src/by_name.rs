//! Properties of generated types by their names on the wire, for code that must compile with any document.

use serde::Serialize;
use serde_json::Value;

use crate::model::{BySerde, IfPresent, Object};

/// Returns the property with this name, or `None` if it is absent or `null`.
#[allow(dead_code, reason = "a document may have no type that is read by name")]
pub(crate) fn property<T: Object>(object: &T, name: &str) -> Option<Value> {
    let field = T::TABLE.fields.position(name);
    let value = match field {
        Some(index) => object
            .visit(index, IfPresent)
            .and_then(|field| to_value(&BySerde(field)).ok()),
        None => object.extra().get(name).cloned(),
    };
    value.filter(|value| !value.is_null())
}

/// Encodes a value as text, as requests are, and parses that: one copy of the encoder of each type is compiled instead of two.
#[allow(dead_code, reason = "a document may have no type that is read by name")]
pub(crate) fn to_value<T: Serialize>(value: &T) -> serde_json::Result<Value> {
    serde_json::from_slice(&serde_json::to_vec(value)?)
}

/// Creates an object with these members. If the document has another type for one of them, all are kept as unknown properties.
#[allow(dead_code, reason = "a document may have no type that is made by name")]
pub(crate) fn from_members<T: Object + serde::de::DeserializeOwned>(members: serde_json::Map<String, Value>) -> T {
    let object = serde_json::to_string(&members).and_then(|text| serde_json::from_str(&text));
    object.unwrap_or_else(|_| {
        let mut object = T::blank();
        *object.extra_mut() = members;
        object
    })
}
