//! A document of two resources as requests.

use serde_json::json;

use super::*;

fn document() -> Value {
    let operation = |id: &str, tag: &str, example: Value| {
        let mut operation = json!({"operationId": id, "tags": [tag], "summary": format!("Does {id}"), "responses": {}});
        if !example.is_null() {
            operation["requestBody"] = json!({"content": {"application/json": {"example": example}}});
        }
        operation
    };
    let none = Value::Null;
    json!({
        "info": {"title": "Vapi", "version": "1"},
        "servers": [{"url": "https://api.vapi.ai"}],
        "tags": [{"name": "Evals", "description": "Evals."}, {"name": "Assistants", "description": "Assistants."}],
        "paths": {
            "/assistant/{id}": {
                "delete": operation("AssistantController_remove", "Assistants", none.clone()),
                "get": operation("AssistantController_findOne", "Assistants", none.clone()),
                "patch": operation("AssistantController_update", "Assistants", json!({"name": "a"}))
            },
            "/assistant": {
                "get": operation("AssistantController_findAll", "Assistants", none.clone()),
                "post": operation("AssistantController_create", "Assistants", json!({"name": "a"}))
            },
            "/eval/run": {"post": operation("EvalController_run", "Evals", json!({"target": {"assistantId": "x"}, "evalIds": ["y"]}))},
            "/eval/run/{id}": {"get": operation("EvalController_getRun", "Evals", none.clone())},
            "/eval": {"post": operation("EvalController_create", "Evals", json!({"name": "e"}))},
            "/eval/{id}/item": {"get": operation("EvalController_findItems", "Evals", none.clone())},
            "/eval/{id}/item/{itemId}": {"get": operation("EvalController_findItem", "Evals", none)}
        }
    })
}

fn plan() -> Plan {
    Plan::new(&document(), &Names::default(), &Examples::default())
}

#[test]
fn requests_come_in_the_order_of_a_life() {
    let plan = plan();
    let ids = |folder: usize| -> Vec<&str> { plan.folders[folder].requests.iter().map(|r| r.id.as_str()).collect() };
    assert_eq!(
        ids(1),
        [
            "AssistantController_create",
            "AssistantController_findAll",
            "AssistantController_findOne",
            "AssistantController_update",
            "AssistantController_remove"
        ]
    );
    assert_eq!(
        ids(0),
        [
            "EvalController_run",
            "EvalController_getRun",
            "EvalController_create",
            "EvalController_findItems",
            "EvalController_findItem"
        ]
    );
}

#[test]
fn paths_and_bodies_have_variables() {
    let plan = plan();
    let run = &plan.folders[0].requests[0];
    let Some(Body::Json(body)) = &run.body else {
        panic!("a run has a body")
    };
    assert_eq!(
        body,
        &json!({"target": {"assistantId": "{{assistantId}}"}, "evalIds": ["{{evalId}}"]})
    );
    let needed: Vec<&str> = plan
        .prerequisites(run)
        .iter()
        .map(|(variable, _, _)| *variable)
        .collect();
    assert_eq!(needed, ["assistantId", "evalId"]);
    let paths: Vec<&str> = plan.folders[0].requests.iter().map(|r| r.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/eval/run",
            "/eval/run/{{runId}}",
            "/eval",
            "/eval/{{evalId}}/item",
            "/eval/{{evalId}}/item/{{itemId}}"
        ]
    );
}

#[test]
fn a_collection_saves_and_forgets_ids() {
    let collection = postman(&document(), &Names::default(), &Examples::default());
    let script = |item: usize, event: usize| -> String {
        let lines = &collection["item"][1]["item"][item]["event"][event]["script"]["exec"];
        lines
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(script(0, 0).contains("pm.collectionVariables.set(\"assistantId\", body.id)"));
    assert!(script(4, 0).contains("pm.collectionVariables.unset(\"assistantId\")"));
    assert_eq!(
        collection["item"][1]["item"][2]["request"]["url"]["raw"],
        "{{baseUrl}}/assistant/{{assistantId}}"
    );
    let run = &collection["item"][0]["item"][0];
    assert_eq!(run["event"][0]["listen"], "prerequest");
}

#[test]
fn a_file_of_requests_names_them() {
    let text = http_file(&document(), &Names::default(), &Examples::default());
    let expected = "\n### Does AssistantController_create\n# @name AssistantController_create\nPOST {{baseUrl}}/assistant\n\
                    Authorization: Bearer {{apiKey}}\nContent-Type: application/json\n\n{\n  \"name\": \"a\"\n}\n\n###\n\
                    @assistantId = {{AssistantController_create.response.body.$.id}}\n";
    assert!(text.contains(expected), "{text}");
}
