//! Tools and structured outputs from Rust types, and what comes back of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use vapi::structured_outputs::{self, ReadStructuredOutput};
use vapi::tools::{self, ReadArguments};
use vapi::types;

/// A table to keep free.
#[derive(Deserialize, JsonSchema, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
struct BookTable {
    /// The number of guests.
    guests: u8,
    /// The time at which they come.
    at: Time,
    /// The place at which they like to sit.
    seat: Option<Seat>,
    #[serde(default)]
    wishes: Vec<Wish>,
}

#[derive(Deserialize, JsonSchema, Debug, PartialEq)]
struct Time {
    #[schemars(extend("format" = "date"))]
    day: String,
    #[schemars(regex(pattern = r"^\d\d:\d\d$"))]
    hour: String,
}

#[derive(Deserialize, JsonSchema, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Seat {
    Inside,
    OnTheTerrace,
}

/// Something to prepare.
#[derive(Deserialize, JsonSchema, Debug, PartialEq)]
struct Wish {
    text: String,
    #[schemars(range(min = 0.0, max = 1.0))]
    weight: Option<f64>,
}

fn parameters<T: JsonSchema>() -> Value {
    let tool = serde_json::to_value(tools::function::<T>("f", "d")).unwrap();
    tool["function"]["parameters"].clone()
}

#[test]
fn a_function_tool_has_the_schema_of_the_struct() {
    let tool: types::CreateToolDto = tools::function::<BookTable>("book_table", "Books a table.").into();
    assert_eq!(
        serde_json::to_value(&tool).unwrap(),
        json!({
            "type": "function",
            "function": {
                "name": "book_table",
                "description": "Books a table.",
                "parameters": {
                    "type": "object",
                    "required": ["guests", "at"],
                    "properties": {
                        "guests": {"type": "integer", "description": "The number of guests."},
                        "at": {
                            "type": "object",
                            "description": "The time at which they come.",
                            "required": ["day", "hour"],
                            "properties": {
                                "day": {"type": "string", "format": "date"},
                                "hour": {"type": "string", "pattern": r"^\d\d:\d\d$"}
                            }
                        },
                        "seat": {
                            "type": "string",
                            "enum": ["inside", "on_the_terrace"],
                            "description": "The place at which they like to sit."
                        },
                        "wishes": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "description": "Something to prepare.",
                                "required": ["text"],
                                "properties": {"text": {"type": "string"}, "weight": {"type": "number"}}
                            }
                        }
                    }
                }
            }
        })
    );
}

#[test]
fn a_function_without_arguments_takes_an_empty_object() {
    #[derive(JsonSchema)]
    struct Nothing {}
    assert_eq!(parameters::<Nothing>(), json!({"type": "object", "properties": {}}));
}

#[test]
fn descriptions_of_enum_values_become_one_description() {
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Party {
        size: Size,
    }
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    enum Size {
        /// Up to four.
        Small,
        /// More than four.
        Large,
    }
    assert_eq!(
        parameters::<Party>()["properties"]["size"],
        json!({
            "type": "string",
            "enum": ["Small", "Large"],
            "description": "Small: Up to four.\nLarge: More than four."
        })
    );
}

#[test]
fn a_tagged_enum_is_one_object_with_all_properties() {
    #[derive(JsonSchema)]
    #[serde(tag = "by")]
    #[allow(dead_code, reason = "only its schema is looked at")]
    enum Payment {
        /// With a card.
        Card { number: String },
        /// In cash.
        Cash { change_for: Option<u32> },
    }
    assert_eq!(
        parameters::<Payment>(),
        json!({
            "type": "object",
            "required": ["by"],
            "properties": {
                "by": {"type": "string", "enum": ["Card", "Cash"], "description": "Card: With a card.\nCash: In cash."},
                "number": {"type": "string"},
                "change_for": {"type": "integer"}
            }
        })
    );
}

#[test]
fn keywords_that_the_api_refuses_are_left_out() {
    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Odd {
        any: Value,
        pair: (u8, String),
        map: BTreeMap<String, i64>,
        either: Either,
        nothing: (),
        nested: Option<Vec<Option<bool>>>,
        #[schemars(length(min = 1, max = 5), extend("format" = "uri"))]
        link: String,
        #[serde(flatten)]
        more: Flat,
    }
    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    enum Either {
        Text(String),
        Number(i64),
    }
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Flat {
        inner: bool,
    }
    assert_eq!(
        parameters::<Odd>(),
        json!({
            "type": "object",
            "required": ["any", "pair", "map", "either", "link", "inner"],
            "properties": {
                "any": {"type": "object"},
                "pair": {"type": "array", "items": {"type": "integer"}},
                "map": {"type": "object"},
                "either": {"type": "string"},
                "nested": {"type": "array", "items": {"type": "boolean"}},
                "link": {"type": "string"},
                "inner": {"type": "boolean"}
            }
        })
    );
}

