//! `enum` on an array, where the values of its items are meant.
//!
//! typify fails on it: no array equals a string. Arrays that do not say what they hold, hold anything.

use serde_json::{Map, Value, json};

use super::{Changes, shape};
use crate::document::for_each_schema;

/// Moves the `enum` of an array to its items, and gives items to arrays without.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let is_array = match schema.get("type") {
            Some(declared) => declared == "array",
            None => schema.contains_key("items"),
        };
        if !is_array {
            return;
        }
        if !schema.contains_key("items") {
            schema.insert("items".to_owned(), json!({}));
            changes.note(format!("{at}/items"), "supplied: the array holds anything");
        }
        if let Some(values) = schema.shift_remove("enum") {
            let moved = give_to_items(schema, values);
            let change = if moved {
                "moved to the items"
            } else {
                "dropped: the items say themselves what they are"
            };
            changes.note(format!("{at}/enum"), change);
        }
    });
}

/// False if the values cannot be those of the items.
fn give_to_items(schema: &mut Map<String, Value>, values: Value) -> bool {
    let scalar = |value: &Value| !value.is_array() && !value.is_object();
    let scalars = values
        .as_array()
        .is_some_and(|values| !values.is_empty() && values.iter().all(scalar));
    let Some(items) = schema.get_mut("items").and_then(Value::as_object_mut) else {
        return false;
    };
    let open = items.get("type").is_none_or(|declared| declared != "array")
        && ["$ref", "enum", "oneOf", "anyOf", "allOf", "properties"]
            .iter()
            .all(|key| !items.contains_key(*key));
    if !scalars || !open {
        return false;
    }
    if shape::allows_anything(items)
        && values
            .as_array()
            .is_some_and(|values| values.iter().all(Value::is_string))
    {
        items.insert("type".to_owned(), json!("string"));
    }
    items.insert("enum".to_owned(), values);
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn values_of_an_array_are_those_of_its_items() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"type": "array", "items": {"type": "string"}, "enum": ["a", "b"]},
                "B": {"type": "array", "enum": ["a"]}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
                "B": {"type": "array", "items": {"type": "string", "enum": ["a"]}}
            })
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A/enum",
                "/components/schemas/B/items",
                "/components/schemas/B/enum"
            ]
        );
    }

    #[test]
    fn items_that_say_themselves_what_they_are_keep_it() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"type": "array", "items": {"$ref": "#/components/schemas/B"}, "enum": ["a"]},
                "B": {"type": "array", "items": {"type": "string", "enum": ["b"]}, "enum": ["c"]},
                "C": {"type": "array", "items": {"type": "string"}, "enum": [["a"]]}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "array", "items": {"$ref": "#/components/schemas/B"}},
                "B": {"type": "array", "items": {"type": "string", "enum": ["b"]}},
                "C": {"type": "array", "items": {"type": "string"}}
            })
        );
    }

    #[test]
    fn arrays_with_items_are_left_alone() {
        leaves_schemas_alone(
            run,
            json!({"A": {"type": "array", "items": {"type": "string", "enum": ["a"]}}, "B": {"enum": ["a"]}}),
        );
    }
}
