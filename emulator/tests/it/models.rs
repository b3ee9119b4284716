//! Calls whose assistant is answered by the user's own model.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_with};
use crate::model_server::{ModelServer, Turn, say};
use crate::receiver::Receiver;
use crate::webhooks::{STEP, results, start};

fn tool(name: &str, receiver: &Receiver) -> Value {
    let parameters = json!({ "type": "object", "properties": { "guests": { "type": "number" } } });
    let function = json!({ "name": name, "description": "Books a table.", "parameters": parameters });
    json!({ "type": "function", "function": function, "server": { "url": receiver.url } })
}

/// A server that has the same result for each call of a tool.
async fn tool_server(result: &'static str) -> Receiver {
    Receiver::answering(move |sent| {
        let calls = sent.message()["toolCallList"].as_array().cloned().unwrap_or_default();
        let results = calls
            .iter()
            .map(|call| json!({ "toolCallId": call["id"], "result": result }));
        Some((200, json!({ "results": results.collect::<Vec<_>>() })))
    })
    .await
}

/// Runs a call to its end.
async fn call(vapi: &Vapi, body: Value) -> Value {
    let id = vapi.create("/call", body).await;
    vapi.emulator.advance(Duration::from_secs(600)).await;
    vapi.get(&format!("/call/{id}")).await.1
}

fn transcript(call: &Value) -> &str {
    call["artifact"]["transcript"].as_str().expect("a transcript")
}

fn last_role(body: &Value) -> &str {
    let messages = body["messages"].as_array().expect("messages");
    messages.last().expect("a message")["role"].as_str().expect("a role")
}

fn contents(body: &Value) -> Vec<&str> {
    let messages = body["messages"].as_array().expect("messages").iter();
    messages.filter_map(|message| message["content"].as_str()).collect()
}

/// A script of a customer alone.
fn customer(lines: &[&str]) -> Script {
    lines.iter().fold(Script::new().assistant_greets(), |script, line| {
        script.customer_says(*line)
    })
}

#[tokio::test]
async fn a_model_answers_a_scripted_customer() {
    let vapi = start().await;
    let model = ModelServer::saying(&["For how many?", "It is booked."]).await;
    vapi.emulator.script(customer(&["A table, please.", "For two."]));
    let settings = json!({
        "temperature": 0.5, "maxTokens": 100, "headers": { "x-shop": "7" },
        "messages": [{ "role": "system", "content": "You serve {{shop}}." }],
    });
    let assistant = json!({
        "name": "Ada", "firstMessage": "Hello!", "model": model.model(settings), "metadata": { "table": 7 },
    });
    let placed = json!({
        "assistant": assistant, "customer": { "number": "+15555550123" },
        "assistantOverrides": { "variableValues": { "shop": "Bob's" } },
    });
    let call = call(&vapi, placed).await;
    assert_eq!(
        transcript(&call),
        "AI: Hello!\nUser: A table, please.\nAI: For how many?\nUser: For two.\nAI: It is booked.\n"
    );
    assert_eq!(call["endedReason"], "customer-ended-call");
    let bodies = model.bodies();
    assert_eq!(bodies.len(), 2);
    assert_eq!(
        contents(&bodies[1]),
        [
            "You serve Bob's.",
            "Hello!",
            "A table, please.",
            "For how many?",
            "For two."
        ]
    );
    let body = &bodies[0];
    assert_eq!(
        (
            &body["model"],
            &body["stream"],
            &body["temperature"],
            &body["max_tokens"]
        ),
        (&json!("mine"), &json!(true), &json!(0.5), &json!(100))
    );
    assert_eq!(body["call"]["id"], call["id"]);
    assert_eq!(body["call"]["monitor"], call["monitor"]);
    assert_eq!(body["customer"]["number"], "+15555550123");
    assert_eq!(body["metadata"], json!({ "table": 7 }));
    assert_eq!(body.get("tools"), None);
    let (header, path) = model.first("x-shop");
    assert_eq!((header.as_deref(), &*path), (Some("7"), "/v1/chat/completions"));
}

