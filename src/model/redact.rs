//! `Debug` output of JSON that the document does not know. Values whose names end like those of secrets are hidden.

use std::fmt;

use serde_json::{Map, Value};

/// The endings of the names of secrets, in lowercase letters. The generator writes them: it finds the secrets of the document by
/// the same words.
const ENDINGS: &[&str] = &include!(concat!(env!("OUT_DIR"), "/secret_endings.rs"));

/// A value for `Debug`.
pub(crate) struct Redacted<'a>(pub &'a Value);

/// An object for `Debug`.
pub(crate) struct RedactedMap<'a>(pub &'a Map<String, Value>);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Array(items) => f.debug_list().entries(items.iter().map(Redacted)).finish(),
            Value::Object(members) => RedactedMap(members).fmt(f),
            scalar => scalar.fmt(f),
        }
    }
}

impl fmt::Debug for RedactedMap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_map();
        for (name, value) in self.0 {
            let hidden = is_secret(name) && !matches!(value, Value::Null | Value::Bool(_) | Value::Number(_));
            match hidden {
                true => out.entry(name, &format_args!("Secret(…)")),
                false => out.entry(name, &Redacted(value)),
            };
        }
        out.finish()
    }
}

pub(crate) fn is_secret(name: &str) -> bool {
    let letters: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let letters = letters.to_lowercase();
    ENDINGS.iter().any(|ending| letters.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_however_deep_and_however_they_are_spelled() {
        let value = json!({
            "name": "Ada",
            "apiKey": "hide",
            "deep": [{ "X-Vapi-Secret": "hide", "auth_token": { "value": "hide" } }],
            "Authorization": "hide",
        });
        let shown = format!("{:?}", Redacted(&value));
        assert!(!shown.contains("hide"), "{shown}");
        assert!(shown.contains(r#""name": String("Ada")"#), "{shown}");
        assert_eq!(shown.matches("Secret(…)").count(), 4);
    }

    #[test]
    fn what_only_counts_or_says_whether_is_shown() {
        let value = json!({ "token": 12, "isServerUrlSecret": true, "maxTokens": 250, "secret": null });
        assert!(!format!("{:?}", Redacted(&value)).contains('…'));
    }
}
