//! An example of each request body and each response: by hand where people look most, else made from the schema.

mod fit;
mod sampler;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::document::{for_each_operation, schemas};
use crate::prepare::{ConfigError, read_file};
use fit::fits;
use sampler::Sampler;

/// The file of the examples, in the directory of the snapshot.
pub const FILE: &str = "examples.json";

/// The examples that a person wrote (`spec/examples.json`).
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Examples {
    /// By operation id.
    pub operations: BTreeMap<String, OperationExamples>,
    /// By schema name: of every place that refers to the schema.
    pub schemas: Map<String, Value>,
    /// By property name: of every property that can have the value.
    pub values: Map<String, Value>,
}

/// The examples of an operation.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperationExamples {
    /// The body of the request.
    pub request: Option<Value>,
    /// The body of a successful response.
    pub response: Option<Value>,
    /// Properties that the response has when the resource is finished. A collection of requests waits for them.
    pub until: Map<String, Value>,
}

impl Examples {
    /// Reads `examples.json` from a directory. Without the file, there are no examples by hand.
    ///
    /// # Errors
    ///
    /// When it is not of its form.
    pub fn read(directory: &Path) -> Result<Self, ConfigError> {
        let path = directory.join(FILE);
        match path.exists() {
            true => read_file(path, |text| serde_json::from_str(text)),
            false => Ok(Self::default()),
        }
    }

    /// Returns the examples that this version was made with.
    ///
    /// # Errors
    ///
    /// Never, unless the package is damaged.
    #[cfg(feature = "cli")]
    pub fn embedded() -> Result<Self, serde_json::Error> {
        serde_json::from_str(crate::embedded::EXAMPLES)
    }
}

/// The properties that a component usually has, by the name of the component.
pub(super) type Usual = BTreeMap<String, Vec<String>>;

/// Returns what the document requires, before responses are asked for less: their examples have it.
pub(super) fn usual(document: &Value) -> Usual {
    let names = |schema: &Value| {
        let names = schema.get("required").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    let schemas = schemas(document);
    schemas
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), names(schema)))
        .collect()
}

/// Gives every JSON body, form and file an example.
pub(super) fn run(document: &mut Value, examples: &Examples, usual: &Usual) {
    let components = schemas(document).cloned().unwrap_or_default();
    let none = OperationExamples::default();
    for_each_operation(document, &mut |_, _, _, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        let by_hand = examples.operations.get(id).unwrap_or(&none);
        // A parameter that must be there is part of every request.
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
            let is_sent = text("in") != "path" && parameter.get("required") == Some(&Value::Bool(true));
            let name = text("name").to_owned();
            if let Some(schema) = parameter.get("schema").filter(|_| is_sent)
                && let Some(example) = Sampler::new(&components, examples, usual).named(schema, &name)
            {
                parameter.insert("example".to_owned(), example);
            }
        }
        if let Some(body) = operation.get_mut("requestBody") {
            add(
                body,
                by_hand.request.as_ref(),
                &mut Sampler::new(&components, examples, usual),
            );
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            let by_hand = by_hand.response.as_ref().filter(|_| status.starts_with('2'));
            add(response, by_hand, &mut Sampler::new(&components, examples, usual));
        }
    });
}

/// Sets the example of each content that has a schema and no example of its own.
fn add(holder: &mut Value, by_hand: Option<&Value>, sampler: &mut Sampler<'_>) {
    let content = holder.get_mut("content").and_then(Value::as_object_mut);
    for (media_type, entry) in content.into_iter().flatten() {
        let Some(entry) = entry.as_object_mut() else {
            continue;
        };
        // A document's own example may not fit the schema, which is repaired since.
        entry.retain(|key, _| !matches!(key.as_str(), "example" | "examples"));
        let Some(schema) = entry.get("schema") else {
            continue;
        };
        // An older document may lack what the example has.
        let by_hand = by_hand.filter(|example| fits(example, schema, sampler.components()));
        let by_hand =
            by_hand.filter(|_| media_type.starts_with("application/json") || media_type.starts_with("multipart/"));
        if let Some(example) = by_hand.cloned().or_else(|| sampler.sample(schema)) {
            entry.insert("example".to_owned(), example);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn examples_by_hand_come_first() {
        let body = |schema: Value| json!({"content": {"application/json": {"schema": schema, "example": "theirs"}}});
        let mut document = json!({"paths": {"/a": {
            "post": {"operationId": "a", "requestBody": body(json!({})), "responses": {"200": body(json!({"type": "number"}))}}
        }}});
        let examples: Examples =
            serde_json::from_value(json!({"operations": {"a": {"request": {"by": "hand"}, "response": "by hand"}}}))
                .unwrap();
        run(&mut document, &examples, &Usual::new());
        let post = &document["paths"]["/a"]["post"];
        assert_eq!(
            post["requestBody"]["content"]["application/json"]["example"],
            json!({"by": "hand"})
        );
        // That of the response does not fit.
        assert_eq!(
            post["responses"]["200"]["content"]["application/json"]["example"],
            json!(1)
        );
    }
}
