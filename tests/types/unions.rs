//! A value of a union comes back as the variant it is.

use serde_json::{Value, json};
use vapi::types;
use vapi_codegen::model::{Kind, Type, Union, Variant};

use crate::instance::{self, Extent};
use crate::registry;

fn unions() -> impl Iterator<Item = (&'static String, &'static Union)> {
    instance::PREPARED
        .model()
        .types
        .iter()
        .filter_map(|(name, ty)| match ty {
            Type::Union(union) => Some((name, union)),
            _ => None,
        })
}

/// Returns an instance of a variant with what tells it apart: what is required, and the values that only it can have.
fn telling(variant: &Variant, extent: Extent) -> Value {
    let target = variant.target.as_deref().expect("an object variant is a component");
    let mut instance = instance::of(target, extent).expect("a finite instance");
    for (tag, values) in &variant.tags {
        if instance.get(tag).is_none() {
            instance[tag] = json!(values[0]);
        }
    }
    instance
}

fn decodes_as(name: &str, variant: &Variant, instance: &Value) -> Result<(), String> {
    let decoded = registry::find(name)(&instance.to_string()).map_err(|error| error.to_string())?;
    let target = variant.target.as_deref().unwrap_or_default();
    let ty = decoded.debug.split([' ', '(']).next().unwrap_or_default();
    if ty != target {
        return Err(format!("{instance} came back as {ty}"));
    }
    if decoded.written != *instance {
        return Err(format!("{instance} came back changed: {}", decoded.written));
    }
    Ok(())
}

/// The variants that another variant of the same union looks exactly like, in the document's own words.
const ALIKE: &[(&str, &str)] = &[];

