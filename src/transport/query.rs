//! Query parameters, from values to pairs of text.

use serde_json::Value;

/// Adds a value under its name: nothing for `null`, one pair for a scalar, one pair for each item of a list.
///
/// The document declares no style for objects: an object is sent as its JSON text.
pub(crate) fn append(pairs: &mut Vec<(String, String)>, name: &str, value: Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for item in items {
                append(pairs, name, item);
            }
        }
        Value::String(text) => pairs.push((name.to_owned(), text)),
        Value::Number(number) => pairs.push((name.to_owned(), plain(&number))),
        other => pairs.push((name.to_owned(), other.to_string())),
    }
}

/// Writes a number. The document declares `limit` and `page` as `number`; the API wants `100`, not `100.0`.
fn plain(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pairs(value: Value) -> Vec<String> {
        let mut pairs = Vec::new();
        append(&mut pairs, "q", value);
        pairs.into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn a_whole_number_has_no_fraction() {
        assert_eq!(pairs(json!(100.0)), ["100"]);
        assert_eq!(pairs(json!(-0.5)), ["-0.5"]);
    }

    #[test]
    fn a_64_bit_integer_stays_exact() {
        assert_eq!(pairs(json!(u64::MAX)), ["18446744073709551615"]);
        assert_eq!(pairs(json!(i64::MIN)), ["-9223372036854775808"]);
    }

    #[test]
    fn null_sends_nothing() {
        assert!(pairs(json!(null)).is_empty());
        assert!(pairs(json!([])).is_empty());
    }

    #[test]
    fn a_list_repeats_the_name() {
        assert_eq!(pairs(json!(["a", true, 2])), ["a", "true", "2"]);
    }

    #[test]
    fn an_object_is_sent_as_json() {
        assert_eq!(pairs(json!({"name": "x"})), [r#"{"name":"x"}"#]);
    }
}
