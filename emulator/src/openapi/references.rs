//! References between resources: properties named `…Id` and `…Ids` whose resource the document has.

use http::Method;
use serde_json::Value;
use vapi_validator::schema::branches;

use crate::openapi::document::Document;
use crate::openapi::plan::{Plan, Role};

/// The collections that a property can refer to, by the name of the resource: `phoneNumber` and `/phone-number`.
pub(crate) struct References(Vec<(String, String)>);

/// A reference in a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    /// The path of the value in the body: `squad.members.0.assistantId`.
    pub path: String,
    /// The name of the property.
    pub property: &'a str,
    pub id: &'a str,
    /// The collection of the resource.
    pub collection: &'a str,
}

impl References {
    /// Finds the resources of a document: whatever has an operation that gets one by its id.
    pub fn of(document: &Document, plans: &[Plan]) -> References {
        let mut resources = Vec::new();
        for (operation, plan) in document.operations().iter().zip(plans) {
            let below_another = plan.collection.contains('{');
            if operation.method != Method::GET || plan.role != Role::Get || below_another {
                continue;
            }
            let words: Vec<&str> = plan
                .collection
                .split('/')
                .skip(1)
                .filter(|word| !is_version(word))
                .collect();
            let Some((last, above)) = words.split_last() else {
                continue;
            };
            resources.push((camel_case(&[last]), plan.collection.clone()));
            // `simulationSuiteId` for `/eval/simulation/suite`.
            if let Some(above) = above.last() {
                resources.push((camel_case(&[above, last]), plan.collection.clone()));
            }
        }
        References(resources)
    }

    /// Returns all references in a body that has this schema. Free-form objects, such as `metadata`, have none.
    pub fn find<'a>(&'a self, document: &'a Document, schema: &'a Value, body: &'a Value) -> Vec<Reference<'a>> {
        let mut found = Vec::new();
        self.walk(document, &[schema], body, "", &mut found);
        found
    }

    /// `schemas` are the schemas that the value can have.
    fn walk<'a>(
        &'a self,
        document: &'a Document,
        schemas: &[&'a Value],
        value: &'a Value,
        path: &str,
        found: &mut Vec<Reference<'a>>,
    ) {
        let schemas = alternatives(document, schemas);
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let of_member: Vec<&Value> = schemas
                        .iter()
                        .filter_map(|schema| schema.get("properties")?.get(name))
                        .collect();
                    if of_member.is_empty() {
                        continue;
                    }
                    let path = join(path, name);
                    match self.collection(name) {
                        Some(collection) => ids(name, value, path, collection, found),
                        None => self.walk(document, &of_member, value, &path, found),
                    }
                }
            }
            Value::Array(items) => {
                let of_item: Vec<&Value> = schemas.iter().filter_map(|schema| schema.get("items")).collect();
                for (index, item) in items.iter().enumerate().filter(|_| !of_item.is_empty()) {
                    self.walk(document, &of_item, item, &join(path, &index.to_string()), found);
                }
            }
            _ => {}
        }
    }

    /// Returns the collection that a property refers to, by its name: `assistantId`, `toolIds`, `previousChatId`.
    fn collection(&self, property: &str) -> Option<&str> {
        let name = property.strip_suffix("Ids").or_else(|| property.strip_suffix("Id"))?;
        let named = |name: &str| self.0.iter().find(|(resource, _)| resource == name);
        let (_, collection) = named(name).or_else(|| {
            // The words before the resource say its role. Another resource there has an id of its own kind: `callSessionId`.
            let (at, _) = name.rmatch_indices(char::is_uppercase).find(|(at, _)| {
                let (before, resource) = name.split_at(*at);
                named(&lower_first(resource)).is_some() && named(before).is_none()
            })?;
            named(&lower_first(&name[at..]))
        })?;
        Some(collection)
    }
}

