//! `allOf`: compositions become what they compose.
//!
//! typify merges compositions itself, and panics or gives up on many. One part is that part; several objects are one
//! object with the properties of all. What is left is `{"allOf": [{"$ref": …}], "nullable": true}`, the only way to call a
//! reference nullable.

use serde_json::{Map, Value, json};

use super::{Changes, shape};
use crate::document::for_each_schema;
use crate::reference;

/// The largest depth of nested compositions that is taken apart. A document that nests deeper leads in a circle or
/// has no end that anybody would write out.
const DEEPEST: usize = 6;

/// Replaces every composition by what it composes.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let components = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    // The compositions around the schema that is visited: a component can contain a composition of itself.
    let mut around: Vec<(String, Value)> = Vec::new();
    for_each_schema(document, &mut |at, schema| {
        around.retain(|(place, _)| at.starts_with(place.as_str()));
        let Some(keywords) = schema.as_object() else {
            return;
        };
        if !keywords.contains_key("allOf") {
            return;
        }
        let leads_back = around.len() >= DEEPEST || around.iter().any(|(_, outer)| outer == schema);
        let composed = compose(keywords, &components, leads_back);
        around.push((format!("{at}/"), schema.clone()));
        if composed != *schema {
            *schema = composed;
            changes.note(format!("{at}/allOf"), "replaced by what it composes");
        }
    });
}

/// One part of a composition.
enum Part {
    Nothing,
    /// `type: object` alone, beside what says which object.
    FreeObject,
    Reference(Value),
    Object(Map<String, Value>),
    Union(Map<String, Value>),
    Other(Value),
}

/// With `leads_back`, a composition of several is the first that it refers to.
fn compose(schema: &Map<String, Value>, components: &Map<String, Value>, leads_back: bool) -> Value {
    let parts = parts_of(schema, components, &mut Vec::new(), false);
    // One reference keeps its type; what composes several is a type of its own.
    let composed = match lone_reference(&parts) {
        Some(reference) => reference,
        None if leads_back => combine(parts),
        None => combine(parts_of(schema, components, &mut Vec::new(), true)),
    };
    shape::marked(composed, shape::markers(schema))
}

/// The reference that is all there is, but for scalars that repeat what it says and a union of it alone.
fn lone_reference(parts: &[Part]) -> Option<Value> {
    let mut found: Option<&Value> = None;
    for part in parts {
        let reference = match part {
            Part::Nothing | Part::FreeObject | Part::Other(_) => continue,
            Part::Reference(reference) => reference,
            Part::Union(union) => only_branch(union)?,
            Part::Object(_) => return None,
        };
        if *found.get_or_insert(reference) != reference {
            return None;
        }
    }
    found
        .filter(|reference| reference::target(reference).is_some())
        .cloned()
}

fn only_branch(union: &Map<String, Value>) -> Option<&Value> {
    let branches = union.get("oneOf").or_else(|| union.get("anyOf"))?;
    match branches.as_array()?.as_slice() {
        [branch] => Some(branch),
        _ => None,
    }
}

/// The parts of a composition, what stands beside `allOf` last. With `follow`, references are parts no more: what they
/// refer to is, unless `trail` shows that it leads back.
fn parts_of(
    schema: &Map<String, Value>,
    components: &Map<String, Value>,
    trail: &mut Vec<String>,
    follow: bool,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let members = schema.get("allOf").and_then(Value::as_array);
    for member in members.into_iter().flatten() {
        add_part(member, components, trail, follow, &mut parts);
    }
    let beside: Map<String, Value> = schema
        .iter()
        .filter(|(key, _)| *key != "allOf")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    parts.push(classify(beside));
    parts
}

fn add_part(
    member: &Value,
    components: &Map<String, Value>,
    trail: &mut Vec<String>,
    follow: bool,
    parts: &mut Vec<Part>,
) {
    let Some(keywords) = member.as_object() else {
        return;
    };
    if let Some(name) = reference::target(member) {
        if !follow {
            parts.push(Part::Reference(reference::to(name)));
        } else if !trail.iter().any(|passed| passed == name)
            && let Some(component) = components.get(name)
        {
            trail.push(name.to_owned());
            add_part(component, components, trail, follow, parts);
            trail.pop();
        }
    } else if keywords.contains_key("allOf") {
        parts.append(&mut parts_of(keywords, components, trail, follow));
    } else {
        parts.push(classify(keywords.clone()));
    }
}

