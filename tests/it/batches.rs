//! Calling many, and above all not calling anybody twice.
#![cfg(all(
    vapi_op = "CallController_create",
    vapi_type = "CallOrBatch",
    vapi_type = "CreateCustomerDto",
    vapi_type = "SchedulePlan"
))]

use std::time::Duration;

use serde_json::Value;
use vapi::batch::{Outcome, Report};
use vapi::types::{AssistantOverrides, CreateCallDto, CreateCustomerDto, SchedulePlan};
use vapi_emulator::{Emulator, Fault};

use crate::support::*;

const OFTEN: Duration = Duration::from_millis(5);

fn call() -> CreateCallDto {
    CreateCallDto::new().assistant_id("a").phone_number_id("p")
}

fn customers(count: u32) -> Vec<CreateCustomerDto> {
    let number = |n: u32| CreateCustomerDto::new().number(format!("+1555555{n:04}"));
    (0..count).map(number).collect()
}

/// Returns the number of customers in each request that could place calls.
fn slices(local: &Emulator) -> Vec<usize> {
    let requests = local.requests().into_iter().filter(|request| request.method == "POST");
    requests
        .map(|request| request.json().unwrap()["customers"].as_array().unwrap().len())
        .collect()
}

/// One letter for each customer.
fn letters(report: &Report) -> String {
    let letter = |outcome: &Outcome| match outcome {
        Outcome::Called(_) => 'C',
        Outcome::Refused(_) => 'R',
        Outcome::Unknown => '?',
        Outcome::NotDialed => '-',
        other => panic!("{other:?}"),
    };
    report.customers.iter().map(|dialed| letter(&dialed.outcome)).collect()
}

#[tokio::test]
async fn each_customer_has_an_outcome_of_their_own() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let mut customers = customers(3);
    customers[1] = CreateCustomerDto::new().number("0555").name("Bob");
    let report = vapi.calls().dial(call(), customers.clone()).await;
    assert_eq!(letters(&report), "CRC");
    let Outcome::Refused(why) = &report.customers[1].outcome else {
        panic!("{report:?}");
    };
    assert!(why.contains("E.164"), "{why}");
    for (dialed, customer) in report.customers.iter().zip(&customers) {
        assert_eq!(&dialed.customer, customer);
        if let Outcome::Called(call) = &dialed.outcome {
            assert_eq!(call.customer.as_ref().unwrap().number, customer.number);
        }
    }
    assert!(report.error.is_none() && report.unmatched.is_empty());
    assert_eq!(slices(&local), [1, 2]);
}

#[tokio::test]
async fn the_customer_of_the_call_itself_is_not_called() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let call = call().customer(CreateCustomerDto::new().number("+15555559999"));
    let call = call.assistant_overrides(AssistantOverrides::new().first_message("Hello."));
    vapi.calls().dial(call, customers(1)).await;
    let body: Value = local.requests()[0].json().unwrap();
    let wanted = serde_json::json!({
        "assistantId": "a",
        "phoneNumberId": "p",
        "assistantOverrides": {"firstMessage": "Hello."},
        "customers": [{"number": "+15555550000"}]
    });
    assert_eq!(body, wanted);
}

#[tokio::test]
async fn no_more_calls_run_than_the_concurrency_limit() {
    // The emulator has ten.
    let (local, vapi) = local_with_step(Duration::from_millis(15)).await;
    let report = vapi
        .calls()
        .dial(call(), customers(25))
        .batch_size(100)
        .poll_every(OFTEN)
        .await;
    assert_eq!(letters(&report), "C".repeat(25));
    let slices = slices(&local);
    assert_eq!(slices[..2], [1, 9]);
    assert!(slices.iter().all(|size| *size <= 10), "{slices:?}");
    assert_eq!(slices.iter().sum::<usize>(), 25);
}

