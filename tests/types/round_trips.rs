//! A decoded value is written as it came.

use serde_json::{Value, json};
use vapi::types;

use crate::instance::{self, Extent};
use crate::registry;

fn all_types_keep(extent: Extent) {
    let mut made = 0;
    let mut failed = Vec::new();
    for (name, decode) in registry::types() {
        let Some(instance) = instance::of(name, extent) else {
            failed.push(format!("{name}: contains itself without end"));
            continue;
        };
        made += 1;
        match decode(&instance.to_string()) {
            Ok(decoded) if decoded.written == instance => {}
            Ok(decoded) => failed.push(format!("{name}: {instance} came back as {}", decoded.written)),
            Err(error) => failed.push(format!("{name}: {instance}: {error}")),
        }
    }
    assert!(made > 0, "no instance was made");
    assert!(failed.is_empty(), "{} of {made}:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn an_instance_with_only_what_is_required_comes_back_equal() {
    all_types_keep(Extent::Minimal);
}

#[test]
fn an_instance_with_all_properties_comes_back_equal() {
    all_types_keep(Extent::Full);
}

#[test]
fn an_instance_with_every_null_that_can_be_comes_back_equal() {
    all_types_keep(Extent::Nulls);
}

#[test]
fn an_unknown_property_comes_back_in_every_object() {
    let mut checked = 0;
    for (name, decode) in registry::types() {
        let Some(Value::Object(mut instance)) = instance::of(name, Extent::Minimal) else {
            continue;
        };
        instance.insert("surely-not-in-the-document".to_owned(), json!({"kept": [1, null, "x"]}));
        let instance = Value::Object(instance);
        let decoded = decode(&instance.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(decoded.written, instance, "{name}");
        checked += 1;
    }
    assert!(checked > 0);
}

#[test]
fn null_in_an_optional_property_comes_back_in_every_object() {
    let mut checked = 0;
    for (name, decode) in registry::types() {
        let (Some(Value::Object(minimal)), Some(Value::Object(full))) =
            (instance::of(name, Extent::Minimal), instance::of(name, Extent::Full))
        else {
            continue;
        };
        let mut instance = minimal.clone();
        for property in full.keys().filter(|property| !minimal.contains_key(*property)) {
            instance.insert(property.clone(), Value::Null);
        }
        let instance = Value::Object(instance);
        let decoded = decode(&instance.to_string()).unwrap_or_else(|error| panic!("{name}: {instance}: {error}"));
        assert_eq!(decoded.written, instance, "{name}");
        checked += 1;
    }
    assert!(checked > 0);
}

#[test]
fn an_unknown_enum_value_comes_back_in_every_enum() {
    let mut checked = 0;
    for (name, schema) in instance::schemas() {
        if schema["enum"].is_array() {
            let decoded = registry::find(name)("\"surely not in the document\"").unwrap();
            assert_eq!(decoded.written, "surely not in the document", "{name}");
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn every_enum_value_comes_back() {
    for (name, schema) in instance::schemas() {
        for value in schema["enum"].as_array().into_iter().flatten() {
            let decoded = registry::find(name)(&value.to_string()).unwrap();
            assert_eq!(decoded.written, *value, "{name}");
        }
    }
}

#[test]
fn a_value_decodes_from_a_json_value_as_from_text() {
    for name in ["CreateAssistantDto", "Call", "ServerMessage"] {
        let instance = instance::of(name, Extent::Full).unwrap();
        let text = registry::find(name)(&instance.to_string()).unwrap();
        assert_eq!(text.written, instance);
    }
    let instance = instance::of("Call", Extent::Full).unwrap();
    let call: types::Call = serde_json::from_value(instance.clone()).unwrap();
    assert_eq!(serde_json::to_value(&call).unwrap(), instance);
}

#[test]
fn a_type_decodes_inside_a_users_own_untagged_enum() {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Mine {
        Assistant(Box<types::CreateAssistantDto>),
    }
    let text = r#"{"voice": {"provider": "azure", "voiceId": "andrew"}, "name": "Ada"}"#;
    let Mine::Assistant(assistant) = serde_json::from_str(text).unwrap();
    assert!(matches!(assistant.voice, Some(types::Voice::Azure(_))), "{assistant:?}");
}

#[test]
fn nothing_unsaid_is_sent() {
    assert_eq!(serde_json::to_string(&types::CreateCallDto::new()).unwrap(), "{}");
    assert_eq!(serde_json::to_string(&types::UpdateAssistantDto::new()).unwrap(), "{}");
    assert_eq!(serde_json::to_string(&types::CreateAssistantDto::new()).unwrap(), "{}");
}

#[test]
fn empty_lists_and_objects_are_sent() {
    let assistant = types::CreateAssistantDto::new()
        .server_messages([""; 0])
        .metadata(serde_json::Map::new());
    assert_eq!(
        serde_json::to_value(&assistant).unwrap(),
        json!({"serverMessages": [], "metadata": {}})
    );
}

#[test]
fn an_update_tells_absent_from_null_from_a_value() {
    let mut update = types::UpdateAssistantDto::new().name("Ada");
    update.server.clear();
    assert_eq!(
        serde_json::to_value(&update).unwrap(),
        json!({"name": "Ada", "server": null})
    );
    let read: types::UpdateAssistantDto = serde_json::from_str(r#"{"server": null}"#).unwrap();
    assert!(read.server.is_null());
    assert!(read.name.is_absent());
}

#[test]
fn a_field_that_the_document_does_not_know_can_be_sent() {
    let mut call = types::CreateCallDto::new().assistant_id("a");
    call.extra.insert("brandNew".to_owned(), json!(true));
    assert_eq!(
        serde_json::to_value(&call).unwrap(),
        json!({"assistantId": "a", "brandNew": true})
    );
}

#[test]
fn whole_numbers_stay_whole_and_keep_every_digit() {
    let text = r#"{"id":"c","orgId":"o","createdAt":"x","updatedAt":"y","cost":9007199254740993}"#;
    let call: types::Call = serde_json::from_str(text).unwrap();
    assert_eq!(call.cost.and_then(|cost| cost.as_i64()), Some(9_007_199_254_740_993));
    assert_eq!(
        serde_json::to_value(&call).unwrap()["cost"].to_string(),
        "9007199254740993"
    );
    let plan = types::CreateAssistantDto::new().max_duration_seconds(600.0);
    assert_eq!(serde_json::to_string(&plan).unwrap(), r#"{"maxDurationSeconds":600}"#);
}
