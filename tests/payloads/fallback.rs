//! Finds the unions that did not recognise their value, in what `Debug` shows of the whole.

use serde_json::Value;
use vapi_codegen::model::{Kind, Type, Union, Variant};
use vapi_codegen::reference;

use crate::document::PREPARED;

/// The JSON pointers of the values that some union keeps as `Unknown` although the document has a variant for them.
pub fn unrecognised(debug: &str, value: &Value, root: &str) -> Vec<String> {
    let known = |pointer: &String| {
        let value = value.pointer(pointer).unwrap_or(&Value::Null);
        unions_at(pointer, root).any(|union| union.variants.iter().any(|variant| is_meant(value, variant, union)))
    };
    unknowns(debug).into_iter().filter(known).collect()
}

/// The unions that can stand at a pointer into a value of the Rust type `root`.
fn unions_at(pointer: &str, root: &str) -> impl Iterator<Item = &'static Union> {
    let item = root.strip_prefix("Vec<").and_then(|root| root.strip_suffix('>'));
    let segments = pointer.split('/').skip(1).skip(usize::from(item.is_some()));
    let mut places = vec![reference::to(item.unwrap_or(root).trim_start_matches("types::"))];
    for segment in segments {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        let mut below = Vec::new();
        for schema in places.iter().flat_map(expand) {
            let steps = match segment.parse::<usize>() {
                Ok(_) => [&schema["items"], &Value::Null],
                Err(_) => [&schema["properties"][&segment], &schema["additionalProperties"]],
            };
            below.extend(steps.into_iter().filter(|step| step.is_object()).cloned());
        }
        places = below;
    }
    let targets: Vec<String> = places
        .iter()
        .filter_map(|place| Some(reference::target(place)?.to_owned()))
        .collect();
    targets
        .into_iter()
        .filter_map(|target| match PREPARED.model().types.get(&target) {
            Some(Type::Union(union)) => Some(union),
            _ => None,
        })
}

/// Returns the schema that a schema refers to, with all its branches.
fn expand(schema: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        match reference::target(schema) {
            Some(target) => open.push(&PREPARED.document()["components"]["schemas"][target]),
            None => found.push(schema),
        }
        open.extend(schema["oneOf"].as_array().into_iter().flatten());
    }
    found
}

/// Returns whether the tags of the value name this variant, or, without tags, whether the value is of the variant's kind.
fn is_meant(value: &Value, variant: &Variant, union: &Union) -> bool {
    let kind = match value {
        Value::Object(_) => Kind::Object,
        Value::Array(_) => Kind::Array,
        Value::String(_) => Kind::String,
        Value::Number(_) => Kind::Number,
        Value::Bool(_) => Kind::Bool,
        Value::Null => return false,
    };
    // Of the values that a property can have, those of the union's tag tell; where it has none, those that are the only one.
    let tells = |tag: &String, values: &[String]| match &union.tag {
        Some(known) => tag == known,
        None => values.len() == 1,
    };
    let says = |tag: &String, values: &[String]| {
        value[tag]
            .as_str()
            .is_some_and(|said| values.iter().any(|it| it == said))
    };
    match variant.kind {
        Kind::Any => true,
        own => {
            own == kind
                && variant
                    .tags
                    .iter()
                    .all(|(tag, values)| !tells(tag, values) || says(tag, values))
        }
    }
}

/// The JSON pointers of all values kept as `Unknown`.
///
/// A string cannot be taken for one, since `Debug` quotes strings: an unknown value of an enum shows as the string that it is.
fn unknowns(debug: &str) -> Vec<String> {
    /// A container that is open at a place: a list with the index of its element, or something with named parts.
    enum Open<'a> {
        List(usize),
        Names(&'a str),
        Wrapper,
    }
    let mut found = Vec::new();
    let mut path: Vec<Open<'_>> = Vec::new();
    let mut word = 0..0;
    let mut rest = debug.char_indices();
    while let Some((at, char)) = rest.next() {
        match char {
            '"' => {
                let mut escaped = false;
                let end = rest.find(|(_, char)| {
                    let ends = *char == '"' && !escaped;
                    escaped = *char == '\\' && !escaped;
                    ends
                });
                word = at..end.map_or(debug.len(), |(end, _)| end + 1);
            }
            '(' => {
                if &debug[word.clone()] == "Unknown" {
                    let pointer = path.iter().map(|open| match open {
                        Open::List(index) => format!("/{index}"),
                        Open::Names(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
                        Open::Wrapper => String::new(),
                    });
                    found.push(pointer.collect());
                }
                path.push(Open::Wrapper);
            }
            '[' => path.push(Open::List(0)),
            '{' => path.push(Open::Names("")),
            '}' | ']' | ')' => drop(path.pop()),
            ',' => {
                if let Some(Open::List(index)) = path.last_mut() {
                    *index += 1;
                }
            }
            ':' if debug[at..].starts_with(": ") => {
                if let Some(Open::Names(name)) = path.last_mut() {
                    *name = debug[word.clone()].trim_matches('"');
                }
            }
            ' ' => {}
            _ if word.end == at => word.end = at + char.len_utf8(),
            _ => word = at..at + char.len_utf8(),
        }
    }
    found
}

#[test]
fn a_fallback_is_found_by_its_place_and_a_string_is_none() {
    let debug = r#"Call { id: "Unknown(\" x", at: 2026-02-14T09:30:00Z, messages: [User { role: "user" }, Unknown(Object {"role": String("x")})] }"#;
    assert_eq!(unknowns(debug), ["/messages/1"]);
}

#[test]
fn what_the_document_has_is_unrecognised_and_what_it_does_not_have_is_not() {
    let debug = "CreateAssistantDto { voice: Unknown(Object {}) }";
    let known = serde_json::json!({"voice": {"provider": "azure", "voiceId": 1}});
    let new = serde_json::json!({"voice": {"provider": "surely not in the document"}});
    assert_eq!(unrecognised(debug, &known, "types::CreateAssistantDto"), ["/voice"]);
    assert!(unrecognised(debug, &new, "types::CreateAssistantDto").is_empty());
}
