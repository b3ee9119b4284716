//! The page in a real browser. Needs Chromium and ChromeDriver, and is off unless asked for:
//! `cargo test -p vapi-emulator --features browser-tests --test browser`.

mod chromium;

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use thirtyfour::Key;
use vapi_emulator::Emulator;

use crate::chromium::browse;

const STEP: Duration = Duration::from_secs(3600);

/// Calls move only when the clock is advanced.
async fn start() -> Emulator {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Emulator::builder().call_step(STEP).allow_incomplete_calls(true);
    builder.start().await.expect("a free port")
}

async fn place(emulator: &Emulator, call: Value) {
    let client = Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("{}/call", emulator.base_url())).json(&call);
    let response = request
        .bearer_auth(emulator.api_key())
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), 201);
}

fn customer(name: &str) -> Value {
    json!({ "name": name, "number": "+15555550123" })
}

#[tokio::test]
async fn a_call_is_watched_until_it_ends() {
    let (emulator, hooks) = (start().await, Emulator::start().await);
    let url = format!("{}/hook", hooks.base_url());
    let emulator = std::rc::Rc::new(emulator);
    let served = emulator.clone();
    browse(&emulator, async move |page| {
        page.open("/").await;
        page.shows("#link-state", "live").await;
        page.shows("#list-empty .title", "No calls yet").await;
        page.run("window.sameDocument = true").await;

        let greeting = "Hello! <script>window.hacked = true</script><img src=x onerror='window.hacked = true'>";
        let assistant = json!({ "name": "Ada", "firstMessage": greeting, "server": { "url": url } });
        place(
            &served,
            json!({ "assistant": assistant, "customer": customer("Grace") }),
        )
        .await;
        page.shows(".row .who", "Grace").await;
        page.shows(".row .how", "queued").await;
        page.press("j").await;
        page.shows("#who", "Grace").await;
        served.advance(STEP).await;
        page.shows(".facts dd", "ringing").await;
        served.advance(STEP).await;
        page.shows(".facts dd", "in progress").await;
        page.until("!document.querySelector('#hang-up').hidden").await;
        served.advance(STEP).await;
        page.shows(".facts dd", "ended").await;
        page.shows(".row .how", "customer ended call").await;
        page.until("document.querySelector('#hang-up').hidden").await;

        page.shows(".turn .text", greeting).await;
        page.shows(".hook .status", "404").await;
        page.click(".hook summary").await;
        page.until("document.querySelector('.exchange .json')?.textContent.includes('status-update')")
            .await;
        assert_eq!(page.run("return window.hacked ?? null").await, Value::Null);
        assert_eq!(page.run("return window.sameDocument").await, true);
        page.is_at_peace().await;
    })
    .await;
}

#[tokio::test]
async fn everything_can_be_done_with_keys() {
    let emulator = start().await;
    for name in ["Barbara", "Grace", "Margaret"] {
        place(
            &emulator,
            json!({ "assistant": { "name": "Ada" }, "customer": customer(name) }),
        )
        .await;
    }
    browse(&emulator, async |page| {
        page.open("/").await;
        page.until("document.querySelectorAll('.row').length === 3").await;
        page.press("j").await;
        page.shows("[aria-selected=true] .who", "Margaret").await;
        page.press("j").await;
        page.press(Key::Down).await;
        page.shows("[aria-selected=true] .who", "Barbara").await;
        page.press("k").await;
        page.shows("[aria-selected=true] .who", "Grace").await;
        page.until("document.querySelector('#list').getAttribute('aria-activedescendant') === document.querySelector('[aria-selected=true]').id")
            .await;
        page.press(Key::Enter).await;
        page.focus_is_in("#detail").await;
        page.press(Key::Escape).await;
        page.focus_is_in("#list").await;

        page.press("/").await;
        page.focus_is_in("#query").await;
        page.press("marg").await;
        page.until("document.querySelectorAll('.row').length === 1").await;
        page.shows("#list-foot", "1 of 3 calls").await;
        page.press("nobody").await;
        page.shows("#list-empty .title", "No call matches the filter").await;
        page.press(Key::Escape).await;
        page.until("document.querySelectorAll('.row').length === 3").await;
        page.focus_is_in("#list").await;
        page.click("#states label:last-child").await;
        page.until("document.querySelectorAll('.row').length === 0").await;
        page.press(Key::Escape).await;
        page.until("document.querySelectorAll('.row').length === 3").await;

        page.press("?").await;
        page.until("document.querySelector('#help-dialog').open").await;
        page.press(Key::Escape).await;
        page.until("!document.querySelector('#help-dialog').open").await;

        page.press("c").await;
        page.focus_is_in("#place-dialog").await;
        page.press(Key::Tab).await;
        page.press(Key::Enter).await;
        page.until("document.querySelectorAll('.row').length === 4").await;
        page.shows("#who", "+15555550123").await;
        page.focus_is_in("#list").await;
        page.press("x").await;
        page.shows(".facts dd", "ended").await;
        page.press("a").await;
        page.shows("#clock-ahead", "+10 s").await;
        page.is_at_peace().await;
    })
    .await;
}

