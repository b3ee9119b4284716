//! The application of the table to a document.

use serde_json::{Map, Value, json};

use crate::table::{Acceptance, Correction, Corrections, OperationCorrection};

/// The methods of a path item.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The places that were changed: a JSON pointer each, and a few words about the change.
#[derive(Default)]
struct Changes(Vec<(String, String)>);

impl Changes {
    fn note(&mut self, pointer: impl Into<String>, change: impl Into<String>) {
        self.0.push((pointer.into(), change.into()));
    }
}

impl Corrections {
    /// Adds the variants that the document lacks, and applies each correction whose schema and property, or whose operation, it
    /// has. Returns the JSON pointer of each changed place, with a few words about the change.
    pub fn apply(&self, document: &mut Value) -> Vec<(String, String)> {
        let mut changes = Changes(self.add_variants(document));
        correct_schemas(document, &self.correction, &mut changes);
        let paths = document.get_mut("paths").and_then(Value::as_object_mut);
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
                    continue;
                };
                let at = pointer(&pointer("/paths", path), method);
                for correction in &self.operation {
                    if operation.get("operationId").and_then(Value::as_str) == Some(&correction.id) {
                        correct_operation(&at, operation, correction, &mut changes);
                    }
                }
            }
        }
        changes.0
    }

    /// Adds the properties that requests may have besides those of the document, for a validator.
    pub fn accept(&self, document: &mut Value) {
        let schemas = document.pointer_mut("/components/schemas");
        for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
            let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
            let Some(properties) = properties else {
                continue;
            };
            for acceptance in self.accepted.iter().filter(|acceptance| acceptance.schema.covers(name)) {
                accept(properties, acceptance);
            }
        }
    }
}

fn accept(properties: &mut Map<String, Value>, acceptance: &Acceptance) {
    for name in acceptance.property.names() {
        let is = acceptance.is.clone();
        match properties.get_mut(name) {
            Some(said) if acceptance.beside => *said = json!({ "anyOf": [said.take(), is] }),
            Some(said) if acceptance.instead => *said = is,
            None if !acceptance.instead && !acceptance.beside => {
                properties.insert(name.clone(), is);
            }
            _ => {}
        }
    }
}

impl Correction {
    /// Returns whether the schema is the one that the correction expects.
    fn fits(&self, schema: &Value) -> bool {
        self.was.as_ref().is_none_or(|was| is_bare(was, schema))
    }
}

/// Appends one reference token to a JSON pointer, escaped by RFC 6901.
pub(crate) fn pointer(base: &str, token: &str) -> String {
    format!("{base}/{}", token.replace('~', "~0").replace('/', "~1"))
}

/// Returns whether a schema, without what it says beside its type, is `bare`.
fn is_bare(bare: &Value, schema: &Value) -> bool {
    let (Value::Object(bare), Value::Object(members)) = (bare, schema) else {
        return bare == schema;
    };
    let mut said = members
        .iter()
        .filter(|(name, _)| !BESIDE_THE_TYPE.contains(&name.as_str()));
    said.clone().count() == bare.len()
        && said.all(|(name, member)| match (name.as_str(), bare.get(name), member) {
            ("items", Some(expected), item) => is_bare(expected, item),
            ("oneOf" | "anyOf" | "allOf", Some(Value::Array(expected)), Value::Array(branches)) => {
                let mut pairs = expected.iter().zip(branches);
                expected.len() == branches.len() && pairs.all(|(bare, branch)| is_bare(bare, branch))
            }
            (_, expected, member) => expected == Some(member),
        })
}

fn correct_operation(
    at: &str,
    operation: &mut Map<String, Value>,
    correction: &OperationCorrection,
    changes: &mut Changes,
) {
    if let (Some(schema), false) = (&correction.body, operation.contains_key("requestBody")) {
        let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        operation.insert("requestBody".to_owned(), body);
        changes.note(format!("{at}/requestBody"), "corrected: takes a body");
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        let named = |name: &String| parameter.get("name").and_then(Value::as_str) == Some(name);
        if correction.optional.iter().any(named)
            && let Some(parameter) = parameter.as_object_mut()
            && parameter.insert("required".to_owned(), json!(false)) != Some(json!(false))
        {
            changes.note(format!("{at}/parameters/{index}/required"), "corrected: optional");
        }
    }
}

fn correct_schemas(document: &mut Value, corrections: &[Correction], changes: &mut Changes) {
    let schemas = document.pointer_mut("/components/schemas");
    let Some(schemas) = schemas.and_then(Value::as_object_mut) else {
        return;
    };
    for correction in corrections {
        for (name, schema) in schemas.iter_mut() {
            if correction.schema.covers(name) {
                let at = pointer("/components/schemas", name);
                correct_schema(&at, schema, correction, changes);
            }
        }
    }
}

