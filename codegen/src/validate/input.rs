//! Files to be judged: JSON, JSON lines and YAML.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

/// One value of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The file as it was named, `-` for the standard input.
    pub file: String,
    /// The line, if each line of the file is a value.
    pub line: Option<usize>,
    /// The value. A query that is written as in a URL is a string.
    pub value: Value,
}

impl Input {
    /// Creates the one input of a file.
    pub fn new(file: impl Into<String>, value: Value) -> Self {
        Input {
            file: file.into(),
            line: None,
            value,
        }
    }

    /// Returns the pairs of a query: `{"limit": 5}`, or `limit=5` as in a URL.
    ///
    /// # Errors
    ///
    /// The value is neither.
    pub(super) fn pairs(&self) -> Result<Vec<(String, String)>, String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match &self.value {
            Value::String(query) => {
                let query = query.trim().trim_start_matches('?');
                Ok(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
            }
            Value::Object(parameters) => Ok(parameters
                .iter()
                .flat_map(|(name, value)| match value {
                    Value::Array(values) => values.iter().map(|value| (name.clone(), text(value))).collect(),
                    value => vec![(name.clone(), text(value))],
                })
                .collect()),
            _ => Err(format!(
                "{}: a query is an object of parameters, or text as in a URL: limit=5&page=2",
                self.file
            )),
        }
    }
}

/// Reads the values of a file; `-` is the standard input. A file that ends in `.yaml` or `.yml` is YAML. Others are JSON, or JSON
/// lines. What is neither is YAML if it comes from the standard input, and with `is_query` the query of a URL.
///
/// # Errors
///
/// The file cannot be read, or is none of these. The error begins with its name.
pub fn read(file: &str, is_query: bool) -> Result<Vec<Input>, String> {
    let text = if file == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let text = text.map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let ending = Path::new(file).extension().and_then(|ending| ending.to_str());
    let is_yaml = matches!(ending, Some("yaml" | "yml"));
    parse(file, text.trim_start_matches('\u{feff}'), is_yaml, is_query)
}

fn parse(file: &str, text: &str, is_yaml: bool, is_query: bool) -> Result<Vec<Input>, String> {
    let one = |value| vec![Input::new(file, value)];
    if is_yaml {
        let value = crate::yaml::parse(text).map_err(|error| format!("{file}: is not YAML: {error}"))?;
        return Ok(one(value));
    }
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(one(value)),
        Err(error) => error,
    };
    if let Some(lines) = lines(file, text) {
        return Ok(lines);
    }
    let is_json = text.trim_start().starts_with(['{', '[']);
    if is_query && !is_json && text.trim().lines().count() == 1 {
        return Ok(one(Value::String(text.trim().to_owned())));
    }
    match crate::yaml::parse(text) {
        Ok(value) if file == "-" && !is_json => Ok(one(value)),
        _ => Err(format!("{file}: is not JSON: {error}")),
    }
}

/// Returns the values of JSON lines; `None` if a line is not JSON.
fn lines(file: &str, text: &str) -> Option<Vec<Input>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let inputs: Option<Vec<Input>> = lines
        .map(|(index, line)| {
            Some(Input {
                line: Some(index + 1),
                ..Input::new(file, serde_json::from_str(line).ok()?)
            })
        })
        .collect();
    inputs.filter(|inputs| inputs.len() > 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(file: &str, text: &str) -> Result<Vec<Value>, String> {
        let is_yaml = file.ends_with("yaml");
        Ok(parse(file, text, is_yaml, false)?
            .into_iter()
            .map(|input| input.value)
            .collect())
    }

    #[test]
    fn json_and_yaml_and_lines_are_read() {
        assert_eq!(values("a.json", "{\n\"a\": 1\n}"), Ok(vec![json!({ "a": 1 })]));
        assert_eq!(values("a.yaml", "a: 1\n"), Ok(vec![json!({ "a": 1 })]));
        assert_eq!(values("-", "a: 1\n"), Ok(vec![json!({ "a": 1 })]));
        assert_eq!(
            values("a.jsonl", "{\"a\": 1}\n\n{\"a\": 2}\n"),
            Ok(vec![json!({ "a": 1 }), json!({ "a": 2 })])
        );
        let second = parse("a.jsonl", "{}\n\n{}\n", false, false).map(|inputs| inputs[1].line);
        assert_eq!(second, Ok(Some(3)));
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_place() {
        let error = values("a.json", "{\n\"a\": }").expect_err("it is not JSON");
        assert_eq!(error, "a.json: is not JSON: expected value at line 2 column 6");
        assert!(values("a.yaml", "a: [1").is_err());
        assert!(values("a.json", "a: 1").is_err());
    }

    #[test]
    fn a_query_is_an_object_or_text() {
        let pairs = |text: &str| parse("-", text, false, true).and_then(|inputs| inputs[0].pairs());
        let expected = |pairs: &[(&str, &str)]| {
            Ok(pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect())
        };
        assert_eq!(
            pairs("?limit=5&name=a%20b+c\n"),
            expected(&[("limit", "5"), ("name", "a b c")])
        );
        assert_eq!(
            pairs("{\"limit\": 5, \"ids\": [\"a\", \"b\"]}"),
            expected(&[("limit", "5"), ("ids", "a"), ("ids", "b")])
        );
        assert!(pairs("[1]").is_err());
    }
}
