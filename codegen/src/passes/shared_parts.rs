//! Parameters, request bodies and responses that operations share: in the components, or on their path.
//!
//! Later passes repair an operation where it stands, so everything an operation uses is written into it first. What a
//! reference does not find is dropped: progenitor panics on it.

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::{METHODS, for_each_operation, pointer};

const SECTIONS: [&str; 3] = ["parameters", "requestBodies", "responses"];

/// The longest chain of references. A longer one is taken for a circle.
const LONGEST_CHAIN: usize = 16;

/// Writes what is shared into the operations.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let shared = take_shared(document, changes);
    spread_path_parameters(document, changes);
    for_each_operation(document, &mut |_, _, base, operation| {
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            let mut index = 0;
            parameters.retain_mut(|parameter| {
                let at = format!("{base}/parameters/{index}");
                index += 1;
                inline(parameter, "parameters", &shared, &at, changes)
            });
        }
        let at = format!("{base}/requestBody");
        if let Some(body) = operation.get_mut("requestBody")
            && !inline(body, "requestBodies", &shared, &at, changes)
        {
            operation.shift_remove("requestBody");
        }
        let at = format!("{base}/responses");
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.retain(|status, response| inline(response, "responses", &shared, &pointer(&at, status), changes));
        }
    });
}

/// Takes the shared parts out of the document: once they are written into the operations, nothing reads them there.
fn take_shared(document: &mut Value, changes: &mut Changes) -> Map<String, Value> {
    let mut shared = Map::new();
    let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else {
        return shared;
    };
    for section in SECTIONS {
        if let Some(parts) = components.shift_remove(section) {
            changes.note(pointer("/components", section), "moved into the operations that use it");
            shared.insert(section.to_owned(), parts);
        }
    }
    shared
}

/// Replaces a reference by what it refers to; false if there is no such thing.
fn inline(value: &mut Value, section: &str, shared: &Map<String, Value>, at: &str, changes: &mut Changes) -> bool {
    let Some(reference) = value.get("$ref").cloned() else {
        return true;
    };
    let Some(found) = resolve(value, section, shared) else {
        changes.note(at, format!("dropped: {reference} leads nowhere"));
        return false;
    };
    *value = found;
    changes.note(at, format!("{reference} written out"));
    true
}

fn resolve(value: &Value, section: &str, shared: &Map<String, Value>) -> Option<Value> {
    let prefix = format!("#/components/{section}/");
    let mut current = value;
    for _ in 0..LONGEST_CHAIN {
        let Some(reference) = current.get("$ref") else {
            return Some(current.clone());
        };
        let name = reference.as_str()?.strip_prefix(&prefix)?;
        let name = name.replace("~1", "/").replace("~0", "~");
        current = shared.get(section)?.get(&name)?;
    }
    None
}

/// Gives each operation the parameters of its path, after its own, which take precedence.
fn spread_path_parameters(document: &mut Value, changes: &mut Changes) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        let Some(parameters) = item.shift_remove("parameters") else {
            continue;
        };
        changes.note(
            format!("{}/parameters", pointer("/paths", path)),
            "moved into the operations of the path",
        );
        let parameters = parameters.as_array().cloned().unwrap_or_default();
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
                continue;
            };
            let own = operation.entry("parameters").or_insert_with(|| json!([]));
            let Some(own) = own.as_array_mut() else {
                continue;
            };
            for parameter in &parameters {
                if !own.iter().any(|declared| same_parameter(declared, parameter)) {
                    own.push(parameter.clone());
                }
            }
        }
    }
}

fn same_parameter(one: &Value, other: &Value) -> bool {
    one == other
        || ["name", "in"]
            .iter()
            .all(|key| one.get(key).is_some() && one.get(key) == other.get(key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_alone, repair};

    #[test]
    fn a_shared_parameter_body_and_response_are_written_into_the_operation() {
        let (after, places) = repair(
            run,
            json!({
                "paths": {"/a": {"post": {
                    "parameters": [{"$ref": "#/components/parameters/Limit"}],
                    "requestBody": {"$ref": "#/components/requestBodies/Body"},
                    "responses": {"200": {"$ref": "#/components/responses/Alias"}}
                }}},
                "components": {
                    "parameters": {"Limit": {"name": "limit", "in": "query"}},
                    "requestBodies": {"Body": {"content": {}}},
                    "responses": {"Alias": {"$ref": "#/components/responses/Ok"}, "Ok": {"description": ""}}
                }
            }),
        );
        assert_eq!(
            after,
            json!({
                "paths": {"/a": {"post": {
                    "parameters": [{"name": "limit", "in": "query"}],
                    "requestBody": {"content": {}},
                    "responses": {"200": {"description": ""}}
                }}},
                "components": {}
            })
        );
        assert_eq!(
            places,
            [
                "/components/parameters",
                "/components/requestBodies",
                "/components/responses",
                "/paths/~1a/post/parameters/0",
                "/paths/~1a/post/requestBody",
                "/paths/~1a/post/responses/200"
            ]
        );
    }

    #[test]
    fn a_reference_that_leads_nowhere_or_in_circles_is_dropped() {
        let (after, _) = repair(
            run,
            json!({
                "paths": {"/a": {"post": {
                    "parameters": [{"$ref": "#/components/parameters/Gone"}, {"$ref": 7}],
                    "requestBody": {"$ref": "elsewhere.json"},
                    "responses": {"200": {"$ref": "#/components/responses/Loop"}}
                }}},
                "components": {"responses": {"Loop": {"$ref": "#/components/responses/Loop"}}}
            }),
        );
        assert_eq!(
            after,
            json!({"paths": {"/a": {"post": {"parameters": [], "responses": {}}}}, "components": {}})
        );
    }

    #[test]
    fn parameters_of_a_path_go_to_its_operations_unless_those_declare_their_own() {
        let (after, places) = repair(
            run,
            json!({"paths": {"/a/{id}": {
                "parameters": [{"name": "id", "in": "path"}, {"name": "x", "in": "query"}],
                "get": {"parameters": [{"name": "x", "in": "query", "required": true}]},
                "delete": {}
            }}}),
        );
        assert_eq!(
            after,
            json!({"paths": {"/a/{id}": {
                "get": {"parameters": [{"name": "x", "in": "query", "required": true}, {"name": "id", "in": "path"}]},
                "delete": {"parameters": [{"name": "id", "in": "path"}, {"name": "x", "in": "query"}]}
            }}})
        );
        assert_eq!(places, ["/paths/~1a~1{id}/parameters"]);
    }

    #[test]
    fn operations_that_refer_to_schemas_only_are_left_alone() {
        leaves_alone(
            run,
            json!({
                "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/A"}
                }}}}}}},
                "components": {"schemas": {"A": {"type": "object"}}}
            }),
        );
    }
}
