//! The OpenAPI document: its operations, and its references resolved.

use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value};

/// A document of OpenAPI 3.0.
#[derive(Debug)]
pub struct Document {
    root: Value,
    operations: Vec<Operation>,
}

/// One operation of a document.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Operation {
    /// `operationId`, or method and path where the document gives none.
    pub id: String,
    /// The method in capitals: `POST`.
    pub method: String,
    /// The path template: `/call/{id}`.
    pub path: String,
    /// The parameters, those of the path item included.
    pub parameters: Vec<Parameter>,
    /// The body of the request.
    pub request: Option<RequestBody>,
    /// The success: the 2xx response with the richest schema.
    pub success: Success,
    /// The schema of each declared response, by its status as the document writes it: `200`, `4XX`, `default`.
    pub responses: Vec<(String, Option<Value>)>,
    /// The extensions: all that begins with `x-`.
    pub extensions: Map<String, Value>,
}

/// A parameter of an operation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub location: String,
    /// True if a request without it is refused.
    pub required: bool,
    /// The schema; `null` without one.
    pub schema: Value,
}

/// The body of a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RequestBody {
    /// The media type: `application/json`.
    pub content_type: String,
    /// The schema; `null` without one.
    pub schema: Value,
}

/// The response of a success.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Success {
    /// The status: 200 or 201.
    pub status: u16,
    /// The schema of the body, if there is one.
    pub schema: Option<Value>,
}

/// An error of a document that nothing can be judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError(String);

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DocumentError {}

impl Document {
    /// Reads a document from its text, which is JSON.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or the errors of [`Document::new`].
    pub fn parse(text: &[u8]) -> Result<Document, DocumentError> {
        let root = serde_json::from_slice(text)
            .map_err(|error| DocumentError(format!("the document is not JSON: {error}")))?;
        Document::new(root)
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// It has no `paths`, or a schema that is composed of itself.
    pub fn new(root: Value) -> Result<Document, DocumentError> {
        let paths = root
            .get("paths")
            .and_then(Value::as_object)
            .ok_or_else(|| DocumentError("the document has no `paths`".into()))?;
        let operations = read_operations(paths);
        let document = Document { root, operations };
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

    /// Returns the operations, in the order of the document.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Returns the operation with an id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// Returns the schema of the components that has a name.
    pub fn schema(&self, name: &str) -> Option<&Value> {
        self.root.pointer("/components/schemas")?.get(name)
    }

    /// Returns the names of the schemas of the components.
    pub fn schema_names(&self) -> impl Iterator<Item = &str> {
        let schemas = self.root.pointer("/components/schemas").and_then(Value::as_object);
        schemas.into_iter().flatten().map(|(name, _)| name.as_str())
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
pub fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

/// The methods of a path item. `parameters`, `summary` and `servers` stand beside them.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

fn read_operations(paths: &Map<String, Value>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) && operation.is_object() {
                operations.push(read_operation(path, method, item, operation));
            }
        }
    }
    operations
}

fn read_operation(path: &str, method: &str, item: &Value, operation: &Value) -> Operation {
    let method = method.to_ascii_uppercase();
    let id = match operation["operationId"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{method} {path}"),
    };
    let own = operation["parameters"].as_array().into_iter().flatten();
    let shared = item["parameters"].as_array().into_iter().flatten();
    let mut parameters: Vec<Parameter> = Vec::new();
    for parameter in own.chain(shared).filter_map(read_parameter) {
        let same = |known: &Parameter| known.name == parameter.name && known.location == parameter.location;
        if !parameters.iter().any(same) {
            parameters.push(parameter);
        }
    }
    let request = operation
        .pointer("/requestBody/content")
        .and_then(Value::as_object)
        .and_then(|content| content.iter().next())
        .map(|(content_type, media)| RequestBody {
            content_type: content_type.clone(),
            schema: media.get("schema").cloned().unwrap_or(Value::Null),
        });
    let declared = operation["responses"].as_object().into_iter().flatten();
    let responses: Vec<(String, Option<Value>)> = declared
        .map(|(status, response)| {
            let content = response["content"].as_object();
            let media = content.and_then(|content| content.values().next());
            (status.clone(), media.and_then(|media| media.get("schema")).cloned())
        })
        .collect();
    let extensions = operation.as_object().into_iter().flatten();
    Operation {
        id,
        success: success(&responses, &method),
        method,
        path: path.to_owned(),
        parameters,
        request,
        responses,
        extensions: extensions
            .filter(|(key, _)| key.starts_with("x-"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    }
}

fn read_parameter(parameter: &Value) -> Option<Parameter> {
    Some(Parameter {
        name: parameter["name"].as_str()?.to_owned(),
        location: parameter["in"].as_str()?.to_owned(),
        required: parameter["required"] == true,
        schema: parameter["schema"].clone(),
    })
}

/// Returns the success response. Some operations declare 200 and 201 with different bodies; the API sends the one with
/// the richer schema.
fn success(responses: &[(String, Option<Value>)], method: &str) -> Success {
    let declared = responses.iter().filter_map(|(code, schema)| {
        let status: u16 = code.parse().ok().filter(|status| (200..300).contains(status))?;
        let bare = |schema: &Value| {
            schema
                .as_object()
                .is_some_and(|s| s.len() == 1 && s.contains_key("type"))
        };
        let says = match schema {
            None => 0,
            Some(schema) if bare(schema) => 1,
            Some(_) => 2,
        };
        Some((says, status, schema.clone()))
    });
    // The first declared of equals.
    let best = declared.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map_or_else(
        || Success {
            status: if method == "POST" { 201 } else { 200 },
            schema: None,
        },
        |(_, status, schema)| Success { status, schema },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_richer_of_two_successes_counts() {
        let rich = json!({ "type": "object", "properties": {} });
        let declared = |first: Value, second: Value| {
            let content = |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
            json!({ "paths": { "/x": { "post": { "responses": { "200": content(first), "201": content(second) } } } } })
        };
        for (document, status) in [
            (declared(rich.clone(), json!({ "type": "object" })), 200),
            (declared(json!({ "type": "object" }), rich.clone()), 201),
            (declared(rich.clone(), rich), 200),
        ] {
            let document = Document::new(document).expect("the document is sound");
            let operation = document.operation("POST /x").expect("it has one operation");
            assert_eq!(operation.success.status, status);
        }
    }

    #[test]
    fn a_schema_made_of_itself_is_refused() {
        let document = json!({ "paths": {}, "components": { "schemas": {
            "A": { "allOf": [{ "$ref": "#/components/schemas/B" }] },
            "B": { "oneOf": [{ "$ref": "#/components/schemas/A" }] },
        } } });
        let error = Document::new(document).expect_err("it is a circle");
        assert!(error.to_string().contains("includes itself through"), "{error}");
    }

    #[test]
    fn parameters_of_the_path_hold_for_its_operations() {
        let document = Document::new(json!({ "paths": { "/x/{id}": {
            "parameters": [{ "name": "id", "in": "path", "required": true }],
            "get": { "operationId": "get", "parameters": [{ "name": "limit", "in": "query" }] },
        } } }));
        let document = document.expect("the document is sound");
        let operation = document.operation("get").expect("it has the operation");
        let names: Vec<&str> = operation
            .parameters
            .iter()
            .map(|parameter| parameter.name.as_str())
            .collect();
        assert_eq!(names, ["limit", "id"]);
    }
}
