//! Marks the strings that are keys, tokens and passwords, so that the generated type does not show them.

use super::Changes;
use crate::document::{for_each_schema, pointer};
use heck::ToSnakeCase;
use serde_json::{Value, json};

/// The `format` of a string that must not be seen.
pub const SECRET: &str = "secret";

/// What the name of a property ends in when it holds a secret, in words.
const ENDINGS: [&str; 15] = [
    "api_key",
    "api_secret",
    "access_key",
    "access_token",
    "auth_token",
    "bearer_token",
    "client_secret",
    "password",
    "passphrase",
    "private_key",
    "refresh_token",
    "secret",
    "secret_key",
    "secret_access_key",
    "signing_key",
];

/// Gives each such string the format [`SECRET`].
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let plain = property.get("type") == Some(&json!("string")) && property.get("enum").is_none();
            if let (true, true, Some(members)) = (plain, is_secret(name), property.as_object_mut())
                && members.get("format").is_none()
            {
                members.insert("format".to_owned(), json!(SECRET));
                changes.note(pointer(&format!("{at}/properties"), name), "a secret: never shown");
            }
        }
    });
}

/// Whether a property of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let words = name.to_snake_case();
    let ends = |ending: &&str| words == **ending || words.ends_with(&format!("_{ending}"));
    words == "token" || ENDINGS.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tokens_and_passwords_are_secret_and_what_only_sounds_so_is_not() {
        for secret in [
            "apiKey",
            "authToken",
            "secret",
            "serverUrlSecret",
            "twilioAuthToken",
            "password",
            "token",
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
    fn only_plain_strings_are_marked() {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {
            "apiKey": {"type": "string"},
            "token": {"type": "object"}
        }}}}});
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"],
            json!({"apiKey": {"type": "string", "format": "secret"}, "token": {"type": "object"}})
        );
        assert_eq!(changes.len(), 1);
    }
}
