//! A JSON value as YAML, in blocks.
//!
//! JSON is YAML already, so all that this does is leave out braces and, where nothing is lost, quotes. Strings with a doubt are written as
//! JSON strings, which YAML reads the same.

use std::fmt::Write;

use serde_json::Value;

/// Words that YAML 1.1 or 1.2 reads as something other than a string.
const WORDS: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];

/// Returns the value as a YAML document.
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0, false);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Writes a value at an indentation. After the dash of a list, the first line has begun.
fn write_value(out: &mut String, value: &Value, indent: usize, after_dash: bool) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (index, (key, member)) in members.iter().enumerate() {
                if index > 0 || !after_dash {
                    pad(out, indent);
                }
                out.push_str(&scalar(key));
                out.push(':');
                write_member(out, member, indent);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 || !after_dash {
                    pad(out, indent);
                }
                out.push_str("- ");
                write_value(out, item, indent + 2, true);
            }
        }
        Value::String(text) => {
            out.push_str(&scalar(text));
            out.push('\n');
        }
        // Numbers, true, false, null, `{}` and `[]`.
        other => {
            let _ = writeln!(out, "{other}");
        }
    }
}

fn write_member(out: &mut String, member: &Value, indent: usize) {
    match member {
        Value::Object(members) if !members.is_empty() => {
            out.push('\n');
            write_value(out, member, indent + 2, false);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_value(out, member, indent + 2, false);
        }
        Value::String(text) if is_block(text) => {
            out.push_str(" |-\n");
            for line in text.lines() {
                if !line.is_empty() {
                    pad(out, indent + 2);
                    out.push_str(line);
                }
                out.push('\n');
            }
        }
        other => {
            out.push(' ');
            write_value(out, other, indent, false);
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Returns whether the text can stand as lines. Its first line sets the indentation, so it must not begin with a space.
fn is_block(text: &str) -> bool {
    let lines: Vec<&str> = text.split('\n').collect();
    lines.len() > 1
        && lines
            .first()
            .is_some_and(|line| !line.is_empty() && !line.starts_with(' '))
        && lines.last().is_some_and(|line| !line.is_empty())
        && lines.iter().all(|line| !line.ends_with(' '))
        && text.chars().all(|c| c == '\n' || is_plain(c))
}

/// Returns whether the character is read as it is in every place.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn scalar(text: &str) -> String {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '$' || c == '/' || c == '_';
    let can_stand = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | ',' | '/' | '$' | '(' | ')' | ';' | '+' | '=')
    };
    let is_safe = text.starts_with(begins)
        && !text.ends_with(' ')
        && text.chars().all(can_stand)
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    match is_safe {
        true => text.to_owned(),
        false => Value::String(text.to_owned()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_and_lists_are_blocks() {
        let value = json!({"a": {"b": [1, {"c": true, "d": []}, [null]], "e": {}}, "200": "x"});
        let expected = "a:\n  b:\n    - 1\n    - c: true\n      d: []\n    - - null\n  e: {}\n\"200\": x\n";
        assert_eq!(to_yaml(&value), expected);
    }

    #[test]
    fn only_safe_strings_are_plain() {
        for (text, expected) in [
            ("Gets one call, and more", "Gets one call, and more"),
            ("/call/id", "/call/id"),
            ("/call/{id}", "\"/call/{id}\""),
            ("yes", "\"yes\""),
            ("No", "\"No\""),
            ("1.0", "\"1.0\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("#/components", "\"#/components\""),
            ("", "\"\""),
            ("größe", "\"größe\""),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }

    #[test]
    fn lines_are_a_block() {
        assert_eq!(
            to_yaml(&json!({"d": "One.\n\nTwo: [3]"})),
            "d: |-\n  One.\n\n  Two: [3]\n"
        );
        assert_eq!(to_yaml(&json!({"d": " a\nb"})), "d: \" a\\nb\"\n");
        assert_eq!(to_yaml(&json!({"d": "a\n"})), "d: \"a\\n\"\n");
    }

    #[cfg(feature = "yaml")]
    #[test]
    fn what_is_written_is_read_again() {
        let value = json!({
            "openapi": "3.0.3",
            "texts": ["~", "0x1F", "1e3", "- a", "a\tb", "\u{2028}", "'", "\"", "|-", "a\n b\n", "nul\u{0}", "on", ".inf"],
            "nested": [[[]], [{"a": [{}]}]],
            "numbers": [0, -1, 1.5, 1e30]
        });
        assert_eq!(crate::yaml::parse(&to_yaml(&value)).unwrap(), value);
    }
}
