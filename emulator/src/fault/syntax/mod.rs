//! The syntax of faults: on the command line, in a header, in JSON. All three are read as one list of names and values.
//!
//! `POST /call=500,times=2` is a target, `=`, and items: a bare status, or a name with its value after `=` or `:`. A
//! value with a comma stands in double quotes.

mod effects;

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::fault::{Effect, Fault};
use crate::openapi::document::Document;
use effects::ParsedItems;

/// An error of parsing a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

/// Parses `POST /call=500,times=2`, `CallController_findOne=latency:300ms`, `*=status=429,retry-after=2`.
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Fault, FaultError> {
        let in_text = |error: FaultError| FaultError(format!("`{text}`: {error}"));
        let (target, effects) = text
            .split_once('=')
            .ok_or_else(|| in_text(FaultError("`=` is missing between the operation and its fault".into())))?;
        let target = match target.trim() {
            "" => return Err(in_text(FaultError("name an operation before `=`, or * for all".into()))),
            "*" => None,
            name => Some(name.to_owned()),
        };
        parse_items(effects)
            .and_then(|items| ParsedItems::of(items)?.fault(target))
            .map_err(in_text)
    }
}

/// Parses the value of `X-Emulator-Fault`: a fault for the request that carries it.
pub(crate) fn of_header(text: &str) -> Result<Fault, FaultError> {
    let items = parse_items(text)?;
    if items.iter().any(|(name, _)| name == "times") {
        return Err(FaultError("times does not apply to one request".into()));
    }
    ParsedItems::of(items)?.fault(None)
}

/// Parses `{"on": "POST /call", "status": 429, "retryAfter": 2, "times": 2}`.
pub(crate) fn of_json(value: &Value) -> Result<Fault, FaultError> {
    let object = value
        .as_object()
        .ok_or_else(|| FaultError("a fault must be an object".into()))?;
    let mut target = None;
    let mut items = Vec::new();
    for (name, value) in object {
        let name = kebab(name);
        match (name.as_str(), value) {
            ("on", Value::String(operation)) if operation == "*" => {}
            ("on", Value::String(operation)) => target = Some(operation.clone()),
            ("headers", Value::Object(headers)) => {
                for (header, value) in headers {
                    let value = value
                        .as_str()
                        .ok_or_else(|| FaultError(format!("headers.{header} must be a string")))?;
                    items.push(("header".to_owned(), Some(format!("{header}: {value}"))));
                }
            }
            (_, Value::Null | Value::Bool(false)) => {}
            (_, Value::Bool(true)) => items.push((name, None)),
            (_, Value::String(text)) => items.push((name, Some(text.clone()))),
            (_, Value::Number(number)) => items.push((name, Some(number.to_string()))),
            _ => return Err(FaultError(format!("{name} must be a string, a number or true"))),
        }
    }
    ParsedItems::of(items)?.fault(target)
}

/// Returns the fault in the form that [`of_json`] reads. `times` are those that remain.
pub(crate) fn to_json(fault: &Fault) -> Value {
    let mut json = json!({ "on": fault.target.as_deref().unwrap_or("*") });
    match &fault.effect {
        Some(Effect::Status(status)) => json["status"] = json!(status.as_u16()),
        Some(Effect::Body {
            status,
            content_type,
            body,
        }) => {
            json["status"] = json!(status.as_u16());
            json["contentType"] = json!(content_type);
            json["body"] = json!(body);
        }
        Some(Effect::Reset) => json["reset"] = json!(true),
        Some(Effect::Close) => json["close"] = json!(true),
        Some(Effect::Truncate) => json["truncate"] = json!(true),
        None => {}
    }
    if !fault.latency.is_zero() {
        json["latency"] = json!(format!("{}ms", fault.latency.as_millis()));
    }
    for (name, value) in &fault.headers {
        json["headers"][name.as_str()] = json!(String::from_utf8_lossy(value.as_bytes()));
    }
    if let Some(left) = fault.left {
        json["times"] = json!(left);
    }
    if fault.acts {
        json["afterActing"] = json!(true);
    }
    json
}

/// Refuses a fault whose operation is not in the document.
pub(crate) fn check_target(fault: &Fault, document: &Document) -> Result<(), FaultError> {
    let mut operations = document.operations().iter();
    match &fault.target {
        Some(target) if !operations.any(|operation| fault.names(operation)) => {
            let problem = format!("the document has no operation `{target}`; name one by its id or as `POST /call`");
            Err(FaultError(problem))
        }
        _ => Ok(()),
    }
}

type Items = Vec<(String, Option<String>)>;

