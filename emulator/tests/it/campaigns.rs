//! Campaigns: they call their contacts and end.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_strict};
use crate::receiver::Receiver;

const STEP: Duration = Duration::from_secs(10);
/// A little more than a step.
const ON: Duration = Duration::from_secs(11);
const LONG: Duration = Duration::from_secs(3600);

async fn start() -> (Vapi, Value) {
    let vapi = start_strict(Emulator::builder().call_step(STEP)).await;
    let assistant = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    let line = vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    (
        vapi,
        json!({ "name": "Spring", "assistantId": assistant, "phoneNumberId": line }),
    )
}

fn customers(count: usize) -> Value {
    let customer = |index| json!({ "number": format!("+1555555010{index}"), "name": format!("Customer {index}") });
    (0..count).map(customer).collect()
}

fn with(campaign: &Value, name: &str, value: Value) -> Value {
    let mut campaign = campaign.clone();
    campaign[name] = value;
    campaign
}

#[tokio::test]
async fn a_campaign_calls_its_customers_and_ends() {
    let (vapi, campaign) = start().await;
    let body = with(&with(&campaign, "customers", customers(3)), "maxConcurrency", json!(2));
    let (status, created) = vapi.post("/campaign", body).await;
    assert_eq!((status, &created["status"]), (201, &json!("in-progress")));
    let id = created["id"].as_str().expect("an id");
    vapi.emulator.advance(ON).await;
    let (_, running) = vapi.get(&format!("/campaign/{id}")).await;
    assert_eq!(running["callsCounterInProgress"], 2);
    assert_eq!(running["callsCounterScheduled"], 1);
    assert_eq!(running["calls"].as_object().map(serde_json::Map::len), Some(2));
    vapi.emulator.advance(LONG).await;
    let (_, ended) = vapi.get(&format!("/campaign/{id}")).await;
    assert_eq!(
        (&ended["status"], &ended["endedReason"], &ended["callsCounterEnded"]),
        (&json!("ended"), &json!("campaign.ended.success"), &json!(3))
    );
    let (_, calls) = vapi.get("/call").await;
    let calls = calls.as_array().expect("calls");
    assert_eq!(calls.len(), 3);
    assert!(
        calls
            .iter()
            .all(|call| call["campaignId"] == id && call["type"] == "outboundPhoneCall")
    );
}

