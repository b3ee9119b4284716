//! Resources of any kind: create, get, update, delete.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{start, start_with};

#[tokio::test]
async fn a_created_resource_has_id_organization_and_times() {
    let vapi = start().await;
    let (status, assistant) = vapi
        .post("/assistant", json!({ "name": "Ada", "firstMessage": "Hi" }))
        .await;
    assert_eq!(status, 201);
    assert_eq!(assistant["name"], "Ada");
    assert_eq!(assistant["firstMessage"], "Hi");
    assert_eq!(assistant["id"].as_str().map(str::len), Some(36));
    assert_eq!(assistant["orgId"].as_str().map(str::len), Some(36));
    assert_eq!(assistant["createdAt"], assistant["updatedAt"]);
    let created = assistant["createdAt"].as_str().expect("a time");
    assert!(created.len() == 24 && created.ends_with('Z'), "{created}");
}

#[tokio::test]
async fn a_created_resource_can_be_read_back() {
    let vapi = start().await;
    let (_, created) = vapi
        .post("/squad", json!({ "members": [{ "assistantId": "a" }] }))
        .await;
    let (status, read) = vapi
        .get(&format!("/squad/{}", created["id"].as_str().expect("an id")))
        .await;
    assert_eq!(status, 200);
    assert_eq!(read, created);
}

#[tokio::test]
async fn no_two_resources_are_created_at_the_same_time() {
    let vapi = start().await;
    let mut times = Vec::new();
    for _ in 0..20 {
        let (_, assistant) = vapi.post("/assistant", json!({})).await;
        times.push(assistant["createdAt"].as_str().expect("a time").to_owned());
    }
    assert!(times.is_sorted_by(|earlier, later| earlier < later), "{times:?}");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let vapi = start().await;
    for (status, body) in [
        vapi.get("/phone-number/none").await,
        vapi.patch("/phone-number/none", json!({ "provider": "vapi" })).await,
        vapi.delete("/phone-number/none").await,
    ] {
        assert_eq!(status, 404);
        assert_eq!(
            body,
            json!({ "message": "Phone number none not found", "error": "Not Found", "statusCode": 404 })
        );
    }
}

#[tokio::test]
async fn a_patch_merges_the_top_level_and_null_removes() {
    let vapi = start().await;
    let sent = json!({ "name": "Ada", "firstMessage": "Hi", "metadata": { "a": 1, "b": 2 } });
    let (_, created) = vapi.post("/assistant", sent).await;
    let path = format!("/assistant/{}", created["id"].as_str().expect("an id"));
    let (status, patched) = vapi
        .patch(&path, json!({ "firstMessage": null, "metadata": { "c": 3 } }))
        .await;
    assert_eq!(status, 200);
    assert_eq!(patched["name"], "Ada");
    assert_eq!(patched.get("firstMessage"), None);
    assert_eq!(patched["metadata"], json!({ "c": 3 }));
    assert_eq!(patched["createdAt"], created["createdAt"]);
    assert!(patched["updatedAt"].as_str() > created["updatedAt"].as_str());
    assert_eq!(vapi.get(&path).await.1, patched);
}

#[tokio::test]
async fn null_removes_nothing_that_a_resource_must_have() {
    let vapi = start().await;
    let editor = json!({ "type": "textEditor", "subType": "text_editor_20241022", "name": "str_replace_editor" });
    for (path, body, update, kept) in [
        (
            "/tool",
            editor,
            json!({ "type": "textEditor", "subType": null }),
            "subType",
        ),
        (
            "/eval",
            json!({ "type": "chat.mockConversation", "messages": [{ "role": "user", "content": "Hi" }] }),
            json!({ "type": null }),
            "type",
        ),
    ] {
        let (status, created) = vapi.post(path, body).await;
        assert_eq!(status, 201, "{created}");
        let path = format!("{path}/{}", created["id"].as_str().expect("an id"));
        let (status, updated) = vapi.patch(&path, update).await;
        assert_eq!((status, &updated[kept]), (200, &created[kept]), "{updated}");
    }
}

#[tokio::test]
async fn deleting_gives_the_resource_back_and_then_it_is_gone() {
    let vapi = start().await;
    let (_, created) = vapi.post("/assistant", json!({ "name": "Ada" })).await;
    let path = format!("/assistant/{}", created["id"].as_str().expect("an id"));
    assert_eq!(vapi.delete(&path).await, (200, created));
    assert_eq!(vapi.get(&path).await.0, 404);
    assert_eq!(vapi.delete(&path).await.0, 404);
}