#[tokio::test]
async fn a_person_is_the_customer_with_keys_alone() {
    let emulator = start().await;
    browse(&emulator, async |page| {
        page.open("/").await;
        page.shows("#link-state", "live").await;
        page.press("c").await;
        page.focus_is_in("#place-dialog").await;
        for _ in 0..4 {
            page.press(Key::Tab).await;
        }
        page.focus_is_in("[name=byHand]").await;
        page.press(" ").await;
        page.press(Key::Enter).await;
        page.focus_is_in("#line").await;
        page.shows(".facts dd", "in progress").await;
        page.shows(".turn[data-role=bot] .text", "Hello! This is a test call.")
            .await;

        page.press("<b>Who is this?</b>").await;
        page.press(Key::Enter).await;
        page.shows(".turn[data-role=user] .text", "<b>Who is this?</b>").await;
        page.until("document.querySelector('.turn.partial')?.textContent.includes('I have no model')")
            .await;
        page.shows(".hand-status", "Test assistant is speaking.").await;
        page.focus_is_in("#line").await;
        page.press("Stop!").await;
        page.press(Key::Enter).await;
        page.until("document.querySelectorAll('.turn[data-role=user]').length === 2")
            .await;

        page.press(Key::Escape).await;
        page.focus_is_in("#list").await;
        page.press("t").await;
        page.focus_is_in("#line").await;
        page.press(Key::Escape).await;
        page.press("x").await;
        page.shows(".row .how", "customer ended call").await;
        page.until("document.querySelector('.hand').hidden").await;
        page.is_at_peace().await;
    })
    .await;
}

#[tokio::test]
async fn a_person_calls_a_tool_with_edited_arguments() {
    let emulator = std::rc::Rc::new(start().await);
    let served = emulator.clone();
    let parameters = json!({ "type": "object", "properties": { "guests": { "type": "number" } } });
    let tool = json!({ "type": "function", "function": { "name": "book_table", "parameters": parameters } });
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": [tool] });
    place(
        &emulator,
        json!({ "assistant": { "name": "Ada", "firstMessage": "Hi.", "model": model }, "customer": customer("Grace") }),
    )
    .await;
    browse(&emulator, async move |page| {
        page.open("/").await;
        page.until("document.querySelectorAll('.row').length === 1").await;
        page.press("t").await;
        page.focus_is_in("#line").await;
        page.click(".hand-acting summary").await;
        page.until("document.querySelector('#arguments').value.includes('\"guests\": 0')")
            .await;
        page.click("#arguments").await;
        page.run("document.querySelector('#arguments').value = '{ oh'").await;
        page.click(".hand-form button[type=submit]").await;
        page.until("document.querySelector('.hand .problem').textContent.startsWith('The arguments are not JSON')")
            .await;
        page.focus_is_in("#arguments").await;
        page.run("document.querySelector('#arguments').value = '{ \"guests\": 4 }'")
            .await;
        page.click(".hand-form button[type=submit]").await;
        page.shows(".turn[data-role=tool_calls] .text", "book_table({\"guests\":4})")
            .await;
        page.shows(".turn[data-role=tool_call_result] .text", "No result returned.")
            .await;
        let download = "const answer = await fetch(document.querySelector('.script').href);
             return (await answer.json()).scripts[0].steps.at(-1).tools[0].tool;";
        assert_eq!(page.run(download).await, "book_table");
        page.run("document.querySelector('#destination').value = '+15555550199'")
            .await;
        page.click(".hand-form:last-child button[type=submit]").await;
        served.advance(2 * STEP).await;
        page.shows(".row .how", "assistant forwarded call").await;
        page.is_at_peace().await;
    })
    .await;
}

