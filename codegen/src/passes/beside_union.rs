//! `properties` beside a union whose branches are components, and branches that only require.
//!
//! Properties beside `oneOf` or `anyOf` belong to each branch. A component that is a branch stands elsewhere too, so the branch
//! becomes a component of its own, with the properties of both. `anyOf: [{"required": …}, …]` says which properties come
//! together, which no Rust type says: the object stays. [`super::unions`] begins with this.

use serde_json::{Map, Value, json};

use super::{Changes, shape};
use crate::document::{for_each_schema, pointer};
use crate::reference;

/// Gives each branch the properties that stand beside its union.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let mut components = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let known = components.len();
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        if !schema.get("properties").is_some_and(Value::is_object) {
            return;
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(branches)) = schema.get(keyword) {
                if !branches.is_empty() && branches.iter().all(only_requires) {
                    schema.shift_remove(keyword);
                    schema.shift_remove("discriminator");
                    schema.insert("type".to_owned(), json!("object"));
                    changes.note(
                        format!("{at}/{keyword}"),
                        "dropped: its branches only require properties",
                    );
                    continue;
                }
                let branches = branches.clone();
                share(at, keyword, branches, schema, &mut components, changes);
            }
        }
    });
    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        schemas.extend(components.into_iter().skip(known));
    }
}

fn only_requires(branch: &Value) -> bool {
    branch.as_object().is_some_and(|branch| {
        let mut shape = branch.clone();
        if shape.get("type").is_some_and(|declared| declared == "object") {
            shape.shift_remove("type");
        }
        shape.contains_key("required") && shape::allows_anything(&shape)
    })
}

fn share(
    at: &str,
    keyword: &str,
    mut branches: Vec<Value>,
    schema: &mut Map<String, Value>,
    components: &mut Map<String, Value>,
    changes: &mut Changes,
) {
    let owner = owner(at);
    for (index, branch) in branches.iter_mut().enumerate() {
        let at = format!("{at}/{keyword}/{index}");
        if only_requires(branch) {
            branch["type"] = json!("object");
            continue;
        }
        let Some(target) = reference::target(branch).or_else(|| shape::wrapped_target(branch)) else {
            continue;
        };
        let target = target.to_owned();
        let component = components.get(&target).and_then(Value::as_object);
        let Some(merged) = component.and_then(|component| merged(component, schema)) else {
            changes.note(
                at,
                format!("{target} is no object: it lacks what stands beside the union"),
            );
            continue;
        };
        if component == Some(&merged) {
            continue;
        }
        let name = add(components, &format!("{owner}{target}"), Value::Object(merged));
        changes.note(at, format!("{target} with the properties beside the union is {name}"));
        if let Some(discriminator) = schema.get_mut("discriminator").and_then(Value::as_object_mut) {
            point(discriminator, &target, &name);
        }
        *branch = shape::marked(
            reference::to(&name),
            branch.as_object().map(shape::markers).unwrap_or_default(),
        );
    }
    schema.insert(keyword.to_owned(), Value::Array(branches));
}

/// The component that the union is part of; nothing for a union of an operation.
fn owner(at: &str) -> &str {
    at.strip_prefix("/components/schemas/")
        .and_then(|at| at.split('/').next())
        .filter(|name| !name.contains('~'))
        .unwrap_or_default()
}

/// The component with the properties beside the union, if it is an object.
fn merged(component: &Map<String, Value>, union: &Map<String, Value>) -> Option<Map<String, Value>> {
    let is_union = component.contains_key("oneOf") || component.contains_key("anyOf");
    let is_object = component.get("type").is_some_and(|declared| declared == "object");
    if is_union || !(is_object || component.contains_key("properties")) {
        return None;
    }
    let mut merged = component.clone();
    let own = merged
        .entry("properties")
        .or_insert_with(|| json!({}))
        .as_object_mut()?;
    for (name, property) in union.get("properties").and_then(Value::as_object)? {
        if !own.contains_key(name) {
            own.insert(name.clone(), property.clone());
        }
    }
    let own = own.clone();
    let required = union.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten() {
        let is_known = name.as_str().is_some_and(|name| own.contains_key(name));
        let names = merged.entry("required").or_insert_with(|| json!([])).as_array_mut()?;
        if is_known && !names.contains(name) {
            names.push(name.clone());
        }
    }
    Some(merged)
}

/// Adds a component under a name that no other has. One that is there already is used again.
fn add(components: &mut Map<String, Value>, wanted: &str, schema: Value) -> String {
    let numbered = (2..).map(|n| format!("{wanted}{n}"));
    for name in std::iter::once(wanted.to_owned()).chain(numbered) {
        match components.get(&name) {
            Some(known) if *known != schema => {}
            Some(_) => return name,
            None => {
                components.insert(name.clone(), schema);
                return name;
            }
        }
    }
    unreachable!("there are more numbers than components")
}

/// Points a discriminator's mapping at the new component. Without an entry, the old name was the value.
fn point(discriminator: &mut Map<String, Value>, old: &str, new: &str) {
    let mapping = discriminator.entry("mapping").or_insert_with(|| json!({}));
    let Some(mapping) = mapping.as_object_mut() else {
        return;
    };
    let names_old = |target: &Value| {
        target
            .as_str()
            .is_some_and(|text| text == old || text == pointer("#/components/schemas", old))
    };
    let mut found = false;
    for target in mapping.values_mut().filter(|target| names_old(target)) {
        *target = json!(new);
        found = true;
    }
    if !found {
        mapping.entry(old).or_insert_with(|| json!(new));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn a_branch_gets_the_properties_beside_the_union() {
        let card = json!({"type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]});
        let (after, places) = repair_schemas(
            run,
            json!({
                "Pay": {
                    "properties": {"id": {"type": "string"}},
                    "required": ["id"],
                    "oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Text"}],
                    "discriminator": {"propertyName": "kind"}
                },
                "Card": card,
                "Text": {"type": "string"}
            }),
        );
        assert_eq!(after["Card"], card);
        assert_eq!(
            after["PayCard"],
            json!({
                "type": "object",
                "properties": {"card": {"type": "string"}, "id": {"type": "string"}},
                "required": ["card", "id"]
            })
        );
        assert_eq!(
            after["Pay"]["oneOf"],
            json!([{"$ref": "#/components/schemas/PayCard"}, {"$ref": "#/components/schemas/Text"}])
        );
        assert_eq!(after["Pay"]["discriminator"]["mapping"], json!({"Card": "PayCard"}));
        assert_eq!(
            places,
            ["/components/schemas/Pay/oneOf/0", "/components/schemas/Pay/oneOf/1"]
        );
    }

    #[test]
    fn branches_that_only_require_leave_the_object() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {
                "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}]
            }}),
        );
        assert_eq!(
            after["A"],
            json!({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "type": "object"})
        );
        assert_eq!(places, ["/components/schemas/A/anyOf"]);
    }

    #[test]
    fn a_union_with_nothing_beside_is_left_alone() {
        leaves_schemas_alone(
            run,
            json!({
                "A": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"type": "string"}]},
                "B": {"type": "object", "properties": {"x": {}}}
            }),
        );
    }
}