fn correct_schema(at: &str, schema: &mut Value, correction: &Correction, changes: &mut Changes) {
    let Some(properties) = &correction.property else {
        if let Some(is) = &correction.is
            && correction.fits(schema)
        {
            *schema = with_prose(is, schema);
            changes.note(at, "corrected to what the wire has");
        }
        return;
    };
    if correction.unwrap {
        let property = properties
            .names()
            .iter()
            .find_map(|name| schema.get("properties")?.get(name));
        if let Some(property) = property.cloned() {
            *schema = with_prose(&property, schema);
            changes.note(at, "corrected: not wrapped");
        }
        return;
    }
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    let mut names: Vec<String> = match schema.get("properties").and_then(Value::as_object) {
        Some(known) => known.keys().filter(|name| properties.covers(name)).cloned().collect(),
        None => Vec::new(),
    };
    if correction.add {
        let missing = properties.names().iter().filter(|name| !names.contains(name));
        names.extend(missing.cloned().collect::<Vec<_>>());
    }
    for name in names {
        correct_property(at, schema, &name, correction, changes);
    }
}

fn correct_property(
    at: &str,
    schema: &mut Map<String, Value>,
    name: &str,
    correction: &Correction,
    changes: &mut Changes,
) {
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let Some(properties) = properties.as_object_mut() else {
        return;
    };
    if !correction.fits(properties.get(name).unwrap_or(&Value::Null)) {
        return;
    }
    let place = pointer(&format!("{at}/properties"), name);
    if let Some(is) = &correction.is {
        let after = with_prose(is, properties.get(name).unwrap_or(&Value::Null));
        properties.insert(name.to_owned(), after);
        changes.note(&place, "corrected to what the wire has");
    }
    if let Some(required) = correction.required {
        require(schema, name, required);
        changes.note(&place, format!("corrected: required = {required}"));
    }
}

/// The keys of a schema beside its type. A correction of the type leaves them.
const BESIDE_THE_TYPE: [&str; 7] = [
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "nullable",
    "title",
];

fn with_prose(is: &Value, before: &Value) -> Value {
    let mut after = is.clone();
    for name in ["deprecated", "description", "nullable"] {
        if let (Some(said), Some(after)) = (before.get(name), after.as_object_mut()) {
            after.entry(name).or_insert_with(|| said.clone());
        }
    }
    after
}