#[tokio::test]
async fn only_visible_rows_of_thousands_of_calls_are_drawn() {
    let emulator = start().await;
    let customers: Vec<Value> = (0..3000).map(|_| customer("Somebody")).collect();
    place(&emulator, json!({ "assistant": {}, "customers": customers })).await;
    browse(&emulator, async |page| {
        page.open("/").await;
        page.until("document.querySelector('.row')?.getAttribute('aria-setsize') === '3000'")
            .await;
        page.focus_is_in("body").await;
        page.press(Key::End).await;
        page.until("document.querySelector('[aria-selected=true]')?.getAttribute('aria-posinset') === '3000'")
            .await;
        page.until("document.querySelectorAll('.row').length < 60").await;
        page.shows("#list-foot", "3000 calls").await;
        page.is_at_peace().await;
    })
    .await;
}

#[cfg(feature = "reference")]
#[tokio::test]
async fn a_recording_is_downloaded_in_the_reference() {
    let emulator = start().await;
    place(&emulator, json!({ "assistant": { "name": "Ada" } })).await;
    emulator.advance(4 * STEP).await;
    let key = emulator.api_key().to_owned();
    browse(&emulator, async move |page| {
        page.open("/docs").await;
        page.until("document.querySelector('#reference').childElementCount")
            .await;
        // The browser follows to the second listener and leaves the token behind.
        let download = format!(
            "const options = {{ headers: {{ authorization: 'Bearer {key}' }} }};
             const [call] = await (await fetch('/call', options)).json();
             const answer = await fetch(`/call/${{call.id}}/mono-recording`, options);
             return [answer.status, answer.headers.get('content-type'), (await answer.blob()).size > 1000];"
        );
        assert_eq!(page.run(&download).await, json!([200, "audio/wav", true]));
        page.is_at_peace().await;
    })
    .await;
}

#[cfg(feature = "reference")]
#[tokio::test]
async fn an_operation_is_tried_in_the_reference() {
    let emulator = std::rc::Rc::new(start().await);
    let asked = emulator.clone();
    browse(&emulator, async move |page| {
        page.open("/docs#tag/assistants/POST/assistant").await;
        let button = |label: &str| {
            format!("[...document.querySelectorAll('button')].find((b) => b.textContent.includes({label:?}))")
        };
        let of_operation = button("(post /assistant)");
        page.until(&of_operation).await;
        page.run(&format!("{of_operation}.click()")).await;
        let send = button("Send");
        page.until(&send).await;
        page.run(&format!("{send}.click()")).await;
        page.until("document.body.innerText.includes('201 Created')").await;
        let requests = asked.requests();
        let tried = requests
            .iter()
            .find(|request| request.operation_id.as_deref() == Some("AssistantController_create"))
            .expect("the request");
        assert_eq!(
            tried.header("authorization"),
            Some(&*format!("Bearer {}", asked.api_key()))
        );
        assert_eq!(tried.json().expect("JSON")["name"], "Ada");
        page.is_at_peace().await;
    })
    .await;
}
