//! Everything in the document that sounds like a secret is one, or is known not to be; and no secret is ever shown.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vapi_codegen::document::for_each_schema;
use vapi_codegen::passes::Changes;
use vapi_codegen::passes::secrets::{self, SECRET};

use crate::instance::{self, Extent};
use crate::registry;

/// The words in a suspicious name.
const SUSPICIOUS: &[&str] = &[
    "auth",
    "bearer",
    "cert",
    "connection",
    "cookie",
    "credential",
    "header",
    "jwt",
    "key",
    "nonce",
    "otp",
    "passphrase",
    "passw",
    "pem",
    "pin",
    "private",
    "salt",
    "secret",
    "sid",
    "signature",
    "token",
];

/// The names that hold secrets.
const SECRETS: &[&str] = &[
    "SecretAccessKey",
    "SessionToken",
    "accessToken",
    "apiKey",
    "apiSecret",
    "authPassword",
    "authToken",
    "awsSecretAccessKey",
    "callToken",
    "clientSecret",
    "connectionString",
    "hmacAccessKey",
    "hmacSecret",
    "jwtSecret",
    "ocpApimSubscriptionKey",
    "openAIKey",
    "password",
    "privateKey",
    "refreshToken",
    "secretAccessKey",
    "secretKey",
    "sessionToken",
    "token",
    "twilioApiKey",
    "twilioApiSecret",
    "twilioAuthToken",
    "vonageApplicationPrivateKey",
];

/// The names that only sound so, and what they hold instead.
const HARMLESS: &[(&str, &str)] = &[
    ("AccessKeyId", "identifier"),
    ("accessKeyId", "identifier"),
    ("accountSid", "identifier"),
    ("authProviderX509CertUrl", "address"),
    ("authUri", "address"),
    ("authUsername", "name"),
    ("authorizationId", "identifier"),
    ("awsAccessKeyId", "identifier"),
    ("callSid", "identifier"),
    ("clientX509CertUrl", "address"),
    ("connectionId", "identifier"),
    ("credentialId", "identifier"),
    ("headerName", "name"),
    ("key", "name"),
    ("messageIdHeader", "name"),
    ("pem", "public"),
    ("privateKeyId", "identifier"),
    ("promptCacheKey", "identifier"),
    ("providerConfigKey", "name"),
    ("publicKey", "public"),
    ("sbcCallSid", "identifier"),
    ("signatureHeader", "name"),
    ("signaturePrefix", "prefix"),
    ("sipDiversionHeader", "setting"),
    ("systemKey", "name"),
    ("timestampHeader", "name"),
    ("tokenUri", "address"),
    ("twilioAccountSid", "identifier"),
];

/// Returns the schemas of all properties with suspicious names, by name, as the document has them and with secrets marked.
fn suspects() -> BTreeMap<String, Vec<(Value, Value)>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/openapi.json");
    let before: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut after = before.clone();
    secrets::run(&mut after, &mut Changes::default());
    let mut suspects: BTreeMap<String, Vec<(Value, Value)>> = BTreeMap::new();
    for_each_schema(&mut before.clone(), &mut |at, schema| {
        for name in schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            let lower = name.to_lowercase();
            if SUSPICIOUS.iter().any(|part| lower.contains(part)) {
                let place = vapi_codegen::document::pointer(&format!("{at}/properties"), name);
                let found = |document: &Value| document.pointer(&place).unwrap().clone();
                suspects
                    .entry(name.clone())
                    .or_default()
                    .push((found(&before), found(&after)));
            }
        }
    });
    suspects
}

#[test]
fn every_suspicious_name_is_a_secret_or_a_known_exception() {
    let mut undecided = Vec::new();
    let suspects = suspects();
    for (name, schemas) in &suspects {
        // Numbers, flags, choices, lists and objects hold no secret themselves.
        let can_hold = |schema: &Value| schema["type"] == "string" && schema["enum"].is_null();
        if !schemas.iter().any(|(before, _)| can_hold(before)) {
            continue;
        }
        let marked = schemas.iter().all(|(_, after)| after["format"] == SECRET);
        let expected = SECRETS.contains(&name.as_str());
        let harmless = HARMLESS.iter().any(|(known, _)| known == name);
        if marked != expected || expected == harmless {
            undecided.push(format!(
                "{name}: secret in code {marked}, in the list {expected}, harmless {harmless}"
            ));
        }
    }
    assert!(undecided.is_empty(), "{}", undecided.join("\n"));
    let listed = SECRETS.iter().chain(HARMLESS.iter().map(|(name, _)| name));
    let gone: Vec<&&str> = listed.filter(|name| !suspects.contains_key(**name)).collect();
    assert!(gone.is_empty(), "the document no longer has {gone:?}");
}

#[test]
fn secrets_are_hidden_in_debug_and_sent_in_full() {
    const HUSH: &str = "hush-1f9a";
    let mut tried = Vec::new();
    for (name, schema) in instance::schemas() {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let secret: Vec<(&String, Value)> = properties
            .filter_map(|(property, schema)| match schema {
                schema if schema["format"] == SECRET => Some((property, json!(HUSH))),
                schema if schema["additionalProperties"]["format"] == SECRET => Some((property, json!({"x": HUSH}))),
                _ => None,
            })
            .collect();
        let Some(mut instance) = instance::of(name, Extent::Minimal).filter(|_| !secret.is_empty()) else {
            continue;
        };
        for (property, value) in &secret {
            instance[*property] = value.clone();
        }
        let decoded = registry::find(name)(&instance.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!decoded.debug.contains(HUSH), "{name}: {}", decoded.debug);
        assert_eq!(
            decoded.debug.matches("Secret(…)").count(),
            secret.len(),
            "{name}: {}",
            decoded.debug
        );
        assert_eq!(decoded.written, instance, "{name}");
        tried.push(name.as_str());
    }
    for name in ["CreateOpenAiCredentialDto", "CreateTwilioPhoneNumberDto", "Server"] {
        assert!(tried.contains(&name), "{name} is not among {tried:?}");
    }
}