#[tokio::test]
async fn a_slice_has_ten_customers_at_most() {
    let limits = r#""subscriptionLimits":{"concurrencyLimit":1000,"remainingConcurrentCalls":900}"#;
    let reply = |range: std::ops::Range<u32>| {
        let calls: Vec<String> = range
            .map(|n| format!(r#"{{"id":"c{n}","customer":{{"number":"+1555555{n:04}"}}}}"#))
            .collect();
        Reply::json(201, &format!(r#"{{"results":[{}],{limits}}}"#, calls.join(",")))
    };
    let server = Server::replying([reply(0..1), reply(1..11), reply(11..15)]).await;
    let report = client(&server).calls().dial(call(), customers(15)).await;
    assert_eq!(letters(&report), "C".repeat(15));
    assert_eq!(report.calls().map(|call| call.id.as_str()).last(), Some("c14"));
}

#[tokio::test]
async fn a_lost_response_leaves_its_customers_unknown_and_ends_dialing() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let lost = || Fault::on("CallController_create").reset().after_acting().times(1);
    let mut done = 0;
    let dial = vapi.calls().dial(call(), customers(8)).batch_size(4);
    let report = dial
        .on_outcome(|_| {
            done += 1;
            if done == 1 {
                local.fault(lost());
            }
        })
        .await;
    assert_eq!(letters(&report), "C????---");
    assert_eq!(slices(&local), [1, 4]);
    assert!(report.error.as_ref().unwrap().is_interrupted());
    assert_eq!((report.unknown().count(), report.not_dialed().count(), done), (4, 3, 8));
}

#[tokio::test]
async fn a_server_error_leaves_its_customers_unknown() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    local.fault(Fault::on("CallController_create").status(502).after_acting());
    let report = vapi.calls().dial(call(), customers(3)).await;
    assert_eq!(letters(&report), "?--");
    assert_eq!(slices(&local), [1]);
}

#[tokio::test]
async fn an_unreadable_response_leaves_its_customers_unknown() {
    let server = Server::replying([Reply::json(201, r#"{"message":"created"}"#)]).await;
    let report = client(&server).calls().dial(call(), customers(2)).await;
    assert_eq!(letters(&report), "?-");
    assert!(report.error.unwrap().is_decode());
}

#[tokio::test]
async fn a_request_that_is_refused_as_a_whole_calls_nobody() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    local.fault(Fault::on("CallController_create").status(400));
    let report = vapi.calls().dial(call(), customers(3)).await;
    assert_eq!(letters(&report), "---");
    assert!(report.error.unwrap().is_bad_request());
    assert_eq!(slices(&local), [1]);
}

#[tokio::test]
async fn refused_customers_do_not_stop_the_others() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let mut customers = customers(5);
    // Too short for any request, which is refused as a whole.
    customers[2] = CreateCustomerDto::new().number("1");
    customers[4] = CreateCustomerDto::new().number("2").name("");
    let report = vapi.calls().dial(call(), customers).await;
    assert_eq!(letters(&report), "CCRCR");
    assert!(report.error.is_none());
    let Outcome::Refused(why) = &report.customers[2].outcome else {
        panic!("{report:?}");
    };
    assert_eq!(why, "number must be longer than or equal to 3 characters");
    assert_eq!(slices(&local), [1, 4, 2]);
}

#[tokio::test]
async fn where_nobody_listens_nobody_is_called() {
    let vapi = builder(&nowhere().await).max_retries(0).build().unwrap();
    let report = vapi.calls().dial(call(), customers(2)).await;
    assert_eq!(letters(&report), "--");
    assert!(report.error.unwrap().is_connect());
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    // More often than the client itself retries.
    local.fault(Fault::on("CallController_create").rate_limit("0").times(4));
    let over = r#"{"statusCode":400,"message":"Over Concurrency Limit.","error":"Bad Request"}"#;
    local.fault(
        Fault::on("CallController_create")
            .body(400, "application/json", over)
            .times(1),
    );
    let report = vapi.calls().dial(call(), customers(2)).poll_every(OFTEN).await;
    assert_eq!(letters(&report), "CC");
    assert!(report.error.is_none());
}

#[tokio::test]
async fn waiting_for_concurrency_times_out() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let dial = vapi.calls().dial(call(), customers(12)).poll_every(OFTEN);
    let report = dial.concurrency_timeout(Duration::from_millis(60)).await;
    assert_eq!(letters(&report), "CCCCCCCCCC--");
    let error = report.error.unwrap();
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "no call could be started for 60ms: the concurrency limit is reached"
    );
    assert_eq!(slices(&local), [1, 9]);
}

#[tokio::test]
async fn scheduled_calls_do_not_count() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let call = call().schedule_plan(SchedulePlan::new("2099-01-01T09:00:00.000Z"));
    let report = vapi.calls().dial(call, customers(25)).await;
    assert_eq!(letters(&report), "C".repeat(25));
    assert_eq!(slices(&local), [10, 10, 5]);
}

#[tokio::test]
async fn without_customers_nothing_is_sent() {
    let (local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let report = vapi.calls().dial(call(), customers(0)).await;
    assert!(report.customers.is_empty() && report.error.is_none());
    assert_eq!(local.requests().len(), 0);
}

#[tokio::test]
async fn into_call_reads_both_forms_of_the_response() {
    let (_local, vapi) = local_with_step(Duration::from_secs(3600)).await;
    let customer = customers(1).remove(0);
    let single = vapi.calls().create(call().customer(customer.clone())).await.unwrap();
    assert!(single.into_call().unwrap().customer.is_some());
    let batch = vapi.calls().create(call().customers([customer])).await.unwrap();
    assert!(batch.into_call().unwrap().customer.is_some());

    let batch = vapi.calls().create(call().customers(customers(2))).await.unwrap();
    let error = batch.into_call().unwrap_err();
    assert_eq!(error.to_string(), "the response is not a single call");
    let nobody = CreateCustomerDto::new().number("0555");
    let batch = vapi.calls().create(call().customers([nobody])).await.unwrap();
    let error = batch.into_call().unwrap_err().to_string();
    assert!(error.starts_with("nobody was called: "), "{error}");
}
