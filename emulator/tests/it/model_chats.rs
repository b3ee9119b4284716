//! Chats whose assistant is answered by the user's own model.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::client::{Vapi, start};
use crate::model_server::{ModelServer, Turn, say};
use crate::receiver::Receiver;

fn last_role(body: &Value) -> &str {
    let messages = body["messages"].as_array().expect("messages");
    messages.last().expect("a message")["role"].as_str().expect("a role")
}

#[tokio::test]
async fn a_chat_is_answered_by_its_model() {
    let vapi = start().await;
    let model = ModelServer::saying(&["For how many?", "It is booked."]).await;
    let prompt = json!({ "messages": [{ "role": "system", "content": "You are Ada." }] });
    let assistant = vapi
        .create("/assistant", json!({ "name": "Ada", "model": model.model(prompt) }))
        .await;
    let (status, first) = vapi
        .post(
            "/chat",
            json!({ "assistantId": assistant, "input": "A table, please." }),
        )
        .await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(
        first["output"],
        json!([{ "role": "assistant", "content": "For how many?" }])
    );
    let (_, second) = vapi
        .post("/chat", json!({ "previousChatId": first["id"], "input": "For two." }))
        .await;
    assert_eq!(second["output"][0]["content"], "It is booked.");
    let bodies = model.bodies();
    let said: Vec<&str> = bodies[1]["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|message| message["content"].as_str())
        .collect();
    assert_eq!(said, ["You are Ada.", "A table, please.", "For how many?", "For two."]);
    assert_eq!(bodies[0]["chat"]["id"], first["id"]);
    assert_eq!(bodies[0].get("call"), None);
    let id = second["id"].as_str().expect("an id");
    assert_eq!(vapi.get(&format!("/chat/{id}")).await, (200, second));
}

#[tokio::test]
async fn a_chat_calls_tools() {
    let vapi = start().await;
    let server = Receiver::answering(|sent| {
        let call = &sent.message()["toolCallList"][0];
        Some((
            200,
            json!({ "results": [{ "toolCallId": call["id"], "result": "booked" }] }),
        ))
    })
    .await;
    let model = ModelServer::start(|body| match last_role(body) {
        "user" => Turn::Call(vec![("book", json!({ "guests": 2 })), ("endCall", json!({}))]),
        _ => say("Done."),
    })
    .await;
    let tools = json!({ "tools": [{ "type": "function", "function": { "name": "book" } }, { "type": "endCall" }] });
    let assistant = json!({ "model": model.model(tools), "server": { "url": server.url } });
    let (_, chat) = vapi
        .post("/chat", json!({ "assistant": assistant, "input": "A table." }))
        .await;
    let output = chat["output"].as_array().expect("output");
    let roles: Vec<&str> = output
        .iter()
        .map(|message| message["role"].as_str().expect("a role"))
        .collect();
    assert_eq!(roles, ["assistant", "tool", "tool", "assistant"]);
    assert_eq!(output[1]["content"], "booked");
    assert_eq!(output[3]["content"], "Done.");
    let sent = &server.all()[0];
    assert_eq!(sent.message()["type"], "tool-calls");
    assert_eq!(sent.message()["chat"]["id"], chat["id"]);
    assert_eq!(sent.message().get("call"), None);
    assert_eq!(sent.header("x-chat-id"), chat["id"].as_str());
}

#[tokio::test]
async fn a_chat_is_streamed_while_its_model_speaks() {
    let vapi = start().await;
    let (pieces, receiver) = mpsc::unbounded_channel();
    let mut receiver = Some(receiver);
    let model = ModelServer::start(move |_| receiver.take().map_or(Turn::Hang, Turn::Live)).await;
    let body = json!({ "assistant": { "model": model.model(json!({})) }, "input": "Count.", "stream": true });
    pieces.send("One ".to_owned()).expect("a model");
    let mut response = vapi
        .request(Method::POST, "/chat")
        .json(&body)
        .send()
        .await
        .expect("a response");
    let first = next_event(&mut response).await;
    assert_eq!(
        (&first["delta"], &first["path"]),
        (&json!("One "), &json!("chat.output[0].content"))
    );
    pieces.send("two.".to_owned()).expect("a model");
    assert_eq!(next_event(&mut response).await["delta"], "two.");
    drop(pieces);
    assert_eq!(next_event(&mut response).await, "[DONE]");
    let id = first["id"].as_str().expect("an id");
    let (_, chat) = vapi.get(&format!("/chat/{id}")).await;
    assert_eq!(chat["output"], json!([{ "role": "assistant", "content": "One two." }]));
}

async fn next_event(response: &mut reqwest::Response) -> Value {
    let chunk = response.chunk().await.expect("a stream").expect("an event");
    let text = String::from_utf8(chunk.to_vec()).expect("text");
    let data = text
        .trim()
        .strip_prefix("data: ")
        .expect("an event with data")
        .to_owned();
    serde_json::from_str(&data).unwrap_or_else(|_| json!(data))
}

#[tokio::test]
async fn a_response_of_a_model_has_openais_shape() {
    let vapi = start().await;
    let model = ModelServer::saying(&["Hello.", "Hello again."]).await;
    let assistant = vapi
        .create("/assistant", json!({ "model": model.model(json!({})) }))
        .await;
    let body = json!({ "assistantId": assistant, "input": "Hi." });
    let (_, response) = vapi.post("/chat/responses", body.clone()).await;
    assert_eq!(response["output"][0]["content"][0]["text"], "Hello.");
    let mut streamed = body;
    streamed["stream"] = json!(true);
    let response = vapi
        .request(Method::POST, "/chat/responses")
        .json(&streamed)
        .send()
        .await;
    let text = response.expect("a response").text().await.expect("a whole body");
    let kinds: Vec<String> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter_map(|event| event["type"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(
        kinds,
        [
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.completed"
        ]
    );
}

async fn failure(vapi: &Vapi, body: Value) -> (u16, Value) {
    vapi.post("/chat", body).await
}

#[tokio::test]
async fn a_failing_model_fails_the_chat() {
    let vapi = start().await;
    let model = ModelServer::start(|_| Turn::Fail(401, json!({ "error": { "message": "no key" } }))).await;
    let assistant = json!({ "model": model.model(json!({})) });
    for stream in [false, true] {
        let body = json!({ "assistant": assistant, "input": "Hi.", "stream": stream });
        let (status, body) = failure(&vapi, body).await;
        assert_eq!(status, 502);
        assert_eq!(body["message"], "The custom LLM failed: it responded with 401: no key.");
    }
}
