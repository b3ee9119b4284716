//! Script files: JSON and TOML are equal to Rust, and errors have their position.

use std::time::Duration;

use serde_json::json;
use vapi_emulator::Script;

fn expected() -> Script {
    Script::new()
        .for_assistant("Ada")
        .for_customer("+15555550101")
        .for_next_call()
        .assistant_greets()
        .assistant_says("What can I do for you?")
        .lasting(Duration::from_millis(2500))
        .customer_interrupts("A table.")
        .pause(Duration::from_secs(1))
        .assistant_hangs(Duration::from_secs(6))
        .calls_tool("book_table", json!({ "guests": 4 }))
        .with_result("booked")
        .calls_tools([("a", json!({})), ("b", json!({ "x": 1 }))])
        .asks_whom_to_hand_off_to(json!({ "topic": "wine" }))
        .asks_where_to_transfer()
        .ends_with("silence-timed-out")
        .summary("Booked.")
        .structured_output("so-1", "guests", json!(4))
        .cost(0.05)
        .pace(Duration::from_millis(300))
}

#[test]
fn a_greeting_can_have_its_time() {
    let scripts = Script::from_json(r#"[{ "steps": [{ "greeting": true, "seconds": 2 }] }]"#);
    let expected = Script::new().assistant_greets().lasting(Duration::from_secs(2));
    assert_eq!(scripts, Ok(vec![expected]));
}

#[test]
fn json_says_the_same_as_rust() {
    let text = r#"{ "scripts": [{
        "when": { "assistant": "Ada", "customer": "+15555550101", "next": true },
        "wordSeconds": 0.3,
        "steps": [
            "greeting",
            { "assistant": "What can I do for you?", "seconds": 2.5 },
            { "customer": "A table.", "interrupts": true },
            { "pause": 1 },
            { "hang": 6 },
            { "tool": "book_table", "arguments": { "guests": 4 }, "result": "booked" },
            { "tools": [{ "tool": "a" }, { "tool": "b", "arguments": { "x": 1 } }] },
            { "handoff": "ask", "parameters": { "topic": "wine" } },
            { "transfer": "ask" }
        ],
        "ends": "silence-timed-out",
        "analysis": { "summary": "Booked." },
        "structuredOutputs": { "so-1": { "name": "guests", "result": 4 } },
        "cost": 0.05
    }] }"#;
    assert_eq!(Script::from_json(text), Ok(vec![expected()]));
}

#[test]
fn toml_says_the_same_as_json() {
    let text = r#"
        [[scripts]]
        when = { assistant = "Ada", customer = "+15555550101", next = true }
        wordSeconds = 0.3
        steps = [
            "greeting",
            { assistant = "What can I do for you?", seconds = 2.5 },
            { customer = "A table.", interrupts = true },
            { pause = 1 },
            { hang = 6 },
            { tool = "book_table", arguments = { guests = 4 }, result = "booked" },
            { tools = [{ tool = "a" }, { tool = "b", arguments = { x = 1 } }] },
            { handoff = "ask", parameters = { topic = "wine" } },
            { transfer = "ask" },
        ]
        ends = "silence-timed-out"
        analysis = { summary = "Booked." }
        structuredOutputs = { so-1 = { name = "guests", result = 4 } }
        cost = 0.05
    "#;
    assert_eq!(Script::from_toml(text), Ok(vec![expected()]));
}

#[test]
fn one_word_sets_who_picks_up_and_hangs_up() {
    let scripts = Script::from_json(
        r#"[{ "answer": "voicemail" }, { "answer": "busy" }, { "answer": "no-answer" }, { "answer": "vonage-rejected" },
            { "ends": "customer" }, { "ends": "assistant" }]"#,
    );
    assert_eq!(
        scripts,
        Ok(vec![
            Script::new().voicemail_answers(),
            Script::new().line_is_busy(),
            Script::new().nobody_answers(),
            Script::new().never_starts("vonage-rejected"),
            Script::new(),
            Script::new().assistant_hangs_up(),
        ])
    );
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (text, problem) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("3", "the file must be an object"),
        ("{}", "the file needs a list of `scripts`"),
        (r#"{ "scripts": {} }"#, "scripts: must be a list"),
        (
            r#"[{}, { "stepz": [] }]"#,
            "scripts[1]: `stepz` is not known here; name, when, answer, steps, ends, analysis, structuredOutputs, cost, \
             wordSeconds, model are",
        ),
        (
            r#"[{ "steps": [{ "pause": "long" }] }]"#,
            "scripts[0].steps[0].pause: must be a number",
        ),
        (
            r#"[{ "steps": [{ "pause": -1 }] }]"#,
            "scripts[0].steps[0].pause: must be a number of seconds, a day at most",
        ),
        (
            r#"[{ "steps": ["greeting", {}] }]"#,
            "scripts[0].steps[1]: must be \"greeting\" or have exactly one of greeting, assistant, customer, pause, hang, \
             language, tool, tools, transfer, handoff",
        ),
        (
            r#"[{ "steps": [{ "tool": "a", "customer": "b" }] }]"#,
            "scripts[0].steps[0]: must be \"greeting\" or have exactly one of greeting, assistant, customer, pause, hang, \
             language, tool, tools, transfer, handoff",
        ),
        (
            r#"[{ "steps": [{ "assistant": "Hi", "interrupts": true }] }]"#,
            "scripts[0].steps[0]: `interrupts` cannot be combined with `assistant`",
        ),
        (
            r#"[{ "steps": [{ "transfer": { "number": "+1" } }] }]"#,
            "scripts[0].steps[0].transfer: must be \"ask\" or a destination with a `type`",
        ),
        (
            r#"[{ "when": { "next": 1 } }]"#,
            "scripts[0].when.next: must be true or false",
        ),
    ] {
        let error = Script::from_json(text).expect_err(text);
        assert_eq!(error.to_string(), problem);
    }
}

#[test]
fn a_mistake_in_toml_has_its_line() {
    let error = Script::from_toml("[[scripts]]\nname = \n").expect_err("no value");
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Script::from_file("no/such/scripts.toml").expect_err("no file");
    assert!(error.to_string().starts_with("no/such/scripts.toml: "), "{error}");
}

#[test]
fn the_examples_of_the_readme_can_be_read() {
    let readme = include_str!("../../README.md");
    let block = |language: &str| {
        let marked = format!("```{language}\n");
        let blocks = readme.split(&marked).skip(1);
        let texts = blocks.filter_map(|rest| rest.split("```").next());
        texts.filter(|text| text.contains("scripts")).collect::<Vec<_>>()
    };
    let (toml, json) = (block("toml"), block("json"));
    assert_eq!((toml.len(), json.len()), (1, 1));
    let from_toml = Script::from_toml(toml[0]).expect("scripts");
    let from_json = Script::from_json(json[0]).expect("scripts");
    assert_eq!((from_toml.len(), from_json.len()), (2, 1));
}
