//! The data file: every confirmed change is in it, even if the process is killed.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start_with};
use crate::process::{self, KEY, Scratch, fails};
use crate::sockets::{Socket, call_over_websocket};

async fn start_on(path: &str) -> Vapi {
    start_with(
        Emulator::builder()
            .api_key(KEY)
            .data(path)
            .call_step(Duration::from_secs(3600)),
    )
    .await
}

#[tokio::test]
async fn resources_are_there_again_in_their_order() {
    let scratch = Scratch::new("order");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    for name in ["a", "b", "c"] {
        vapi.create("/assistant", json!({ "name": name })).await;
    }
    let (_, list) = vapi.get("/assistant").await;
    let gone = vapi.create("/squad", json!({ "members": [] })).await;
    vapi.delete(&format!("/squad/{gone}")).await;
    drop(vapi);
    let vapi = start_on(&path).await;
    assert_eq!(vapi.get("/assistant").await, (200, list));
    assert_eq!(vapi.get("/squad").await, (200, json!([])));
    let id = vapi.create("/assistant", json!({ "name": "d" })).await;
    assert_eq!(vapi.get("/assistant?limit=1").await.1[0]["id"], id);
}

#[tokio::test]
async fn the_link_of_a_file_works_after_a_restart() {
    let scratch = Scratch::new("upload");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    let form = Form::new().part("file", Part::bytes(b"today's specials").file_name("menu.txt"));
    let (status, file) = answer(vapi.request(Method::POST, "/file").multipart(form)).await;
    assert_eq!(status, 201);
    drop(vapi);
    let vapi = start_on(&path).await;
    let (_, file) = vapi
        .get(&format!("/file/{}", file["id"].as_str().expect("an id")))
        .await;
    let link = file["url"].as_str().expect("a link");
    let response = vapi.elsewhere(Method::GET, link).send().await.expect("a response");
    assert_eq!(response.text().await.expect("text"), "today's specials");
}

#[tokio::test]
async fn a_call_goes_on_where_it_was() {
    let scratch = Scratch::new("calls");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    let ringing = vapi.create("/call", json!({ "assistant": {} })).await;
    vapi.emulator.advance(Duration::from_secs(3 * 3600 + 60)).await;
    let hung_up = vapi
        .create("/call", json!({ "assistant": { "firstMessage": "Good morning." } }))
        .await;
    let (_, call) = vapi.get(&format!("/call/{hung_up}")).await;
    let control = call["monitor"]["controlUrl"]
        .as_str()
        .expect("a control address")
        .to_owned();
    vapi.emulator.advance(Duration::from_secs(2 * 3600 + 1800)).await;
    let (status, _) = answer(
        vapi.elsewhere(Method::POST, &control)
            .json(&json!({ "type": "end-call" })),
    )
    .await;
    assert_eq!(status, 200);
    let waiting = vapi.create("/call", json!({ "assistant": {} })).await;
    let (_, over) = vapi.get(&format!("/call/{ringing}")).await;
    assert_eq!(over["status"], "ended");
    drop(vapi);

    let vapi = start_on(&path).await;
    let (_, still_over) = vapi.get(&format!("/call/{ringing}")).await;
    assert_eq!(
        (&still_over["status"], &still_over["endedAt"]),
        (&over["status"], &over["endedAt"])
    );
    let (_, call) = vapi.get(&format!("/call/{hung_up}")).await;
    assert_eq!(
        (&call["status"], &call["endedReason"]),
        (&json!("ended"), &json!("assistant-ended-call"))
    );
    assert!(
        call["artifact"]["transcript"]
            .as_str()
            .expect("a transcript")
            .starts_with("AI: Good morning.")
    );
    let recording = vapi.request(Method::GET, &format!("/call/{hung_up}/mono-recording"));
    assert_eq!(answer(recording).await.0, 302);
    assert_eq!(vapi.get(&format!("/call/{waiting}")).await.1["status"], "queued");
    vapi.emulator.advance(Duration::from_secs(4 * 3600)).await;
    assert_eq!(vapi.get(&format!("/call/{waiting}")).await.1["status"], "ended");
}