#[tokio::test]
async fn an_answer_holds_what_its_schema_requires() {
    let vapi = start().await;
    let (_, campaign) = vapi.post("/campaign", json!({ "name": "Spring" })).await;
    assert_eq!(campaign["name"], "Spring");
    assert_eq!(campaign["status"], "in-progress");
    assert!(campaign["callsCounterEnded"].is_number(), "{campaign}");
}

#[tokio::test]
async fn a_tool_is_completed_as_the_tool_it_is() {
    let vapi = start().await;
    let (status, tool) = vapi.post("/tool", json!({ "type": "dtmf" })).await;
    assert_eq!(status, 201);
    assert_eq!(tool["type"], "dtmf");
    assert!(tool["id"].is_string());
}

#[tokio::test]
async fn both_versions_of_a_path_lead_to_the_same_resources() {
    let vapi = start().await;
    let id = vapi.create("/v2/campaign", json!({ "name": "Spring" })).await;
    assert_eq!(vapi.get(&format!("/campaign/{id}")).await.1["name"], "Spring");
    let number = vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    assert_eq!(vapi.get("/v2/phone-number").await.1["results"][0]["id"], json!(number));
}

#[tokio::test]
async fn a_collection_below_a_resource_is_that_resources_own() {
    let vapi = start_with(Emulator::builder().call_step(Duration::from_secs(60))).await;
    let one = vapi.create("/v2/knowledge-base", json!({ "name": "One" })).await;
    let other = vapi.create("/v2/knowledge-base", json!({ "name": "Other" })).await;
    let file = json!({ "fileId": "8f6f3cf5-0b4a-4b55-9a7c-2c3a1f1f1a11" });
    let (status, attached) = vapi.post(&format!("/v2/knowledge-base/{one}/file"), file.clone()).await;
    assert_eq!(status, 201);
    assert_eq!(
        (&attached["fileId"], &attached["status"]),
        (&file["fileId"], &json!("indexing"))
    );
    let (_, files) = vapi.get(&format!("/v2/knowledge-base/{one}/file")).await;
    assert_eq!(files, json!([attached]));
    let (_, files) = vapi.get(&format!("/v2/knowledge-base/{other}/file")).await;
    assert_eq!(files, json!([]));
    // Detached by the id of the file, as the path defines.
    let detach = format!(
        "/v2/knowledge-base/{one}/file/{}",
        file["fileId"].as_str().expect("text")
    );
    assert_eq!(vapi.delete(&detach).await, (200, attached));
    assert_eq!(vapi.delete(&detach).await.0, 404);
}

#[tokio::test]
async fn nothing_lies_below_a_resource_that_does_not_exist() {
    let vapi = start().await;
    let (status, body) = vapi.get("/v2/knowledge-base/none/file").await;
    assert_eq!(status, 404);
    assert_eq!(body["message"], "Knowledge base none not found");
}

#[tokio::test]
async fn a_list_that_nothing_can_add_to_has_an_item() {
    let vapi = start().await;
    let run = json!({
        "simulations": [{ "type": "simulation", "simulationId": "0d6e6a2e-54f3-4f93-8ba5-1a4f2b1fd2b9" }],
        "target": { "type": "assistant", "assistantId": "2b1c8c0e-6f43-46a8-8bb1-8b2f07d5a1c3" },
    });
    let id = vapi.create("/eval/simulation/run", run).await;
    let (_, items) = vapi.get(&format!("/eval/simulation/run/{id}/item")).await;
    assert_eq!(items[0]["runId"], json!(id));
    let item = items[0]["id"].as_str().expect("an id");
    assert_eq!(
        vapi.get(&format!("/eval/simulation/run/{id}/item/{item}")).await,
        (200, items[0].clone())
    );
}

#[tokio::test]
async fn a_resource_of_a_provider_belongs_to_that_provider() {
    let vapi = start().await;
    let (status, created) = vapi.post("/provider/11labs/pronunciation-dictionary", json!({})).await;
    assert_eq!(status, 201);
    assert_eq!(created["provider"], "11labs");
    assert_eq!(created["resourceName"], "pronunciation-dictionary");
    let (_, of_another) = vapi.get("/provider/cartesia/pronunciation-dictionary").await;
    assert_eq!(of_another["results"], Value::Array(Vec::new()));
}
