//! Summaries and descriptions: ours, else those of the document, else none where names say it all.

use serde_json::{Map, Value, json};

use super::sides::COPY_OF;
use crate::docs::Docs;
use crate::document::{for_each_operation, schemas_mut, walk};

/// The longest summary. What is longer is cut at a word.
const LONGEST_SUMMARY: usize = 120;

/// Describes operations, parameters, bodies, responses, schemas and properties.
pub(super) fn run(document: &mut Value, docs: &Docs) {
    for_each_operation(document, &mut |path, method, _, operation| {
        describe_operation(path, method, operation, docs);
    });
    let schemas = schemas_mut(document);
    for (name, schema) in schemas.into_iter().flatten() {
        let original = schema.get(COPY_OF).and_then(Value::as_str).unwrap_or(name).to_owned();
        if let Some(text) = docs.types.get(&original) {
            schema["description"] = json!(text);
        }
        let special = docs.type_fields.get(&original);
        walk("", schema, &mut |_, schema| {
            let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
            for (name, property) in properties.into_iter().flatten() {
                let text = special
                    .and_then(|fields| fields.get(name))
                    .or_else(|| docs.fields.get(name));
                describe_property(property, text.map(String::as_str));
            }
        });
    }
}

fn describe_operation(path: &str, method: &str, operation: &mut Map<String, Value>, docs: &Docs) {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let prose = |key: &str| {
        operation
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    };
    let (summary, description) = match docs.operations.get(id) {
        Some(ours) => (summary(ours), ours.clone()),
        None => {
            let text = prose("description").or_else(|| prose("summary"));
            let text = text.map_or_else(|| format!("`{} {path}`", method.to_uppercase()), str::to_owned);
            (prose("summary").map_or_else(|| summary(&text), str::to_owned), text)
        }
    };
    operation.insert("summary".to_owned(), json!(summary));
    operation.insert("description".to_owned(), json!(description));

    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        let ours = docs.parameters.get(name).or_else(|| docs.fields.get(name));
        if let Some(text) = ours.cloned() {
            parameter["description"] = json!(text);
        }
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        let has_text = response["description"]
            .as_str()
            .is_some_and(|text| !text.trim().is_empty());
        if !has_text {
            response["description"] = json!(meaning(status));
        }
    }
}

/// Returns the first sentence without its full stop.
fn summary(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let end = first.find(". ").unwrap_or(first.len());
    let sentence = first[..end].trim_end_matches(['.', ':']);
    if sentence.chars().count() <= LONGEST_SUMMARY {
        return sentence.to_owned();
    }
    let cut: String = sentence.chars().take(LONGEST_SUMMARY).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{words}…")
}

/// Sets the sentence of a property. Nothing beside a reference is read in OpenAPI 3.0, so a reference with a sentence is the only part
/// of an `allOf`.
fn describe_property(property: &mut Value, ours: Option<&str>) {
    if let Some(text) = ours {
        property["description"] = json!(text);
    }
    let Some(keywords) = property
        .as_object_mut()
        .filter(|property| reference_has_company(property))
    else {
        return;
    };
    if let Some(target) = keywords.shift_remove("$ref") {
        keywords.insert("allOf".to_owned(), json!([{"$ref": target}]));
    }
}

fn reference_has_company(schema: &Map<String, Value>) -> bool {
    // Marks are gone or acted upon before anybody reads the schema.
    schema.contains_key("$ref") && schema.keys().any(|key| key != "$ref" && !key.starts_with("x-"))
}

/// Returns a sentence for a status that the document says nothing about.
pub(super) fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done.",
        "201" => "Created.",
        "202" => "Accepted.",
        "204" => "Done; there is nothing to return.",
        "400" => "The request is refused, with the reasons.",
        "401" => "The API key is missing or wrong.",
        "402" => "The account cannot pay for it.",
        "403" => "The API key is not allowed to do this.",
        "404" => "There is no such resource.",
        "409" => "The state of the resource does not allow it.",
        "429" => "Too many requests: wait for the time in `Retry-After`.",
        "default" => "Any other status.",
        _ if status.starts_with('5') => "The API failed.",
        _ if status.starts_with('3') => "It is elsewhere.",
        _ if status.starts_with('4') => "The request is refused.",
        _ => "Done.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;

    #[test]
    fn a_summary_is_the_first_sentence() {
        assert_eq!(summary("Gets one call.\n\nIt may be live."), "Gets one call");
        assert_eq!(summary("Gets it. Then more."), "Gets it");
        let long = "word ".repeat(40);
        assert_eq!(summary(&long).chars().count(), 120);
        assert!(summary(&long).ends_with("word…"));
    }

    #[test]
    fn a_described_reference_is_wrapped() {
        let mut property = reference::to("A");
        describe_property(&mut property, None);
        assert_eq!(property, reference::to("A"));
        describe_property(&mut property, Some("An A."));
        assert_eq!(property, json!({"description": "An A.", "allOf": [reference::to("A")]}));
    }

    #[test]
    fn our_sentences_come_before_those_of_the_document() {
        let docs: Docs = toml::from_str("[operations]\na = 'Ours.'\n[fields]\nx = 'An x.'").unwrap();
        let mut document = json!({
            "paths": {"/a": {"get": {"operationId": "a", "summary": "Theirs", "responses": {"200": {"description": ""}}},
                             "put": {"operationId": "b", "summary": "Theirs", "responses": {}}}},
            "components": {"schemas": {"A": {"properties": {"x": {}, "y": {"description": "Theirs."}}}}}
        });
        run(&mut document, &docs);
        let path = &document["paths"]["/a"];
        assert_eq!(path["get"]["summary"], "Ours");
        assert_eq!(path["get"]["responses"]["200"]["description"], "Done.");
        assert_eq!(path["put"]["summary"], "Theirs");
        let properties = &document["components"]["schemas"]["A"]["properties"];
        assert_eq!(properties["x"]["description"], "An x.");
        assert_eq!(properties["y"]["description"], "Theirs.");
    }
}
