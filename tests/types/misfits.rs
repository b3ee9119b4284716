//! A value that is not what the document says costs no more than itself, wherever it stands.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use vapi::types;
use vapi_codegen::model::{Kind, Type};
use vapi_codegen::reference;

use crate::instance::{self, Extent};
use crate::registry;

/// A value of each kind but `null`, each of which is wrong nearly everywhere.
fn wrong() -> [Value; 5] {
    [json!({}), json!([]), json!("text"), json!(0.05), json!(true)]
}

/// A position in an instance.
struct Place {
    /// The JSON pointer, for `serde_json`.
    pointer: String,
    /// The path, in the form that misfits have.
    json_path: String,
    schema: Value,
    is_optional: bool,
}

/// Finds the properties of known objects that are in a value.
fn places(schema: &Value, value: &Value, pointer: &str, json_path: &str, out: &mut Vec<Place>) {
    if let Some(name) = reference::target(schema) {
        if let Some(Type::Union(union)) = instance::PREPARED.model().types.get(name) {
            let is_meant = |values: &(&String, &Vec<String>)| {
                value[values.0]
                    .as_str()
                    .is_some_and(|text| values.1.iter().any(|it| it == text))
            };
            let variants = union.variants.iter().filter(|variant| variant.kind == Kind::Object);
            let mut meant = variants.filter(|variant| variant.tags.iter().all(|tags| is_meant(&tags)));
            let (Some(variant), None, true) = (meant.next(), meant.next(), value.is_object()) else {
                return;
            };
            let target = variant.target.as_deref().unwrap_or_default();
            return places(&reference::to(target), value, pointer, json_path, out);
        }
        return places(&instance::schemas()[name], value, pointer, json_path, out);
    }
    let join = |name: &str| match json_path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Object(members) => {
            let required: Vec<&Value> = schema["required"].as_array().into_iter().flatten().collect();
            for (name, value) in members {
                let Some(property) = schema["properties"].get(name) else {
                    continue;
                };
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                let json_path = join(name);
                places(property, value, &pointer, &json_path, out);
                out.push(Place {
                    pointer,
                    json_path,
                    schema: property.clone(),
                    is_optional: !required.iter().any(|required| *required == name),
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let (pointer, json_path) = (format!("{pointer}/{index}"), format!("{json_path}[{index}]"));
                places(&schema["items"], item, &pointer, &json_path, out);
            }
        }
        _ => {}
    }
}

/// Returns whether a value is of the kind that a property has, or `None` if more than its kind decides.
fn fits(schema: &Value, value: &Value) -> Option<bool> {
    if let Some(name) = reference::target(schema) {
        return match &instance::PREPARED.model().types[name] {
            Type::Enum(_) => Some(value.is_string()),
            Type::Object(_) if !value.is_object() => Some(false),
            _ => None,
        };
    }
    match schema["type"].as_str() {
        Some("string") => Some(value.is_string()),
        Some("integer") => Some(value.is_i64()),
        Some("number") => Some(value.is_number()),
        Some("boolean") => Some(value.is_boolean()),
        Some("array") if value == &json!([]) || !value.is_array() => Some(value.is_array()),
        Some("object") if !value.is_object() => Some(false),
        _ => None,
    }
}

fn is_union(schema: &Value) -> bool {
    let ty = reference::target(schema).and_then(|name| instance::PREPARED.model().types.get(name));
    matches!(ty, Some(Type::Union(_)))
}

fn unknowns(debug: &str) -> usize {
    debug.matches("Unknown(").count()
}

/// Puts `wrong` at a place in a value, and says what is not as it should be after decoding.
fn problem(decode: registry::Decode, whole: &Value, place: &Place, wrong: &Value, before: usize) -> Option<String> {
    let mut changed = whole.clone();
    *changed.pointer_mut(&place.pointer)? = wrong.clone();
    let decoded = match decode(&changed.to_string()) {
        Ok(decoded) => decoded,
        Err(error) => return Some(format!("does not decode: {error}")),
    };
    if decoded.written != changed {
        return Some(format!("comes back as {}", decoded.written));
    }
    let fits = fits(&place.schema, wrong);
    let is_noted = decoded.misfits == [place.json_path.as_str()];
    let is_right = match fits {
        Some(true) => decoded.misfits.is_empty(),
        Some(false) => is_noted,
        None => is_noted || decoded.misfits.is_empty(),
    };
    if !is_right {
        return Some(format!("has misfits {:?}", decoded.misfits));
    }
    // A union is the nearest place that can keep a wrong value of its own.
    let own = usize::from(is_union(&place.schema));
    if unknowns(&decoded.debug) > before + own {
        return Some(format!("is more than itself unknown: {}", decoded.debug));
    }
    None
}

fn assert_no_problems(tried: usize, problems: &[String]) {
    assert!(tried > 0);
    let shown: Vec<&str> = problems.iter().take(30).map(String::as_str).collect();
    assert!(
        problems.is_empty(),
        "{} of {tried}:\n{}",
        problems.len(),
        shown.join("\n")
    );
}

#[test]
fn a_wrong_value_of_an_optional_property_costs_only_itself() {
    let (mut tried, mut problems) = (0, Vec::new());
    for (name, decode) in registry::types() {
        let Some(Type::Object(object)) = instance::PREPARED.model().types.get(name) else {
            continue;
        };
        let Some(Value::Object(minimal)) = instance::of(name, Extent::Minimal) else {
            continue;
        };
        let before = unknowns(&decode(&Value::Object(minimal.clone()).to_string()).unwrap().debug);
        for (property, _) in object.properties.iter().filter(|(_, property)| !property.required) {
            let mut whole = minimal.clone();
            whole.insert(property.clone(), Value::Null);
            let place = Place {
                pointer: format!("/{}", property.replace('~', "~0").replace('/', "~1")),
                json_path: property.clone(),
                schema: instance::schemas()[name]["properties"][property].clone(),
                is_optional: true,
            };
            for wrong in wrong() {
                tried += 1;
                let problem = problem(decode, &Value::Object(whole.clone()), &place, &wrong, before);
                problems.extend(problem.map(|problem| format!("{name}.{property} = {wrong} {problem}")));
            }
        }
    }
    println!("{tried} wrong values");
    assert_no_problems(tried, &problems);
}

/// The types that are received whole.
fn received() -> Vec<&'static str> {
    let names: BTreeSet<&str> = registry::responses()
        .chain(["ServerMessage", "ClientMessage"])
        .collect();
    names
        .into_iter()
        .filter(|name| instance::schemas().contains_key(*name))
        .collect()
}