#[test]
fn each_variants_smallest_instance_comes_back_as_that_variant() {
    let mut failed = Vec::new();
    let mut walked = 0;
    for (name, union) in unions() {
        let objects: Vec<&Variant> = union
            .variants
            .iter()
            .filter(|v| v.kind == Kind::Object && v.target.is_some())
            .collect();
        for variant in &objects {
            let mut instance = telling(variant, Extent::Minimal);
            let same = |other: &&&Variant| other.name != variant.name && telling(other, Extent::Minimal) == instance;
            if objects.iter().filter(same).count() > 0 {
                // The smallest instances are the same JSON: all properties must then tell.
                instance = telling(variant, Extent::Full);
            }
            walked += 1;
            if let Err(problem) = decodes_as(name, variant, &instance)
                && !ALIKE.contains(&(name.as_str(), variant.name.as_str()))
            {
                failed.push(format!("{name}::{}: {problem}", variant.name));
            }
        }
    }
    assert!(walked > 100, "{walked}");
    assert!(
        failed.is_empty(),
        "{} of {walked}:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn each_variants_full_instance_comes_back_as_that_variant() {
    let mut failed = Vec::new();
    for (name, union) in unions() {
        for variant in union
            .variants
            .iter()
            .filter(|v| v.kind == Kind::Object && v.target.is_some())
        {
            if let Err(problem) = decodes_as(name, variant, &telling(variant, Extent::Full)) {
                failed.push(format!("{name}::{}: {problem}", variant.name));
            }
        }
    }
    assert!(failed.is_empty(), "{}:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn an_unknown_tag_comes_back_as_unknown_and_unchanged() {
    let mut checked = 0;
    for (name, union) in unions() {
        let Some(tag) = &union.tag else { continue };
        let instance =
            json!({tag.as_str(): "surely not in the document", "n": 9_007_199_254_740_993_i64, "z": [1.0, null]});
        let decoded = registry::find(name)(&instance.to_string()).unwrap();
        assert!(decoded.debug.starts_with("Unknown("), "{name}: {}", decoded.debug);
        assert_eq!(decoded.written.to_string(), instance.to_string(), "{name}");
        checked += 1;
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn a_variant_that_does_not_fit_comes_back_unchanged() {
    let instance = json!({"provider": "azure", "voiceId": {"not": "a string"}});
    let decoded = registry::find("Voice")(&instance.to_string()).unwrap();
    assert!(decoded.debug.starts_with("Unknown("), "{}", decoded.debug);
    assert_eq!(decoded.written, instance);
}

#[test]
fn scalars_and_lists_come_back_as_they_are() {
    for (name, text) in [
        ("SmartEndpointing", "true"),
        ("ChatInput", "\"hello\""),
        ("ChatInput", "[]"),
        ("VapiVoiceVersion", "2"),
        ("VapiVoiceVersion", "\"latest\""),
    ] {
        if instance::schemas().contains_key(name) {
            let decoded = registry::find(name)(text).unwrap();
            assert!(
                !decoded.debug.starts_with("Unknown("),
                "{name} {text}: {}",
                decoded.debug
            );
            assert_eq!(decoded.written.to_string(), text);
        }
    }
}

#[test]
fn what_stands_before_the_tag_is_kept() {
    let text =
        r#"{"a\"b\\\u00e9": [1, {"x": "}"}], "voiceId": "andrew", "plain": 1.50, "provider": "azure", "speed": 1}"#;
    let Ok(types::Voice::Azure(voice)) = vapi::read_body(text.as_bytes()).map(|read| read.value) else {
        panic!("not the voice that the tag names")
    };
    assert_eq!(voice.voice_id.as_str(), "andrew");
    assert_eq!(voice.speed, Some(1.into()));
    assert_eq!(voice.extra.len(), 2);
    assert_eq!(voice.extra["a\"b\\é"], json!([1, {"x": "}"}]));
    assert_eq!(voice.extra["plain"].to_string(), "1.5");
}

#[test]
fn a_misfit_is_unknown_and_spoils_nothing_around_it() {
    let text = r#"{"name": "Ada", "voice": {"provider": "azure", "voiceId": 7}, "model": {"provider": "openai", "model": "gpt-4o",
        "tools": [{"type": "endCall"}, {"type": "endCall", "messages": "none"}, {"type": "brand-new", "n": 1}, {"no": "tag"}, 3]}}"#;
    let read = vapi::read_body::<types::CreateAssistantDto>(text.as_bytes()).unwrap();
    let misfits: Vec<String> = read.misfits.iter().map(ToString::to_string).collect();
    assert_eq!(
        misfits,
        [
            "`voice.voiceId`: expected a string, found a number",
            "`model.tools[1].messages`: expected a list, found a string",
            "`model.tools[3]`: expected an object with `type`, found one without it",
            "`model.tools[4]`: expected an object, found a number",
        ]
    );
    let assistant = read.value;
    assert_eq!(assistant, serde_json::from_str(text).unwrap());
    assert!(matches!(assistant.voice, Some(types::Voice::Unknown(_))));
    let Some(types::Model::OpenAi(model)) = assistant.model else {
        panic!("the model is not known")
    };
    let tools = model.tools.unwrap();
    assert!(
        tools[..2]
            .iter()
            .all(|tool| matches!(tool, types::CreateToolDto::EndCall(_)))
    );
    assert!(
        tools[2..]
            .iter()
            .all(|tool| matches!(tool, types::CreateToolDto::Unknown(_)))
    );
    let came: Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(&tools).unwrap(), came["model"]["tools"]);
}

#[test]
fn the_last_of_a_property_that_stands_twice_is_read() {
    let read = |text: &str| {
        let read = vapi::read_body::<types::CreateAssistantDto>(text.as_bytes()).unwrap();
        let paths: Vec<String> = read
            .misfits
            .iter()
            .map(|misfit| misfit.json_path().to_owned())
            .collect();
        (read.value, paths)
    };
    let (assistant, misfits) = read(r#"{"name": "Ada", "firstMessage": "Hi", "name": "Grace"}"#);
    assert_eq!(assistant.name.as_deref(), Some("Grace"));
    assert_eq!(assistant.first_message.as_deref(), Some("Hi"));
    assert_eq!(misfits, ["name"]);
    let (assistant, misfits) =
        read(r#"{"voice": {"voiceId": "andrew", "provider": "11labs", "provider": "azure", "voiceId": "brian"}}"#);
    let Some(types::Voice::Azure(voice)) = assistant.voice else {
        panic!("not the voice that the last tag names")
    };
    assert_eq!(voice.voice_id.as_str(), "brian");
    assert_eq!(misfits, ["voice.voiceId", "voice.provider"]);
    // In a map as well.
    let text = r#"{"skippedStructuredOutputs": {"key": true, "other": {}, "key": {"name": "last"}}}"#;
    let read = vapi::read_body::<types::Artifact>(text.as_bytes()).unwrap();
    let skipped = read.value.skipped_structured_outputs.unwrap();
    assert_eq!(skipped["key"].name.as_deref(), Some("last"));
    assert_eq!(skipped.len(), 2);
    let paths: Vec<&str> = read.misfits.iter().map(vapi::Misfit::json_path).collect();
    assert_eq!(paths, ["skippedStructuredOutputs.key"]);
}

#[test]
#[cfg(vapi_type = "ServerMessageResponseAssistantRequest")]
fn the_response_to_a_webhook_is_written_bare() {
    let response: types::ServerMessageResponse = types::ServerMessageResponseAssistantRequest::new()
        .assistant_id("a1")
        .into();
    let text = serde_json::to_string(&response).unwrap();
    assert_eq!(text, r#"{"assistantId":"a1"}"#);
    assert_eq!(
        serde_json::from_str::<types::ServerMessageResponse>(&text).unwrap(),
        response
    );
}

/// Groups in groups, each with something before the next: a condition, something that is none, something that only says it is one.
/// And all that with the tag before what is in the group, and after it.
fn groups(depth: usize) -> impl Iterator<Item = String> {
    let before = [
        r#"{"type":"regex","regex":"x"}"#,
        "3",
        r#"{"type":"group","conditions":[]}"#,
    ];
    before.into_iter().flat_map(move |before| {
        let tag = r#""type":"group","operator":"AND""#;
        let tag_first = (format!(r#"{{{tag},"conditions":[{before},"#), "]}".to_owned());
        let tag_last = (format!(r#"{{"conditions":[{before},"#), format!("],{tag}}}"));
        [tag_first, tag_last].map(|(open, close)| {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            format!(r#"{{"conditions":[{open}{before}{close}]}}"#)
        })
    })
}

#[test]
fn unions_in_unions_are_read_as_deep_as_json_is() {
    for text in groups(60) {
        let response: types::ToolRejectionPlan = vapi::read_body(text.as_bytes()).unwrap().value;
        let read: types::ToolRejectionPlan = serde_json::from_str(&text).unwrap();
        assert_eq!(response, read);
        let came: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), came);
    }
}

#[test]
fn unions_in_unions_without_end_are_refused() {
    for text in groups(100_000) {
        let response = vapi::read_body::<types::ToolRejectionPlan>(text.as_bytes());
        assert!(response.unwrap_err().to_string().contains("recursion limit"));
        let read: Result<types::ToolRejectionPlan, _> = serde_json::from_str(&text);
        assert!(read.unwrap_err().to_string().contains("recursion limit"));
    }
}