fn parse_items(text: &str) -> Result<Items, FaultError> {
    let items = split_items(text)?;
    let item = |item: String| {
        let (name, value) = match item.split_once(['=', ':']) {
            Some((name, value)) => (name.trim(), Some(value.trim().to_owned())),
            None => (item.trim(), None),
        };
        let is_status = value.is_none() && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        match is_status {
            true => ("status".to_owned(), Some(name.to_owned())),
            false => (kebab(name), value),
        }
    };
    Ok(items.into_iter().map(item).collect())
}

/// Splits at commas outside quotes. Quotes are removed; a backslash keeps the next character.
fn split_items(text: &str) -> Result<Vec<String>, FaultError> {
    let mut items = vec![String::new()];
    let (mut quoted, mut characters) = (false, text.chars());
    while let Some(character) = characters.next() {
        let Some(item) = items.last_mut() else { break };
        match character {
            '"' => quoted = !quoted,
            '\\' if quoted => item.extend(characters.next()),
            ',' if !quoted => items.push(String::new()),
            other => item.push(other),
        }
    }
    if quoted {
        return Err(FaultError("a quote is not closed".into()));
    }
    Ok(items)
}

/// Converts `retryAfter` to `retry-after`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::effects::NAMES;
    use super::*;

    fn json_of(text: &str) -> Value {
        to_json(&text.parse().expect(text))
    }

    fn refused(text: &str) -> String {
        text.parse::<Fault>().expect_err(text).to_string()
    }

    #[test]
    fn a_fault_is_read_from_one_line() {
        assert_eq!(
            json_of("POST /call=500,times=2"),
            json!({ "on": "POST /call", "status": 500, "times": 2 })
        );
        assert_eq!(
            json_of("CallController_findOne=latency:300ms"),
            json!({ "on": "CallController_findOne", "latency": "300ms" })
        );
        assert_eq!(
            json_of("*=retry-after=2"),
            json!({ "on": "*", "status": 429, "headers": { "retry-after": "2" } })
        );
        assert_eq!(
            json_of("*=reset, after-acting"),
            json!({ "on": "*", "reset": true, "afterActing": true })
        );
        assert_eq!(
            json_of(r#"GET /call=status=403,content-type=text/html,body="<p class=\"x\">1, 2</p>""#),
            json!({ "on": "GET /call", "status": 403, "contentType": "text/html", "body": "<p class=\"x\">1, 2</p>" })
        );
    }

    #[test]
    fn a_fault_keeps_its_json_form() {
        for fault in [
            json!({ "on": "POST /call", "status": 429, "headers": { "retry-after": "2" }, "times": 2 }),
            json!({ "on": "*", "truncate": true, "latency": "50ms" }),
            json!({ "on": "*", "status": 403, "contentType": "text/plain", "body": "error code: 1010" }),
        ] {
            assert_eq!(to_json(&of_json(&fault).expect("a fault")), fault);
        }
        let short = of_json(&json!({ "retryAfter": 2, "reset": false })).expect("a fault");
        assert_eq!(
            to_json(&short),
            json!({ "on": "*", "status": 429, "headers": { "retry-after": "2" } })
        );
    }

    #[test]
    fn each_mistake_has_a_sentence() {
        for (text, sentence) in [
            ("POST /call", "`=` is missing between the operation and its fault"),
            ("=500", "name an operation before `=`, or * for all"),
            ("*=700", "`700` is not a status of a response; use 200 to 599"),
            ("*=latency=300", "`300` is not a duration; write 300ms, 2s, 10m or 1h"),
            ("*=times=2", &format!("the fault has no effect; the items are {NAMES}")),
            ("*=500,times=0", "times must be a number from 1, not `0`"),
            ("*=500,times", "times needs a value: times=..."),
            ("*=500,reset", "a response with a status cannot reset as well"),
            ("*=close,reset", "close and reset cannot be combined"),
            ("*=500,501", "status is given twice"),
            ("*=reset=1", "reset takes no value"),
            (
                "*=explode",
                &format!("`explode` is not an item of a fault; the items are {NAMES}"),
            ),
            (
                "*=500,",
                &format!("an item between commas is empty; the items are {NAMES}"),
            ),
            ("*=body=x", "a body needs a status: status=403,body=..."),
            (
                "*=500,content-type=x",
                "content-type needs a body: status=403,body=...,content-type=...",
            ),
            ("*=reset,retry-after=2", "a response with a status cannot reset as well"),
            ("*=500,body=\"x", "a quote is not closed"),
            ("*=500,header=x", "`x` is not a header; write header=\"Name: value\""),
        ] {
            assert_eq!(refused(text), format!("`{text}`: {sentence}"));
        }
    }
}