/// Some of the optional places in a response. Each decoding is of the whole, and some wholes have thousands of places.
fn some(places: &[Place]) -> impl Iterator<Item = &Place> {
    const PLACES: usize = 16;
    let optional = places.iter().filter(|place| place.is_optional);
    optional.step_by(places.len() / PLACES + 1)
}

#[test]
fn a_wrong_value_deep_in_a_response_costs_only_itself() {
    let (mut tried, mut problems) = (0, Vec::new());
    for name in received() {
        let decode = registry::find(name);
        let Some(whole) = instance::of(name, Extent::Full) else {
            continue;
        };
        let before = unknowns(&decode(&whole.to_string()).unwrap().debug);
        let mut found = Vec::new();
        places(&reference::to(name), &whole, "", "", &mut found);
        for place in some(&found) {
            for wrong in [json!(0.05), json!({}), json!([])] {
                tried += 1;
                let problem = problem(decode, &whole, place, &wrong, before);
                problems.extend(problem.map(|problem| format!("{name} {} = {wrong} {problem}", place.json_path)));
            }
        }
    }
    println!("{tried} wrong values");
    assert_no_problems(tried, &problems);
}

#[test]
fn an_optional_property_may_be_removed_or_null() {
    let (mut tried, mut problems) = (0, Vec::new());
    for name in received() {
        let decode = registry::find(name);
        let Some(whole) = instance::of(name, Extent::Full) else {
            continue;
        };
        let mut found = Vec::new();
        places(&reference::to(name), &whole, "", "", &mut found);
        for place in some(&found) {
            let mut null = whole.clone();
            *null.pointer_mut(&place.pointer).unwrap() = Value::Null;
            let mut removed = whole.clone();
            let (parent, property) = place.pointer.rsplit_once('/').unwrap();
            let property = property.replace("~1", "/").replace("~0", "~");
            removed
                .pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .unwrap()
                .remove(&property);
            for changed in [null, removed] {
                tried += 1;
                match decode(&changed.to_string()) {
                    Ok(decoded) if decoded.written == changed => {}
                    Ok(decoded) => problems.push(format!("{name} {}: {}", place.json_path, decoded.written)),
                    Err(error) => problems.push(format!("{name} {}: {error}", place.json_path)),
                }
            }
        }
    }
    println!("{tried} changes");
    assert_no_problems(tried, &problems);
}

/// Changes a value at random: members twice in the text are made by `twice`.
fn spoil(value: &Value, choices: &mut impl Iterator<Item = u8>) -> Value {
    let mut next = || choices.next().unwrap_or(u8::MAX);
    if next() < 12 {
        return wrong()[usize::from(next()) % 5].clone();
    }
    match value {
        Value::Object(members) => {
            let mut spoiled = Map::new();
            for (name, value) in members {
                if choices.next().unwrap_or(u8::MAX) >= 12 {
                    spoiled.insert(name.clone(), spoil(value, choices));
                }
            }
            Value::Object(spoiled)
        }
        Value::Array(items) => items.iter().map(|item| spoil(item, choices)).collect(),
        scalar => scalar.clone(),
    }
}

