//! Applies `spec/corrections.toml`: the places where the wire is known to differ from the document.

use super::Changes;
use crate::document::{for_each_operation, pointer};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// All corrections: of schemas' properties and of operations.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Corrections {
    /// Of properties.
    pub correction: Vec<Correction>,
    /// Of operations.
    pub operation: Vec<OperationCorrection>,
}

/// What the document says wrongly of an operation, and the evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationCorrection {
    /// The operation's id.
    pub id: String,
    /// The schema of the JSON body that it takes although the document declares none.
    pub body: Option<Value>,
    /// Parameters that the document requires and the API does not.
    #[serde(default)]
    pub optional: Vec<String>,
    /// How this is known.
    pub evidence: String,
}

/// One place where the document is wrong, and the evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The schema, as the document names it.
    pub schema: String,
    /// The property of that schema.
    pub property: String,
    /// What the property's schema is on the wire; absent to leave it.
    pub is: Option<Value>,
    /// Whether the property is always there; absent to leave what the document says.
    pub required: Option<bool>,
    /// Whether to add the property where the document does not have it.
    #[serde(default)]
    pub add: bool,
    /// How this is known.
    pub evidence: String,
}

/// Applies each correction whose schema and property, or whose operation, the document has.
pub fn run(document: &mut Value, corrections: &Corrections, changes: &mut Changes) {
    correct_properties(document, &corrections.correction, changes);
    for_each_operation(document, &mut |_, _, at, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).map(str::to_owned);
        for correction in &corrections.operation {
            if id.as_ref() == Some(&correction.id) {
                correct_operation(at, operation, correction, changes);
            }
        }
    });
}

fn correct_operation(
    at: &str,
    operation: &mut Map<String, Value>,
    correction: &OperationCorrection,
    changes: &mut Changes,
) {
    if let (Some(schema), false) = (&correction.body, operation.contains_key("requestBody")) {
        let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        operation.insert("requestBody".to_owned(), body);
        changes.note(format!("{at}/requestBody"), "corrected: takes a body");
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        let named = |name: &String| parameter.get("name").and_then(Value::as_str) == Some(name);
        if correction.optional.iter().any(named)
            && let Some(parameter) = parameter.as_object_mut()
            && parameter.insert("required".to_owned(), json!(false)) != Some(json!(false))
        {
            changes.note(format!("{at}/parameters/{index}/required"), "corrected: optional");
        }
    }
}

fn correct_properties(document: &mut Value, corrections: &[Correction], changes: &mut Changes) {
    for correction in corrections {
        let at = pointer("/components/schemas", &correction.schema);
        let Some(schema) = document.pointer_mut(&at).and_then(Value::as_object_mut) else {
            continue;
        };
        let properties = schema
            .entry("properties")
            .or_insert_with(|| Value::Object(Default::default()));
        let Some(properties) = properties.as_object_mut() else {
            continue;
        };
        if !correction.add && !properties.contains_key(&correction.property) {
            continue;
        }
        let place = pointer(&format!("{at}/properties"), &correction.property);
        if let Some(is) = &correction.is {
            properties.insert(correction.property.clone(), is.clone());
            changes.note(&place, "corrected to what the wire has");
        }
        if let Some(required) = correction.required {
            require(schema, &correction.property, required);
            changes.note(&place, format!("corrected: required = {required}"));
        }
    }
}

fn require(schema: &mut Map<String, Value>, property: &str, required: bool) {
    let mut names: Vec<Value> = match schema.get("required") {
        Some(Value::Array(names)) => names.clone(),
        _ => Vec::new(),
    };
    names.retain(|name| name != property);
    if required {
        names.push(property.into());
    }
    schema.insert("required".to_owned(), Value::Array(names));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correction(text: &str) -> Correction {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_property_becomes_what_the_wire_has() {
        let mut document = json!({"components": {"schemas": {"Tool": {
            "required": ["name", "arguments"],
            "properties": {"name": {"type": "string"}, "arguments": {"type": "string"}}
        }}}});
        let mut changes = Changes::default();
        let fix = correction(
            "schema = 'Tool'\nproperty = 'arguments'\nis = { type = 'object' }\nrequired = false\nevidence = 'captured'",
        );
        correct_properties(&mut document, &[fix], &mut changes);
        assert_eq!(
            document["components"]["schemas"]["Tool"],
            json!({
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}}
            })
        );
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn an_operation_gets_its_body_and_loses_a_requirement() {
        let mut document = json!({"paths": {"/r": {"post": {
            "operationId": "make", "parameters": [{"name": "force", "in": "query", "required": true}]
        }}}});
        let text = "[[operation]]\nid = 'make'\nbody = {}\noptional = ['force']\nevidence = 'e'";
        let mut changes = Changes::default();
        run(&mut document, &toml::from_str(text).unwrap(), &mut changes);
        assert_eq!(
            document["paths"]["/r"]["post"],
            json!({
                "operationId": "make",
                "parameters": [{"name": "force", "in": "query", "required": false}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {}}}}
            })
        );
        let noted: Vec<_> = changes.iter().map(|c| c.pointer.as_str()).collect();
        assert_eq!(
            noted,
            ["/paths/~1r/post/requestBody", "/paths/~1r/post/parameters/0/required"]
        );
    }

    #[test]
    fn what_the_document_does_not_have_is_left_unless_it_is_to_be_added() {
        let mut document = json!({"components": {"schemas": {"Tool": {"properties": {}}}}});
        let elsewhere = correction("schema = 'Call'\nproperty = 'x'\nis = {}\nevidence = 'e'");
        let absent = correction("schema = 'Tool'\nproperty = 'x'\nis = {}\nevidence = 'e'");
        let added = correction("schema = 'Tool'\nproperty = 'y'\nis = {type='string'}\nadd = true\nevidence = 'e'");
        correct_properties(&mut document, &[elsewhere, absent, added], &mut Changes::default());
        assert_eq!(
            document["components"]["schemas"]["Tool"]["properties"],
            json!({"y": {"type": "string"}})
        );
    }
}
