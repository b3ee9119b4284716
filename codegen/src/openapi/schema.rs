//! Schemas, sorted into the kinds that openapiv3 has.

use openapiv3::{
    AdditionalProperties, AnySchema, ArrayType, BooleanType, Discriminator, ExternalDocumentation, IntegerType,
    NumberType, ObjectType, ReferenceOr, Schema, SchemaData, SchemaKind, StringType, Type,
};
use serde_json::Value;

use super::grammar::KEYWORDS;
use super::{entries, flag, list, present, reference_or, string, text};

pub(super) fn schema_or_reference(value: &Value) -> ReferenceOr<Schema> {
    reference_or(value, schema)
}

fn boxed(value: &Value) -> ReferenceOr<Box<Schema>> {
    reference_or(value, |value| Box::new(schema(value)))
}

fn schema(value: &Value) -> Schema {
    Schema {
        schema_data: SchemaData {
            nullable: flag(&value["nullable"]),
            read_only: flag(&value["readOnly"]),
            write_only: flag(&value["writeOnly"]),
            deprecated: flag(&value["deprecated"]),
            external_docs: value["externalDocs"].is_object().then(|| ExternalDocumentation {
                description: text(&value["externalDocs"]["description"]),
                url: string(&value["externalDocs"]["url"]),
                ..ExternalDocumentation::default()
            }),
            example: present(&value["example"]).cloned(),
            title: text(&value["title"]),
            description: text(&value["description"]),
            discriminator: value["discriminator"].is_object().then(|| Discriminator {
                property_name: string(&value["discriminator"]["propertyName"]),
                mapping: entries(&value["discriminator"]["mapping"], string).collect(),
                ..Discriminator::default()
            }),
            default: present(&value["default"]).cloned(),
            ..SchemaData::default()
        },
        schema_kind: kind(value),
    }
}

