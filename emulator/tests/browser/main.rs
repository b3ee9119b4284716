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
        page.shows("h1", "API reference").await;
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
        page.open("/docs").await;
        page.shows("h1", "API reference").await;
        page.press("/").await;
        page.focus_is_in("#filter").await;
        page.press("AssistantController_create").await;
        page.until("[...document.querySelectorAll('#groups li')].filter((link) => !link.hidden).length === 1")
            .await;
        page.press(Key::Enter).await;
        page.shows("h1", "Create an assistant").await;
        page.until("document.querySelector('.trial textarea')").await;
        page.click(".trial button.primary").await;
        page.shows(".result .status", "201").await;
        let requests = asked.requests();
        let tried = requests
            .iter()
            .find(|request| request.operation_id.as_deref() == Some("AssistantController_create"))
            .expect("the request");
        assert_eq!(
            tried.header("authorization"),
            Some(&*format!("Bearer {}", asked.api_key()))
        );
        assert_eq!(tried.json().expect("JSON")["name"], "Front desk");
        // Its id is in the path of the operation that gets one.
        page.open("/docs#AssistantController_findOne").await;
        page.shows("h1", "Get one assistant").await;
        page.until("/^[0-9a-f-]{36}$/.test(document.querySelector('.trial input').value)")
            .await;
        page.click(".trial button.primary").await;
        page.shows(".result .status", "200").await;
        page.is_at_peace().await;
    })
    .await;
}

#[cfg(feature = "reference")]
#[tokio::test]
async fn schemas_are_opened_one_by_one() {
    let emulator = start().await;
    browse(&emulator, async |page| {
        page.open("/docs#CallController_create").await;
        page.shows("h1", "Place an outbound call").await;
        page.until("document.querySelectorAll('.facts > section:first-child > .schema > .rows > .row').length > 10")
            .await;
        page.run("document.querySelector('.more > summary').focus()").await;
        page.press(Key::Enter).await;
        page.until("document.querySelectorAll('.more .rows > .row').length > 10")
            .await;
        page.press("j").await;
        page.shows("h1", "List calls").await;
        page.press("k").await;
        page.shows("h1", "Place an outbound call").await;
        page.focus_is_in("h1").await;
        page.is_at_peace().await;
    })
    .await;
}

#[tokio::test]
async fn addresses_of_nonsense_are_no_error() {
    let emulator = start().await;
    browse(&emulator, async |page| {
        for path in ["/#%", "/#%E0%A4%A", "/#nobody"] {
            // Another page, so that it is not the same one with another fragment. It names an icon, as not every file does.
            page.open("/docs").await;
            page.shows("h1", "API reference").await;
            page.open(path).await;
            page.shows("#link-state", "live").await;
        }
        page.open("/docs#%").await;
        page.shows("h1", "API reference").await;
        page.is_at_peace().await;
    })
    .await;
}

/// Text that would run as a script where a page took it for markup, an address or a style.
const PAYLOADS: [&str; 9] = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<svg onload=window.hacked=1>",
    "'\"><script>window.hacked = 1</script>",
    "javascript:window.hacked=1",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>",
    "</textarea><script>window.hacked = 1</script>",
    "<a href=javascript:window.hacked=1 autofocus onfocus=window.hacked=1>x</a>",
    "{{constructor.constructor('window.hacked = 1')()}}",
];

#[tokio::test]
async fn text_of_callers_never_runs() {
    let emulator = std::rc::Rc::new(start().await);
    for payload in PAYLOADS {
        let assistant = json!({ "name": &payload[..payload.len().min(40)], "firstMessage": payload });
        let mut customer = customer(&payload[..payload.len().min(40)]);
        customer["externalId"] = json!(&payload[..payload.len().min(40)]);
        let metadata = json!({ payload: payload });
        place(
            &emulator,
            json!({ "assistant": assistant, "customer": customer, "metadata": metadata }),
        )
        .await;
    }
    let client = Client::builder().no_proxy().build().expect("a client");
    let assistant = json!({ "name": PAYLOADS[0], "firstMessage": PAYLOADS[6], "voicemailMessage": PAYLOADS[1] });
    let created = client
        .post(format!("{}/assistant", emulator.base_url()))
        .bearer_auth(emulator.api_key())
        .json(&assistant);
    assert_eq!(created.send().await.expect("a response").status(), 201);
    emulator.advance(4 * STEP).await;
    browse(&emulator, async |page| {
        page.open("/").await;
        page.until(&format!("document.querySelectorAll('.row').length === {}", PAYLOADS.len()))
            .await;
        for _ in PAYLOADS {
            page.press("j").await;
            page.until("document.querySelector('.turn .text') && document.querySelector('#who').textContent === document.querySelector('[aria-selected=true] .who').textContent")
                .await;
            page.run("for (const part of document.querySelectorAll('details')) part.open = true").await;
        }
        assert_eq!(page.run("return window.hacked ?? null").await, Value::Null);
        page.is_at_peace().await;
        if cfg!(feature = "reference") {
            page.open("/docs#AssistantController_findOne").await;
            page.until("document.querySelector('.facts')?.textContent.includes('window.hacked')")
                .await;
            page.click(".trial button.primary").await;
            page.until("document.querySelector('.result .status')").await;
            for hash in ["#<img src=x onerror=window.hacked=1>", "#javascript:window.hacked=1"] {
                page.run(&format!("location.hash = {hash:?}")).await;
                page.shows("h1", "No such operation").await;
            }
            assert_eq!(page.run("return window.hacked ?? null").await, Value::Null);
        }
    })
    .await;
}
