//! Joins what is one type because enums are open: an enum beside a plain string, or beside another enum.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Changes;
use crate::document::for_each_schema;

/// Joins the string branches of every union into one.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(branches) = schema.get("oneOf").and_then(Value::as_array) else {
            return;
        };
        let is_string = |branch: &&Value| branch.get("type") == Some(&json!("string"));
        if branches.iter().filter(is_string).count() < 2 {
            return;
        }
        let mut seen = BTreeSet::new();
        let mut values: Vec<Value> = Vec::new();
        for value in branches
            .iter()
            .filter(is_string)
            .filter_map(|branch| branch.get("enum")?.as_array())
            .flatten()
        {
            if seen.insert(value.to_string()) {
                values.push(value.clone());
            }
        }
        let mut joined = json!({"type": "string"});
        if !values.is_empty() {
            joined["enum"] = Value::Array(values);
        }
        let mut joined = Some(joined);
        let rest: Vec<Value> = branches
            .iter()
            .filter_map(|branch| match is_string(&branch) {
                true => joined.take(),
                false => Some(branch.clone()),
            })
            .collect();
        changes.note(format!("{at}/oneOf"), "string branches joined: enums are open");
        if let ([only], Some(schema)) = (&rest[..], schema.as_object_mut()) {
            schema.shift_remove("oneOf");
            for (key, value) in only.as_object().into_iter().flatten() {
                schema.insert(key.clone(), value.clone());
            }
        } else {
            schema["oneOf"] = Value::Array(rest);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(branches: Value) -> Value {
        let mut document = json!({"components": {"schemas": {"A": {"oneOf": branches}}}});
        run(&mut document, &mut Changes::default());
        document["components"]["schemas"]["A"].take()
    }

    #[test]
    fn an_enum_beside_a_string_is_the_enum() {
        assert_eq!(
            joined(json!([{"type": "string", "enum": ["a"]}, {"type": "string"}])),
            json!({"type": "string", "enum": ["a"]})
        );
    }

    #[test]
    fn two_enums_are_one_with_the_values_of_both() {
        assert_eq!(
            joined(json!([
                {"type": "string", "enum": ["a", "b"]},
                {"type": "number"},
                {"type": "string", "enum": ["b", "c"]}
            ])),
            json!({"oneOf": [{"type": "string", "enum": ["a", "b", "c"]}, {"type": "number"}]})
        );
    }

    #[test]
    fn a_single_string_branch_stays() {
        let branches = json!([{"type": "string"}, {"type": "number"}]);
        assert_eq!(joined(branches.clone()), json!({"oneOf": branches}));
    }
}
