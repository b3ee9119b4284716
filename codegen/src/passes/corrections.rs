//! Applies `spec/corrections.toml`: the places where the wire is known to differ from the document.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Changes;
use super::variants::Variant;
use crate::document::{for_each_operation, pointer};

/// All corrections: of schemas' properties, of unions and of operations.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Corrections {
    /// Of properties.
    pub correction: Vec<Correction>,
    /// Of unions. The pass `variants` applies them.
    pub variant: Vec<Variant>,
    /// Of operations.
    pub operation: Vec<OperationCorrection>,
}

/// A correction of an operation, with its evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationCorrection {
    /// The operation's id.
    pub id: String,
    /// The schema of the JSON body that it takes although the document declares none.
    pub body: Option<Value>,
    /// Parameters that the document requires and the API does not.
    #[serde(default)]
    pub optional: Vec<String>,
    /// The evidence for the correction.
    pub evidence: String,
}

/// A correction of a schema or property, with its evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The schemas, as the document names them. `*` stands for any letters.
    pub schema: OneOrMore,
    /// The properties of those schemas, with `*` likewise; absent to correct the schemas themselves.
    pub property: Option<OneOrMore>,
    /// The schema that the document must have for this to apply, prose aside. Absent if any will do.
    pub was: Option<Value>,
    /// The schema of the property, or of the schema itself, on the wire. Absent to leave it.
    pub is: Option<Value>,
    /// Says whether the property is always there. Absent to leave what the document says.
    pub required: Option<bool>,
    /// Adds the property where the document does not have it.
    #[serde(default)]
    pub add: bool,
    /// Puts the property in the place of its schema: on the wire, it is not wrapped.
    #[serde(default)]
    pub unwrap: bool,
    /// The evidence for the correction.
    pub evidence: String,
}

/// A name or a list of names.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// `"Call"`
    One(String),
    /// `["Call", "Chat"]`
    More(Vec<String>),
}

impl OneOrMore {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::More(names) => names,
        }
    }

    fn covers(&self, name: &str) -> bool {
        self.names().iter().any(|pattern| matches(pattern, name))
    }
}

impl Correction {
    /// Returns whether the schema is the one that the correction expects.
    fn fits(&self, schema: &Value) -> bool {
        let Some(was) = &self.was else {
            return true;
        };
        bare(schema) == *was
    }
}

/// Returns a schema without what it says beside its type.
fn bare(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let members = members
        .iter()
        .filter(|(name, _)| !BESIDE_THE_TYPE.contains(&name.as_str()))
        .map(|(name, member)| {
            let member = match (name.as_str(), member) {
                ("items", item) => bare(item),
                ("oneOf" | "anyOf" | "allOf", Value::Array(branches)) => branches.iter().map(bare).collect(),
                (_, member) => member.clone(),
            };
            (name.clone(), member)
        });
    Value::Object(members.collect())
}

/// Applies each correction whose schema and property, or whose operation, the document has.
pub fn run(document: &mut Value, corrections: &Corrections, changes: &mut Changes) {
    correct_schemas(document, &corrections.correction, changes);
    for_each_operation(document, &mut |_, _, at, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).map(str::to_owned);
        for correction in &corrections.operation {
            if id.as_ref() == Some(&correction.id) {
                correct_operation(at, operation, correction, changes);
            }
        }
    });
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

/// Returns whether `name` matches `pattern`, in which each `*` stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| matches(after, &rest[at..]))
        }),
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
    let before = properties.get(name).cloned().unwrap_or_default();
    if !correction.fits(&before) {
        return;
    }
    let place = pointer(&format!("{at}/properties"), name);
    if let Some(is) = &correction.is {
        properties.insert(name.to_owned(), with_prose(is, &before));
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
        assert_eq!(changes.len(), 2);
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
        assert_eq!(changes.len(), 1);
    }

    #[test]
    fn an_operation_gets_its_body_and_loses_a_requirement() {
        let mut document = json!({"paths": {"/r": {"post": {
            "operationId": "make", "parameters": [{"name": "force", "in": "query", "required": true}]
        }}}});
        let text = "[[operation]]\nid = 'make'\nbody = {}\noptional = ['force']\nevidence = 'e'";
        let mut changes = Changes::default();
        run(&mut document, &toml::from_str(text).unwrap(), &mut changes);
        assert_eq!(
            document["paths"]["/r"]["post"],
            json!({
                "operationId": "make",
                "parameters": [{"name": "force", "in": "query", "required": false}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {}}}}
            })
        );
        let noted: Vec<_> = changes.iter().map(|c| c.pointer.as_str()).collect();
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
        assert_eq!(changes.len(), 1);
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
    fn a_star_stands_for_any_letters() {
        for (pattern, name) in [
            ("*", "Call"),
            ("Call", "Call"),
            ("*Model", "OpenAIModel"),
            ("C*DTO", "CDTO"),
            ("*a*b", "xayb"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("Call", "Calls"),
            ("*Model", "ModelName"),
            ("C*DTO", "CDTOs"),
            ("", "x"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
