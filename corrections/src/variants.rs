//! Variants of unions that the wire has and the document lacks.

use serde_json::{Map, Value, json};

use crate::apply::pointer;
use crate::table::{Corrections, Variant};

impl Corrections {
    /// Adds each variant to its union. A document that has a schema of this name, or that lacks one of the others, is left as it
    /// is. Returns the JSON pointer of each added schema, with a few words about it.
    pub(crate) fn add_variants(&self, document: &mut Value) -> Vec<(String, String)> {
        let mut changes = Vec::new();
        let schemas = document.pointer_mut("/components/schemas");
        if let Some(schemas) = schemas.and_then(Value::as_object_mut) {
            for variant in &self.variant {
                add(schemas, variant, &mut changes);
            }
        }
        changes
    }
}

fn add(schemas: &mut Map<String, Value>, variant: &Variant, changes: &mut Vec<(String, String)>) {
    if schemas.contains_key(&variant.name) {
        return;
    }
    let Some(schema) = schemas.get(&variant.like).and_then(|like| derive(like, variant)) else {
        return;
    };
    let union = schemas.get_mut(&variant.schema).and_then(|owner| {
        owner
            .get_mut("properties")?
            .get_mut(&variant.property)?
            .get_mut("oneOf")?
            .as_array_mut()
    });
    let Some(branches) = union else {
        return;
    };
    branches.push(json!({"$ref": pointer("#/components/schemas", &variant.name)}));
    let place = pointer("/components/schemas", &variant.name);
    schemas.insert(variant.name.clone(), schema);
    changes.push((
        place,
        format!("added to the variants of `{}.{}`", variant.schema, variant.property),
    ));
}

/// Returns the schema of a variant. It has the properties and requirements of `like`, and none of its prose.
fn derive(like: &Value, variant: &Variant) -> Option<Value> {
    let mut properties = like.get("properties")?.as_object()?.clone();
    properties.extend(variant.properties.clone());
    let required = like.get("required").cloned().unwrap_or_else(|| json!([]));
    Some(json!({"type": "object", "properties": properties, "required": required}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parrot() -> Variant {
        let text = "schema = 'Cage'\nproperty = 'bird'\nname = 'Parrot'\nlike = 'Crow'\nevidence = 'heard'\n\
                    properties = { kind = { type = 'string', enum = ['parrot'] }, words = { type = 'string' } }";
        toml::from_str(text).unwrap()
    }

    fn corrections() -> Corrections {
        Corrections {
            variant: vec![parrot()],
            ..Corrections::default()
        }
    }

    fn document() -> Value {
        json!({"components": {"schemas": {
            "Cage": {"properties": {"bird": {"oneOf": [{"$ref": "#/components/schemas/Crow"}]}}},
            "Crow": {
                "type": "object", "description": "A crow.", "required": ["kind"],
                "properties": {"kind": {"type": "string", "enum": ["crow"]}, "wings": {"type": "number"}}
            }
        }}})
    }

    #[test]
    fn a_variant_has_the_properties_of_its_model() {
        let mut document = document();
        let changes = corrections().add_variants(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["Parrot"],
            json!({"type": "object", "required": ["kind"], "properties": {
                "kind": {"type": "string", "enum": ["parrot"]}, "wings": {"type": "number"}, "words": {"type": "string"}
            }})
        );
        assert_eq!(
            schemas["Cage"]["properties"]["bird"]["oneOf"][1],
            json!({"$ref": "#/components/schemas/Parrot"})
        );
        let places: Vec<_> = changes.iter().map(|(pointer, _)| &**pointer).collect();
        assert_eq!(places, ["/components/schemas/Parrot"]);
    }

    #[test]
    fn a_document_with_the_variant_is_left() {
        let mut document = document();
        document["components"]["schemas"]["Parrot"] = json!({"type": "object"});
        let before = document.clone();
        corrections().add_variants(&mut document);
        assert_eq!(document, before);
    }

    #[test]
    fn a_document_without_the_union_is_left() {
        for missing in ["Cage", "Crow"] {
            let mut document = document();
            document["components"]["schemas"]
                .as_object_mut()
                .unwrap()
                .remove(missing);
            let before = document.clone();
            corrections().add_variants(&mut document);
            assert_eq!(document, before, "without {missing}");
        }
    }
}
