//! The OpenAPI document: operations with their schemas, references resolved.
//!
//! The behavior of operations is elsewhere, in the layer `api`.

use std::collections::HashSet;
use std::fmt;

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value};

/// Operations, schemas and properties that the API has and its document lacks, as an OpenAPI document. The client is
/// generated from the same file.
static ADDITIONS: &str = include_str!("../../additions.json");

/// A parsed OpenAPI document.
pub(crate) struct Document {
    root: Value,
    text: Bytes,
    operations: Vec<Operation>,
}

/// One operation of the document.
pub(crate) struct Operation {
    /// `operationId`, or method and path where the document gives none.
    pub id: String,
    pub method: Method,
    /// The path template, `/call/{id}`.
    pub path: String,
    pub query: Vec<QueryParameter>,
    pub request: Option<RequestBody>,
    /// The success: the 2xx response with the richest schema.
    pub success: Success,
    /// The document declares a 302: the response redirects to a download.
    pub redirects: bool,
    /// True if the document declares it. Others come from `additions.json`.
    pub documented: bool,
    /// The id of the operation with the same behavior; nearly always its own.
    pub behaves_as: String,
    /// Needs the public key. All others need the private key.
    pub wants_public_key: bool,
    /// Properties that no response shows.
    pub hides: Vec<String>,
    /// The initial resource of the collection.
    pub seed: Option<Value>,
}

pub(crate) struct QueryParameter {
    pub name: String,
    pub schema: Value,
}

pub(crate) struct RequestBody {
    pub content_type: String,
    pub schema: Value,
}

pub(crate) struct Success {
    pub status: u16,
    pub schema: Option<Value>,
}

/// An error of a document that cannot be served.
#[derive(Debug)]
pub struct DocumentError(String);

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DocumentError {}

impl Document {
    pub fn parse(text: impl Into<Bytes>) -> Result<Document, DocumentError> {
        let text = text.into();
        let mut root: Value = serde_json::from_slice(&text)
            .map_err(|error| DocumentError(format!("the document is not JSON: {error}")))?;
        let paths = root
            .get("paths")
            .and_then(Value::as_object)
            .ok_or_else(|| DocumentError("the document has no `paths`".into()))?;
        let mut operations = read_operations(paths);
        let additions: Value = serde_json::from_str(ADDITIONS)
            .map_err(|error| DocumentError(format!("the additions are not JSON: {error}")))?;
        let more = additions["paths"].as_object().map(read_operations).unwrap_or_default();
        for operation in more {
            let is_there = |known: &Operation| known.method == operation.method && known.path == operation.path;
            if !operations.iter().any(is_there) {
                operations.push(Operation {
                    documented: false,
                    ..operation
                });
            }
        }
        add_schemas(&mut root, &additions);
        let document = Document { root, text, operations };
        document.refuse_circles()?;
        Ok(document)
    }

    /// Refuses a schema that is composed of itself, which no value fits. Code that follows `allOf` and `oneOf` then
    /// always ends.
    fn refuse_circles(&self) -> Result<(), DocumentError> {
        let schemas = self.root.pointer("/components/schemas");
        let mut sound = HashSet::new();
        for (name, schema) in schemas.and_then(Value::as_object).into_iter().flatten() {
            self.composed(schema, &mut Vec::new(), &mut sound)
                .map_err(|culprit| DocumentError(format!("the schema {name} includes itself through {culprit}")))?;
        }
        Ok(())
    }

    fn composed<'a>(
        &'a self,
        schema: &'a Value,
        open: &mut Vec<&'a str>,
        sound: &mut HashSet<&'a str>,
    ) -> Result<(), &'a str> {
        if let Some(target) = reference(schema) {
            if open.contains(&target) {
                return Err(target);
            }
            let pointer = target.strip_prefix('#').unwrap_or(target);
            if let (false, Some(schema)) = (sound.contains(target), self.root.pointer(pointer)) {
                open.push(target);
                self.composed(schema, open, sound)?;
                open.pop();
                sound.insert(target);
            }
            return Ok(());
        }
        let parts = ["allOf", "oneOf", "anyOf"]
            .into_iter()
            .filter_map(|key| schema.get(key)?.as_array());
        parts.flatten().try_for_each(|part| self.composed(part, open, sound))
    }

    /// Returns the document byte for byte as it was read.
    pub fn text(&self) -> Bytes {
        self.text.clone()
    }

    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Returns the operations that the document declares.
    pub fn documented(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| operation.documented)
    }

    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|o| o.method == *method && o.path == path)
    }

    pub fn has_path(&self, path: &str) -> bool {
        self.operations.iter().any(|o| o.path == path)
    }

    /// Resolves a chain of `$ref`s; `None` when it leads nowhere or in a circle.
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> Option<&'a Value> {
        for _ in 0..32 {
            let Some(reference) = reference(schema) else {
                return Some(schema);
            };
            schema = self.root.pointer(reference.strip_prefix('#')?)?;
        }
        None
    }
}

