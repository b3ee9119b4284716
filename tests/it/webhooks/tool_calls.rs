use serde::Deserialize;
use serde_json::{Value, json};
use vapi::webhooks::WebhookToolCall;

use crate::webhooks::read;

#[derive(Debug, Deserialize, PartialEq)]
struct BookTable {
    guests: u32,
    #[serde(default)]
    dishes: Vec<Dish>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Dish {
    name: String,
}

fn call(arguments: Value) -> WebhookToolCall {
    let call = json!({"id": "1", "type": "function", "function": {"name": "book_table", "arguments": arguments}});
    let message = read(json!({"type": "tool-calls", "toolCallList": [call]}));
    message.tool_calls().remove(0)
}

#[test]
fn a_call_is_read_in_every_shape() {
    let shapes = [
        json!({"id": "1", "type": "function", "function": {"name": "book_table", "arguments": {"guests": 4}}}),
        json!({"id": "1", "type": "function", "function": {"name": "book_table", "arguments": "{\"guests\": 4}"}}),
        json!({"id": "1", "function": {"name": "book_table", "parameters": {"guests": 4}}, "isPrecededByText": true}),
        json!({"id": "1", "name": "book_table", "arguments": {"guests": 4}}),
        json!({"id": "1", "name": "book_table", "parameters": {"guests": 4}}),
        json!({"id": "1", "name": "book_table", "parameters": "{\"guests\": 4}"}),
    ];
    for shape in shapes {
        let value = json!({"type": "tool-calls", "toolCallList": [shape]});
        let message = read(value.clone());
        let calls = message.tool_calls();
        assert_eq!(calls.len(), 1, "{shape}");
        assert_eq!((&*calls[0].id, &*calls[0].name), ("1", "book_table"));
        assert_eq!(calls[0].arguments, json!({"guests": 4}), "{shape}");
        assert_eq!(serde_json::to_value(message.payload()).unwrap(), value);
    }
}

#[test]
fn calls_are_found_in_every_property() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": {}}});
    let ids = |message: Value| -> Vec<String> { read(message).tool_calls().into_iter().map(|call| call.id).collect() };
    let all = json!({
        "type": "tool-calls", "toolCalls": [call("1"), call("2")], "toolCallList": [call("1"), call("2")],
        "toolWithToolCallList": [{"type": "function", "toolCall": call("1")}, {"type": "function", "toolCall": call("2")}]
    });
    assert_eq!(ids(all), ["1", "2"]);
    assert_eq!(ids(json!({"type": "tool-calls", "toolCalls": [call("3")]})), ["3"]);
    let tools = json!([{"type": "function", "toolCall": call("4")}, {"type": "surely new", "toolCall": call("5")}]);
    assert_eq!(
        ids(json!({"type": "tool-calls", "toolCallList": [], "toolWithToolCallList": tools})),
        ["4", "5"]
    );
    // One call without an id does not cost the others.
    assert_eq!(
        ids(json!({"type": "tool-calls", "toolCallList": [{"name": "f"}, call("6")]})),
        ["6"]
    );
    assert_eq!(
        ids(json!({"type": "hang", "toolCallList": [call("7")]})),
        [] as [&str; 0]
    );
}

#[test]
fn arguments_are_read_as_a_type() {
    assert_eq!(
        call(json!({"guests": 4})).arguments_as::<BookTable>().unwrap(),
        BookTable {
            guests: 4,
            dishes: vec![]
        }
    );
    for nothing in [json!(null), json!(""), json!({}), json!("{}")] {
        let arguments: serde_json::Map<String, Value> = call(nothing).arguments_as().unwrap();
        assert!(arguments.is_empty());
    }
}

#[test]
fn arguments_that_do_not_fit_name_the_field() {
    for (arguments, path, sentence) in [
        (
            json!({"guests": "four"}),
            Some("guests"),
            "`guests`: invalid type: string \"four\", expected u32",
        ),
        (
            json!({"guests": -1}),
            Some("guests"),
            "`guests`: invalid value: integer `-1`, expected u32",
        ),
        (json!({}), None, "missing field `guests`"),
        (
            json!({"guests": 1, "dishes": [{"name": "soup"}, {}]}),
            Some("dishes[1]"),
            "`dishes[1]`: missing field `name`",
        ),
        (
            json!({"guests": 1, "dishes": [{"name": 7}]}),
            Some("dishes[0].name"),
            "`dishes[0].name`: invalid type: integer `7`, expected a string",
        ),
        (
            json!("four guests"),
            None,
            "invalid type: string \"four guests\", expected struct BookTable",
        ),
    ] {
        let error = call(arguments).arguments_as::<BookTable>().unwrap_err();
        assert_eq!(error.to_string(), sentence);
        assert_eq!(error.json_path(), path);
    }
}