fn require(schema: &mut Map<String, Value>, property: &str, required: bool) {
    let mut names: Vec<Value> = match schema.get("required") {
        Some(Value::Array(names)) => names.clone(),
        _ => Vec::new(),
    };
    names.retain(|name| name != property);
    if required {
        names.push(property.into());
    }
    schema.insert("required".to_owned(), Value::Array(names));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correction(text: &str) -> Correction {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_property_becomes_what_the_wire_has() {
        let mut document = json!({"components": {"schemas": {"Tool": {
            "required": ["name", "arguments"],
            "properties": {"name": {"type": "string"}, "arguments": {"type": "string"}}
        }}}});
        let mut changes = Changes::default();
        let fix = correction(
            "schema = 'Tool'\nproperty = 'arguments'\nis = { type = 'object' }\nrequired = false\nevidence = 'captured'",
        );
        correct_schemas(&mut document, &[fix], &mut changes);
        assert_eq!(
            document["components"]["schemas"]["Tool"],
            json!({
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}}
            })
        );
        assert_eq!(changes.0.len(), 2);
    }

    #[test]
    fn what_is_not_wrapped_takes_the_place_of_its_schema() {
        let mut document = json!({"components": {"schemas": {"Reply": {
            "type": "object", "description": "A reply.", "required": ["reply"],
            "properties": {"reply": {"oneOf": [{"type": "string"}]}}
        }}}});
        let mut changes = Changes::default();
        let fix = correction("schema = 'Reply'\nproperty = 'reply'\nunwrap = true\nevidence = 'tried'");
        correct_schemas(&mut document, &[fix], &mut changes);
        assert_eq!(
            document["components"]["schemas"]["Reply"],
            json!({"description": "A reply.", "oneOf": [{"type": "string"}]})
        );
        assert_eq!(changes.0.len(), 1);
    }

    #[test]
    fn an_operation_gets_its_body_and_loses_a_requirement() {
        let mut document = json!({"paths": {"/r": {"post": {
            "operationId": "make", "parameters": [{"name": "force", "in": "query", "required": true}]
        }}}});
        let text = "[[operation]]\nid = 'make'\nbody = {}\noptional = ['force']\nevidence = 'e'";
        let corrections: Corrections = toml::from_str(text).unwrap();
        let changes = corrections.apply(&mut document);
        assert_eq!(
            document["paths"]["/r"]["post"],
            json!({
                "operationId": "make",
                "parameters": [{"name": "force", "in": "query", "required": false}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {}}}}
            })
        );
        let noted: Vec<_> = changes.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(
            noted,
            ["/paths/~1r/post/requestBody", "/paths/~1r/post/parameters/0/required"]
        );
    }

    #[test]
    fn a_missing_place_is_left_unless_it_is_added() {
        let mut document = json!({"components": {"schemas": {"Tool": {"properties": {}}}}});
        let elsewhere = correction("schema = 'Call'\nproperty = 'x'\nis = {}\nevidence = 'e'");
        let absent = correction("schema = 'Tool'\nproperty = 'x'\nis = {}\nevidence = 'e'");
        let added = correction("schema = 'Tool'\nproperty = 'y'\nis = {type='string'}\nadd = true\nevidence = 'e'");
        correct_schemas(&mut document, &[elsewhere, absent, added], &mut Changes::default());
        assert_eq!(
            document["components"]["schemas"]["Tool"]["properties"],
            json!({"y": {"type": "string"}})
        );
    }

    #[test]
    fn one_correction_can_be_of_many_schemas_and_properties() {
        let property = || json!({"required": ["a", "b"], "properties": {"a": {}, "b": {}}});
        let mut document = json!({"components": {"schemas": {
            "MessageOne": property(), "MessageTwo": property(), "Other": property(), "Another": property()
        }}});
        let fix = correction(
            "schema = ['Message*', 'Other']\nproperty = ['a', 'b']\nis = {type='string'}\nrequired = false\nevidence = 'e'",
        );
        correct_schemas(&mut document, &[fix], &mut Changes::default());
        let schemas = &document["components"]["schemas"];
        let corrected = json!({"required": [], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
        for name in ["MessageOne", "MessageTwo", "Other"] {
            assert_eq!(schemas[name], corrected, "{name}");
        }
        assert_eq!(schemas["Another"], property());
    }

    #[test]
    fn a_schema_itself_can_be_corrected() {
        let mut document = json!({"components": {"schemas": {"Json": {"type": "object", "properties": {"x": {}}}}}});
        let mut changes = Changes::default();
        let fix = correction("schema = 'Json'\nis = {}\nevidence = 'e'");
        correct_schemas(&mut document, &[fix], &mut changes);
        assert_eq!(document["components"]["schemas"]["Json"], json!({}));
        assert_eq!(changes.0.len(), 1);
    }

    #[test]
    fn a_correction_keeps_what_stands_beside_the_type() {
        let mut document = json!({"components": {"schemas": {"Plan": {"properties": {
            "loose": {"type": "object", "description": "d", "nullable": true, "default": 1},
            "typed": {"type": "object", "properties": {"a": {}}}
        }}}}});
        let fix = correction("schema = '*'\nproperty = '*'\nwas = {type='object'}\nis = {}\nevidence = 'e'");
        correct_schemas(&mut document, &[fix], &mut Changes::default());
        assert_eq!(
            document["components"]["schemas"]["Plan"]["properties"],
            json!({
                "loose": {"description": "d", "nullable": true},
                "typed": {"type": "object", "properties": {"a": {}}}
            })
        );
    }

    #[test]
    fn an_acceptance_beside_the_document_adds_a_form() {
        let mut document = json!({"components": {"schemas": {
            "Query": {"type": "object", "properties": {"column": {"type": "string", "enum": ["id"]}}},
            "Other": {"type": "object", "properties": {}}
        }}});
        let text =
            "[[accepted]]\nschema = '*'\nproperty = 'column'\nis = { type = 'array' }\nbeside = true\nevidence = 'e'";
        toml::from_str::<Corrections>(text).unwrap().accept(&mut document);
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "Query": {"type": "object", "properties": {"column": {"anyOf": [{"type": "string", "enum": ["id"]}, {"type": "array"}]}}},
                "Other": {"type": "object", "properties": {}}
            })
        );
    }

    #[test]
    fn an_acceptance_replaces_only_if_it_says_so() {
        let mut document = json!({"components": {"schemas": {
            "CreateOneDTO": {"type": "object", "properties": {"function": {"type": "string"}, "input": {"type": "string"}}},
            "CreateTwoDTO": {"type": "object", "properties": {}},
            "CreateAnyDTO": {"oneOf": []}
        }}});
        let text = "[[accepted]]\nschema = 'Create*DTO'\nproperty = ['function', 'async']\nevidence = 'e'\n\
                    [[accepted]]\nschema = '*'\nproperty = 'input'\nis = { type = 'array' }\ninstead = true\nevidence = 'e'";
        let corrections: Corrections = toml::from_str(text).unwrap();
        let schemas = document["components"]["schemas"].clone();
        assert!(corrections.apply(&mut document).is_empty());
        assert_eq!(document["components"]["schemas"], schemas);
        corrections.accept(&mut document);
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "CreateOneDTO": {"type": "object", "properties": {
                    "function": {"type": "string"}, "input": {"type": "array"}, "async": {}
                }},
                "CreateTwoDTO": {"type": "object", "properties": {"function": {}, "async": {}}},
                "CreateAnyDTO": {"oneOf": []}
            })
        );
    }
}
