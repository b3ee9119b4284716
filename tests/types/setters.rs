//! Setters take whatever their fields can be made of.

#![cfg(all(
    vapi_type = "CreateAssistantDto",
    vapi_type = "CreateCallDto",
    vapi_type = "CreateCustomerDto"
))]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vapi::types::{AssistantOverrides, CreateAssistantDto, CreateCallDto, CreateCustomerDto};

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn a_list_setter_takes_anything_that_yields_items() {
    let expected = json!({ "endCallPhrases": ["bye", "ciao"] });
    assert_eq!(
        json(&CreateAssistantDto::new().end_call_phrases(["bye", "ciao"])),
        expected
    );
    let owned: Vec<String> = vec!["bye".to_owned(), "ciao".to_owned()];
    assert_eq!(
        json(&CreateAssistantDto::new().end_call_phrases(owned.clone())),
        expected
    );
    assert_eq!(
        json(&CreateAssistantDto::new().end_call_phrases(owned.iter().map(String::as_str))),
        expected
    );
    let numbers = ["+15555550101", "+15555550102"];
    let call = CreateCallDto::new().customers(numbers.map(|number| CreateCustomerDto::new().number(number)));
    assert_eq!(
        json(&call),
        json!({ "customers": [{ "number": "+15555550101" }, { "number": "+15555550102" }] })
    );
}

#[test]
fn a_map_setter_takes_pairs_and_maps() {
    let expected = json!({ "variableValues": { "age": 36, "name": "Ada" } });
    let pairs = AssistantOverrides::new().variable_values([("name", json!("Ada")), ("age", json!(36))]);
    assert_eq!(json(&pairs), expected);
    let map = Map::from_iter([("name".to_owned(), json!("Ada")), ("age".to_owned(), json!(36))]);
    assert_eq!(json(&AssistantOverrides::new().variable_values(map)), expected);
    let texts = BTreeMap::from([("name", "Ada")]);
    assert_eq!(
        json(&AssistantOverrides::new().variable_values(texts)),
        json!({ "variableValues": { "name": "Ada" } })
    );
}

#[test]
#[cfg(all(vapi_type = "CreateToolDto", vapi_type = "CreateEndCallToolDto"))]
fn a_union_is_made_of_values_and_boxes() {
    use vapi::types::{CreateEndCallToolDto, CreateToolDto};

    let value: CreateToolDto = CreateEndCallToolDto::new().into();
    let boxed: CreateToolDto = Box::new(CreateEndCallToolDto::new()).into();
    assert_eq!(value, boxed);
}

#[test]
#[cfg(vapi_type = "PhoneNumber")]
fn a_union_has_accessors_of_shared_properties() {
    use vapi::types::PhoneNumber;

    let read = |text: Value| -> PhoneNumber { serde_json::from_value(text).unwrap() };
    let known = read(json!({ "id": "p", "orgId": "o", "provider": "vapi", "name": "Line" }));
    assert_eq!((known.id(), known.name()), (Some("p"), Some("Line")));
    let unknown = read(json!({ "id": "q", "provider": "brand-new", "name": null }));
    assert!(matches!(unknown, PhoneNumber::Unknown(_)));
    assert_eq!((unknown.id(), unknown.name()), (Some("q"), None));
}