/// A value with some members of its objects standing twice.
struct Twice<'a>(&'a Value);

impl serde::Serialize for Twice<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let earlier = members
                    .iter()
                    .take(1)
                    .map(|(name, _)| (name, Twice(&Value::Bool(true))));
                serializer.collect_map(earlier.chain(members.iter().map(|(name, value)| (name, Twice(value)))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Twice)),
            scalar => scalar.serialize(serializer),
        }
    }
}

#[test]
fn decoders_accept_what_the_fit_walk_accepts() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let bytes = proptest::collection::vec(any::<u8>(), 2000);
    let (mut accepted, mut refused) = (0, 0);
    for (name, decode) in registry::types() {
        // By itself, an enum is read by `serde` alone.
        let is_enum = matches!(instance::PREPARED.model().types.get(name), Some(Type::Enum(_)));
        let Some(whole) = instance::of(name, Extent::Full).filter(|_| !is_enum) else {
            continue;
        };
        for round in 0..6 {
            let choices = bytes.new_tree(&mut runner).unwrap().current();
            let spoiled = spoil(&whole, &mut choices.into_iter());
            let text = match round % 2 {
                0 => spoiled.to_string(),
                _ => serde_json::to_string(&Twice(&spoiled)).unwrap(),
            };
            match decode(&text) {
                Ok(decoded) => {
                    assert_eq!(decoded.written, spoiled, "{name}: {text}");
                    accepted += 1;
                }
                // The words of the walk. A decoder has others.
                Err(error) => {
                    let error = error.to_string();
                    assert!(
                        error.contains("expected ") && error.contains(", found "),
                        "{name}: {text}: {error}"
                    );
                    refused += 1;
                }
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > refused);
}

#[test]
fn a_webhook_keeps_its_variant_whatever_is_wrong_in_it() {
    let text = r#"{"message": {"type": "tool-calls", "timestamp": "soon", "toolCallList": [{"id": "1"}, 7], "call": {"id": "c", "cost": "0.05"}}}"#;
    let read = vapi::read_body::<types::ServerMessage>(text.as_bytes()).unwrap();
    let Some(types::ServerMessagePayload::ToolCalls(message)) = &read.value.message else {
        panic!("{:?}", read.value)
    };
    assert_eq!(message.call.as_ref().unwrap().extra["cost"], "0.05");
    assert_eq!(
        serde_json::to_value(&read.value).unwrap(),
        serde_json::from_str::<Value>(text).unwrap()
    );
    assert!(
        read.misfits
            .iter()
            .any(|misfit| misfit.json_path() == "message.call.cost")
    );
}

#[test]
fn a_list_with_an_unreadable_element_is_kept_whole() {
    let text = r#"{"id": "c", "artifact": {"transfers": ["+15555550100", {}], "recordingUrl": "https://a"}}"#;
    let read = vapi::read_body::<types::Call>(text.as_bytes()).unwrap();
    let artifact = read.value.artifact.unwrap();
    assert_eq!(artifact.extra["transfers"], json!(["+15555550100", {}]));
    assert_eq!(artifact.recording_url.as_deref(), Some("https://a"));
    let misfits: Vec<String> = read.misfits.iter().map(ToString::to_string).collect();
    assert_eq!(misfits, ["`artifact.transfers[0]`: expected an object, found a string"]);
}

#[test]
fn an_impossible_value_is_an_error_with_its_path() {
    let error = |text: &str| {
        vapi::read_body::<Vec<types::Call>>(text.as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(r#"[{"id": "a"}, "b"]"#),
        "`[1]`: expected an object, found a string"
    );
    assert_eq!(
        error(r#"[{"id": "a"}, {"cost": "1"}]"#),
        "`[1]`: expected an object with `id`, found one without it"
    );
    assert_eq!(error(r#"[{"id": 5}]"#), "`[0].id`: expected a string, found a number");
    assert_eq!(error("{}"), "expected a list, found an object");
}

#[test]
fn half_a_character_is_read_as_the_replacement_character() {
    let text = r#"{"id": "c", "name": "cut \ud83d", "brandNew": {"\udc00": ["\ud83d\ude00", "\ud83d"]}, "cost": "1"}"#;
    let read = vapi::read_body::<types::Call>(text.as_bytes()).unwrap();
    assert_eq!(read.value.name.as_deref(), Some("cut \u{fffd}"));
    assert_eq!(
        read.value.extra["brandNew"],
        json!({ "\u{fffd}": ["\u{1f600}", "\u{fffd}"] })
    );
    let paths: Vec<&str> = read.misfits.iter().map(vapi::Misfit::json_path).collect();
    assert_eq!(paths, ["name", "brandNew.\u{fffd}", "brandNew.\u{fffd}[1]", "cost"]);
    assert_eq!(serde_json::from_str::<types::Call>(text).unwrap(), read.value);
}