#[tokio::test]
async fn tools_of_a_model_are_carried_out() {
    let vapi = start().await;
    let server = tool_server("booked").await;
    let model = ModelServer::start(|body| match last_role(body) {
        "user" => Turn::Call(vec![("book", json!({ "guests": 2 }))]),
        _ => say("Done."),
    })
    .await;
    vapi.emulator.script(customer(&["A table for two."]));
    let assistant = json!({ "model": model.model(json!({ "tools": [tool("book", &server)] })) });
    let call = call(&vapi, json!({ "assistant": assistant })).await;
    assert_eq!(results(&call), ["booked"]);
    assert!(transcript(&call).ends_with("AI: Done.\n"));
    let sent = server.of_type("tool-calls");
    assert_eq!(
        sent[0]["toolCallList"],
        json!([{ "id": "call_book", "type": "function", "function": { "name": "book", "arguments": { "guests": 2 } } }])
    );
    let bodies = model.bodies();
    assert_eq!(bodies[0]["tools"][0]["function"]["name"], "book");
    let messages = bodies[1]["messages"].as_array().expect("messages");
    let [.., called, result] = &messages[..] else {
        panic!("{messages:?}")
    };
    assert_eq!(called["tool_calls"][0]["function"]["arguments"], "{\"guests\":2}");
    assert_eq!(
        *result,
        json!({ "role": "tool", "tool_call_id": "call_book", "content": "booked" })
    );
}

#[tokio::test]
async fn a_model_is_told_about_bad_arguments() {
    let vapi = start().await;
    let server = tool_server("booked").await;
    let model = ModelServer::start(|body| match last_role(body) {
        "user" => Turn::CallBadly("book", "two guests"),
        _ => say("Sorry."),
    })
    .await;
    vapi.emulator.script(customer(&["A table."]));
    let assistant = json!({ "model": model.model(json!({ "tools": [tool("book", &server)] })) });
    let call = call(&vapi, json!({ "assistant": assistant })).await;
    assert!(
        results(&call)[0]
            .as_str()
            .expect("a text")
            .starts_with("The arguments are not a JSON object")
    );
    assert_eq!(server.all().len(), 0, "the server is not asked");
}

