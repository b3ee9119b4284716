//! Eval runs: the turns of a scripted assistant, judged.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_strict};

const STEP: Duration = Duration::from_secs(10);
/// A little more than a step.
const ON: Duration = Duration::from_secs(11);

async fn start() -> Vapi {
    start_strict(Emulator::builder().call_step(STEP)).await
}

fn eval(judge: &[Value]) -> Value {
    let mut messages = vec![json!({ "role": "user", "content": "A table for two, please." })];
    messages.extend(
        judge
            .iter()
            .map(|plan| json!({ "role": "assistant", "judgePlan": plan })),
    );
    json!({ "type": "chat.mockConversation", "messages": messages })
}

/// Runs an eval against the assistant Ada and returns the ended run.
async fn ended(vapi: &Vapi, eval: Value) -> Value {
    let assistant = vapi
        .create("/assistant", json!({ "name": "Ada", "firstMessage": "Hello!" }))
        .await;
    let target = json!({ "type": "assistant", "assistantId": assistant });
    let id = vapi
        .create("/eval/run", json!({ "type": "eval", "eval": eval, "target": target }))
        .await;
    vapi.emulator.advance(Duration::from_secs(60)).await;
    vapi.get(&format!("/eval/run/{id}")).await.1
}

#[tokio::test]
async fn a_run_is_queued_then_running_then_ended() {
    let vapi = start().await;
    let eval = vapi
        .create("/eval", eval(&[json!({ "type": "exact", "content": "Booked." })]))
        .await;
    let assistant = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    let target = json!({ "type": "assistant", "assistantId": assistant });
    let id = vapi
        .create("/eval/run", json!({ "type": "eval", "evalId": eval, "target": target }))
        .await;
    let path = format!("/eval/run/{id}");
    let (_, queued) = vapi.get(&path).await;
    assert_eq!(
        (&queued["status"], &queued["startedAt"]),
        (&json!("queued"), &Value::Null)
    );
    vapi.emulator.advance(ON).await;
    let (_, running) = vapi.get(&path).await;
    assert_eq!(
        (&running["status"], &running["endedReason"]),
        (&json!("running"), &Value::Null)
    );
    assert!(
        running["createdAt"].as_str() < running["startedAt"].as_str(),
        "{running}"
    );
    vapi.emulator.advance(ON).await;
    let (_, run) = vapi.get(&path).await;
    assert_eq!(run["startedAt"], running["startedAt"]);
    assert!(run["startedAt"].as_str() < run["endedAt"].as_str(), "{run}");
    assert_eq!(
        (&run["status"], &run["endedReason"]),
        (&json!("ended"), &json!("mockConversation.done"))
    );
    assert_eq!(run["results"][0]["status"], "pass");
    assert_eq!(
        run["results"][0]["messages"][1],
        json!({ "role": "assistant", "content": "Booked." })
    );
    assert_eq!(
        vapi.emulator.response_problems("EvalController_getRun", &run),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn the_lines_of_a_script_are_compared() {
    let cases = [
        (json!({ "type": "exact", "content": "It is booked." }), "pass"),
        (json!({ "type": "exact", "content": "Booked." }), "fail"),
        (json!({ "type": "regex", "content": "[Bb]ooked" }), "pass"),
        (json!({ "type": "regex", "content": "^booked" }), "fail"),
    ];
    for (plan, verdict) in cases {
        let vapi = start().await;
        vapi.emulator
            .script(Script::new().for_assistant("Ada").assistant_says("It is booked."));
        let run = ended(&vapi, eval(std::slice::from_ref(&plan))).await;
        assert_eq!(run["results"][0]["status"], verdict, "{plan}");
        assert_eq!(run["results"][0]["messages"][1]["content"], "It is booked.");
    }
}

#[tokio::test]
async fn the_tool_calls_of_a_script_are_compared() {
    let plan = |guests: u64| json!({ "type": "exact", "toolCalls": [{ "name": "book_table", "arguments": { "guests": guests } }] });
    for (guests, verdict) in [(2, "pass"), (3, "fail")] {
        let vapi = start().await;
        vapi.emulator.script(
            Script::new()
                .for_assistant("Ada")
                .calls_tool("book_table", json!({ "guests": 2 })),
        );
        let run = ended(&vapi, eval(&[plan(guests)])).await;
        assert_eq!(run["results"][0]["status"], verdict, "{run}");
    }
}

#[tokio::test]
async fn a_script_speaks_for_the_judge() {
    let judge = json!({
        "type": "ai",
        "model": { "provider": "openai", "model": "gpt-5.4", "messages": [{ "role": "system", "content": "Judge." }] },
    });
    for (success, verdict) in [("true", "pass"), ("false", "fail")] {
        let vapi = start().await;
        vapi.emulator.script(
            Script::new()
                .for_assistant("Ada")
                .assistant_says("No.")
                .success(success),
        );
        let run = ended(&vapi, eval(std::slice::from_ref(&judge))).await;
        assert_eq!(run["results"][0]["status"], verdict, "{run}");
    }
}

#[tokio::test]
async fn a_failure_can_end_the_conversation() {
    let vapi = start().await;
    vapi.emulator.script(
        Script::new()
            .for_assistant("Ada")
            .assistant_says("One.")
            .assistant_says("Two."),
    );
    let mut eval = eval(&[
        json!({ "type": "exact", "content": "1" }),
        json!({ "type": "exact", "content": "Two." }),
    ]);
    eval["messages"][1]["continuePlan"] = json!({ "exitOnFailureEnabled": true, "contentOverride": "Instead." });
    let run = ended(&vapi, eval).await;
    let messages = run["results"][0]["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1]["content"], "Instead.");
}
