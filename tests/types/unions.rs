//! A value of a union comes back as the variant it is.

use crate::instance::{self, Extent};
use crate::registry;
use serde_json::{Value, json};
use vapi_codegen::model::{Kind, Type, Union, Variant};

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

/// An instance of a variant with what tells it apart: what is required, and the values that only it can have.
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
    let mut tried = 0;
    for (name, union) in unions() {
        let Some(tag) = &union.tag else { continue };
        let instance =
            json!({tag.as_str(): "surely not in the document", "n": 9_007_199_254_740_993_i64, "z": [1.0, null]});
        let decoded = registry::find(name)(&instance.to_string()).unwrap();
        assert!(decoded.debug.starts_with("Unknown("), "{name}: {}", decoded.debug);
        assert_eq!(decoded.written.to_string(), instance.to_string(), "{name}");
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn a_variant_that_does_not_fit_comes_back_as_unknown_and_unchanged() {
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
