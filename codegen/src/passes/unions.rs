//! Unions: `anyOf`, unions of one, branches that say the same, branches that are unions, and properties beside a union.
//!
//! typify flattens `anyOf` into a struct that no response fits, merges what stands beside a union into its branches, and
//! panics on `not`. Left are `oneOf`s of two and more distinct branches with nothing beside them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Changes, beside_union, shape};
use crate::document::{for_each_schema, pointer, schemas_mut};
use crate::reference;

/// Makes every union a `oneOf` of distinct branches, or what is left of it.
pub fn run(document: &mut Value, changes: &mut Changes) {
    beside_union::run(document, changes);
    for_each_schema(document, &mut |at, schema| {
        let Some(keywords) = schema.as_object_mut() else {
            return;
        };
        if keywords.shift_remove("not").is_some() {
            changes.note(format!("{at}/not"), "dropped: the generator cannot express it");
        }
        one_keyword(at, keywords, changes);
        let mut simplified = false;
        while let Some(simple) = simplified_union(schema) {
            *schema = simple;
            simplified = true;
            // A union of one is that one, which can be a union in turn.
            if let Some(keywords) = schema.as_object_mut() {
                one_keyword(at, keywords, changes);
            }
        }
        if simplified {
            changes.note(
                format!("{at}/oneOf"),
                "simplified: every branch says something of its own",
            );
        }
    });
    break_circles(document, changes);
}

/// Returns what a union is without what says nothing, if it is not that already.
fn simplified_union(schema: &Value) -> Option<Value> {
    let keywords = schema.as_object()?;
    let simple = simplify(keywords.get("oneOf")?.as_array()?, keywords);
    (simple != *schema).then_some(simple)
}

/// Leaves one of `oneOf` and `anyOf`, under the name that makes an enum of it.
fn one_keyword(at: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(branches) = schema.shift_remove("anyOf") else {
        return;
    };
    if schema.contains_key("oneOf") {
        changes.note(format!("{at}/anyOf"), "dropped: oneOf says what is allowed");
    } else {
        schema.insert("oneOf".to_owned(), branches);
        changes.note(format!("{at}/anyOf"), "read as oneOf");
    }
}

/// The branches of one union, resolved.
#[derive(Default)]
struct Branches {
    distinct: Vec<Value>,
    nullable: bool,
    anything: bool,
}

impl Branches {
    fn add(&mut self, branch: &Value) {
        let Some(keywords) = branch.as_object() else {
            return;
        };
        self.nullable |= shape::is_nullable(keywords);
        let nested = keywords.get("oneOf").or_else(|| keywords.get("anyOf"));
        let lone_union = !keywords.contains_key("properties") && !keywords.contains_key("discriminator");
        if let Some(target) = shape::wrapped_target(branch) {
            self.push(reference::to(target));
        } else if let Some(Value::Array(nested)) = nested.filter(|_| lone_union) {
            nested.iter().for_each(|branch| self.add(branch));
        } else if shape::allows_anything(keywords) {
            self.anything = true;
        } else {
            let mut branch = keywords.clone();
            branch.shift_remove("nullable");
            self.push(Value::Object(branch));
        }
    }

    fn push(&mut self, branch: Value) {
        if !self.distinct.iter().any(|known| same_values(known, &branch)) {
            self.distinct.push(branch);
        }
    }
}

fn same_values(one: &Value, other: &Value) -> bool {
    let bare = |schema: &Value| {
        let mut schema = schema.clone();
        if let Some(keywords) = schema.as_object_mut() {
            keywords.retain(|key, _| !shape::MARKERS.contains(&key.as_str()));
        }
        schema
    };
    one == other || bare(one) == bare(other)
}