/// Returns the target of a `$ref`, if the schema is one.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

fn method_named(name: &str) -> Option<Method> {
    Some(match name {
        "get" => Method::GET,
        "post" => Method::POST,
        "put" => Method::PUT,
        "patch" => Method::PATCH,
        "delete" => Method::DELETE,
        "head" => Method::HEAD,
        "options" => Method::OPTIONS,
        _ => return None,
    })
}

/// Adds the schemas that the document lacks, and to its own the properties that they lack.
fn add_schemas(root: &mut Value, additions: &Value) {
    let known = root.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    let more = additions.pointer("/components/schemas").and_then(Value::as_object);
    let (Some(known), Some(more)) = (known, more) else {
        return;
    };
    for (name, schema) in more {
        let is_whole = schema.as_object().is_some_and(|members| members.len() > 1);
        match known.get_mut(name) {
            None if is_whole => {
                known.insert(name.clone(), schema.clone());
            }
            Some(own) if !is_whole => add_properties(own, &schema["properties"]),
            _ => {}
        }
    }
}

fn add_properties(schema: &mut Value, more: &Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    if let (Some(properties), Some(more)) = (properties, more.as_object()) {
        for (name, property) in more {
            properties.entry(name).or_insert_with(|| property.clone());
        }
    }
}

fn read_operations(paths: &Map<String, Value>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            // `parameters`, `summary` and `servers` stand beside the methods.
            let Some(method) = method_named(method) else {
                continue;
            };
            if operation.is_object() {
                operations.push(read_operation(path, method, item, operation));
            }
        }
    }
    operations
}

fn read_operation(path: &str, method: Method, item: &Value, operation: &Value) -> Operation {
    let id = match operation.get("operationId").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => format!("{method} {path}"),
    };
    let query = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| {
            Some(QueryParameter {
                name: parameter.get("name")?.as_str()?.to_owned(),
                schema: parameter.get("schema").cloned().unwrap_or(Value::Null),
            })
        })
        .collect();
    let request = operation
        .pointer("/requestBody/content")
        .and_then(Value::as_object)
        .and_then(|content| content.iter().next())
        .map(|(content_type, media)| RequestBody {
            content_type: content_type.clone(),
            schema: media.get("schema").cloned().unwrap_or(Value::Null),
        });
    let responses = operation.get("responses").and_then(Value::as_object);
    let hides = item["x-emulator-hides"].as_array().into_iter().flatten();
    Operation {
        behaves_as: operation["x-emulator-as"].as_str().unwrap_or(&id).to_owned(),
        documented: true,
        wants_public_key: operation["x-emulator-key"] == "public",
        hides: hides.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        seed: item.get("x-emulator-seed").cloned(),
        id,
        success: success(responses, &method),
        redirects: responses.is_some_and(|responses| responses.contains_key("302")),
        method,
        path: path.to_owned(),
        query,
        request,
    }
}

/// Returns the success response. Some operations declare 200 and 201 with different bodies; the API sends the one with
/// the richer schema.
fn success(responses: Option<&serde_json::Map<String, Value>>, method: &Method) -> Success {
    let declared = responses.into_iter().flatten().filter_map(|(code, response)| {
        let status: u16 = code.parse().ok().filter(|status| (200..300).contains(status))?;
        let content = response.get("content").and_then(Value::as_object);
        let schema = content
            .and_then(|content| content.values().next())
            .and_then(|media| media.get("schema"));
        let says = match schema {
            None => 0,
            Some(schema)
                if schema
                    .as_object()
                    .is_some_and(|s| s.len() == 1 && s.contains_key("type")) =>
            {
                1
            }
            Some(_) => 2,
        };
        Some((
            says,
            Success {
                status,
                schema: schema.cloned(),
            },
        ))
    });
    // The first declared of equals.
    let best = declared.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map_or_else(
        || Success {
            status: if *method == Method::POST { 201 } else { 200 },
            schema: None,
        },
        |(_, success)| success,
    )
}