fn classify(schema: Map<String, Value>) -> Part {
    if schema.contains_key("oneOf") || schema.contains_key("anyOf") {
        return Part::Union(schema);
    }
    let is_object = schema.get("type").is_some_and(|declared| declared == "object");
    let says = ["properties", "additionalProperties", "required"]
        .iter()
        .any(|key| schema.contains_key(*key));
    match schema.contains_key("type") {
        true if is_object && says => Part::Object(schema),
        true if is_object => Part::FreeObject,
        false if says => Part::Object(schema),
        false if shape::allows_anything(&schema) => Part::Nothing,
        _ => Part::Other(Value::Object(schema)),
    }
}

/// One schema for all parts. Objects win over what cannot be an object, and the first of several scalars over the others.
fn combine(parts: Vec<Part>) -> Value {
    let mut object: Option<Map<String, Value>> = None;
    let mut union: Option<Map<String, Value>> = None;
    let mut other: Option<Value> = None;
    let mut reference: Option<Value> = None;
    let mut is_object = false;
    for part in parts {
        match part {
            Part::Nothing => {}
            Part::FreeObject => is_object = true,
            Part::Reference(found) => reference = reference.or(Some(found)),
            Part::Object(found) => merge(object.get_or_insert_default(), found),
            Part::Union(found) => union = union.or(Some(found)),
            Part::Other(found) => other = other.or(Some(found)),
        }
    }
    match (reference, union, object, other) {
        (Some(reference), ..) => reference,
        (_, Some(mut union), Some(object), _) => {
            merge(&mut union, object);
            Value::Object(union)
        }
        (_, Some(union), None, _) => Value::Object(union),
        (_, None, Some(mut object), _) => {
            object.insert("type".to_owned(), json!("object"));
            drop_unknown_required(&mut object);
            Value::Object(object)
        }
        (_, None, None, Some(mut other)) => {
            if other.get("items").is_some() {
                other["type"] = json!("array");
            }
            other
        }
        (_, None, None, None) if is_object => json!({"type": "object"}),
        (_, None, None, None) => json!({}),
    }
}