/// A branch that allows anything can go, since values that fit no branch are kept as they came; but not where one branch
/// alone would be left to refuse them.
fn simplify(branches: &[Value], schema: &Map<String, Value>) -> Value {
    let mut found = Branches::default();
    branches.iter().for_each(|branch| found.add(branch));
    let mut markers = shape::markers(schema);
    if found.nullable {
        markers.insert("nullable".to_owned(), json!(true));
    }
    with_properties(&mut found.distinct, schema);
    match found.distinct.as_slice() {
        [] => Value::Object(markers),
        [_] if found.anything => Value::Object(markers),
        [only] => shape::marked(only.clone(), markers),
        _ => {
            let mut union: Map<String, Value> = schema
                .iter()
                .filter(|(key, _)| matches!(key.as_str(), "oneOf" | "discriminator"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            union.insert("oneOf".to_owned(), Value::Array(found.distinct));
            shape::marked(Value::Object(union), markers)
        }
    }
}

/// Properties beside a union belong to each branch. Here inline objects get them; [`beside_union`] has seen to references.
fn with_properties(branches: &mut [Value], schema: &Map<String, Value>) {
    let Some(shared) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for branch in branches.iter_mut().filter_map(Value::as_object_mut) {
        if branch.get("type").is_none_or(|declared| declared != "object") {
            continue;
        }
        let own = branch.entry("properties").or_insert_with(|| json!({}));
        for (name, property) in shared {
            if let Some(own) = own.as_object_mut().filter(|own| !own.contains_key(name)) {
                own.insert(name.clone(), property.clone());
            }
        }
        let Some(required) = schema.get("required").and_then(Value::as_array) else {
            continue;
        };
        let known: Vec<Value> = required
            .iter()
            .filter(|name| name.as_str().is_some_and(|name| own.get(name).is_some()))
            .cloned()
            .collect();
        if let Some(own) = branch.entry("required").or_insert_with(|| json!([])).as_array_mut() {
            for name in known {
                if !own.contains(&name) {
                    own.push(name);
                }
            }
        }
    }
}

/// Drops branches that lead back to their own union through nothing but unions: they add no value, and decoding them
/// would never end.
fn break_circles(document: &mut Value, changes: &mut Changes) {
    let Some(schemas) = schemas_mut(document) else {
        return;
    };
    let names: Vec<String> = schemas.keys().cloned().collect();
    let mut edges: BTreeMap<String, Vec<String>> = schemas
        .iter()
        .map(|(name, schema)| (name.clone(), union_targets(schema)))
        .filter(|(_, targets)| !targets.is_empty())
        .collect();
    for name in names {
        let Some(targets) = edges.get(&name) else {
            continue;
        };
        let circular: BTreeSet<String> = targets
            .iter()
            .filter(|target| leads_to(target, &name, &edges))
            .cloned()
            .collect();
        let Some(schema) = schemas.get_mut(&name).filter(|_| !circular.is_empty()) else {
            continue;
        };
        let at = pointer(&pointer("/components/schemas", &name), "oneOf");
        changes.note(at, "dropped branches that lead back to this union");
        if let Some(branches) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
            branches.retain(|branch| reference::target(branch).is_none_or(|target| !circular.contains(target)));
        }
        let keywords = schema.as_object().cloned().unwrap_or_default();
        let branches = keywords
            .get("oneOf")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        *schema = simplify(&branches, &keywords);
        edges.insert(name, union_targets(schema));
    }
}

fn union_targets(schema: &Value) -> Vec<String> {
    let branches = schema.get("oneOf").and_then(Value::as_array);
    branches
        .into_iter()
        .flatten()
        .chain(std::iter::once(schema))
        .filter_map(|branch| reference::target(branch).or_else(|| shape::wrapped_target(branch)))
        .map(str::to_owned)
        .collect()
}

fn leads_to(from: &str, to: &str, edges: &BTreeMap<String, Vec<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            open.extend(edges.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn any_of_becomes_one_of_and_not_is_dropped() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"anyOf": [{"type": "string"}, {"type": "number"}]},
                "B": {"type": "string", "not": {"enum": ["x"]}}
            }),
        );
        assert_eq!(
            after,
            json!({"A": {"oneOf": [{"type": "string"}, {"type": "number"}]}, "B": {"type": "string"}})
        );
        assert_eq!(places, ["/components/schemas/A/anyOf", "/components/schemas/B/not"]);
    }

    #[test]
    fn a_union_of_one_is_that_one() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"oneOf": [{"$ref": "#/components/schemas/B"}]},
                "B": {"oneOf": [{"type": "string"}, {"type": "string", "description": "again"}], "nullable": true},
                "C": {"oneOf": [{"$ref": "#/components/schemas/B"}], "nullable": true, "discriminator": {"propertyName": "t"}}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"$ref": "#/components/schemas/B"},
                "B": {"type": "string", "nullable": true},
                "C": {"allOf": [{"$ref": "#/components/schemas/B"}], "nullable": true}
            })
        );
    }

    #[test]
    fn a_union_of_one_union_is_simplified_as_well() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"oneOf": [{
                    "anyOf": [reference("A"), reference("B"), reference("B"), {"type": "string"}],
                    "discriminator": {"propertyName": "t"}
                }]},
                "B": {"type": "object"}
            }),
        );
        assert_eq!(
            after["A"],
            json!({"oneOf": [reference("B"), {"type": "string"}], "discriminator": {"propertyName": "t"}})
        );
    }

    #[test]
    fn a_nested_union_gives_its_branches() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"oneOf": [
                {"oneOf": [{"type": "string"}, {"type": "number", "nullable": true}]},
                {"allOf": [{"$ref": "#/components/schemas/A"}], "description": "d"},
                {"type": "boolean"}
            ]}}),
        );
        assert_eq!(
            after,
            json!({"A": {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}], "nullable": true}})
        );
        assert_eq!(places, ["/components/schemas/A/oneOf", "/components/schemas/A/oneOf"]);
    }

    #[test]
    fn a_branch_that_allows_anything_is_dropped() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"oneOf": [{}, {"type": "string"}, {"type": "number"}]},
                "B": {"oneOf": [{}, {"type": "string"}], "description": "d"},
                "C": {"oneOf": [{}]}
            }),
        );
        assert_eq!(
            after,
            json!({"A": {"oneOf": [{"type": "string"}, {"type": "number"}]}, "B": {"description": "d"}, "C": {}})
        );
    }

    #[test]
    fn properties_beside_a_union_go_into_its_objects() {
        let (after, _) = repair_schemas(
            run,
            json!({"A": {
                "properties": {"id": {"type": "string"}},
                "required": ["id", "gone"],
                "oneOf": [
                    {"type": "object", "properties": {"x": {}}},
                    {"$ref": "#/components/schemas/B"}
                ]
            }, "B": {"type": "object"}}),
        );
        assert_eq!(
            after["A"],
            json!({"oneOf": [
                {"type": "object", "properties": {"x": {}, "id": {"type": "string"}}, "required": ["id"]},
                {"$ref": "#/components/schemas/AB"}
            ]})
        );
    }

    #[test]
    fn unions_that_contain_only_one_another_end() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"type": "string"}, {"type": "boolean"}]},
                "B": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "number"}]}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
                "B": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "number"}]}
            })
        );
        assert_eq!(places, ["/components/schemas/A/oneOf"]);
    }

    #[test]
    fn a_union_of_distinct_branches_is_left_alone() {
        leaves_schemas_alone(
            run,
            json!({
                "A": {
                    "oneOf": [{"$ref": "#/components/schemas/B"}, {"type": "array", "items": {"$ref": "#/components/schemas/A"}}],
                    "discriminator": {"propertyName": "t"},
                    "nullable": true,
                    "description": "d"
                },
                "B": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}
            }),
        );
    }
}
