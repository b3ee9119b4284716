//! Unions with a branch that allows anything: they allow anything.
//!
//! [`super::unions`] drops such a branch, since the client keeps what fits no other. Who judges values needs it.

use serde_json::Value;

use super::{Changes, shape};
use crate::document::for_each_schema;

/// Drops the branches where one of them allows anything.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        for keyword in ["oneOf", "anyOf"] {
            let branches = schema.get(keyword).and_then(Value::as_array);
            let anything = branches.into_iter().flatten().any(|branch| {
                branch
                    .as_object()
                    .is_some_and(|branch| shape::allows_anything(branch) && !branch.contains_key("required"))
            });
            if anything {
                schema.shift_remove(keyword);
                schema.shift_remove("discriminator");
                changes.note(
                    format!("{at}/{keyword}"),
                    "dropped: one of its branches allows anything",
                );
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn a_union_with_anything_allows_anything() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"oneOf": [{"type": "string"}, {"description": "Anything."}], "nullable": true}}),
        );
        assert_eq!(after, json!({"A": {"nullable": true}}));
        assert_eq!(places, ["/components/schemas/A/oneOf"]);
    }

    #[test]
    fn other_unions_stay() {
        leaves_schemas_alone(
            run,
            json!({"A": {"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/B"}]},
                   "B": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}}}),
        );
    }
}