#[tokio::test]
async fn contacts_say_how_their_calls_ended() {
    let (vapi, campaign) = start().await;
    vapi.emulator
        .script(Script::new().for_customer("+15555550101").line_is_busy());
    let (_, created) = vapi
        .post("/v2/campaign", with(&campaign, "customers", customers(3)))
        .await;
    let id = created["id"].as_str().expect("an id");
    vapi.emulator.advance(LONG).await;
    let (_, page) = vapi.get(&format!("/v2/campaign/{id}/contacts")).await;
    let told: Vec<(&Value, &Value, &Value)> = page["results"]
        .as_array()
        .expect("contacts")
        .iter()
        .map(|contact| (&contact["number"], &contact["status"], &contact["endedReason"]))
        .collect();
    let (completed, ended) = (json!("contact.completed"), json!("customer-ended-call"));
    assert_eq!(
        told,
        [
            (&json!("+15555550100"), &completed, &ended),
            (
                &json!("+15555550101"),
                &json!("contact.failed"),
                &json!("customer-busy")
            ),
            (&json!("+15555550102"), &completed, &ended),
        ]
    );
    let (_, summary) = vapi.get(&format!("/v2/campaign/{id}?includeCounters=true")).await;
    assert_eq!(
        summary["contactCounters"],
        json!({ "pending": 0, "dispatched": 0, "completed": 2, "failed": 1, "skipped": 0, "predialFailed": 0 })
    );
    assert_eq!(summary["callMetrics"], json!({ "dialed": 3, "connected": 2 }));
    assert_eq!(
        vapi.emulator
            .response_problems("CampaignController_findOneV2", &summary),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_scheduled_campaign_waits() {
    let (vapi, campaign) = start().await;
    let plan = json!({ "earliestAt": "2099-01-01T00:00:00Z" });
    let body = with(&with(&campaign, "customers", customers(1)), "schedulePlan", plan);
    let (_, created) = vapi.post("/campaign", body).await;
    assert_eq!(created["status"], "scheduled");
    let path = format!("/campaign/{}", created["id"].as_str().expect("an id"));
    vapi.emulator.advance(LONG).await;
    assert_eq!(vapi.get(&path).await.1["status"], "scheduled");
    vapi.emulator.advance(Duration::from_secs(80 * 366 * 86_400)).await;
    assert_eq!(vapi.get(&path).await.1["status"], "ended");
}

#[tokio::test]
async fn a_canceled_campaign_calls_nobody_else() {
    let (vapi, campaign) = start().await;
    let body = with(&with(&campaign, "customers", customers(3)), "maxConcurrency", json!(1));
    let (_, created) = vapi.post("/campaign", body).await;
    let path = format!("/campaign/{}", created["id"].as_str().expect("an id"));
    vapi.emulator.advance(ON).await;
    let (status, canceled) = vapi.patch(&path, json!({ "status": "cancelled" })).await;
    assert_eq!(
        (status, &canceled["endedReason"]),
        (200, &json!("campaign.in-progress.ended-by-user"))
    );
    vapi.emulator.advance(LONG).await;
    assert_eq!(vapi.get(&path).await.1["status"], "cancelled");
    assert_eq!(vapi.get("/call").await.1.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_server_decides_who_is_called() {
    let (vapi, campaign) = start().await;
    let receiver = Receiver::answering(|sent| {
        let message = sent.message();
        let eligible = match message["contact"]["number"].as_str() {
            _ if message["type"] != "campaign.predial" => json!({}),
            Some("+15555550100") => json!({ "eligible": true }),
            Some("+15555550101") => json!({ "eligible": false }),
            _ => json!({ "eligible": "maybe" }),
        };
        Some((200, eligible))
    })
    .await;
    let body = with(
        &with(&campaign, "customers", customers(3)),
        "predialPlan",
        json!({ "enabled": true }),
    );
    let body = with(&body, "server", json!({ "url": receiver.url }));
    let (_, created) = vapi.post("/v2/campaign", body).await;
    let id = created["id"].as_str().expect("an id");
    vapi.emulator.advance(LONG).await;
    let asked = &receiver.of_type("campaign.predial")[0];
    assert_eq!(
        (&asked["campaignId"], &asked["contact"]["name"]),
        (&json!(id), &json!("Customer 0"))
    );
    let (_, page) = vapi.get(&format!("/v2/campaign/{id}/contacts")).await;
    let statuses: Vec<&Value> = page["results"]
        .as_array()
        .expect("contacts")
        .iter()
        .map(|contact| &contact["status"])
        .collect();
    assert_eq!(
        statuses,
        ["contact.completed", "contact.skipped", "contact.predial-failed"]
    );
    let (_, ended) = vapi.get(&format!("/v2/campaign/{id}")).await;
    assert_eq!(
        (&ended["status"], &ended["callMetrics"]["dialed"]),
        (&json!("ended"), &json!(1))
    );
}

#[tokio::test]
async fn each_entry_of_a_dial_plan_has_its_line() {
    let (vapi, mut campaign) = start().await;
    let other = vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    campaign.as_object_mut().expect("an object").remove("phoneNumberId");
    let plan = json!([{ "phoneNumberId": other, "customers": customers(2) }]);
    vapi.create("/campaign", with(&campaign, "dialPlan", plan)).await;
    vapi.emulator.advance(LONG).await;
    let (_, calls) = vapi.get("/call").await;
    let lines: Vec<&Value> = calls
        .as_array()
        .expect("calls")
        .iter()
        .map(|call| &call["phoneNumberId"])
        .collect();
    assert_eq!(lines, [&json!(other), &json!(other)]);
}
