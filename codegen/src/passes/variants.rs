//! Adds to unions the variants that the wire has and the document lacks, from `spec/corrections.toml`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::pointer;

/// A variant of a union that the document lacks, with its evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The schema that has the union as a property.
    pub schema: String,
    /// That property.
    pub property: String,
    /// The name of the schema to add.
    pub name: String,
    /// A schema of the document. The variant has all its properties.
    pub like: String,
    /// The other properties of the variant, and those that differ.
    pub properties: Map<String, Value>,
    /// The evidence for the variant.
    pub evidence: String,
}

/// Adds each variant to its union. A document that has a schema of this name, or that lacks one of the others, is left as it is.
pub fn run(document: &mut Value, variants: &[Variant], changes: &mut Changes) {
    let schemas = document.pointer_mut("/components/schemas");
    let Some(schemas) = schemas.and_then(Value::as_object_mut) else {
        return;
    };
    for variant in variants {
        add(schemas, variant, changes);
    }
}

fn add(schemas: &mut Map<String, Value>, variant: &Variant, changes: &mut Changes) {
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
    changes.note(
        place,
        format!("added to the variants of `{}.{}`", variant.schema, variant.property),
    );
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
        let mut changes = Changes::default();
        run(&mut document, &[parrot()], &mut changes);
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
        let places: Vec<_> = changes.iter().map(|change| &*change.pointer).collect();
        assert_eq!(places, ["/components/schemas/Parrot"]);
    }

    #[test]
    fn a_document_with_the_variant_is_left() {
        let mut document = document();
        document["components"]["schemas"]["Parrot"] = json!({"type": "object"});
        let before = document.clone();
        run(&mut document, &[parrot()], &mut Changes::default());
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
            run(&mut document, &[parrot()], &mut Changes::default());
            assert_eq!(document, before, "without {missing}");
        }
    }
}
