//! Marks the strings that are keys, tokens and passwords, so that the generated type does not show them.

use heck::ToSnakeCase;
use serde_json::{Value, json};

use super::Changes;
use crate::document::{for_each_schema, pointer};

/// The `format` of a string that must not be seen.
pub const SECRET: &str = "secret";

/// The words that end the name of a property that holds a secret. The client hides unknown properties by the same words.
const ENDINGS: [&str; 12] = [
    "access_key",
    "ai_key",
    "api_key",
    "authorization",
    "connection_string",
    "passphrase",
    "password",
    "private_key",
    "secret",
    "secret_key",
    "subscription_key",
    "token",
];

/// The names of maps whose values are secrets: among headers are those that authenticate.
const MAPS: [&str; 1] = ["headers"];

/// Gives each such string the format [`SECRET`].
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let value = match MAPS.contains(&name.as_str()) {
                true => property.get_mut("additionalProperties"),
                false => Some(property).filter(|_| is_secret(name)),
            };
            if value.is_some_and(mark) {
                changes.note(pointer(&format!("{at}/properties"), name), "a secret: never shown");
            }
        }
    });
}

/// Gives a plain string the format [`SECRET`], and says whether it did.
fn mark(schema: &mut Value) -> bool {
    let plain = schema.get("type") == Some(&json!("string")) && schema.get("enum").is_none();
    match schema.as_object_mut() {
        Some(members) if plain && !members.contains_key("format") => {
            members.insert("format".to_owned(), json!(SECRET));
            true
        }
        _ => false,
    }
}

/// Returns the endings as a Rust array of lowercase letters, for the client.
pub fn endings() -> String {
    let endings: Vec<String> = ENDINGS
        .iter()
        .map(|ending| format!("{:?}", ending.replace('_', "")))
        .collect();
    format!("[{}]\n", endings.join(", "))
}

/// Returns whether a property of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let words = name.to_snake_case();
    let ends = |ending: &&str| words == **ending || words.ends_with(&format!("_{ending}"));
    ENDINGS.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tokens_and_passwords_are_secret() {
        for secret in [
            "apiKey",
            "authToken",
            "secret",
            "serverUrlSecret",
            "twilioAuthToken",
            "password",
            "token",
            "SessionToken",
            "openAIKey",
            "connectionString",
            "Authorization",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for public in [
            "publicKey",
            "maxTokens",
            "apiKeyPermissions",
            "key",
            "tokenizer",
            "secretsCount",
        ] {
            assert!(!is_secret(public), "{public}");
        }
    }

    #[test]
    fn only_plain_strings_and_maps_of_headers_are_marked() {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {
            "apiKey": {"type": "string"},
            "token": {"type": "object"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}}
        }}}}});
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"],
            json!({
                "apiKey": {"type": "string", "format": "secret"},
                "token": {"type": "object"},
                "headers": {"type": "object", "additionalProperties": {"type": "string", "format": "secret"}}
            })
        );
        assert_eq!(changes.len(), 2);
    }
}