/// Adds the ids of one property: a string, or a list of strings.
fn ids<'a>(property: &'a str, value: &'a Value, path: String, collection: &'a str, found: &mut Vec<Reference<'a>>) {
    let mut add = |path: String, id: &'a str| {
        found.push(Reference {
            path,
            property,
            id,
            collection,
        });
    };
    match value {
        Value::String(id) => add(path, id),
        Value::Array(items) => {
            for (index, id) in items
                .iter()
                .enumerate()
                .filter_map(|(index, id)| Some((index, id.as_str()?)))
            {
                add(join(&path, &index.to_string()), id);
            }
        }
        _ => {}
    }
}

/// Returns the schemas behind references, unions and `allOf`, each once.
fn alternatives<'a>(document: &'a Document, schemas: &[&'a Value]) -> Vec<&'a Value> {
    let mut left: Vec<&Value> = schemas.to_vec();
    let mut found: Vec<&Value> = Vec::new();
    while let Some(schema) = left.pop() {
        let Some(schema) = document.resolve(schema) else {
            continue;
        };
        if found.iter().any(|known| std::ptr::eq(*known, schema)) {
            continue;
        }
        found.push(schema);
        let all_of = schema.get("allOf").and_then(Value::as_array);
        left.extend(branches(schema).into_iter().chain(all_of).flatten());
    }
    found
}

fn join(path: &str, step: &str) -> String {
    match path {
        "" => step.to_owned(),
        _ => format!("{path}.{step}"),
    }
}

/// Returns whether a segment is a version: `v2`.
fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn camel_case(segments: &[&str]) -> String {
    let words = segments.iter().flat_map(|segment| segment.split('-'));
    let name: String = words.map(upper_first).collect();
    lower_first(&name)
}

fn upper_first(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn lower_first(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> (Document, Vec<Plan>) {
        let get = |name: &str| json!({ "get": { "operationId": name, "responses": { "200": { "description": "" } } } });
        let document = json!({
            "openapi": "3.0.0",
            "info": { "title": "t", "version": "1" },
            "paths": {
                "/assistant/{id}": get("a"),
                "/call/{id}": get("b"),
                "/session/{id}": get("c"),
                "/v2/knowledge-base/{id}": get("d"),
                "/eval/simulation/suite/{id}": get("e"),
                "/chat/{id}": get("f"),
            },
        });
        let document = Document::parse(document.to_string().into_bytes()).unwrap();
        let plans = document
            .operations()
            .iter()
            .map(|operation| Plan::of(&document, operation))
            .collect();
        (document, plans)
    }

    #[test]
    fn the_name_of_a_property_says_its_resource() {
        let (document, plans) = document();
        let references = References::of(&document, &plans);
        let cases = [
            ("assistantId", Some("/assistant")),
            ("assistantIds", Some("/assistant")),
            ("knowledgeBaseId", Some("/v2/knowledge-base")),
            ("simulationSuiteId", Some("/eval/simulation/suite")),
            ("suiteId", Some("/eval/simulation/suite")),
            ("previousChatId", Some("/chat")),
            ("callSessionId", None),
            ("voiceId", None),
            ("Id", None),
            ("assistant", None),
        ];
        for (property, collection) in cases {
            assert_eq!(references.collection(property), collection, "{property}");
        }
    }

    #[test]
    fn references_are_found_where_the_schema_has_them() {
        let (document, plans) = document();
        let references = References::of(&document, &plans);
        let schema = json!({ "type": "object", "properties": {
            "assistantId": { "type": "string" },
            "members": { "type": "array", "items": { "oneOf": [
                { "type": "object", "properties": { "chatIds": { "type": "array", "items": { "type": "string" } } } },
            ] } },
            "metadata": { "type": "object" },
        } });
        let body = json!({
            "assistantId": "1",
            "members": [{ "chatIds": ["2", "3"] }],
            "metadata": { "assistantId": "not a reference" },
        });
        let found = references.find(&document, &schema, &body);
        let found: Vec<(&str, &str, &str)> = found.iter().map(|r| (&*r.path, r.id, r.collection)).collect();
        assert_eq!(
            found,
            [
                ("assistantId", "1", "/assistant"),
                ("members.0.chatIds.0", "2", "/chat"),
                ("members.0.chatIds.1", "3", "/chat"),
            ]
        );
    }
}
