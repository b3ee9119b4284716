//! Query parameters, from values to pairs of text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The form of a query parameter that is a list or an object.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryStyle {
    /// `a=1,2`
    Comma,
    /// `a=1%202`
    Space,
    /// `a=1|2`
    Pipe,
    /// `a[x]=1&a[y]=2`
    DeepObject,
    /// `x=1&y=2`
    Properties,
}

/// The characters that RFC 3986 leaves alone everywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns a list or an object with its delimiters, as it stands in a URL; `None` for a style that has none, and for no values.
pub(crate) fn delimited(name: &str, value: &Value, style: QueryStyle) -> Option<String> {
    let delimiter = match style {
        QueryStyle::Comma => ",",
        QueryStyle::Space => "%20",
        QueryStyle::Pipe => "|",
        QueryStyle::DeepObject | QueryStyle::Properties => return None,
    };
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let values: Vec<String> = flat(value).iter().map(|text| encode(text)).collect();
    (!values.is_empty()).then(|| format!("{}={}", encode(name), values.join(delimiter)))
}

/// Returns the pairs of a parameter, which are encoded later.
pub(crate) fn styled_pairs(name: &str, value: Value, style: QueryStyle) -> Vec<(String, String)> {
    let delimiter = match style {
        QueryStyle::Comma => ",",
        QueryStyle::Space => " ",
        QueryStyle::Pipe => "|",
        QueryStyle::DeepObject | QueryStyle::Properties => {
            let mut pairs = Vec::new();
            if let Value::Object(members) = value {
                for (key, value) in members {
                    match style {
                        QueryStyle::DeepObject => append(&mut pairs, &format!("{name}[{key}]"), value),
                        _ => append(&mut pairs, &key, value),
                    }
                }
            }
            return pairs;
        }
    };
    let values = flat(&value);
    match values.is_empty() {
        true => Vec::new(),
        false => vec![(name.to_owned(), values.join(delimiter))],
    }
}

/// The items of a list, or the names and values of an object in turn.
fn flat(value: &Value) -> Vec<String> {
    let text = |value: &Value| {
        let mut pairs = Vec::new();
        append(&mut pairs, "", value.clone());
        pairs.into_iter().map(|(_, text)| text)
    };
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| text(value).flat_map(move |value| [key.clone(), value]))
            .collect(),
        value => text(value).collect(),
    }
}

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
    fn a_style_decides_how_values_are_delimited() {
        let list = json!(["a b", "c,d", 2]);
        let written = |style| delimited("q", &list, style).unwrap();
        assert_eq!(written(QueryStyle::Comma), "q=a%20b,c%2Cd,2");
        assert_eq!(written(QueryStyle::Space), "q=a%20b%20c%2Cd%202");
        assert_eq!(written(QueryStyle::Pipe), "q=a%20b|c%2Cd|2");
        assert_eq!(delimited("q", &json!([]), QueryStyle::Comma), None);
        assert_eq!(
            delimited("q", &json!({"x": 1, "y": "z"}), QueryStyle::Comma).unwrap(),
            "q=x,1,y,z"
        );
    }

    #[test]
    fn an_object_has_a_pair_for_each_property() {
        let pairs = |style| styled_pairs("q", json!({"x": 1, "y": null, "z": ["a", "b"]}), style);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            pairs(QueryStyle::DeepObject),
            [pair("q[x]", "1"), pair("q[z]", "a"), pair("q[z]", "b")]
        );
        assert_eq!(
            pairs(QueryStyle::Properties),
            [pair("x", "1"), pair("z", "a"), pair("z", "b")]
        );
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
