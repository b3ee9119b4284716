//! Moves `nullable` out of the schema, to the mark `x-nullable` at its place.
//!
//! typify has one `Option` for "may be absent" and "may be null", so the rewrite tells them apart by this mark. A
//! reference can carry it without a wrapper.

use serde_json::{Value, json};

use super::Changes;
use crate::document::for_each_schema;
use crate::reference;

/// The mark of a place that can hold `null`.
pub const NULLABLE: &str = "x-nullable";

/// Replaces `nullable: true` by the mark, and unwraps references that were wrapped to carry it.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(members) = schema.as_object_mut() else {
            return;
        };
        if members.shift_remove("nullable") != Some(json!(true)) {
            return;
        }
        changes.note(at, "nullable: three states");
        if let Some([only]) = members.get("allOf").and_then(Value::as_array).map(Vec::as_slice)
            && reference::target(only).is_some()
        {
            let mut bare = only.clone();
            for key in ["description", "deprecated"] {
                if let Some(said) = members.get(key) {
                    bare[key] = said.clone();
                }
            }
            *schema = bare;
        }
        schema[NULLABLE] = json!(true);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_where_nullable_stood() {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {
            "text": {"type": "string", "nullable": true},
            "part": {"allOf": [{"$ref": "#/components/schemas/B"}], "nullable": true, "description": "d"},
            "sure": {"type": "string", "nullable": false}
        }}}}});
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"],
            json!({
                "text": {"type": "string", "x-nullable": true},
                "part": {"$ref": "#/components/schemas/B", "description": "d", "x-nullable": true},
                "sure": {"type": "string"}
            })
        );
        assert_eq!(changes.len(), 2);
    }
}