#[tokio::test]
async fn what_was_started_is_finished_after_a_restart() {
    let scratch = Scratch::new("jobs");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    let assistant = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    let target = json!({ "type": "assistant", "assistantId": assistant });
    let simulations =
        json!([{ "type": "simulation", "scenario": { "name": "A", "instructions": "B", "evaluations": [] } }]);
    let run = json!({ "simulations": simulations, "target": target });
    let run = vapi.create("/eval/simulation/run", run).await;
    let eval = json!({ "type": "chat.mockConversation", "messages": [{ "role": "user", "content": "Hi." }] });
    let eval = json!({ "type": "eval", "eval": eval, "target": target });
    let eval = vapi.create("/eval/run", eval).await;
    let customers = json!([{ "number": "+15555550101" }, { "number": "+15555550102" }]);
    let campaign = json!({ "name": "Spring", "assistantId": assistant, "customers": customers, "maxConcurrency": 1 });
    let campaign = vapi.create("/campaign", campaign).await;
    // The first call of the campaign is in progress.
    vapi.emulator.advance(Duration::from_secs(3 * 3600 - 600)).await;
    drop(vapi);
    let vapi = start_on(&path).await;
    vapi.emulator.advance(Duration::from_secs(30 * 3600)).await;
    for path in ["/eval/simulation/run", "/eval/run", "/campaign"]
        .into_iter()
        .zip([&run, &eval, &campaign])
    {
        let (_, ended) = vapi.get(&format!("{}/{}", path.0, path.1)).await;
        assert_eq!(ended["status"], "ended", "{ended}");
    }
    let (_, calls) = vapi.get("/call").await;
    let reasons: Vec<&Value> = calls
        .as_array()
        .expect("calls")
        .iter()
        .map(|call| &call["endedReason"])
        .collect();
    assert!(
        reasons.contains(&&json!("worker-shutdown")) && reasons.contains(&&json!("customer-ended-call")),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn a_call_waits_for_its_socket_after_a_restart() {
    let scratch = Scratch::new("socket");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    let (id, _) = call_over_websocket(&vapi, Value::Null).await;
    drop(vapi);
    let vapi = start_on(&path).await;
    let (_, call) = vapi.get(&format!("/call/{id}")).await;
    let url = call["transport"]["websocketCallUrl"].as_str().expect("an address");
    let mut socket = Socket::connect(url).await;
    assert_eq!(socket.event("status-update").await["status"], "in-progress");
}

#[tokio::test]
async fn a_credential_keeps_its_secret_to_itself_but_keeps_it() {
    let scratch = Scratch::new("secret");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    vapi.create(
        "/credential",
        json!({ "provider": "openai", "apiKey": "sk-kept-on-disk" }),
    )
    .await;
    drop(vapi);
    let bytes = std::fs::read(&path).expect("the file");
    assert!(bytes.windows(15).any(|window| window == b"sk-kept-on-disk"));
    let vapi = start_on(&path).await;
    assert_eq!(vapi.get("/credential").await.1[0].get("apiKey"), None);
}

#[tokio::test]
async fn forgetting_everything_empties_the_file() {
    let scratch = Scratch::new("reset");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    vapi.create("/assistant", json!({})).await;
    assert_eq!(answer(vapi.without_token(Method::DELETE, "/emulator")).await.0, 200);
    drop(vapi);
    assert_eq!(start_on(&path).await.get("/assistant").await, (200, json!([])));
}

/// The expected resources of one writer.
#[derive(Default)]
struct Ledger {
    /// The last confirmed name by id; `None` for a deleted resource.
    acknowledged: HashMap<String, Option<String>>,
    /// The request without a response: its resource (`None`: a new one), and its name afterwards.
    open: Option<(Option<String>, Option<String>)>,
}

/// A body in which every truncation is detectable.
fn body(name: &str) -> Value {
    json!({ "name": name, "firstMessage": name.repeat(60), "metadata": { "name": name } })
}

/// Creates, renames and deletes until the process is killed.
fn write_until_it_dies(url: String, writer: String, acknowledged: mpsc::Sender<()>) -> JoinHandle<Ledger> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            let http = reqwest::Client::builder().no_proxy().build().expect("a client");
            let mut ledger = Ledger::default();
            let mut last = None;
            for number in 0.. {
                let name = format!("{writer}.{number}");
                let (method, target, after) = match (number % 4, last.take()) {
                    (2, Some(id)) => (Method::PATCH, Some(id), Some(name)),
                    (3, Some(id)) => (Method::DELETE, Some(id), None),
                    _ => (Method::POST, None, Some(name)),
                };
                let path = target
                    .as_ref()
                    .map_or("/assistant".to_owned(), |id| format!("/assistant/{id}"));
                let request = http.request(method, format!("{url}{path}")).bearer_auth(KEY);
                let request = request.json(&after.as_deref().map_or_else(|| json!({}), body));
                ledger.open = Some((target, after.clone()));
                let Ok(response) = request.send().await else { break };
                let Ok(bytes) = response.bytes().await else { break };
                let answered: Value = serde_json::from_slice(&bytes).expect("a whole response");
                let id = answered["id"].as_str().expect("an id").to_owned();
                ledger.open = None;
                ledger.acknowledged.insert(id.clone(), after);
                last = Some(id);
                let _ = acknowledged.send(());
            }
            ledger
        })
    })
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_confirmed() {
    let scratch = Scratch::new("kill");
    let path = scratch.path("vapi.redb");
    let mut acknowledged: HashMap<String, Option<String>> = HashMap::new();
    for round in 0..5 {
        let mut emulator = process::start(&["--data", &path]);
        let (sender, answers) = mpsc::channel();
        let writers: Vec<_> = (0..4)
            .map(|writer| write_until_it_dies(emulator.url.clone(), format!("{round}.{writer}"), sender.clone()))
            .collect();
        // Each time at another moment, with four pending requests.
        for _ in 0..40 + 7 * round {
            answers.recv_timeout(Duration::from_secs(60)).expect("a response");
        }
        emulator.kill();
        let mut open = Vec::new();
        for writer in writers {
            let ledger = writer.join().expect("a ledger");
            acknowledged.extend(ledger.acknowledged);
            open.extend(ledger.open);
        }

        let emulator = process::start(&["--data", &path]);
        let mut stored = HashMap::new();
        for assistant in emulator
            .get("/assistant?limit=1000")
            .await
            .1
            .as_array()
            .expect("a list")
        {
            let name = assistant["name"].as_str().expect("a name").to_owned();
            assert_eq!(assistant["firstMessage"], name.repeat(60), "half of a resource");
            assert_eq!(assistant["metadata"]["name"], name.as_str(), "half of a resource");
            stored.insert(assistant["id"].as_str().expect("an id").to_owned(), name);
        }
        for (target, after) in open {
            // The request may have taken effect or not. The ledger adopts the stored state.
            let found = match &target {
                Some(id) => Some(id.clone()),
                None => stored
                    .iter()
                    .find(|(_, name)| Some(*name) == after.as_ref())
                    .map(|(id, _)| id.clone()),
            };
            if let Some(id) = found
                && stored.get(&id) == after.as_ref()
            {
                acknowledged.insert(id, after);
            }
        }
        let expected: HashMap<String, String> = acknowledged
            .iter()
            .filter_map(|(id, name)| Some((id.clone(), name.clone()?)))
            .collect();
        assert_eq!(stored, expected);
    }
}

