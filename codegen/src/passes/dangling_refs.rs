//! References to components that do not exist, or to anything that is no component.
//!
//! typify panics on them. What they would have allowed is unknown, so they allow anything. Runs before the passes that
//! follow references, and leaves the name of the component in each, without escapes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Changes;
use crate::document::{for_each_schema, schema_names};
use crate::reference;

/// Replaces references that lead nowhere by the schema that allows anything.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let names: BTreeSet<String> = schema_names(document);
    for_each_schema(document, &mut |at, schema| {
        let Some(text) = schema.get("$ref").cloned() else {
            return;
        };
        let target = reference::target(schema).unwrap_or_default();
        if names.contains(target) {
            return;
        }
        let plain = unescape(target);
        if names.contains(&plain) {
            changes.note(at, format!("{text} read as {plain}"));
            schema["$ref"] = reference::to(&plain)["$ref"].take();
        } else {
            changes.note(at, format!("{text} leads nowhere: allows anything"));
            *schema = json!({});
        }
    });
}

/// Returns the name in a reference, with the escapes of URLs and of JSON pointers undone.
fn unescape(token: &str) -> String {
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        rest = match escaped {
            Some(_) => tail.get(2..).unwrap_or_default(),
            None => tail,
        };
    }
    String::from_utf8_lossy(&bytes).replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_operation, repair_schemas};

    #[test]
    fn a_reference_to_a_missing_component_allows_anything() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"type": "object", "properties": {
                "gone": {"$ref": "#/components/schemas/Gone"},
                "elsewhere": {"$ref": "other.json#/A"},
                "inside": {"$ref": "#/components/schemas/A/properties/gone"},
                "self": {"$ref": "#/components/schemas/A"}
            }}}),
        );
        assert_eq!(
            after,
            json!({"A": {"type": "object", "properties": {
                "gone": {},
                "elsewhere": {},
                "inside": {},
                "self": {"$ref": "#/components/schemas/A"}
            }}})
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A/properties/gone",
                "/components/schemas/A/properties/elsewhere",
                "/components/schemas/A/properties/inside"
            ]
        );
    }

    #[test]
    fn escapes_in_a_reference_are_undone() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"$ref": "#/components/schemas/Page%3CCall%3E"},
                "B": {"$ref": "#/components/schemas/a~1b"},
                "C": {"$ref": "#/components/schemas/100%"},
                "Page<Call>": {}, "a/b": {}, "100%": {}
            }),
        );
        assert_eq!(after["A"], json!({"$ref": "#/components/schemas/Page<Call>"}));
        assert_eq!(after["B"], json!({"$ref": "#/components/schemas/a/b"}));
        assert_eq!(after["C"], json!({"$ref": "#/components/schemas/100%"}));
        assert_eq!(places, ["/components/schemas/A", "/components/schemas/B"]);
    }

    #[test]
    fn operations_are_looked_at_too() {
        let (after, _) = repair_operation(
            run,
            json!({"responses": {"200": {"content": {"application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Gone"}}
            }}}}}),
        );
        assert_eq!(
            after["responses"]["200"]["content"]["application/json"]["schema"],
            json!({"type": "array", "items": {}})
        );
    }

    #[test]
    fn references_to_components_are_left_alone() {
        leaves_schemas_alone(
            run,
            json!({"A": {"type": "array", "items": {"$ref": "#/components/schemas/B"}}, "B": {"type": "string"}}),
        );
    }
}