#[tokio::test]
async fn an_api_request_is_really_sent() {
    let vapi = start().await;
    let api = Receiver::answering(|_| Some((200, json!({ "sky": "blue" })))).await;
    let url = api.url.replace("/hook", "");
    let model = ModelServer::start(|body| match last_role(body) {
        "user" => Turn::Call(vec![("weather", json!({ "city": "New York" }))]),
        _ => say("It is blue."),
    })
    .await;
    vapi.emulator.script(customer(&["How is the sky?"]));
    let weather = json!({
        "type": "apiRequest", "name": "weather", "method": "POST", "url": format!("{url}/of/{{{{city}}}}"),
        "headers": { "type": "object", "properties": { "x-key": { "type": "string", "value": "k" } } },
        "body": { "type": "object", "properties": { "city": { "type": "string" } } },
    });
    let elsewhere = json!({ "type": "apiRequest", "name": "elsewhere", "method": "GET", "url": "http://example.com/" });
    let tools = json!({ "tools": [weather, elsewhere] });
    let call = call(&vapi, json!({ "assistant": { "model": model.model(tools) } })).await;
    assert_eq!(results(&call), [r#"{"sky":"blue"}"#]);
    let sent = api.all();
    assert_eq!((sent.len(), sent[0].header("x-key")), (1, Some("k")));
    assert_eq!(sent[0].path, "/of/New%20York");
    assert_eq!(
        serde_json::from_slice::<Value>(&sent[0].body).expect("JSON"),
        json!({ "city": "New York" })
    );
    let kinds: Vec<String> = vapi
        .emulator
        .webhooks()
        .into_iter()
        .map(|sent| sent.message_type)
        .collect();
    assert_eq!(kinds, ["custom-llm", "api-request", "custom-llm"]);
}

#[tokio::test]
async fn an_api_that_fails_is_called_again_by_the_clock() {
    let vapi = start().await;
    let mut attempts = 0;
    let api = Receiver::answering(move |_| {
        attempts += 1;
        let status = if attempts < 3 { 503 } else { 200 };
        Some((status, json!({ "attempt": attempts })))
    })
    .await;
    vapi.emulator.script(Script::new().calls_tool("weather", json!({})));
    let plan = json!({ "type": "exponential", "maxRetries": 3, "baseDelaySeconds": 2 });
    let tool = json!({ "type": "apiRequest", "name": "weather", "method": "GET", "url": api.url, "backoffPlan": plan });
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": [tool] });
    let call = call(&vapi, json!({ "assistant": { "model": model } })).await;
    assert_eq!(results(&call), [r#"{"attempt":3}"#]);
    let sent = vapi.emulator.webhooks();
    let sent: Vec<(u32, Option<u16>)> = sent.iter().map(|sent| (sent.attempt, sent.status)).collect();
    assert_eq!(sent, [(1, Some(503)), (2, Some(503)), (3, Some(200))]);
    let messages = call["messages"].as_array().expect("messages").iter();
    let times: Vec<i64> = messages
        .filter(|message| ["tool_calls", "tool_call_result"].contains(&message["role"].as_str().unwrap_or_default()))
        .filter_map(|message| message["time"].as_i64())
        .collect();
    // Two seconds and four, and the real time of the requests.
    assert!((6_000..16_000).contains(&(times[1] - times[0])), "{times:?}");
}

#[tokio::test]
async fn an_api_on_another_machine_is_not_called() {
    let vapi = start().await;
    vapi.emulator.script(Script::new().calls_tool("elsewhere", json!({})));
    let tool = json!({ "type": "apiRequest", "name": "elsewhere", "method": "GET", "url": "http://example.com/" });
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": [tool] });
    let call = call(&vapi, json!({ "assistant": { "model": model } })).await;
    assert!(
        results(&call)[0]
            .as_str()
            .expect("a text")
            .starts_with("example.com is not this machine"),
        "{call}"
    );
}

#[tokio::test]
async fn a_model_ends_the_call() {
    let vapi = start().await;
    let model = ModelServer::start(|_| Turn::Call(vec![("endCall", json!({}))])).await;
    vapi.emulator.script(customer(&["Bye.", "Still there?"]));
    let model = model.model(json!({ "tools": [{ "type": "endCall" }] }));
    let call = call(
        &vapi,
        json!({ "assistant": { "endCallMessage": "Goodbye.", "model": model } }),
    )
    .await;
    assert_eq!(call["endedReason"], "assistant-ended-call");
    assert!(
        transcript(&call).ends_with("User: Bye.\nAI: Goodbye.\n"),
        "{}",
        transcript(&call)
    );
}

#[tokio::test]
async fn a_phrase_of_the_end_ends_the_call() {
    let vapi = start().await;
    let model = ModelServer::saying(&["Well then, GOODBYE friend."]).await;
    vapi.emulator.script(customer(&["Bye.", "Still there?"]));
    let assistant = json!({ "endCallPhrases": ["goodbye"], "model": model.model(json!({})) });
    let call = call(&vapi, json!({ "assistant": assistant })).await;
    assert_eq!(call["endedReason"], "assistant-said-end-call-phrase");
}

#[tokio::test]
async fn a_handoff_changes_the_prompt_of_the_model() {
    let vapi = start().await;
    let first =
        ModelServer::start(|_| Turn::Call(vec![("handoff_to_assistant", json!({ "destination": "Bob" }))])).await;
    let second = ModelServer::saying(&["Wine it is."]).await;
    let bob = json!({
        "name": "Bob", "firstMessage": "Bob here.",
        "model": second.model(json!({ "messages": [{ "role": "system", "content": "You are Bob." }] })),
    });
    vapi.create("/assistant", bob).await;
    let handoff = json!({ "type": "handoff", "destinations": [
        { "type": "assistant", "assistantName": "Bob" }, { "type": "assistant", "assistantName": "Eve" },
    ] });
    let prompt = json!([{ "role": "system", "content": "You are Ada." }]);
    let ada = first.model(json!({ "messages": prompt, "tools": [handoff] }));
    vapi.emulator.script(customer(&["Wine?", "Red."]));
    let call = call(
        &vapi,
        json!({ "assistant": { "name": "Ada", "firstMessage": "Ada.", "model": ada } }),
    )
    .await;
    assert_eq!(
        transcript(&call),
        "AI: Ada.\nUser: Wine?\nAI: Bob here.\nUser: Red.\nAI: Wine it is.\n"
    );
    let said = second.bodies();
    assert_eq!(contents(&said[0])[..2], ["You are Bob.", "Ada."]);
}

#[tokio::test]
async fn errors_of_a_model_end_the_call() {
    for (status, reason) in [
        (400, "pipeline-error-custom-llm-400-bad-request-validation-failed"),
        (401, "pipeline-error-custom-llm-401-unauthorized"),
        (403, "pipeline-error-custom-llm-403-model-access-denied"),
        (429, "pipeline-error-custom-llm-429-exceeded-quota"),
        (500, "pipeline-error-custom-llm-500-server-error"),
        (503, "pipeline-error-custom-llm-503-server-overloaded-error"),
        (404, "pipeline-error-custom-llm-llm-failed"),
        (200, "pipeline-error-custom-llm-llm-failed"),
    ] {
        let vapi = start().await;
        let model = ModelServer::start(move |_| Turn::Fail(status, json!({ "error": { "message": "no" } }))).await;
        vapi.emulator.script(customer(&["Hi.", "Still there?"]));
        let call = call(&vapi, json!({ "assistant": { "model": model.model(json!({})) } })).await;
        assert_eq!(call["endedReason"], reason, "{status}");
        let message = call["endedMessage"].as_str().expect("a message");
        assert!(message.starts_with("The custom LLM failed: "), "{message}");
        assert!(message.contains("no"), "{message}");
    }
}

#[tokio::test]
async fn a_silent_model_ends_the_call() {
    let vapi = start().await;
    let model = ModelServer::start(|_| Turn::Hang).await;
    vapi.emulator.script(customer(&["Hi."]));
    let model = model.model(json!({ "timeoutSeconds": 0.2 }));
    let call = call(&vapi, json!({ "assistant": { "model": model } })).await;
    assert_eq!(call["endedReason"], "pipeline-error-custom-llm-llm-failed");
    assert_eq!(
        call["endedMessage"],
        "The custom LLM failed: no response within 0.2 seconds."
    );
}

#[tokio::test]
async fn a_model_that_calls_tools_forever_ends_the_call() {
    let vapi = start().await;
    let model = ModelServer::start(|_| Turn::Call(vec![("dtmf", json!({ "dtmf": "1" }))])).await;
    vapi.emulator.script(customer(&["Hi."]));
    let model = model.model(json!({ "tools": [{ "type": "dtmf" }] }));
    let call = call(&vapi, json!({ "assistant": { "model": model } })).await;
    assert_eq!(call["endedReason"], "pipeline-error-custom-llm-llm-failed");
    assert_eq!(results(&call).len(), 20);
}

#[tokio::test]
async fn a_call_without_a_script_is_answered_too() {
    let vapi = start().await;
    let model = ModelServer::saying(&["How nice of you."]).await;
    let assistant = json!({ "firstMessage": "Hello!", "model": model.model(json!({})) });
    let call = call(&vapi, json!({ "assistant": assistant })).await;
    assert_eq!(
        transcript(&call),
        "AI: Hello!\nUser: Hi! I only wanted to say hello.\nAI: How nice of you.\n"
    );
}

#[tokio::test]
async fn a_model_thinks_of_the_first_message() {
    let vapi = start().await;
    let model = ModelServer::saying(&["Good morning."]).await;
    vapi.emulator.script(customer(&[]));
    let assistant = json!({
        "firstMessageMode": "assistant-speaks-first-with-model-generated-message", "model": model.model(json!({})),
    });
    let call = call(&vapi, json!({ "assistant": assistant })).await;
    assert_eq!(transcript(&call), "AI: Good morning.\n");
}

#[tokio::test]
async fn lines_of_the_script_come_before_the_model() {
    let vapi = start().await;
    let model = ModelServer::saying(&["By the model."]).await;
    let script = Script::new()
        .customer_says("One.")
        .assistant_says("By the script.")
        .customer_says("Two.");
    vapi.emulator.script(script.clone());
    let assistant = json!({ "assistant": { "model": model.model(json!({})) } });
    let first = call(&vapi, assistant.clone()).await;
    assert_eq!(
        transcript(&first),
        "User: One.\nAI: By the script.\nUser: Two.\nAI: By the model.\n"
    );
    vapi.emulator.script(script.without_model());
    let second = call(&vapi, assistant).await;
    assert_eq!(transcript(&second), "User: One.\nAI: By the script.\nUser: Two.\n");
}

#[tokio::test]
async fn a_customer_interrupts_a_model() {
    let vapi = start().await;
    let model = ModelServer::saying(&["One two three four five six.", "Yes?"]).await;
    vapi.emulator
        .script(Script::new().customer_says("Count.").customer_interrupts("Stop!"));
    let call = call(&vapi, json!({ "assistant": { "model": model.model(json!({})) } })).await;
    assert_eq!(
        transcript(&call),
        "User: Count.\nAI: One two three\nUser: Stop!\nAI: Yes?\n"
    );
}

#[tokio::test]
async fn an_added_message_makes_the_model_speak() {
    let vapi = start().await;
    let model = ModelServer::saying(&["The cake is ready."]).await;
    vapi.emulator.script(
        Script::new()
            .customer_says("I wait.")
            .assistant_says("Good.")
            .pause(Duration::from_secs(20))
            .continues_by_hand(),
    );
    let id = vapi
        .create("/call", json!({ "assistant": { "model": model.model(json!({})) } }))
        .await;
    vapi.emulator.advance(3 * STEP).await;
    let (_, call) = vapi.get(&format!("/call/{id}")).await;
    let control = call["monitor"]["controlUrl"].as_str().expect("a URL").to_owned();
    for (content, triggers) in [("Say nothing.", false), ("The cake is ready.", true)] {
        let message = json!({ "role": "system", "content": content });
        let body = json!({ "type": "add-message", "message": message, "triggerResponseEnabled": triggers });
        let sent = vapi.elsewhere(reqwest::Method::POST, &control).json(&body);
        assert_eq!(sent.send().await.expect("a response").status(), 200);
    }
    vapi.emulator.advance(6 * STEP).await;
    let (_, call) = vapi.get(&format!("/emulator/calls/{id}")).await;
    let last = call["turns"].as_array().and_then(|turns| turns.last());
    assert_eq!(last.expect("a turn")["text"], "The cake is ready.");
    assert_eq!(model.bodies().len(), 1);
}

#[tokio::test]
async fn a_model_gets_the_key_of_its_credential() {
    let vapi: Vapi = start_with(Emulator::builder().call_step(STEP)).await;
    let model = ModelServer::saying(&["Hi."]).await;
    let credential = json!({ "provider": "custom-llm", "apiKey": "model-key" });
    vapi.create("/credential", credential).await;
    vapi.emulator.script(customer(&["Hi."]));
    call(&vapi, json!({ "assistant": { "model": model.model(json!({})) } })).await;
    assert_eq!(model.first("authorization").0.as_deref(), Some("Bearer model-key"));
}
