//! Query parameters that count, and that the document calls `number`.
//!
//! The API takes `limit=10` and not `limit=10.5`. The client writes its numbers as they are given, so it does without this pass.

use serde_json::{Value, json};

use super::Changes;
use crate::document::for_each_operation;

/// Names of parameters that are whole numbers.
const COUNTS: [&str; 2] = ["limit", "page"];

/// Makes integers of the parameters that count.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_operation(document, &mut |_, _, base, operation| {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let counts = parameter.get("in") == Some(&json!("query"))
                && parameter
                    .get("name")
                    .and_then(Value::as_str)
                    .is_some_and(|name| COUNTS.contains(&name));
            if !counts {
                continue;
            }
            if let Some(kind) = parameter.pointer_mut("/schema/type").filter(|kind| **kind == "number") {
                *kind = json!("integer");
                changes.note(format!("{base}/parameters/{index}/schema/type"), "counts: an integer");
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing::repair_operation;

    #[test]
    fn limits_and_pages_are_integers() {
        let parameters = |kind: &str| {
            json!({"parameters": [
                {"name": "limit", "in": "query", "schema": {"type": kind, "minimum": 0}},
                {"name": "cost", "in": "query", "schema": {"type": "number"}},
                {"name": "page", "in": "header", "schema": {"type": "number"}}
            ]})
        };
        let (after, places) = repair_operation(run, parameters("number"));
        assert_eq!(after, parameters("integer"));
        assert_eq!(places, ["/paths/~1a~1{id}/get/parameters/0/schema/type"]);
    }
}
