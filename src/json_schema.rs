//! The JSON Schema of a Rust type, in the keywords that the API accepts.
//!
//! schemars uses all of JSON Schema. The API accepts types, properties, items, descriptions, enums of strings, patterns and a list
//! of formats, and refuses other keywords. Leaving a keyword out makes the schema wider: a model may then write a value that the
//! type refuses. It never makes the schema require more than the type does.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Returns the schema of `T` as it is decoded from JSON, with the schemas of its parts inlined.
#[allow(dead_code, reason = "a document may have no type that takes a schema")]
pub(crate) fn of<T: JsonSchema>() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T>();
    plain(schema.as_value())
}

/// Returns a schema in the keywords of the API.
fn plain(schema: &Value) -> Map<String, Value> {
    let Some(schema) = schema.as_object() else {
        return anything();
    };
    let mut out = merged(schema);
    if let Some(Value::String(description)) = schema.get("description") {
        out.insert("description".to_owned(), json!(description));
    }
    // Recursion ends here: where the type contains itself, any object is allowed.
    if !out.contains_key("type") {
        out.extend(anything());
    }
    out
}

fn anything() -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!("object"))])
}

/// Merges the keywords of a schema with those of the schemas that it consists of.
fn merged(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut out = own(schema);
    for part in list(schema, "allOf") {
        join(&mut out, plain(part), Join::All);
    }
    let choices = list(schema, "oneOf").chain(list(schema, "anyOf"));
    let mut choices: Vec<_> = choices.filter(|choice| !is_null(choice)).collect();
    // A schema of the API has one type. A value that fits the first choice still fits the whole.
    if let Some(first) = choices.first().map(|choice| plain(choice)) {
        choices.retain(|choice| plain(choice).get("type") == first.get("type"));
        let mut either = Map::new();
        match &choices[..] {
            [_] => either = first,
            _ => choices
                .iter()
                .for_each(|choice| join(&mut either, told_apart(choice), Join::Any)),
        }
        join(&mut out, either, Join::All);
    }
    out
}

/// Returns the keywords of one schema without those of its parts.
fn own(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    let ty = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().find(|ty| *ty != "null"),
        ty => ty,
    };
    if let Some(ty) = ty {
        out.insert("type".to_owned(), ty.clone());
    }
    let values: Vec<&Value> = match schema.get("const") {
        Some(only) => vec![only],
        None => list(schema, "enum").filter(|value| !value.is_null()).collect(),
    };
    if !values.is_empty() && values.iter().all(|value| value.is_string()) {
        out.insert("type".to_owned(), json!("string"));
        out.insert("enum".to_owned(), json!(values));
    }
    let format = schema.get("format").and_then(Value::as_str);
    if let Some(format) = format.filter(|format| FORMATS.contains(format)) {
        out.insert("format".to_owned(), json!(format));
    }
    if let Some(pattern) = schema.get("pattern") {
        out.insert("pattern".to_owned(), pattern.clone());
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let properties = properties.iter().filter(|(_, property)| !is_null(property));
        let properties: Map<_, _> = properties
            .map(|(name, property)| (name.clone(), Value::Object(plain(property))))
            .collect();
        let required: Vec<&Value> = list(schema, "required")
            .filter(|name| name.as_str().is_some_and(|name| properties.contains_key(name)))
            .collect();
        if !required.is_empty() {
            out.insert("required".to_owned(), json!(required));
        }
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    if out.get("type") == Some(&json!("array")) {
        let item = schema.get("items").filter(|item| item.is_object());
        let item = item.or_else(|| list(schema, "prefixItems").next());
        out.insert("items".to_owned(), Value::Object(item.map_or_else(anything, plain)));
    }
    out
}

fn list<'a>(schema: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn is_null(schema: &Value) -> bool {
    schema.get("type") == Some(&json!("null"))
}

/// Returns a choice whose description names the choice, since a description of one choice has no place in the whole.
fn told_apart(choice: &Value) -> Map<String, Value> {
    let mut choice = plain(choice);
    let Some(Value::String(description)) = choice.remove("description") else {
        return choice;
    };
    let only = |schema: &Map<String, Value>| match list(schema, "enum").collect::<Vec<_>>()[..] {
        [Value::String(only)] => Some(only.clone()),
        _ => None,
    };
    if let Some(only) = only(&choice) {
        choice.insert("description".to_owned(), json!(format!("{only}: {description}")));
        return choice;
    }
    let properties = choice.get_mut("properties").and_then(Value::as_object_mut);
    let mut properties: Vec<_> = properties
        .into_iter()
        .flatten()
        .filter_map(|(_, p)| p.as_object_mut())
        .collect();
    let tag = properties.iter().position(|property| only(property).is_some());
    let described = match (tag, properties.len()) {
        (Some(tag), _) => Some(&mut properties[tag]),
        (None, 1) => properties.first_mut(),
        (None, _) => None,
    };
    if let Some(described) = described {
        let text = match only(described) {
            Some(only) => format!("{only}: {description}"),
            None => description,
        };
        described.entry("description").or_insert_with(|| json!(text));
    }
    choice
}

/// The way of joining two schemas.
#[derive(Clone, Copy, PartialEq)]
enum Join {
    /// A value fits both: a property that either requires is required.
    All,
    /// A value fits one of them: only a property that both require is required.
    Any,
}

fn join(out: &mut Map<String, Value>, other: Map<String, Value>, how: Join) {
    if out.is_empty() {
        *out = other;
        return;
    }
    if how == Join::Any {
        for narrowing in ["required", "enum", "format", "pattern"] {
            if !other.contains_key(narrowing) {
                out.remove(narrowing);
            }
        }
    }
    for (name, value) in other {
        match (name.as_str(), out.get_mut(&name), value) {
            ("properties", Some(Value::Object(known)), Value::Object(more)) => {
                for (name, property) in more {
                    match (known.get_mut(&name), property) {
                        (Some(Value::Object(known)), Value::Object(property)) => join(known, property, how),
                        (_, property) => drop(known.insert(name, property)),
                    }
                }
            }
            ("required", Some(Value::Array(known)), Value::Array(more)) if how == Join::Any => {
                known.retain(|name| more.contains(name));
            }
            ("required" | "enum", Some(Value::Array(known)), Value::Array(more)) => {
                let new: Vec<_> = more.into_iter().filter(|value| !known.contains(value)).collect();
                known.extend(new);
            }
            ("description", Some(Value::String(known)), Value::String(more)) => {
                if *known != more {
                    *known = format!("{known}\n{more}");
                }
            }
            ("required" | "enum" | "format" | "pattern", None, _) if how == Join::Any => {}
            (_, Some(_), _) => {}
            (_, None, value) => drop(out.insert(name, value)),
        }
    }
    if out.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        out.remove("required");
    }
}
