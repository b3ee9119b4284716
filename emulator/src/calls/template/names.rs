//! The names in a template, replaced by their values. What is more than a name stays as it is.

use serde_json::{Map, Value};

/// Returns a text with `{{name}}` and `{{name.of.a.part}}` replaced.
pub(super) fn render(text: &str, variables: &Map<String, Value>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            break;
        };
        filled.push_str(before);
        match value(name.trim(), variables) {
            Some(value) => filled.push_str(&value),
            None => filled.extend(["{{", name, "}}"]),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Returns the value of a name, which is empty for an unknown one; `None` for what is no name.
fn value(name: &str, variables: &Map<String, Value>) -> Option<String> {
    let is_name = |part: &str| {
        let rest = part.trim_start_matches(|letter: char| letter.is_alphabetic() || letter == '_');
        rest.len() < part.len()
            && rest
                .chars()
                .all(|letter| letter.is_alphanumeric() || "_-".contains(letter))
    };
    if !name.split('.').all(is_name) {
        return None;
    }
    let mut parts = name.split('.');
    let first = parts.next().and_then(|first| variables.get(first));
    let found = first.and_then(|first| parts.try_fold(first, |value, part| value.get(part)));
    Some(match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::render;

    #[test]
    fn names_are_replaced_and_nothing_else() {
        let variables = json!({ "name": "Ada", "age": 36, "customer": { "number": "+1" } });
        let cases = [
            (
                "Hi {{ name }}, you are {{age}}{{nothing}}. {{",
                "Hi Ada, you are 36. {{",
            ),
            ("{{customer.number}}{{customer.name}}", "+1"),
            ("{{name | upcase}} {% if age %}", "{{name | upcase}} {% if age %}"),
        ];
        for (text, filled) in cases {
            assert_eq!(render(text, variables.as_object().unwrap()), filled, "{text}");
        }
    }
}
