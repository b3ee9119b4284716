//! Puts the sentence that will be rustdoc at every place that will have one.
//!
//! Our own (`spec/docs.toml`) come first, since they are short and complete, and the document's prose follows, made safe for rustdoc.
//! Where neither is, there is a plain sentence from the names. The snapshot has no prose; a document of the vendor's has.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Changes;
use super::additions::Added;
use crate::docs::{Docs, safe};
use crate::document::{for_each_operation, schemas, schemas_mut};
use crate::limits::Limits;

/// The end of the description of what was added to the document.
const ADDED: &str = "\n\nNot in the vendor's document.";

/// Sets the `description` of operations, parameters, components and their properties. Changes no fact.
///
/// `added` names what is not the document's own, which is said; `limits` has what is said of values.
pub fn run(document: &mut Value, docs: &Docs, added: &Added, limits: &Limits, _changes: &mut Changes) {
    let names = names(document);
    let exists = |name: &str| names.contains(name);
    for_each_operation(document, &mut |path, method, _, operation| {
        describe_operation(path, method, operation, docs, added, limits);
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        // Beside the description, because progenitor's methods have that too, and the example shows the handle.
        if let Some(example) = docs.example(id, exists) {
            operation.insert("x-example".to_owned(), example.into());
        }
    });
    let schemas = schemas_mut(document);
    for (name, schema) in schemas.into_iter().flatten() {
        if let Some(schema) = schema.as_object_mut() {
            describe_schema(name, schema, docs, added, limits);
            if let (Some(example), Some(Value::String(text))) =
                (docs.example(name, exists), schema.get_mut("description"))
            {
                text.push_str(&format!("\n\n{example}"));
            }
        }
    }
}

/// Returns the ids of the operations and the names of the types.
fn names(document: &mut Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for_each_operation(document, &mut |_, _, _, operation| {
        names.extend(operation.get("operationId").and_then(Value::as_str).map(str::to_owned));
    });
    let schemas = schemas(document);
    names.extend(schemas.into_iter().flat_map(|schemas| schemas.keys().cloned()));
    names
}

fn describe_operation(
    path: &str,
    method: &str,
    operation: &mut Map<String, Value>,
    docs: &Docs,
    added: &Added,
    limits: &Limits,
) {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let id = id.as_str();
    let theirs = [prose(operation, "summary"), prose(operation, "description")];
    let theirs = theirs
        .into_iter()
        .flatten()
        .reduce(|summary, text| format!("{summary}\n\n{text}"));
    let text = Text::new(docs.operations.get(id), theirs, || format!("The operation `{id}`."));
    let mut text = text.with(|text| format!("{text}\n\n`{} {path}`", method.to_uppercase()));
    if added.operations.contains(id) {
        text.push_str(ADDED);
    }
    operation.shift_remove("summary");
    operation.insert("description".to_owned(), text.into());
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        let text = Text::new(docs.parameters.get(name), prose(parameter, "description"), || {
            format!("The parameter `{}`.", spelled(name))
        });
        let text = text.with(|text| limits.after_parameter(text, id, name));
        parameter.insert("description".to_owned(), text.into());
    }
}

fn describe_schema(name: &str, schema: &mut Map<String, Value>, docs: &Docs, added: &Added, limits: &Limits) {
    let original = schema.get("x-name").and_then(Value::as_str).unwrap_or(name).to_owned();
    let text = Text::new(docs.types.get(&original), prose(schema, "description"), || {
        plain(name, schema)
    });
    let mut text = text.with(str::to_owned);
    if added.schemas.contains(&original) {
        text.push_str(ADDED);
    }
    schema.insert("description".to_owned(), text.into());
    let special = docs.type_fields.get(&original);
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        let Some(property) = property.as_object_mut() else {
            continue;
        };
        let ours = special
            .and_then(|fields| fields.get(name))
            .or_else(|| docs.fields.get(name));
        let text = Text::new(ours, prose(property, "description"), || {
            format!("The property `{}`.", spelled(name))
        });
        let mut text = text.with(|text| limits.after(text, &original, name));
        if added.properties.contains(&(original.clone(), name.clone())) {
            text.push_str(ADDED);
        }
        property.insert("description".to_owned(), text.into());
    }
}

