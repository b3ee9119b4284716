//! Applies `spec/corrections.toml`: the places where the wire is known to differ from the document.

use super::Changes;
use crate::document::pointer;
use serde::Deserialize;
use serde_json::Value;

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

/// Applies each correction whose schema and property the document has.
pub fn run(document: &mut Value, corrections: &[Correction], changes: &mut Changes) {
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

fn require(schema: &mut serde_json::Map<String, Value>, property: &str, required: bool) {
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
    use serde_json::json;

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
        run(&mut document, &[fix], &mut changes);
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
    fn what_the_document_does_not_have_is_left_unless_it_is_to_be_added() {
        let mut document = json!({"components": {"schemas": {"Tool": {"properties": {}}}}});
        let elsewhere = correction("schema = 'Call'\nproperty = 'x'\nis = {}\nevidence = 'e'");
        let absent = correction("schema = 'Tool'\nproperty = 'x'\nis = {}\nevidence = 'e'");
        let added = correction("schema = 'Tool'\nproperty = 'y'\nis = {type='string'}\nadd = true\nevidence = 'e'");
        run(&mut document, &[elsewhere, absent, added], &mut Changes::default());
        assert_eq!(
            document["components"]["schemas"]["Tool"]["properties"],
            json!({"y": {"type": "string"}})
        );
    }
}
