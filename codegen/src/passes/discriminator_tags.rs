//! Makes the discriminator a tag of what is sent: `UpdateTwilioPhoneNumberDto::new()` writes its `provider`.
//!
//! Documents often leave the property out of a variant, or make it optional, since the mapping names the value. A request without
//! it does not say which variant it is. Only schemas that no response contains are changed: what is received may lack it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Changes;
use crate::document::{for_each_operation, for_each_schema, pointer};
use crate::reference;

/// Requires the discriminator's one value of each variant that only requests contain. [`super::constants`] makes it a tag.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let mut wanted: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for_each_schema(document, &mut |_, schema| {
        for (name, tag) in tags(schema) {
            let tags = wanted.entry(name).or_default();
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    });
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for_each_operation(document, &mut |_, _, _, operation| {
        if let Some(body) = operation.get("requestBody") {
            reference::targets(body, &mut sent);
        }
        if let Some(responses) = operation.get("responses") {
            reference::targets(responses, &mut received);
        }
    });
    let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let sent = reference::reach(sent, schemas);
    let received = reference::reach(received, schemas);
    for (name, tags) in wanted {
        // Two unions that give one schema different values leave it to the caller.
        let [(property, value)] = &tags[..] else {
            continue;
        };
        if !sent.contains(&name) || received.contains(&name) {
            continue;
        }
        if let Some(value) = schemas
            .get_mut(&name)
            .and_then(|schema| require(schema, property, value))
        {
            let at = pointer(
                &format!("{}/properties", pointer("/components/schemas", &name)),
                property,
            );
            changes.note(at, format!("always `{value}`: the discriminator of the union says so"));
        }
    }
}

/// The component, property and value of each branch that the discriminator's mapping gives one value.
fn tags(schema: &Value) -> Vec<(String, (String, String))> {
    let discriminator = schema.get("x-discriminator");
    let property = discriminator.and_then(|discriminator| discriminator.get("propertyName")?.as_str());
    let mapping = discriminator.and_then(|discriminator| discriminator.get("mapping")?.as_object());
    let (Some(property), Some(mapping)) = (property, mapping) else {
        return Vec::new();
    };
    let targets: Vec<&str> = mapping.values().filter_map(Value::as_str).collect();
    mapping
        .iter()
        .filter_map(|(value, target)| Some((value, target.as_str()?)))
        .filter(|(_, target)| targets.iter().filter(|other| other == &target).count() == 1)
        .map(|(value, target)| (target.to_owned(), (property.to_owned(), value.clone())))
        .collect()
}

/// Makes the schema require a value of the property, and returns that value; `None` if the schema stays as it is.
fn require(schema: &mut Value, property: &str, value: &str) -> Option<String> {
    let is_object = schema.get("type").is_none_or(|declared| declared == "object")
        && !["$ref", "oneOf", "allOf", "enum", "items"]
            .iter()
            .any(|key| schema.get(key).is_some());
    let schema = schema.as_object_mut().filter(|_| is_object)?;
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let declared = properties.get(property).cloned();
    let declared = declared.unwrap_or_else(|| json!({"type": "string"}));
    let is_string = declared.get("type").is_some_and(|declared| declared == "string");
    // A single value that the schema declares itself is the one, also where the mapping lacks the schema.
    let values = declared.get("enum").and_then(Value::as_array);
    let value = match values.map(Vec::as_slice) {
        Some([Value::String(only)]) => only.clone(),
        _ => value.to_owned(),
    };
    let allows = declared.get("enum").is_none_or(|values| *values == json!([value]));
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let is_tag = declared.get("enum").is_some() && required.contains(&json!(property));
    if !is_string || !allows || is_tag {
        return None;
    }
    let mut tag = declared;
    tag["enum"] = json!([value]);
    if let Some(tag) = tag.as_object_mut() {
        tag.shift_remove("nullable");
    }
    schema["properties"][property] = tag;
    let names = schema.entry("required").or_insert_with(|| json!([]));
    if let Some(names) = names.as_array_mut().filter(|names| !names.contains(&json!(property))) {
        names.push(json!(property));
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::run;
    use crate::passes::testing::{leaves_alone, repair};

    fn body(schema: &str, of: &str) -> Value {
        let content =
            json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}}});
        match of {
            "request" => json!({"requestBody": content}),
            _ => json!({"responses": {"2XX": content}}),
        }
    }

    fn document(of: &str) -> Value {
        json!({
            "paths": {"/number": {"patch": body("UpdateNumber", of)}},
            "components": {"schemas": {
                "UpdateNumber": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/UpdateTwilio"},
                        {"$ref": "#/components/schemas/UpdateVonage"},
                        {"$ref": "#/components/schemas/UpdateOther"}
                    ],
                    "x-discriminator": {"propertyName": "provider", "mapping": {
                        "twilio": "UpdateTwilio", "vonage": "UpdateVonage", "a": "UpdateOther", "b": "UpdateOther"
                    }}
                },
                "UpdateTwilio": {"type": "object", "properties": {"sid": {"type": "string"}}},
                "UpdateVonage": {"type": "object", "properties": {"provider": {"type": "string", "enum": ["vonage"]}}},
                "UpdateOther": {"type": "object"}
            }}
        })
    }

    #[test]
    fn a_variant_that_is_sent_requires_its_discriminator() {
        let (after, places) = repair(run, document("request"));
        let tag = |value: &str| json!({"type": "string", "enum": [value]});
        let schemas = &after["components"]["schemas"];
        assert_eq!(schemas["UpdateTwilio"]["properties"]["provider"], tag("twilio"));
        assert_eq!(schemas["UpdateTwilio"]["required"], json!(["provider"]));
        assert_eq!(schemas["UpdateVonage"]["properties"]["provider"], tag("vonage"));
        assert_eq!(schemas["UpdateVonage"]["required"], json!(["provider"]));
        assert_eq!(schemas["UpdateOther"], json!({"type": "object"}));
        assert_eq!(
            places,
            [
                "/components/schemas/UpdateTwilio/properties/provider",
                "/components/schemas/UpdateVonage/properties/provider"
            ]
        );
    }

    #[test]
    fn what_is_received_is_left_alone() {
        leaves_alone(run, document("response"));
    }
}
