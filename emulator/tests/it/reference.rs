//! The reference: the parts of each operation that it shows, and examples that work.

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start, start_strict, start_with};

async fn shown(vapi: &Vapi, path: &str) -> Value {
    let request = vapi.without_token(Method::GET, &format!("/emulator/reference{path}"));
    let (status, shown) = answer(request).await;
    assert_eq!(status, 200, "{path}");
    shown
}

async fn operations(vapi: &Vapi) -> Vec<Value> {
    let catalog = shown(vapi, "").await;
    let mut operations = Vec::new();
    for group in catalog["groups"].as_array().expect("groups") {
        for operation in group["operations"].as_array().expect("operations") {
            let id = operation["id"].as_str().expect("an id");
            operations.push(shown(vapi, &format!("/operations/{id}")).await);
        }
    }
    operations
}

#[tokio::test]
async fn groups_and_operations_have_their_order() {
    let vapi = start().await;
    let catalog = shown(&vapi, "").await;
    let groups = catalog["groups"].as_array().expect("groups");
    let names: Vec<&Value> = groups.iter().take(4).map(|group| &group["name"]).collect();
    assert_eq!(names, ["Assistants", "Calls", "Call artifacts", "Phone numbers"]);
    let assistants = groups[0]["operations"].as_array().expect("operations");
    let titles: Vec<&Value> = assistants.iter().take(5).map(|operation| &operation["title"]).collect();
    assert_eq!(
        titles,
        [
            "Create an assistant",
            "List assistants",
            "Get one assistant",
            "Change the given properties of an assistant",
            "Delete an assistant"
        ]
    );
    let calls = groups[1]["operations"].as_array().expect("operations");
    let web = calls.iter().find(|operation| operation["path"] == "/call/web");
    assert_eq!(web.expect("an undocumented operation")["documented"], false);
}

#[tokio::test]
async fn every_operation_is_shown_whole() {
    let vapi = start().await;
    let operations = operations(&vapi).await;
    assert!(operations.len() > 150, "{}", operations.len());
    for operation in operations {
        let id = &operation["id"];
        let title = operation["title"].as_str().expect("a title");
        assert!(!title.is_empty() && !title.contains('`'), "{id}: {title}");
        let responses = operation["responses"].as_array().expect("responses");
        let statuses: Vec<&str> = responses
            .iter()
            .filter_map(|response| response["status"].as_str())
            .collect();
        assert!(statuses.contains(&"401"), "{id}");
        let has_path = operation["path"].as_str().expect("a path").contains('{');
        assert!(!has_path || statuses.contains(&"404"), "{id}");
        for response in responses {
            let status = response["status"].as_str().expect("a status");
            if status.starts_with('4') {
                assert!(response["schema"]["properties"].is_array() || response["schema"]["type"].is_string());
                assert!(response["example"]["message"].is_string() || response["example"]["message"].is_array());
            }
            // The parameters of a tool have types.
            let example = response["example"].to_string().replace("\"type\":\"string\"", "");
            assert!(!example.contains("\"string\""), "{id} {status}: {example}");
        }
    }
}

#[tokio::test]
async fn parameters_have_sentences() {
    let vapi = start().await;
    let list = shown(&vapi, "/operations/CallController_findAll").await;
    let limit = list["parameters"]
        .as_array()
        .expect("parameters")
        .iter()
        .find(|parameter| parameter["name"] == "limit")
        .expect("a limit");
    assert_eq!((&limit["in"], &limit["type"]), (&json!("query"), &json!("number")));
    assert!(limit["text"].is_string());
}

