//! One schema for what is sent and one for what is received, where the document has one for both.
//!
//! The API refuses a request with a property that it does not know. Its responses have properties that the document does not
//! know, leave out what it requires, and say `null`. No schema says both. What responses reach becomes a copy, `…Response`, and the
//! name of the document stays that of requests. Components that do not differ, such as strings, stay one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::document::{for_each_operation, pointer, schemas, schemas_mut, walk};
use crate::passes::Changes;
use crate::passes::prune::ROOT;
use crate::reference;

/// The mark of a copy: the name of the component that it was made of.
pub(super) const COPY_OF: &str = "x-copy-of";

/// Splits the components that both requests and responses reach. `sent` names further schemas that users send.
pub(super) fn run(document: &mut Value, sent: &[String], changes: &mut Changes) {
    let (requests, responses) = reached(document, sent);
    let Some(components) = schemas(document) else {
        return;
    };
    let shared = requests
        .intersection(&responses)
        .filter(|name| differs(name, components));
    let mut copies: BTreeMap<String, String> = BTreeMap::new();
    for name in shared {
        let mut copy = format!("{name}Response");
        while components.contains_key(&copy) || copies.values().any(|taken| *taken == copy) {
            copy.push('_');
        }
        changes.note(pointer("/components/schemas", name), format!("received as {copy}"));
        copies.insert(name.clone(), copy);
    }
    let repoint = |schema: &mut Value| {
        walk("", schema, &mut |_, schema| {
            reference::repoint(schema, &|name| copies.get(name).cloned());
        });
    };

    if let Some(components) = schemas_mut(document) {
        for (name, schema) in components.iter_mut() {
            if responses.contains(name) && !requests.contains(name) {
                repoint(schema);
            }
        }
        for (name, copy) in &copies {
            let mut schema = components.get(name).cloned().unwrap_or_default();
            repoint(&mut schema);
            if let Some(schema) = schema.as_object_mut() {
                schema.insert(COPY_OF.to_owned(), name.clone().into());
            }
            components.insert(copy.clone(), schema);
        }
    }
    for_each_operation(document, &mut |_, _, _, operation| {
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (_, response) in responses.into_iter().flatten() {
            let content = response.get_mut("content").and_then(Value::as_object_mut);
            for (_, entry) in content.into_iter().flatten() {
                if let Some(schema) = entry.get_mut("schema") {
                    repoint(schema);
                }
            }
        }
    });
}

/// Returns the components that are sent, and those that are received. What nothing reaches is received.
pub(super) fn reached(document: &mut Value, sent: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut requests, mut responses): (Vec<String>, Vec<String>) = (sent.to_vec(), Vec::new());
    for_each_operation(document, &mut |_, _, _, operation| {
        for key in ["parameters", "requestBody"] {
            if let Some(part) = operation.get(key) {
                reference::targets(part, &mut requests);
            }
        }
        if let Some(part) = operation.get("responses") {
            reference::targets(part, &mut responses);
        }
    });
    let Some(components) = schemas(document) else {
        return Default::default();
    };
    let requests = reference::reach(requests, components);
    let mut received = reference::reach(responses, components);
    let others: Vec<String> = components
        .iter()
        .filter(|(name, schema)| !requests.contains(*name) && (schema.get(ROOT).is_some() || !received.contains(*name)))
        .map(|(name, _)| name.clone())
        .collect();
    received.extend(reference::reach(others, components));
    (requests, received)
}

/// Returns whether the component is an object with properties, or has one in it.
fn differs(name: &str, components: &Map<String, Value>) -> bool {
    reference::reach(vec![name.to_owned()], components).iter().any(|name| {
        let mut found = false;
        // `walk` can change what it visits; this reads a copy.
        walk("", &mut components[name].clone(), &mut |_, schema| {
            found |= schema.get("properties").is_some();
        });
        found
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_sent_and_received_becomes_two() {
        let body = |name: &str| json!({"content": {"application/json": {"schema": reference::to(name)}}});
        let mut document = json!({
            "paths": {"/a": {"post": {"requestBody": body("NewCall"), "responses": {"201": body("Call")}}}},
            "components": {"schemas": {
                "NewCall": {"type": "object", "properties": {"plan": reference::to("Plan"), "kind": reference::to("Kind")}},
                "Call": {"type": "object", "properties": {"plan": reference::to("Plan"), "kind": reference::to("Kind")}},
                "Plan": {"type": "object", "properties": {"next": reference::to("Plan")}},
                "Kind": {"type": "string", "enum": ["a"]}
            }}
        });
        let mut changes = Changes::default();
        run(&mut document, &[], &mut changes);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["NewCall"]["properties"]["plan"], reference::to("Plan"));
        assert_eq!(schemas["Call"]["properties"]["plan"], reference::to("PlanResponse"));
        assert_eq!(schemas["Call"]["properties"]["kind"], reference::to("Kind"));
        assert_eq!(
            schemas["PlanResponse"]["properties"]["next"],
            reference::to("PlanResponse")
        );
        assert_eq!(schemas["Plan"]["properties"]["next"], reference::to("Plan"));
        assert_eq!(changes.len(), 1);
    }
}
