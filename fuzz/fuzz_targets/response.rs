//! Any text as a call: JSON is read without loss or refused, and what is no JSON is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use vapi::operation::Endpoint;
use vapi::resources::endpoint::CallsGet;

fuzz_target!(|text: &str| {
    let json = serde_json::from_str::<Value>(text);
    match (CallsGet::decode(text.as_bytes()), json) {
        (Ok(read), Ok(json)) => assert_eq!(serde_json::to_value(&read.value).unwrap(), json),
        // Half of a surrogate pair is no JSON to `serde_json`. It is replaced.
        (Ok(_), Err(error)) => assert!(text.contains("\\u"), "{error}"),
        (Err(_), _) => {}
    }
});