/// Adds what `more` says to `object`. Of two definitions of a property the later is the more special one, unless it says
/// nothing.
fn merge(object: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (key.as_str(), object.get_mut(&key), value) {
            ("properties", Some(Value::Object(properties)), Value::Object(added)) => {
                for (name, property) in added {
                    let silent = property.as_object().is_some_and(shape::allows_anything);
                    if !silent || !properties.contains_key(&name) {
                        properties.insert(name, property);
                    }
                }
            }
            ("required", Some(Value::Array(names)), Value::Array(added)) => {
                for name in added {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            (_, None, value) if !shape::MARKERS.contains(&key.as_str()) && !key.starts_with("x-") => {
                object.insert(key, value);
            }
            _ => {}
        }
    }
}

fn drop_unknown_required(object: &mut Map<String, Value>) {
    let properties = object
        .get("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    if let Some(names) = object.get_mut("required").and_then(Value::as_array_mut) {
        names.retain(|name| name.as_str().is_some_and(|name| properties.contains_key(name)));
        if names.is_empty() {
            object.shift_remove("required");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn a_composition_of_one_is_that_one() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"type": "object", "properties": {
                "plain": {"allOf": [{"$ref": "#/components/schemas/A"}]},
                "typed": {"type": "object", "allOf": [{"$ref": "#/components/schemas/A"}]},
                "listed": {"type": "string", "enum": ["a"], "allOf": [{"$ref": "#/components/schemas/A"}]},
                "inline": {"description": "outer", "nullable": true, "allOf": [{"type": "string", "description": "inner"}]},
                "described": {"description": "d", "type": "object", "allOf": [{"$ref": "#/components/schemas/A"}]}
            }}}),
        );
        assert_eq!(
            after,
            json!({"A": {"type": "object", "properties": {
                "plain": {"$ref": "#/components/schemas/A"},
                "typed": {"$ref": "#/components/schemas/A"},
                "listed": {"$ref": "#/components/schemas/A"},
                "inline": {"type": "string", "description": "outer", "nullable": true},
                "described": {"$ref": "#/components/schemas/A", "description": "d"}
            }}})
        );
        assert_eq!(places.len(), 5);
        assert_eq!(places[0], "/components/schemas/A/properties/plain/allOf");
    }

    #[test]
    fn a_union_of_the_same_one_beside_it_says_nothing_new() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"allOf": [{"$ref": "#/components/schemas/B"}], "oneOf": [{"$ref": "#/components/schemas/B"}]},
                "B": {"type": "string"}
            }),
        );
        assert_eq!(
            after,
            json!({"A": {"$ref": "#/components/schemas/B"}, "B": {"type": "string"}})
        );
    }

    #[test]
    fn several_objects_are_one_object() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "Base": {"type": "object", "description": "base", "properties": {"id": {"type": "string"}, "kind": {"type": "string"}}, "required": ["id"]},
                "A": {
                    "description": "d",
                    "allOf": [
                        {"$ref": "#/components/schemas/Base"},
                        {"properties": {"kind": {"type": "string", "enum": ["a"]}, "id": {}}},
                        {"required": ["kind", "gone"]}
                    ],
                    "properties": {"own": {"type": "number"}}
                }
            }),
        );
        assert_eq!(
            after["A"],
            json!({
                "properties": {"id": {"type": "string"}, "kind": {"type": "string", "enum": ["a"]}, "own": {"type": "number"}},
                "required": ["id", "kind"],
                "type": "object",
                "description": "d"
            })
        );
    }

    #[test]
    fn compositions_that_contain_themselves_end() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"allOf": [{"$ref": "#/components/schemas/B"}, {"properties": {"a": {"type": "string"}}}]},
                "B": {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"b": {"type": "string"}}}]}
            }),
        );
        assert_eq!(
            after["A"],
            json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}})
        );
    }

    #[test]
    fn a_composition_inside_itself_ends_in_a_reference() {
        let (after, _) = repair_schemas(
            run,
            json!({"Node": {"type": "object", "properties": {
                "next": {"allOf": [{"$ref": "#/components/schemas/Node"}, {"properties": {"last": {"type": "boolean"}}}]}
            }}}),
        );
        assert_eq!(
            after["Node"]["properties"]["next"],
            json!({"type": "object", "properties": {
                "next": {"$ref": "#/components/schemas/Node"},
                "last": {"type": "boolean"}
            }})
        );
    }

    #[test]
    fn parts_that_exclude_one_another_leave_the_object_or_the_first() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"allOf": [{"type": "string"}, {"type": "object", "properties": {"x": {}}}]},
                "B": {"allOf": [{"type": "string", "enum": ["a"]}, {"type": "number"}]},
                "C": {"allOf": [{}]},
                "D": {"allOf": [{"type": "object"}]},
                "E": {"allOf": [{"items": {}}]}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "object", "properties": {"x": {}}},
                "B": {"type": "string", "enum": ["a"]},
                "C": {},
                "D": {"type": "object"},
                "E": {"items": {}, "type": "array"}
            })
        );
    }

    #[test]
    fn objects_beside_a_union_become_its_properties() {
        let (after, _) = repair_schemas(
            run,
            json!({"A": {
                "allOf": [{"type": "object", "properties": {"id": {"type": "string"}}}],
                "oneOf": [{"type": "object", "properties": {"x": {}}}, {"type": "object", "properties": {"y": {}}}]
            }}),
        );
        assert_eq!(
            after,
            json!({"A": {
                "oneOf": [{"type": "object", "properties": {"x": {}}}, {"type": "object", "properties": {"y": {}}}],
                "type": "object",
                "properties": {"id": {"type": "string"}}
            }})
        );
    }

    #[test]
    fn a_nullable_reference_is_left_alone() {
        leaves_schemas_alone(
            run,
            json!({
                "A": {"type": "object", "properties": {
                    "b": {"allOf": [{"$ref": "#/components/schemas/B"}], "nullable": true}
                }},
                "B": {"type": "string"}
            }),
        );
    }
}
