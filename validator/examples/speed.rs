//! Measures the validator with the snapshot: the first body, which compiles the schemas, the next ones of 45 kB, valid and invalid,
//! and a body of 10 MB with a million unknown properties.
//!
//! `cargo run --release -p vapi-validator --example speed`

use std::error::Error;
use std::time::Instant;

use serde_json::{Map, Value, json};
use vapi_validator::{Document, Validator};

const CREATE: &str = "AssistantController_create";

fn main() -> Result<(), Box<dyn Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.json");
    let before = Instant::now();
    let validator = Validator::new(Document::parse(&std::fs::read(path)?)?);
    println!("document: {:?}", before.elapsed());

    let body = assistant();
    let before = Instant::now();
    let problems = validator.request(CREATE, &body)?;
    println!("first body: {:?}, {} problems", before.elapsed(), problems.len());
    measure(&validator, "valid", &body)?;

    let mut invalid = body;
    invalid["name"] = json!(5);
    invalid["model"]["tools"][3]["function"]["name"] = json!("two words");
    invalid["nmae"] = json!("Ada");
    measure(&validator, "invalid", &invalid)?;

    let many: Map<String, Value> = (0..1_000_000).map(|index| (format!("p{index}"), json!(1))).collect();
    let text = Value::Object(many).to_string();
    let before = Instant::now();
    let many: Value = serde_json::from_str(&text)?;
    let read = before.elapsed();
    let problems = validator.request(CREATE, &many)?;
    println!(
        "a million unknown properties, {} kB: {:?}, of which {read:?} to read the JSON; {} problems",
        text.len() / 1000,
        before.elapsed(),
        problems.len()
    );
    Ok(())
}

/// Prints the median of many rounds.
fn measure(validator: &Validator, what: &str, body: &Value) -> Result<(), Box<dyn Error>> {
    let mut rounds = Vec::new();
    let mut problems = 0;
    for _ in 0..501 {
        let before = Instant::now();
        problems = validator.request(CREATE, body)?.len();
        rounds.push(before.elapsed());
    }
    rounds.sort();
    let kilobytes = body.to_string().len() / 1000;
    println!(
        "{what}, {kilobytes} kB: {:?}, {problems} problems",
        rounds[rounds.len() / 2]
    );
    Ok(())
}

/// Returns an assistant of 45 kB, with the tools and messages of a large one.
fn assistant() -> Value {
    let parameters: Map<String, Value> = (0..8)
        .map(|index| {
            let name = format!("parameter_{index}");
            (
                name,
                json!({ "type": "string", "description": "What the customer said about it, in a few words." }),
            )
        })
        .collect();
    let tool = |index: usize| {
        json!({
            "type": "function",
            "function": {
                "name": format!("tool_{index}"),
                "description": "Looks up what the customer asked for, and says what is there and what it costs.",
                "parameters": { "type": "object", "properties": parameters, "required": ["parameter_0"] },
            },
            "messages": [{ "type": "request-start", "content": "One moment, I will look that up for you." }],
            "server": { "url": "https://example.com/tools", "timeoutSeconds": 20 },
        })
    };
    json!({
        "name": "Ada",
        "firstMessage": "Hello, this is Ada. What can I do for you?",
        "transcriber": { "provider": "deepgram", "model": "nova-2", "language": "en" },
        "voice": { "provider": "azure", "voiceId": "andrew" },
        "model": {
            "provider": "openai",
            "model": "gpt-4o",
            "messages": [{ "role": "system", "content": "You are Ada. Be brief. ".repeat(500) }],
            "tools": (0..30).map(tool).collect::<Vec<_>>(),
        },
        "serverMessages": ["end-of-call-report", "status-update", "tool-calls"],
        "server": { "url": "https://example.com/vapi" },
    })
}