/// The text of one place.
struct Text {
    /// Ours, or the only one.
    first: String,
    /// The document's prose, where there is a sentence of ours.
    theirs: Option<String>,
}

impl Text {
    fn new(ours: Option<&String>, theirs: Option<String>, plain: impl FnOnce() -> String) -> Self {
        match ours {
            Some(ours) => Self {
                theirs: theirs.filter(|theirs| theirs != ours),
                first: ours.clone(),
            },
            None => Self {
                first: theirs.unwrap_or_else(plain),
                theirs: None,
            },
        }
    }

    /// Returns the whole, after `add` has added to the first part.
    fn with(self, add: impl FnOnce(&str) -> String) -> String {
        let first = add(&self.first);
        match self.theirs {
            Some(theirs) => format!("{first}\n\n{theirs}"),
            None => first,
        }
    }
}

/// Returns a sentence that names the places at which an inline schema was found, or the schema itself if it is not inline.
fn plain(name: &str, schema: &Map<String, Value>) -> String {
    let of: Vec<String> = schema
        .get("x-of")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|place| place.as_str().map(|place| format!("`{}`", place.trim_end_matches('|'))))
        .collect();
    let of = of.join(", ");
    let is_union = ["oneOf", "anyOf"].iter().any(|key| schema.contains_key(*key));
    match (of.is_empty(), is_union) {
        (true, _) => format!("The type `{name}`."),
        (false, true) => format!("One of the types of {of}."),
        (false, false) => format!("A value of {of}."),
    }
}

fn prose(place: &Map<String, Value>, key: &str) -> Option<String> {
    let text = safe(place.get(key)?.as_str()?);
    (!text.trim().is_empty()).then_some(text)
}

/// Returns a name as a comment can have it.
fn spelled(name: &str) -> String {
    name.replace('`', "'").replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_has_its_path_before_their_prose() {
        let docs: Docs = toml::from_str("[operations]\nget = 'Ours.'\n[parameters]\nlimit = 'The most.'").unwrap();
        let limit = json!({"name": "limit", "in": "query", "description": "Theirs.", "schema": {"maximum": 9}});
        let mut document = json!({"paths": {"/a": {"get": {
            "operationId": "get", "summary": "Get A", "description": "All of it.", "parameters": [limit]
        }}}});
        let (added, limits) = (Added::default(), Limits::read(&document));
        run(&mut document, &docs, &added, &limits, &mut Changes::default());
        let operation = &document["paths"]["/a"]["get"];
        assert_eq!(operation["description"], "Ours.\n\n`GET /a`\n\nGet A\n\nAll of it.");
        assert_eq!(
            operation["parameters"][0]["description"],
            "The most. At most 9.\n\nTheirs."
        );
    }

    #[test]
    fn their_prose_follows_our_sentence_or_stands_alone() {
        let docs: Docs = toml::from_str(
            "[types]\nCallDTO = 'Ours.'\n[fields]\nid = 'The id.'\n[type_fields.CallDTO]\ncost = 'In dollars.'",
        )
        .unwrap();
        let mut document = json!({"components": {"schemas": {"CallDto": {
            "x-name": "CallDTO", "description": "Theirs.",
            "properties": {
                "id": {"description": "The id."}, "cost": {"description": "Theirs of the cost."},
                "url": {"description": "See <b>."}, "other": {}
            }
        }}}});
        let before = json!({"components": {"schemas": {"CallDTO": {"properties": {"cost": {"minimum": 1}}}}}});
        let (added, limits) = (Added::default(), Limits::read(&before));
        run(&mut document, &docs, &added, &limits, &mut Changes::default());
        assert_eq!(
            document["components"]["schemas"]["CallDto"],
            json!({
                "x-name": "CallDTO", "description": "Ours.\n\nTheirs.",
                "properties": {
                    "id": {"description": "The id."},
                    "cost": {"description": "In dollars. At least 1.\n\nTheirs of the cost."},
                    "url": {"description": "See \\<b\\>."},
                    "other": {"description": "The property `other`."}
                }
            })
        );
    }
}