#[tokio::test]
async fn a_file_that_another_emulator_has_open_is_refused() {
    let scratch = Scratch::new("locked");
    let path = scratch.path("vapi.redb");
    let _first = process::start(&["--data", &path]);
    let output = fails(&["--port", "0", "--data", &path]);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!("vapi-emulator: the data file {path}: it is in use by another emulator\n")
    );
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_unchanged() {
    let scratch = Scratch::new("letter");
    let path = scratch.path("letter.txt");
    for content in ["Dear Ada,\n".to_owned(), "Dear Ada,\n".repeat(10_000)] {
        std::fs::write(&path, &content).expect("a file");
        let error = Emulator::builder().data(&path).start().await.expect_err("no database");
        let sentence =
            format!("the data file {path}: it is something else, not a database of vapi-emulator; name another file");
        assert_eq!(error.to_string(), sentence);
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), content);
    }
}

const META: redb::TableDefinition<&str, &str> = redb::TableDefinition::new("vapi-emulator");

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let scratch = Scratch::new("newer");
    let path = scratch.path("vapi.redb");
    drop(start_on(&path).await);
    let database = redb::Database::open(&path).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    transaction
        .open_table(META)
        .expect("a table")
        .insert("format", "2")
        .expect("written");
    transaction.commit().expect("written");
    drop(database);
    let error = Emulator::builder().data(&path).start().await.expect_err("too new");
    let sentence = format!("the data file {path}: a newer vapi-emulator wrote it, in format 2; this one reads 1");
    assert_eq!(error.to_string(), sentence);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let scratch = Scratch::new("foreign");
    let path = scratch.path("other.redb");
    let database = redb::Database::builder()
        .create_with_file_format_v3(true)
        .create(&path)
        .expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    transaction
        .open_table(redb::TableDefinition::<u64, u64>::new("prices"))
        .expect("a table")
        .insert(1, 2)
        .expect("written");
    transaction.commit().expect("written");
    drop(database);
    let error = Emulator::builder().data(&path).start().await.expect_err("not ours");
    assert_eq!(
        error.to_string(),
        format!("the data file {path}: it is a database of another program")
    );
}

#[tokio::test]
async fn a_place_that_does_not_exist_is_named() {
    let scratch = Scratch::new("nowhere");
    let path = scratch.path("no/such/vapi.redb");
    let error = Emulator::builder().data(&path).start().await.expect_err("no directory");
    assert!(
        error.to_string().starts_with(&format!("the data file {path}: ")),
        "{error}"
    );
}

#[tokio::test]
async fn a_running_call_keeps_its_messages_across_a_restart() {
    let scratch = Scratch::new("under-way");
    let path = scratch.path("vapi.redb");
    let vapi = start_on(&path).await;
    let assistant = json!({ "firstMessage": "Good morning." });
    let id = vapi.create("/call", json!({ "assistant": assistant })).await;
    vapi.emulator.advance(Duration::from_secs(2 * 3600 + 1800)).await;
    assert_eq!(vapi.get(&format!("/call/{id}")).await.1["status"], "in-progress");
    drop(vapi);
    for _ in 0..2 {
        let vapi = start_on(&path).await;
        let (_, call) = vapi.get(&format!("/call/{id}")).await;
        assert_eq!(
            (&call["status"], &call["endedReason"]),
            (&json!("ended"), &json!("worker-shutdown"))
        );
        assert_eq!(call["artifact"]["transcript"], "AI: Good morning.\n");
        // The page shows the same.
        let (_, shown) = answer(vapi.without_token(Method::GET, &format!("/emulator/calls/{id}"))).await;
        assert_eq!(shown["summary"]["endedReason"], "worker-shutdown");
        assert_eq!(shown["turns"][0]["text"], "Good morning.");
    }
}
