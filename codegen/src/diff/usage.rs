//! The uses of schemas: in requests, in responses, in messages.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::Used;
use crate::document::{METHODS, schemas};
use crate::names::Names;
use crate::reference;

/// The schemas that each kind of use reaches.
#[derive(Debug, Default)]
pub struct Usage {
    requests: BTreeSet<String>,
    responses: BTreeSet<String>,
    messages: BTreeSet<String>,
    sent: BTreeSet<String>,
    received: BTreeSet<String>,
}

impl Usage {
    /// Finds the schemas that operations reach, and that `roots` and `sent` of the names reach.
    pub fn read(document: &Value, names: &Names) -> Self {
        let Some(schemas) = schemas(document) else {
            return Self::default();
        };
        let mut requests = Vec::new();
        let mut responses = Vec::new();
        for item in document
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|paths| paths.values())
        {
            targets(document, item.get("parameters"), &mut requests);
            for operation in METHODS.iter().filter_map(|method| item.get(*method)) {
                for key in ["parameters", "requestBody"] {
                    targets(document, operation.get(key), &mut requests);
                }
                targets(document, operation.get("responses"), &mut responses);
            }
        }
        let is_sent = |root: &&String| names.sent.contains(root);
        let reach = |open: Vec<String>| reference::reach(open, schemas);
        let requests = reach(requests);
        let responses = reach(responses);
        let mut sent = reach(names.sent.clone());
        sent.extend(requests.iter().cloned());
        let mut received = reach(names.roots.iter().filter(|root| !is_sent(root)).cloned().collect());
        received.extend(responses.iter().cloned());
        Self {
            messages: reach(names.roots.iter().chain(&names.sent).cloned().collect()),
            requests,
            responses,
            sent,
            received,
        }
    }

    /// Returns where a schema is used.
    pub fn of(&self, schema: &str) -> Used {
        Used {
            requests: self.requests.contains(schema),
            responses: self.responses.contains(schema),
            messages: self.messages.contains(schema),
        }
    }

    /// Returns whether users send a schema: in requests, or in responses to messages.
    pub fn is_sent(&self, schema: &str) -> bool {
        self.sent.contains(schema)
    }

    /// Returns whether users receive a schema: in responses, or in messages.
    pub fn is_received(&self, schema: &str) -> bool {
        self.received.contains(schema)
    }
}

/// Appends the schemas that a part of an operation refers to, also through the document's shared parts.
fn targets(document: &Value, part: Option<&Value>, found: &mut Vec<String>) {
    let Some(part) = part else {
        return;
    };
    reference::targets(part, found);
    let children: Vec<&Value> = match part {
        Value::Array(items) => items.iter().chain([part]).collect(),
        Value::Object(members) => members.values().chain([part]).collect(),
        _ => return,
    };
    for child in children {
        let resolved = resolve(document, child);
        if !std::ptr::eq(resolved, child) {
            reference::targets(resolved, found);
        }
    }
}

/// Returns what a reference to a shared part of the document stands for, or the value itself.
pub fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    /// A longer chain is taken for a circle.
    const LONGEST_CHAIN: usize = 16;
    let mut current = value;
    for _ in 0..LONGEST_CHAIN {
        let reference = current.get("$ref").and_then(Value::as_str);
        match reference
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|at| document.pointer(at))
        {
            Some(target) => current = target,
            None => return current,
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_used_where_references_lead_to_it() {
        let to = |name: &str| json!({"application/json": {"schema": reference::to(name)}});
        let document = json!({
            "paths": {"/call": {"post": {
                "parameters": [{"$ref": "#/components/parameters/Limit"}],
                "requestBody": {"content": to("CreateCallDTO")},
                "responses": {"201": {"content": to("Call")}, "400": {"$ref": "#/components/responses/Bad"}}
            }}},
            "components": {
                "parameters": {"Limit": {"in": "query", "name": "limit", "schema": reference::to("Limit")}},
                "responses": {"Bad": {"content": to("Bad")}},
                "schemas": {
                    "CreateCallDTO": {"properties": {"voice": reference::to("Voice")}},
                    "Call": {"properties": {"voice": {"items": reference::to("Voice")}}},
                    "Voice": {}, "Limit": {}, "Bad": {}, "Event": {}, "Reply": {}, "Org": {}
                }
            }
        });
        let names = Names {
            roots: vec!["Event".to_owned(), "Reply".to_owned()],
            sent: vec!["Reply".to_owned()],
            ..Names::default()
        };
        let usage = Usage::read(&document, &names);
        let of = |name: &str| usage.of(name).names().join(", ");
        assert_eq!(of("Voice"), "requests, responses");
        assert_eq!(of("Limit"), "requests");
        assert_eq!(of("Bad"), "responses");
        assert_eq!(of("Event"), "messages");
        assert_eq!(of("Reply"), "messages");
        assert_eq!(of("Org"), "");
        assert!(usage.is_sent("Reply") && !usage.is_received("Reply"));
        assert!(usage.is_received("Event") && !usage.is_sent("Event"));
    }
}