/// openapiv3 calls a schema by its type, or by its union, if all of its keywords go with that and can be what they are there.
/// Any other schema is [`SchemaKind::Any`].
fn kind(schema: &Value) -> SchemaKind {
    let has_only = |allowed: &[&str]| {
        let mut present = KEYWORDS.iter().filter(|key| !schema[key.0].is_null());
        present.all(|key| allowed.contains(&key.0))
    };
    let values = schema["enum"].as_array().map_or(&[][..], Vec::as_slice);
    let lists_only = |is: fn(&Value) -> bool| values.iter().all(|value| value.is_null() || is(value));
    let is_whole = |key: &str| schema[key].is_null() || schema[key].is_i64();
    match schema["type"].as_str() {
        Some("string") if has_only(&STRING) && lists_only(Value::is_string) => {
            SchemaKind::Type(Type::String(StringType {
                format: text(&schema["format"]).into(),
                pattern: text(&schema["pattern"]),
                enumeration: values.iter().map(text).collect(),
                min_length: size(&schema["minLength"]),
                max_length: size(&schema["maxLength"]),
            }))
        }
        Some("number") if has_only(&NUMBER) && lists_only(Value::is_number) => {
            SchemaKind::Type(Type::Number(NumberType {
                format: text(&schema["format"]).into(),
                multiple_of: schema["multipleOf"].as_f64(),
                exclusive_minimum: flag(&schema["exclusiveMinimum"]),
                exclusive_maximum: flag(&schema["exclusiveMaximum"]),
                minimum: schema["minimum"].as_f64(),
                maximum: schema["maximum"].as_f64(),
                enumeration: values.iter().map(Value::as_f64).collect(),
            }))
        }
        Some("integer")
            if has_only(&NUMBER)
                && lists_only(Value::is_i64)
                && ["multipleOf", "minimum", "maximum"].into_iter().all(is_whole) =>
        {
            SchemaKind::Type(Type::Integer(IntegerType {
                format: text(&schema["format"]).into(),
                multiple_of: schema["multipleOf"].as_i64(),
                exclusive_minimum: flag(&schema["exclusiveMinimum"]),
                exclusive_maximum: flag(&schema["exclusiveMaximum"]),
                minimum: schema["minimum"].as_i64(),
                maximum: schema["maximum"].as_i64(),
                enumeration: values.iter().map(Value::as_i64).collect(),
            }))
        }
        Some("boolean") if has_only(&["type", "enum"]) && lists_only(Value::is_boolean) => {
            SchemaKind::Type(Type::Boolean(BooleanType {
                enumeration: values.iter().map(Value::as_bool).collect(),
            }))
        }
        Some("object") if has_only(&OBJECT) => SchemaKind::Type(Type::Object(ObjectType {
            properties: entries(&schema["properties"], boxed).collect(),
            required: list(&schema["required"], string),
            additional_properties: additional_properties(&schema["additionalProperties"]),
            min_properties: size(&schema["minProperties"]),
            max_properties: size(&schema["maxProperties"]),
        })),
        Some("array") if has_only(&ARRAY) => SchemaKind::Type(Type::Array(ArrayType {
            items: present(&schema["items"]).map(boxed),
            min_items: size(&schema["minItems"]),
            max_items: size(&schema["maxItems"]),
            unique_items: flag(&schema["uniqueItems"]),
        })),
        None if schema["oneOf"].is_array() && has_only(&["oneOf"]) => SchemaKind::OneOf {
            one_of: list(&schema["oneOf"], schema_or_reference),
        },
        None if schema["allOf"].is_array() && has_only(&["allOf"]) => SchemaKind::AllOf {
            all_of: list(&schema["allOf"], schema_or_reference),
        },
        None if schema["anyOf"].is_array() && has_only(&["anyOf"]) => SchemaKind::AnyOf {
            any_of: list(&schema["anyOf"], schema_or_reference),
        },
        None if schema["not"].is_object() && has_only(&["not"]) => SchemaKind::Not {
            not: Box::new(schema_or_reference(&schema["not"])),
        },
        _ => SchemaKind::Any(AnySchema {
            typ: text(&schema["type"]),
            pattern: text(&schema["pattern"]),
            multiple_of: schema["multipleOf"].as_f64(),
            exclusive_minimum: schema["exclusiveMinimum"].as_bool(),
            exclusive_maximum: schema["exclusiveMaximum"].as_bool(),
            minimum: schema["minimum"].as_f64(),
            maximum: schema["maximum"].as_f64(),
            properties: entries(&schema["properties"], boxed).collect(),
            required: list(&schema["required"], string),
            additional_properties: additional_properties(&schema["additionalProperties"]),
            min_properties: size(&schema["minProperties"]),
            max_properties: size(&schema["maxProperties"]),
            items: present(&schema["items"]).map(boxed),
            min_items: size(&schema["minItems"]),
            max_items: size(&schema["maxItems"]),
            unique_items: schema["uniqueItems"].as_bool(),
            enumeration: values.to_vec(),
            format: text(&schema["format"]),
            min_length: size(&schema["minLength"]),
            max_length: size(&schema["maxLength"]),
            one_of: list(&schema["oneOf"], schema_or_reference),
            all_of: list(&schema["allOf"], schema_or_reference),
            any_of: list(&schema["anyOf"], schema_or_reference),
            not: present(&schema["not"]).map(|not| Box::new(schema_or_reference(not))),
        }),
    }
}

const STRING: [&str; 6] = ["type", "pattern", "enum", "format", "minLength", "maxLength"];
const NUMBER: [&str; 8] = [
    "type",
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minimum",
    "maximum",
    "enum",
    "format",
];
const OBJECT: [&str; 6] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
];
const ARRAY: [&str; 5] = ["type", "items", "minItems", "maxItems", "uniqueItems"];

fn additional_properties(value: &Value) -> Option<AdditionalProperties> {
    match value {
        Value::Null => None,
        Value::Bool(allowed) => Some(AdditionalProperties::Any(*allowed)),
        schema => Some(AdditionalProperties::Schema(Box::new(schema_or_reference(schema)))),
    }
}

fn size(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|size| usize::try_from(size).ok())
}
