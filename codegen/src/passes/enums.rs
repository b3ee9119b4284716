//! Enums that typify cannot make a type of: empty ones, ones with `null`, with values twice, or with values that are not
//! strings.
//!
//! Left are enums of distinct strings. Numbers and booleans keep their type without the list, since a value that the
//! document does not know yet must not fail to decode.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::for_each_schema;

/// Reduces every `enum` to distinct strings, or to the type of its values.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        if let Some(value) = schema.shift_remove("const") {
            schema.entry("enum").or_insert_with(|| json!([value]));
            changes.note(format!("{at}/const"), "read as an enum of one value");
        }
        let Some(Value::Array(values)) = schema.shift_remove("enum") else {
            return;
        };
        let (kept, said) = reduce(schema, &values);
        if !kept.is_empty() {
            schema.insert("enum".to_owned(), Value::Array(kept));
        }
        if let Some(change) = said {
            changes.note(format!("{at}/enum"), change);
        }
    });
}

/// Returns the values that stay, and what is to be said of it; settles `type` and `nullable`.
fn reduce(schema: &mut Map<String, Value>, values: &[Value]) -> (Vec<Value>, Option<&'static str>) {
    // By their text: an enum can have 100,000 values.
    let mut seen = BTreeSet::new();
    let mut distinct: Vec<Value> = Vec::with_capacity(values.len());
    for value in values.iter().filter(|value| !value.is_null()) {
        if seen.insert(value.to_string()) {
            distinct.push(value.clone());
        }
    }
    if values.iter().any(Value::is_null) {
        schema.insert("nullable".to_owned(), json!(true));
    }
    let in_union = ["oneOf", "anyOf", "allOf"].iter().any(|key| schema.contains_key(*key));
    let declares = schema.contains_key("type") || in_union;
    if distinct.is_empty() {
        return (distinct, Some("dropped: it has no value"));
    }
    if distinct.iter().all(Value::is_string) {
        if !declares {
            schema.insert("type".to_owned(), json!("string"));
            return (distinct, Some("its type is string"));
        }
        let changed = distinct.len() != values.len();
        return (distinct, changed.then_some("dropped null, or what was there twice"));
    }
    if in_union {
        return (Vec::new(), Some("dropped: only strings can be listed"));
    }
    let numbers = distinct.iter().all(Value::is_number);
    let wanted = if numbers && distinct.iter().all(|value| value.is_i64() || value.is_u64()) {
        Some("integer")
    } else if numbers {
        Some("number")
    } else if distinct.iter().all(Value::is_boolean) {
        Some("boolean")
    } else {
        None
    };
    match wanted {
        Some(name) if !declares => {
            schema.insert("type".to_owned(), json!(name));
        }
        Some(_) => {}
        None if distinct.iter().any(|value| value.is_array() || value.is_object()) => {}
        None => {
            schema.shift_remove("type");
        }
    }
    (Vec::new(), Some("dropped: only strings can be listed"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn an_empty_enum_is_dropped() {
        let (after, places) = repair_schemas(run, json!({"A": {"type": "string", "enum": []}}));
        assert_eq!(after, json!({"A": {"type": "string"}}));
        assert_eq!(places, ["/components/schemas/A/enum"]);
    }

    #[test]
    fn null_among_the_values_makes_the_schema_nullable() {
        let (after, _) = repair_schemas(
            run,
            json!({"A": {"type": "string", "enum": ["a", null, "a"]}, "B": {"type": "string", "enum": [null]}}),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "string", "nullable": true, "enum": ["a"]},
                "B": {"type": "string", "nullable": true}
            })
        );
    }

    #[test]
    fn strings_without_a_type_are_strings() {
        let (after, places) = repair_schemas(run, json!({"A": {"enum": ["a"]}, "B": {"const": "b"}}));
        assert_eq!(
            after,
            json!({"A": {"type": "string", "enum": ["a"]}, "B": {"type": "string", "enum": ["b"]}})
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A/enum",
                "/components/schemas/B/const",
                "/components/schemas/B/enum"
            ]
        );
    }

    #[test]
    fn numbers_and_booleans_keep_their_type_only() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"enum": [8000, 16000]},
                "B": {"enum": [0.5, 1]},
                "C": {"type": "number", "enum": [1, 2]},
                "D": {"enum": [true]}
            }),
        );
        assert_eq!(
            after,
            json!({"A": {"type": "integer"}, "B": {"type": "number"}, "C": {"type": "number"}, "D": {"type": "boolean"}})
        );
    }

    #[test]
    fn mixed_values_allow_anything() {
        let (after, _) = repair_schemas(
            run,
            json!({"A": {"type": "string", "enum": ["a", 1]}, "B": {"enum": [{}, []]}}),
        );
        assert_eq!(after, json!({"A": {}, "B": {}}));
    }

    #[test]
    fn an_enum_of_distinct_strings_is_left_alone() {
        leaves_schemas_alone(run, json!({"A": {"type": "string", "enum": ["a", "A", ""]}}));
    }
}