#[tokio::test]
async fn schemas_name_what_lies_below() {
    let vapi = start().await;
    let call = shown(&vapi, "/operations/CallController_create").await;
    let properties = call["request"]["schema"]["properties"].as_array().expect("properties");
    let assistant = properties.iter().find(|property| property["name"] == "assistant");
    let name = assistant.expect("an assistant")["of"].as_str().expect("a name");
    let schema = shown(&vapi, &format!("/schemas/{name}")).await;
    let model = schema["properties"]
        .as_array()
        .expect("properties")
        .iter()
        .find(|property| property["name"] == "model")
        .expect("a model");
    let openai = model["branches"]
        .as_array()
        .expect("branches")
        .iter()
        .find(|branch| branch["of"] == "OpenAIModel");
    assert_eq!(openai.expect("a branch")["tag"], "provider: openai");
    for path in ["/schemas/Nothing", "/operations/nothing", "/elsewhere"] {
        let request = vapi.without_token(Method::GET, &format!("/emulator/reference{path}"));
        assert_eq!(answer(request).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn example_requests_are_accepted() {
    let vapi = start_with(Emulator::builder()).await;
    for operation in operations(&vapi).await {
        let request = &operation["request"];
        if request.is_null() || request["contentType"] != "application/json" {
            continue;
        }
        let mut path = operation["path"].as_str().expect("a path").to_owned();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().expect("parameters") {
            let (name, value) = (parameter["name"].as_str().expect("a name"), &parameter["value"]);
            match (parameter["in"].as_str(), value) {
                (Some("path"), value) => {
                    path = path.replace(&format!("{{{name}}}"), value.as_str().expect("a value"));
                }
                (Some("query"), Value::Null) => {}
                (_, Value::String(value)) => query.push((name.to_owned(), value.clone())),
                (_, value) => query.push((name.to_owned(), value.to_string())),
            }
        }
        let method = operation["method"].as_str().and_then(|method| method.parse().ok());
        let mut token = vapi.emulator.api_key().to_owned();
        if operation["key"] == "public" {
            token = vapi.emulator.public_key();
        }
        let sent = vapi.without_token(method.expect("a method"), &path);
        let sent = sent.bearer_auth(token).query(&query).json(&request["example"]);
        let (status, response) = answer(sent).await;
        assert_ne!(status, 400, "{}: {} {response}", operation["id"], request["example"]);
    }
}

#[tokio::test]
async fn examples_refer_to_what_is_stored() {
    let vapi = start_strict(Emulator::builder()).await;
    let chat = shown(&vapi, "/operations/ChatController_createChat").await;
    assert_eq!(chat["request"]["missing"], json!(["assistantId"]));
    // A call needs nothing that is not there.
    let call = shown(&vapi, "/operations/CallController_create").await;
    assert_eq!(call["request"]["missing"], json!([]));
    assert_eq!(vapi.post("/call", call["request"]["example"].clone()).await.0, 201);

    let id = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    let chat = shown(&vapi, "/operations/ChatController_createChat").await;
    assert_eq!(chat["request"]["missing"], json!([]));
    assert_eq!(chat["request"]["example"]["assistantId"], id);
    assert_eq!(vapi.post("/chat", chat["request"]["example"].clone()).await.0, 200);
    let get = shown(&vapi, "/operations/AssistantController_findOne").await;
    assert_eq!(get["parameters"][0]["value"], id);
    assert_eq!(get["responses"][0]["example"]["name"], "Ada");
}

#[tokio::test]
async fn secrets_are_in_no_example() {
    let vapi = start().await;
    let credential = json!({ "provider": "openai", "apiKey": "sk-hidden" });
    vapi.create("/credential", credential).await;
    for id in [
        "CredentialController_findOne",
        "CredentialController_findAll",
        "CredentialController_create",
    ] {
        let operation = shown(&vapi, &format!("/operations/{id}")).await;
        assert!(!operation["responses"].to_string().contains("sk-hidden"), "{id}");
    }
}

#[tokio::test]
async fn another_document_has_a_reference_of_its_own() {
    let document = json!({
        "openapi": "3.0.0",
        "paths": { "/box/{id}/lid/{id}": { "post": { "responses": {
            "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Lid" } } } },
        } } } },
        "components": { "schemas": { "Lid": {
            "type": "object", "required": ["color", "inside"], "properties": {
                "color": { "type": "string", "minLength": 8 }, "inside": { "$ref": "#/components/schemas/Lid" },
            },
        } } },
    });
    let vapi = start_with(Emulator::builder().spec(document.to_string())).await;
    let catalog = shown(&vapi, "").await;
    let groups = catalog["groups"].as_array().expect("groups");
    let boxes = groups.iter().find(|group| group["name"] == "Boxes").expect("a group");
    let id = boxes["operations"][0]["id"]
        .as_str()
        .expect("an id")
        .replace(' ', "%20")
        .replace('/', "%2F");
    let lid = shown(&vapi, &format!("/operations/{id}")).await;
    assert_eq!(lid["title"], "POST /box/{id}/lid/{id}");
    assert!(lid["parameters"][0]["value"].is_string(), "{lid}");
    assert_eq!(lid["responses"][0]["example"], json!({}));
}
