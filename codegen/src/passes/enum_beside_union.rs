//! `enum`, `type` or `items` beside `oneOf` or `anyOf`.
//!
//! typify merges what stands beside a union into each branch, and panics where it cannot. The branches say what is
//! allowed, so the union stands alone; properties beside it are left to [`super::unions`].

use serde_json::Value;

use super::Changes;
use crate::document::for_each_schema;

/// Drops what stands beside a union and contradicts or repeats it.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        if !schema.contains_key("oneOf") && !schema.contains_key("anyOf") {
            return;
        }
        schema.retain(|key, _| {
            let beside = matches!(key.as_str(), "enum" | "type" | "items" | "format");
            if beside {
                changes.note(format!("{at}/{key}"), "dropped: the union says what is allowed");
            }
            !beside
        });
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn a_union_stands_alone() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {
                "type": "object",
                "enum": ["1", "latest"],
                "description": "d",
                "nullable": true,
                "oneOf": [{"type": "string"}, {"type": "number"}]
            }}),
        );
        assert_eq!(
            after,
            json!({"A": {
                "description": "d",
                "nullable": true,
                "oneOf": [{"type": "string"}, {"type": "number"}]
            }})
        );
        assert_eq!(places, ["/components/schemas/A/type", "/components/schemas/A/enum"]);
    }

    #[test]
    fn an_enum_without_a_union_is_left_alone() {
        leaves_schemas_alone(
            run,
            json!({
                "A": {"type": "string", "enum": ["a"]},
                "B": {"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "array", "items": {}}]}
            }),
        );
    }
}
