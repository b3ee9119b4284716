//! Leaves the operations of some resources, for a build that wants no more.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::retain_operations;
use crate::operations::Operation;
use crate::passes::{Changes, prune};

/// A part of the API.
///
/// A type is named by all places where it stands. So a document is prepared as a whole and cut afterwards: the types of a slice
/// have the names that they have in the whole.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The handles whose operations stay, such as `phone_numbers`.
    pub handles: BTreeSet<String>,
    /// Set if the schemas that no operation reaches stay: webhooks, their responses, and what a call's socket carries.
    pub messages: bool,
}

/// Drops the operations of all other handles, and the components that were needed by those alone.
pub fn run(
    document: &mut Value,
    operations: &mut Vec<Operation>,
    slice: &Slice,
    roots: &[String],
    changes: &mut Changes,
) {
    operations.retain(|operation| slice.handles.contains(&operation.handle));
    let kept: BTreeSet<&str> = operations.iter().map(|operation| operation.id.as_str()).collect();
    retain_operations(document, &mut |place, operation| {
        let id = operation.get("operationId").and_then(Value::as_str);
        let keep = id.is_some_and(|id| kept.contains(id));
        if !keep {
            changes.note(place, "dropped: its resource is not enabled");
        }
        keep
    });
    match slice.messages {
        true => prune::run(document, roots, changes),
        false => prune::reached_by_operations(document, changes),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::Names;
    use crate::operations;

    fn cut(slice: &Slice) -> (Value, Vec<Operation>) {
        let reads = |name: &str| json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
        let mut document = json!({
            "paths": {
                "/call": {"get": {"operationId": "CallController_findOne", "responses": {"200": reads("Call")}},
                          "delete": {"operationId": "ToolController_stray", "responses": {}}},
                "/tool": {"get": {"operationId": "ToolController_findOne", "responses": {"200": reads("Tool")}}}
            },
            "components": {"schemas": {
                "Call": {"properties": {"part": {"$ref": "#/components/schemas/Part"}}},
                "Message": {"properties": {"part": {"$ref": "#/components/schemas/Part"}}},
                "Part": {},
                "Tool": {"properties": {"part": {"$ref": "#/components/schemas/Part"}}},
                "Webhook": {"x-root": true}
            }}
        });
        let mut operations = operations::read(&document, &Names::default());
        let roots = ["Message".to_owned()];
        run(&mut document, &mut operations, slice, &roots, &mut Changes::default());
        (document, operations)
    }

    fn names(object: &Value) -> Vec<&str> {
        object.as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn other_operations_go_with_the_types_that_only_they_need() {
        let (document, operations) = cut(&Slice {
            handles: ["calls".to_owned()].into(),
            messages: false,
        });
        assert_eq!(names(&document["paths"]), ["/call"]);
        assert_eq!(names(&document["paths"]["/call"]), ["get"]);
        assert_eq!(names(&document["components"]["schemas"]), ["Call", "Part"]);
        assert_eq!(operations.len(), 1);
        assert_eq!(operations[0].id, "CallController_findOne");
    }

    #[test]
    fn messages_need_no_operation() {
        let (document, operations) = cut(&Slice {
            handles: BTreeSet::new(),
            messages: true,
        });
        assert_eq!(names(&document["paths"]), [""; 0]);
        assert_eq!(
            names(&document["components"]["schemas"]),
            ["Message", "Part", "Webhook"]
        );
        assert!(operations.is_empty());
    }
}
