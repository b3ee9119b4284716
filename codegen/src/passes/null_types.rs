//! `type: "null"` and lists of types, which OpenAPI 3.1 has and 3.0 has not.
//!
//! openapiv3 reads `type` as one of six names, so progenitor sees neither. They become what 3.0 says instead:
//! `nullable`, and `oneOf`.

use serde_json::{Map, Value, json};

use super::{Changes, shape};
use crate::document::for_each_schema;

/// Turns null types into `nullable` and lists of types into unions.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        for key in ["oneOf", "anyOf"] {
            drop_null_branches(at, key, schema, changes);
        }
        if schema.get("type").is_some_and(Value::is_array) {
            split_type_list(at, schema, changes);
        }
        if is_null_type(schema.get("type")) {
            *schema = shape::markers(schema);
            schema.insert("nullable".to_owned(), json!(true));
            changes.note(at, "null alone: allows anything");
        }
    });
}

fn is_null_type(declared: Option<&Value>) -> bool {
    declared.and_then(Value::as_str) == Some("null")
}

fn is_null(schema: &Value) -> bool {
    let nulls = |list: &Value| {
        list.as_array()
            .is_some_and(|values| !values.is_empty() && values.iter().all(|value| value == "null" || value.is_null()))
    };
    is_null_type(schema.get("type"))
        || schema.get("type").is_some_and(nulls)
        || (schema.get("type").is_none() && schema.get("enum") == Some(&json!([null])))
}

fn drop_null_branches(at: &str, key: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(branches) = schema.get_mut(key).and_then(Value::as_array_mut) else {
        return;
    };
    let before = branches.len();
    let mut index = 0;
    branches.retain(|branch| {
        if is_null(branch) {
            changes.note(format!("{at}/{key}/{index}"), "null branch: the union is nullable");
        }
        index += 1;
        !is_null(branch)
    });
    if branches.len() == before {
        return;
    }
    if branches.is_empty() {
        schema.shift_remove(key);
    }
    schema.insert("nullable".to_owned(), json!(true));
}

/// One type is left: it is the type. Several are left: they are the branches of a union, each with the keywords that
/// speak of it.
fn split_type_list(at: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(Value::Array(types)) = schema.shift_remove("type") else {
        return;
    };
    let mut names: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
    if names.contains(&"null") {
        schema.insert("nullable".to_owned(), json!(true));
        names.retain(|name| *name != "null");
    }
    if let [name] = names.as_slice() {
        schema.insert("type".to_owned(), json!(name));
    } else if !names.is_empty() && !schema.contains_key("oneOf") {
        let branches = names.iter().map(|name| branch(name, schema)).collect();
        *schema = shape::markers(schema);
        schema.insert("oneOf".to_owned(), Value::Array(branches));
    }
    changes.note(format!("{at}/type"), "list of types: a union, or nullable");
}

fn branch(name: &str, schema: &Map<String, Value>) -> Value {
    let own: &[&str] = match name {
        "object" => &["properties", "required", "additionalProperties"],
        "array" => &["items"],
        "string" => &["format"],
        _ => &[],
    };
    let mut branch = Map::from_iter([("type".to_owned(), json!(name))]);
    for key in own {
        if let Some(value) = schema.get(*key) {
            branch.insert((*key).to_owned(), value.clone());
        }
    }
    let values: Vec<Value> = schema
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|value| name == "string" && value.is_string())
        .cloned()
        .collect();
    if !values.is_empty() {
        branch.insert("enum".to_owned(), Value::Array(values));
    }
    Value::Object(branch)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn a_null_branch_makes_the_union_nullable() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"oneOf": [{"type": "string"}, {"type": "null"}, {"type": "number"}]}}),
        );
        assert_eq!(
            after,
            json!({"A": {"oneOf": [{"type": "string"}, {"type": "number"}], "nullable": true}})
        );
        assert_eq!(places, ["/components/schemas/A/oneOf/1"]);
    }

    #[test]
    fn a_union_of_nothing_but_null_allows_anything() {
        let (after, _) = repair_schemas(run, json!({"A": {"anyOf": [{"type": "null"}]}}));
        assert_eq!(after, json!({"A": {"nullable": true}}));
    }

    #[test]
    fn null_alone_allows_anything() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"type": "object", "properties": {"x": {"type": "null", "description": "d"}}}}),
        );
        assert_eq!(
            after,
            json!({"A": {"type": "object", "properties": {"x": {"description": "d", "nullable": true}}}})
        );
        assert_eq!(places, ["/components/schemas/A/properties/x"]);
    }

    #[test]
    fn a_list_of_types_is_nullable_or_a_union() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"type": ["string", "null"], "enum": ["x", null]},
                "B": {"type": ["string", "array"], "items": {"type": "string"}, "enum": ["x"]},
                "C": {"type": ["null"]},
                "D": {"type": []}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"enum": ["x", null], "nullable": true, "type": "string"},
                "B": {"oneOf": [{"type": "string", "enum": ["x"]}, {"type": "array", "items": {"type": "string"}}]},
                "C": {"nullable": true},
                "D": {}
            })
        );
    }

    #[test]
    fn a_nullable_type_is_left_alone() {
        leaves_schemas_alone(run, json!({"A": {"type": "string", "nullable": true}}));
    }
}
