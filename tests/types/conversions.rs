//! A body that creates again what was read.

use serde_json::{Value, json};
use vapi::types;

use crate::instance::{self, Extent};

type Convert = fn(&str) -> Result<Value, serde_json::Error>;

macro_rules! conversions {
    ($($create:ident $read:ident;)*) => {
        const CONVERSIONS: &[(&str, &str, Convert)] = &[$((stringify!($create), stringify!($read), |text| {
            let read: types::$read = serde_json::from_str(text)?;
            serde_json::to_value(types::$create::from(read))
        })),*];
    };
}

include!(concat!(env!("OUT_DIR"), "/conversions.rs"));

fn declares(schema: &str, property: &str) -> bool {
    let schema = &instance::schemas()[schema];
    ["properties", "x-tags"]
        .iter()
        .any(|part| schema[part].get(property).is_some())
}

#[test]
fn a_create_body_keeps_all_but_read_only_properties() {
    assert!(!CONVERSIONS.is_empty());
    for (create, read, convert) in CONVERSIONS {
        let mut instance = instance::of(read, Extent::Full).unwrap();
        instance["surely-not-in-the-document"] = json!({ "kept": [1, null, "x"] });
        let mut expected = instance.clone();
        if let Value::Object(members) = &mut expected {
            members.retain(|name, _| declares(create, name) || !declares(read, name));
        }
        let made = convert(&instance.to_string()).unwrap_or_else(|error| panic!("{read}: {error}"));
        assert_eq!(made, expected, "{create} from {read}");
    }
}

#[test]
#[cfg(all(vapi_type = "Assistant", vapi_type = "CreateAssistantDto"))]
fn a_cloned_assistant_has_no_id() {
    let assistant: types::Assistant =
        serde_json::from_value(json!({ "id": "a", "orgId": "o", "name": "Ada", "createdAt": "x", "new": 1 })).unwrap();
    let body = serde_json::to_value(types::CreateAssistantDto::from(assistant)).unwrap();
    assert_eq!(body, json!({ "name": "Ada", "new": 1 }));
}

#[test]
#[cfg(all(vapi_type = "Tool", vapi_type = "CreateToolDto"))]
fn a_tool_that_cannot_be_created_is_returned() {
    let old: types::Tool = serde_json::from_value(json!({ "id": "t", "orgId": "o", "type": "ghl" })).unwrap();
    let refused = types::CreateToolDto::try_from(old).unwrap_err();
    assert_eq!(refused.id(), Some("t"));
    let tool: types::Tool = serde_json::from_value(json!({ "id": "t", "orgId": "o", "type": "endCall" })).unwrap();
    let body = types::CreateToolDto::try_from(tool).unwrap();
    assert_eq!(serde_json::to_value(body).unwrap(), json!({ "type": "endCall" }));
}
