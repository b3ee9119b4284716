//! Not a pass: what a single schema says, of its values and of the place it stands at.

use serde_json::{Map, Value, json};

use crate::reference;

/// Keywords that decide which values a schema allows, as far as the generator reads them.
const SHAPE: [&str; 11] = [
    "$ref",
    "type",
    "properties",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
];

/// Keywords that say something about a place and not about its values.
pub(crate) const MARKERS: [&str; 5] = ["description", "deprecated", "nullable", "readOnly", "writeOnly"];

/// Returns the component behind `{"allOf": [{"$ref": …}]}`, the form in which a reference can be nullable.
pub(crate) fn wrapped_target(schema: &Value) -> Option<&str> {
    let [only] = schema.get("allOf")?.as_array()?.as_slice() else {
        return None;
    };
    let alone = SHAPE.iter().all(|key| *key == "allOf" || schema.get(key).is_none());
    reference::target(only).filter(|_| alone)
}

/// Returns whether the schema allows every value.
pub(crate) fn allows_anything(schema: &Map<String, Value>) -> bool {
    !SHAPE.iter().any(|key| schema.contains_key(*key))
}

/// Returns whether the schema itself says that `null` is allowed.
pub(crate) fn is_nullable(schema: &Map<String, Value>) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
}

/// Returns the keys of `schema` that are about its place and not about its values, extensions included.
pub(crate) fn markers(schema: &Map<String, Value>) -> Map<String, Value> {
    schema
        .iter()
        .filter(|(key, _)| MARKERS.contains(&key.as_str()) || key.starts_with("x-"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// `schema` with `markers` on it: what stands outside describes the place better than what stands inside.
///
/// A reference that becomes nullable is wrapped, since nothing else beside a reference is read.
pub(crate) fn marked(schema: Value, markers: Map<String, Value>) -> Value {
    let Value::Object(mut schema) = schema else {
        return schema;
    };
    if is_nullable(&markers)
        && let Some(reference) = schema.shift_remove("$ref")
    {
        schema.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
    for (key, value) in markers {
        if value != Value::Bool(false) {
            schema.insert(key, value);
        }
    }
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{marked, wrapped_target};

    fn with(schema: Value, markers: Value) -> Value {
        marked(schema, markers.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn a_reference_is_wrapped_only_to_be_nullable() {
        let call = json!({"$ref": "#/components/schemas/Call"});
        let nullable = with(call.clone(), json!({"nullable": true, "description": "d"}));
        assert_eq!(nullable, json!({"allOf": [call], "nullable": true, "description": "d"}));
        assert_eq!(wrapped_target(&nullable), Some("Call"));
        assert_eq!(
            with(call, json!({"nullable": false, "description": "d"})),
            json!({"$ref": "#/components/schemas/Call", "description": "d"})
        );
    }

    #[test]
    fn what_stands_outside_describes_the_place() {
        let inner = json!({"type": "string", "description": "inner", "nullable": true});
        assert_eq!(
            with(inner, json!({"description": "outer", "nullable": false})),
            json!({"type": "string", "description": "outer", "nullable": true})
        );
    }
}