#[test]
fn where_a_type_contains_itself_any_object_may_stand() {
    /// A person.
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Person {
        name: String,
        children: Vec<Person>,
    }
    assert_eq!(
        parameters::<Person>(),
        json!({
            "type": "object",
            "required": ["name", "children"],
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"type": "object"}}
            }
        })
    );
}

#[test]
fn a_structured_output_is_named_and_described_as_its_type() {
    assert_eq!(
        serde_json::to_value(structured_outputs::of::<Wish>()).unwrap(),
        json!({
            "name": "Wish",
            "description": "Something to prepare.",
            "schema": {
                "type": "object",
                "description": "Something to prepare.",
                "required": ["text"],
                "properties": {"text": {"type": "string"}, "weight": {"type": "number"}}
            }
        })
    );
    let output = structured_outputs::of::<bool>().name("Booked");
    assert_eq!(
        serde_json::to_value(output).unwrap(),
        json!({"name": "Booked", "schema": {"type": "boolean"}})
    );
}

#[test]
fn a_structured_output_is_read_by_id_and_by_name() {
    let outputs = json!({
        "5f0c": {"name": "Wish", "result": {"text": "quiet"}},
        "77aa": {"name": "Booked", "result": true},
        "90bb": {"name": "Later", "result": null}
    });
    let call: types::Call =
        serde_json::from_value(json!({"id": "c", "artifact": {"structuredOutputs": outputs}})).unwrap();
    let wish = Wish {
        text: "quiet".to_owned(),
        weight: None,
    };
    assert_eq!(call.structured_output::<Wish>("Wish").unwrap().as_ref(), Some(&wish));
    assert_eq!(call.structured_output::<Wish>("5f0c").unwrap(), Some(wish));
    assert_eq!(call.structured_output::<bool>("Booked").unwrap(), Some(true));
    assert_eq!(call.structured_output::<bool>("Later").unwrap(), None);
    assert_eq!(call.structured_output::<bool>("Never").unwrap(), None);
    let error = call.structured_output::<Wish>("Booked").unwrap_err();
    assert!(error.to_string().starts_with("invalid type: boolean `true`"), "{error}");

    let artifact = call.artifact.as_ref().unwrap();
    assert_eq!(artifact.structured_output::<bool>("Booked").unwrap(), Some(true));
    let message = json!({"type": "end-of-call-report", "artifact": {"structuredOutputs": outputs}});
    let report: types::ServerMessageEndOfCallReport = serde_json::from_value(message).unwrap();
    assert_eq!(report.structured_output::<bool>("77aa").unwrap(), Some(true));
    let fresh: types::Call = serde_json::from_value(json!({"id": "c"})).unwrap();
    assert_eq!(fresh.structured_output::<bool>("Booked").unwrap(), None);
}

#[test]
fn arguments_are_read_from_objects_and_text() {
    let arguments = json!({"text": "quiet", "weight": 0.5});
    let wish = Wish {
        text: "quiet".to_owned(),
        weight: Some(0.5),
    };
    for call in [
        json!({"id": "1", "type": "function", "function": {"name": "wish", "arguments": arguments}}),
        json!({"id": "1", "type": "function", "function": {"name": "wish", "arguments": arguments.to_string()}}),
        json!({"id": "1", "name": "wish", "arguments": arguments}),
        json!({"id": "1", "name": "wish", "parameters": arguments}),
    ] {
        let call: types::ToolCall = serde_json::from_value(call).unwrap();
        assert_eq!(call.arguments::<Wish>().unwrap(), wish, "{call:?}");
        assert_eq!(call.function_name().as_deref(), Some("wish"));
    }
}

#[test]
fn a_call_without_arguments_has_those_of_an_empty_object() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Nothing {}
    for arguments in [json!({}), json!(""), json!(null), json!("{}")] {
        let call = json!({"id": "1", "type": "function", "function": {"name": "now", "arguments": arguments}});
        let call: types::ToolCall = serde_json::from_value(call).unwrap();
        assert_eq!(call.arguments::<Nothing>().unwrap(), Nothing {}, "{call:?}");
    }
}

#[test]
fn arguments_that_do_not_fit_are_an_error() {
    let call = json!({"id": "1", "function": {"name": "wish", "arguments": {"weight": "heavy"}}});
    let call: types::ToolCall = serde_json::from_value(call).unwrap();
    let error = call.arguments::<Wish>().unwrap_err();
    assert_eq!(error.to_string(), "invalid type: string \"heavy\", expected f64");
}
