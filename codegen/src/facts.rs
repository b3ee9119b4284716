//! The facts of an interface: an OpenAPI 3.0 document without its prose, in canonical order and canonical text.
//!
//! Nothing is repaired here. What the document says of a path, parameter, schema or property stays as it says it, odd or
//! not; what is only said to people (descriptions, titles, examples, defaults in words, extensions) goes. The tables below
//! are the grammar that tells the two apart: a `description` of a schema is prose, a property named `description` is a fact.

use Holds::{Callbacks, Data, Default, Info, Named, NamedOrExtension, One, Parameters, Responses, Scopes, Set};
use serde_json::{Map, Value};

/// Keys that are prose wherever OpenAPI defines the keys of an object, unless its [`Shape`] lists them.
const PROSE: [&str; 7] = [
    "description",
    "summary",
    "title",
    "example",
    "examples",
    "default",
    "externalDocs",
];

/// An object whose keys OpenAPI defines, in the order in which they are written. Keys it does not list follow by name.
struct Shape(&'static [(&'static str, Holds)]);

/// The content of a key's value.
#[derive(Clone, Copy)]
enum Holds {
    /// Plain data without prose.
    Data,
    /// A default, which is a fact unless it is text of its own.
    Default,
    /// Data in which order means nothing, when all of it is strings.
    Set,
    /// An object of this shape, or a list of them.
    One(&'static Shape),
    /// Objects of this shape by a name that the document chose.
    Named(&'static Shape),
    /// The same as `Named`, where OpenAPI lets extensions (`x-…`) stand between the names.
    NamedOrExtension(&'static Shape),
    /// Callbacks: path items by expression, by name.
    Callbacks,
    /// Responses by status.
    Responses,
    /// A list of parameters, which are told apart by place and name.
    Parameters,
    /// OAuth scopes: the name is the fact, the value is a sentence that OpenAPI requires.
    Scopes,
    /// The document's title and version.
    Info,
}

static DOCUMENT: Shape = Shape(&[
    ("openapi", Data),
    ("info", Info),
    ("servers", One(&SERVER)),
    ("security", Data),
    ("tags", One(&TAG)),
    ("paths", NamedOrExtension(&PATH_ITEM)),
    ("components", One(&COMPONENTS)),
]);
static SERVER: Shape = Shape(&[("url", Data), ("variables", Named(&SERVER_VARIABLE))]);
static SERVER_VARIABLE: Shape = Shape(&[("default", Data), ("enum", Data)]);
static TAG: Shape = Shape(&[("name", Data)]);
static COMPONENTS: Shape = Shape(&[
    ("securitySchemes", Named(&SECURITY_SCHEME)),
    ("parameters", Named(&PARAMETER)),
    ("headers", Named(&PARAMETER)),
    ("requestBodies", Named(&BODY)),
    ("responses", Responses),
    ("links", Named(&LINK)),
    ("callbacks", Callbacks),
    ("schemas", Named(&SCHEMA)),
]);
static SECURITY_SCHEME: Shape = Shape(&[
    ("$ref", Data),
    ("type", Data),
    ("scheme", Data),
    ("bearerFormat", Data),
    ("name", Data),
    ("in", Data),
    ("openIdConnectUrl", Data),
    ("flows", NamedOrExtension(&FLOW)),
]);
static FLOW: Shape = Shape(&[
    ("authorizationUrl", Data),
    ("tokenUrl", Data),
    ("refreshUrl", Data),
    ("scopes", Scopes),
]);
static PATH_ITEM: Shape = Shape(&[
    ("$ref", Data),
    ("servers", One(&SERVER)),
    ("parameters", Parameters),
    ("delete", One(&OPERATION)),
    ("get", One(&OPERATION)),
    ("head", One(&OPERATION)),
    ("options", One(&OPERATION)),
    ("patch", One(&OPERATION)),
    ("post", One(&OPERATION)),
    ("put", One(&OPERATION)),
    ("trace", One(&OPERATION)),
]);
static OPERATION: Shape = Shape(&[
    ("operationId", Data),
    ("tags", Data),
    ("deprecated", Data),
    ("security", Data),
    ("servers", One(&SERVER)),
    ("parameters", Parameters),
    ("requestBody", One(&BODY)),
    ("responses", Responses),
    ("callbacks", Callbacks),
]);
// Upstream also puts `allOf` and such beside a parameter's schema, so those are read as they are in a schema.
static PARAMETER: Shape = Shape(&[
    ("$ref", Data),
    ("name", Data),
    ("in", Data),
    ("required", Data),
    ("deprecated", Data),
    ("allowEmptyValue", Data),
    ("style", Data),
    ("explode", Data),
    ("allowReserved", Data),
    ("schema", One(&SCHEMA)),
    ("content", Named(&MEDIA_TYPE)),
    ("items", One(&SCHEMA)),
    ("properties", Named(&SCHEMA)),
    ("additionalProperties", One(&SCHEMA)),
    ("allOf", One(&SCHEMA)),
    ("oneOf", One(&SCHEMA)),
    ("anyOf", One(&SCHEMA)),
    ("not", One(&SCHEMA)),
]);
static BODY: Shape = Shape(&[("$ref", Data), ("required", Data), ("content", Named(&MEDIA_TYPE))]);
static MEDIA_TYPE: Shape = Shape(&[("schema", One(&SCHEMA)), ("encoding", Named(&ENCODING))]);
static ENCODING: Shape = Shape(&[("contentType", Data), ("headers", Named(&PARAMETER))]);
static RESPONSE: Shape = Shape(&[
    ("$ref", Data),
    ("description", Data),
    ("headers", Named(&PARAMETER)),
    ("content", Named(&MEDIA_TYPE)),
    ("links", Named(&LINK)),
]);
static LINK: Shape = Shape(&[
    ("$ref", Data),
    ("operationId", Data),
    ("operationRef", Data),
    ("parameters", Data),
    ("requestBody", Data),
    ("server", One(&SERVER)),
]);
static SCHEMA: Shape = Shape(&[
    ("$ref", Data),
    ("type", Data),
    ("format", Data),
    ("nullable", Data),
    ("deprecated", Data),
    ("readOnly", Data),
    ("writeOnly", Data),
    ("enum", Data),
    ("default", Default),
    ("minimum", Data),
    ("exclusiveMinimum", Data),
    ("maximum", Data),
    ("exclusiveMaximum", Data),
    ("multipleOf", Data),
    ("minLength", Data),
    ("maxLength", Data),
    ("pattern", Data),
    ("minItems", Data),
    ("maxItems", Data),
    ("uniqueItems", Data),
    ("minProperties", Data),
    ("maxProperties", Data),
    ("required", Set),
    ("discriminator", One(&DISCRIMINATOR)),
    ("items", One(&SCHEMA)),
    ("properties", Named(&SCHEMA)),
    ("patternProperties", Named(&SCHEMA)),
    ("additionalProperties", One(&SCHEMA)),
    ("allOf", One(&SCHEMA)),
    ("oneOf", One(&SCHEMA)),
    ("anyOf", One(&SCHEMA)),
    ("not", One(&SCHEMA)),
]);
static DISCRIMINATOR: Shape = Shape(&[("propertyName", Data), ("mapping", Data)]);

/// Returns the facts of `document`, in canonical order: the same interface gives the same value, and the facts of facts are
/// themselves.
///
/// Paths, methods, schemas and properties are sorted by name, parameters by place and name, `required` by name; enum
/// values, variants and tags keep the document's order. What OpenAPI requires though it is prose becomes a constant: the
/// title is ours, a response's description is empty.
pub fn facts(document: &Value) -> Value {
    one(document, &DOCUMENT)
}

fn holds(value: &Value, holds: Holds) -> Value {
    match holds {
        Data | Default => sorted(value),
        Set => set(value),
        One(shape) => one(value, shape),
        Named(shape) => by_name(value, |_, value| Some(one(value, shape))),
        NamedOrExtension(shape) => by_name(value, |name, value| (!is_extension(name)).then(|| one(value, shape))),
        Callbacks => by_name(value, |_, callback| {
            Some(holds_or_ref(callback, NamedOrExtension(&PATH_ITEM)))
        }),
        Responses => by_name(value, |status, value| (!is_extension(status)).then(|| response(value))),
        Parameters => parameters(value),
        Scopes => by_name(value, |_, _| Some("".into())),
        Info => info(value),
    }
}

/// Returns an object of `shape`, or a list of them; anything else is odd and stays as it is.
fn one(value: &Value, shape: &Shape) -> Value {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter().map(|item| one(item, shape)).collect(),
        _ => return value.clone(),
    };
    let mut facts = Map::new();
    for &(key, held) in shape.0 {
        let is_fact = |value: &&Value| !matches!(held, Default) || is_fact(value, object);
        if let Some(value) = object.get(key).filter(is_fact) {
            facts.insert(key.into(), holds(value, held));
        }
    }
    for (key, value) in by_key(object) {
        let listed = shape.0.iter().any(|(known, _)| known == key);
        if !listed && !PROSE.contains(&key.as_str()) && !is_extension(key) {
            facts.insert(key.clone(), sorted(value));
        }
    }
    facts.into()
}

/// Returns whether a default is a number, a flag, or a value that the schema lists. Other texts are sentences, or lists of words.
fn is_fact(default: &Value, schema: &Map<String, Value>) -> bool {
    let lists = [
        schema.get("enum"),
        schema.get("items").and_then(|items| items.get("enum")),
    ];
    let mut listed = lists.into_iter().flatten().filter_map(Value::as_array).flatten();
    match default {
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(_) => listed.any(|value| value == default),
        Value::Array(items) => items.iter().all(|item| is_fact(item, schema)),
        Value::Null | Value::Object(_) => false,
    }
}

fn by_name(value: &Value, keep: impl Fn(&str, &Value) -> Option<Value>) -> Value {
    let Some(object) = value.as_object() else {
        return sorted(value);
    };
    let facts: Map<_, _> = by_key(object)
        .into_iter()
        .filter_map(|(name, value)| Some((name.clone(), keep(name, value)?)))
        .collect();
    facts.into()
}

fn holds_or_ref(value: &Value, held: Holds) -> Value {
    if value.get("$ref").is_some() {
        return sorted(value);
    }
    holds(value, held)
}

fn response(value: &Value) -> Value {
    let mut response = value.clone();
    if let Some(object) = response.as_object_mut() {
        if object.contains_key("$ref") {
            object.remove("description");
        } else {
            object.insert("description".into(), "".into());
        }
    }
    one(&response, &RESPONSE)
}

fn info(value: &Value) -> Value {
    let mut info = Map::new();
    info.insert("title".into(), "Vapi".into());
    if let Some(version) = value.get("version") {
        info.insert("version".into(), sorted(version));
    }
    info.into()
}

fn parameters(value: &Value) -> Value {
    let Value::Array(mut parameters) = one(value, &PARAMETER) else {
        return one(value, &PARAMETER);
    };
    // Stable, so that a parameter that is declared twice keeps its order of declaration.
    parameters.sort_by_key(|parameter| {
        ["in", "name", "$ref"].map(|key| match parameter.get(key) {
            // A path's parameters come first, as in the path itself.
            Some(Value::String(place)) if key == "in" && place == "path" => String::new(),
            Some(Value::String(text)) => text.clone(),
            _ => char::MAX.to_string(),
        })
    });
    parameters.into()
}

fn set(value: &Value) -> Value {
    let strings: Option<Vec<&str>> = value
        .as_array()
        .and_then(|items| items.iter().map(Value::as_str).collect());
    match strings {
        Some(mut strings) => {
            strings.sort_unstable();
            strings.into()
        }
        // `required: true` on a property is no list, and is what the document says.
        None => sorted(value),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(_) => by_name(value, |_, value| Some(sorted(value))),
        Value::Array(items) => items.iter().map(sorted).collect(),
        _ => value.clone(),
    }
}

fn by_key(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}

fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

/// Returns the canonical text of `value`: its keys in the order they have, one fact a line, a newline at the end.
///
/// A lone reference is one fact and stays on its line. One space a level: with two, indentation would be two fifths of
/// the whole file.
pub fn to_text(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, 0);
    text.push('\n');
    text
}

fn write(text: &mut String, value: &Value, level: usize) {
    match value {
        Value::Object(object) if !object.is_empty() => {
            if let (1, Some(reference @ Value::String(_))) = (object.len(), object.get("$ref")) {
                text.push_str(&format!("{{\"$ref\": {reference}}}"));
                return;
            }
            let entries = object.iter().map(|(key, value)| (Some(key), value));
            write_entries(text, ['{', '}'], entries, level);
        }
        Value::Array(items) if !items.is_empty() => {
            write_entries(text, ['[', ']'], items.iter().map(|item| (None, item)), level);
        }
        _ => text.push_str(&value.to_string()),
    }
}

fn write_entries<'v>(
    text: &mut String,
    [open, close]: [char; 2],
    entries: impl Iterator<Item = (Option<&'v String>, &'v Value)>,
    level: usize,
) {
    text.push(open);
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            text.push(',');
        }
        new_line(text, level + 1);
        if let Some(key) = key {
            text.push_str(&Value::from(key.as_str()).to_string());
            text.push_str(": ");
        }
        write(text, value, level + 1);
    }
    new_line(text, level);
    text.push(close);
}

fn new_line(text: &mut String, level: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', level));
}
