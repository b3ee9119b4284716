//! The OpenAPI document that the emulator serves: its operations, and those that it lacks.
//!
//! The document is read and judged by `vapi-validator`, after `spec/corrections.toml`. The behavior of operations is elsewhere, in
//! the layer `api`.

use std::fmt;
use std::sync::LazyLock;

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};
use vapi_corrections::Corrections;
use vapi_validator::{Validator, document};

pub(crate) use vapi_validator::document::{RequestBody, Success, reference};

/// Operations, schemas and properties that the API has and its document lacks, as an OpenAPI document. The client is
/// generated from the same file.
static ADDITIONS: &str = include_str!("../../additions.json");

/// The places where the API is known to differ from the document.
static CORRECTIONS: LazyLock<Result<Corrections, String>> =
    LazyLock::new(|| toml::from_str(include_str!("../../corrections.toml")).map_err(|error| error.to_string()));

/// The mark of an operation from [`ADDITIONS`].
const MARK: &str = "x-emulator-undocumented";

/// A parsed OpenAPI document.
pub(crate) struct Document {
    text: Bytes,
    validator: Validator,
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
        let corrections = CORRECTIONS
            .as_ref()
            .map_err(|error| DocumentError(format!("the corrections cannot be read: {error}")))?;
        add_undocumented(&mut root)?;
        corrections.apply(&mut root);
        corrections.accept(&mut root);
        let document = document::Document::new(root).map_err(|error| DocumentError(error.to_string()))?;
        let operations = document.operations().iter().filter_map(Operation::read).collect();
        Ok(Document {
            text,
            validator: Validator::new(document),
            operations,
        })
    }

    /// Returns the document byte for byte as it was read.
    pub fn text(&self) -> Bytes {
        self.text.clone()
    }

    /// Returns the validator, which has the document's schemas.
    pub fn validator(&self) -> &Validator {
        &self.validator
    }

    /// Returns the document with its corrections.
    pub fn corrected(&self) -> &document::Document {
        self.validator.document()
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
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        self.corrected().resolve(schema)
    }
}

/// Adds what the document lacks: operations, each with a mark, whole schemas, and properties of schemas.
fn add_undocumented(root: &mut Value) -> Result<(), DocumentError> {
    let more: Value = serde_json::from_str(ADDITIONS)
        .map_err(|error| DocumentError(format!("the additions are not JSON: {error}")))?;
    if let Some(paths) = root.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in more["paths"].as_object().into_iter().flatten() {
            let known = paths.entry(path.clone()).or_insert_with(|| json!({}));
            if let (Some(known), Some(item)) = (known.as_object_mut(), item.as_object()) {
                add_operations(known, item);
            }
        }
    }
    let known = root.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    let schemas = more.pointer("/components/schemas").and_then(Value::as_object);
    if let (Some(known), Some(schemas)) = (known, schemas) {
        for (name, schema) in schemas {
            add_schema(known, name, schema);
        }
    }
    Ok(())
}

/// Adds the operations of a path item that the known one lacks. What the item says of all of them is said of each.
fn add_operations(known: &mut Map<String, Value>, item: &Map<String, Value>) {
    let (shared, operations): (Vec<_>, Vec<_>) = item.iter().partition(|(key, _)| key.starts_with("x-"));
    for (method, operation) in operations {
        let Value::Object(mut operation) = operation.clone() else {
            continue;
        };
        if known.contains_key(method) {
            continue;
        }
        for (key, value) in &shared {
            operation.entry((*key).clone()).or_insert_with(|| (*value).clone());
        }
        operation.insert(MARK.to_owned(), json!(true));
        known.insert(method.clone(), Value::Object(operation));
    }
}

/// Adds a schema, or to the known one the properties that it lacks. A schema of nothing but properties is for those alone.
fn add_schema(known: &mut Map<String, Value>, name: &str, schema: &Value) {
    let is_whole = schema.as_object().is_some_and(|members| members.len() > 1);
    match known.get_mut(name) {
        None if is_whole => {
            known.insert(name.to_owned(), schema.clone());
        }
        Some(own) if !is_whole => {
            let own = own.get_mut("properties").and_then(Value::as_object_mut);
            let more = schema["properties"].as_object();
            if let (Some(own), Some(more)) = (own, more) {
                for (property, schema) in more {
                    own.entry(property.clone()).or_insert_with(|| schema.clone());
                }
            }
        }
        _ => {}
    }
}

impl Operation {
    fn read(declared: &document::Operation) -> Option<Operation> {
        let extension = |name: &str| declared.extensions.get(name);
        let text = |name: &str| extension(name).and_then(Value::as_str);
        let hides = extension("x-emulator-hides").and_then(Value::as_array);
        let query = declared.parameters.iter();
        Some(Operation {
            id: declared.id.clone(),
            method: Method::from_bytes(declared.method.as_bytes()).ok()?,
            path: declared.path.clone(),
            query: query
                .filter(|parameter| parameter.location == "query")
                .map(|parameter| QueryParameter {
                    name: parameter.name.clone(),
                })
                .collect(),
            request: declared.request.clone(),
            success: declared.success.clone(),
            redirects: declared.responses.iter().any(|(status, _)| status == "302"),
            documented: extension(MARK).is_none(),
            behaves_as: text("x-emulator-as").unwrap_or(&declared.id).to_owned(),
            wants_public_key: text("x-emulator-key") == Some("public"),
            hides: hides
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            seed: extension("x-emulator-seed").cloned(),
        })
    }
}
