//! Errors from a response: a status that is not a success, or a body that does not decode.
//!
//! The API sends `{"statusCode", "message": string | [string], "error"}`. A CDN, load balancer or storage host in front of it
//! sends HTML, XML, text or nothing; each of them has to give a useful sentence.

use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::headers::{request_id, retry_after};
use super::{Error, ErrorKind, Secrets};

/// Longest excerpt of a foreign body in a sentence, in characters.
const EXCERPT: usize = 200;

impl Error {
    /// Creates the error for a status that is not a success.
    pub(crate) fn from_status(status: StatusCode, headers: &HeaderMap, body: Bytes, secrets: &Secrets) -> Self {
        let ErrorReport { messages, reason } = ErrorReport::read(headers, &body);
        let mut detail = status.to_string();
        if status.is_redirection() {
            detail.push_str(", a redirect, which is not followed with a key: check the base URL");
        } else if !messages.is_empty() {
            detail = format!("{detail}: {}", messages.join("; "));
        } else if let Some(reason) = &reason {
            detail = format!("{detail}: {reason}");
        } else if body.is_empty() {
            detail.push_str(", with an empty body");
        } else {
            detail = format!("{detail}, with {}: {}", media_type(headers), excerpt(&body, secrets));
        }
        let mut error = Error::new(ErrorKind::Status, detail);
        error.0.status = Some(status);
        error.0.messages = messages;
        error.0.reason = reason;
        error.0.request_id = request_id(headers);
        error.0.retry_after = retry_after(headers, SystemTime::now());
        error.0.body = Some(body);
        error
    }

    /// Creates the error for a success whose body does not decode at `json_path`.
    pub(crate) fn undecodable(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        cause: &serde_json::Error,
        json_path: Option<String>,
        secrets: &Secrets,
    ) -> Self {
        let kind = media_type(headers);
        let detail = if body.is_empty() {
            format!("the response ({status}) is empty where a value was expected")
        } else if let Some(coding) = coding(headers) {
            format!("the response ({status}) is compressed ({coding}): enable the cargo feature `gzip`")
        } else if !looks_like_json(&body) {
            format!(
                "the response ({status}) is {kind}, not JSON: {}",
                excerpt(&body, secrets)
            )
        } else {
            let position = match &json_path {
                Some(path) => format!(" at `{path}`"),
                None => String::new(),
            };
            let why = without_values(&cause.to_string());
            format!("the response ({status}) is not as expected{position}: {why}")
        };
        let mut error = Error::not_as_expected(detail, status, headers, body);
        error.0.json_path = json_path;
        error
    }

    /// Creates the error for a stream of events where one value was expected.
    pub(crate) fn unexpected_events(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let detail = format!(
            "the response ({status}) is a stream of events and not one value: send the request with `.stream()`, or without `stream` in its body"
        );
        Error::not_as_expected(detail, status, headers, body)
    }

    /// Creates the error for a success that is not a stream of events.
    pub(crate) fn not_an_event_stream(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let detail = match coding(headers) {
            Some(coding) => {
                format!("the response ({status}) is compressed ({coding}): enable the cargo feature `gzip`")
            }
            None => {
                let kind = media_type(headers);
                format!("the response ({status}) is {kind} where a stream of events was expected")
            }
        };
        Error::not_as_expected(detail, status, headers, body)
    }

    fn not_as_expected(detail: String, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let mut error = Error::new(ErrorKind::Decode, detail);
        error.0.status = Some(status);
        error.0.request_id = request_id(headers);
        error.0.body = Some(body);
        error
    }

    /// Creates the error that the server reports within a stream. `fields` is the report, and `body` the event.
    pub(crate) fn reported_in_stream(headers: &HeaderMap, fields: &Map<String, Value>, body: Bytes) -> Self {
        let ErrorReport { messages, reason } = ErrorReport::read_json(fields);
        let status = fields
            .get("statusCode")
            .and_then(Value::as_u64)
            .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
        let mut detail = "the server ended the stream with an error".to_owned();
        if let Some(status) = status {
            detail = format!("{detail} ({status})");
        }
        if !messages.is_empty() {
            detail = format!("{detail}: {}", messages.join("; "));
        } else if let Some(reason) = &reason {
            detail = format!("{detail}: {reason}");
        }
        let mut error = Error::new(ErrorKind::Status, detail);
        error.0.status = status;
        error.0.messages = messages;
        error.0.reason = reason;
        error.0.request_id = request_id(headers);
        error.0.body = Some(body);
        error
    }

    /// Creates the error for a part of a stream that is too long to be held in memory.
    pub(crate) fn item_too_long(what: &str, limit: usize) -> Self {
        Error::new(ErrorKind::Decode, format!("{what} is longer than {}", size(limit)))
    }

    /// Creates the error for a success that is longer than the limit of the client.
    pub(crate) fn response_too_long(status: StatusCode, headers: &HeaderMap, limit: usize) -> Self {
        let detail = format!("the response ({status}) is longer than {}", size(limit));
        let mut error = Error::new(ErrorKind::Decode, detail);
        error.0.status = Some(status);
        error.0.request_id = request_id(headers);
        error
    }
}

/// The messages and the tag in the body of an error.
#[derive(Default)]
struct ErrorReport {
    messages: Vec<String>,
    reason: Option<String>,
}

impl ErrorReport {
    fn read(headers: &HeaderMap, body: &[u8]) -> ErrorReport {
        let body = without_bom(body);
        if let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) {
            return ErrorReport::read_json(&fields);
        }
        let kind = media_type(headers);
        let tag = match kind.as_str() {
            kind if kind.ends_with("html") => "title",
            kind if kind.ends_with("xml") => "Message",
            _ => return ErrorReport::default(),
        };
        let text = element(&String::from_utf8_lossy(body), tag);
        ErrorReport {
            messages: text.into_iter().collect(),
            reason: None,
        }
    }

    fn read_json(fields: &Map<String, Value>) -> ErrorReport {
        let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
        // The OpenAI-compatible routes nest theirs: {"error": {"message", "code"}}.
        if let Some(Value::Object(nested)) = fields.get("error")
            && !fields.contains_key("message")
        {
            return ErrorReport::read_json(nested);
        }
        let messages = match fields.get("message") {
            Some(Value::String(message)) => vec![message.clone()],
            Some(Value::Array(list)) => list.iter().map(plain).collect(),
            None | Some(Value::Null) => text("error").into_iter().collect(),
            Some(other) => vec![other.to_string()],
        };
        ErrorReport {
            messages,
            reason: text("reason").or(text("error")).or(text("code")),
        }
    }
}

fn plain(message: &Value) -> String {
    match message {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the text of the first element with this tag, on one line.
fn element(markup: &str, tag: &str) -> Option<String> {
    let (_, rest) = markup.split_once(&format!("<{tag}>"))?;
    let (text, _) = rest.split_once("</")?;
    let text = one_line(text);
    (!text.is_empty()).then_some(text)
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    match value.trim() {
        "" => "a body of no declared type".to_owned(),
        kind => kind.to_ascii_lowercase(),
    }
}

fn coding(headers: &HeaderMap) -> Option<String> {
    let coding = headers.get(header::CONTENT_ENCODING)?;
    Some(String::from_utf8_lossy(coding.as_bytes()).into_owned())
}

fn looks_like_json(body: &[u8]) -> bool {
    let first = without_bom(body).iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(
        first,
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
    )
}

/// Returns the start of a body on one line. Secrets are removed before it is cut.
fn excerpt(body: &[u8], secrets: &Secrets) -> String {
    let body = without_bom(body);
    let head = String::from_utf8_lossy(&body[..body.len().min(EXCERPT * 8)]);
    let text = match body.len() > EXCERPT * 8 {
        true => secrets.conceal_start(head.into_owned()),
        false => secrets.conceal(head.into_owned()),
    };
    let text = one_line(&text);
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn size(bytes: usize) -> String {
    match bytes % (1 << 20) {
        0 => format!("{} MiB", bytes >> 20),
        _ => format!("{bytes} bytes"),
    }
}

/// Removes the mark with which some servers begin a text.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Removes the value that serde quotes in a message, which may be a secret.
pub(super) fn without_values(message: &str) -> String {
    let quoted = message.find("string \"");
    match (quoted, message.rfind("\", expected")) {
        (Some(open), Some(close)) if open + 8 <= close => {
            format!("{}{}", &message[..open + 6], &message[close + 1..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RequestContext;

    fn error_of(status: u16, kind: &str, body: &'static str) -> Error {
        let mut headers = HeaderMap::new();
        if !kind.is_empty() {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let context = RequestContext {
            secrets: Secrets::new("sk-a-secret-key"),
            ..RequestContext::default()
        };
        let body = Bytes::from_static(body.as_bytes());
        Error::from_status(status, &headers, body, &context.secrets).for_request(&context)
    }

    #[test]
    fn one_message_becomes_the_sentence() {
        let error = error_of(
            401,
            "application/json",
            r#"{"message":"Invalid Key.","error":"Unauthorized","statusCode":401}"#,
        );
        assert_eq!(error.to_string(), "401 Unauthorized: Invalid Key.");
        assert_eq!(error.messages(), ["Invalid Key."]);
        assert_eq!(error.reason(), Some("Unauthorized"));
    }

    #[test]
    fn a_list_of_messages_is_kept_and_joined() {
        let error = error_of(400, "", r#"{"message":["a is wrong","b too"],"statusCode":400}"#);
        assert_eq!(error.messages(), ["a is wrong", "b too"]);
        assert_eq!(error.to_string(), "400 Bad Request: a is wrong; b too");
    }

    #[test]
    fn the_reason_of_a_refused_payment_is_kept() {
        let error = error_of(
            402,
            "",
            r#"{"statusCode":402,"message":"No.","reason":"wallet_missing"}"#,
        );
        assert_eq!(error.reason(), Some("wallet_missing"));
    }

    #[test]
    fn an_error_in_the_openai_shape_is_read() {
        let error = error_of(400, "", r#"{"error":{"message":"no input","code":"bad_input"}}"#);
        assert_eq!(error.messages(), ["no input"]);
        assert_eq!(error.reason(), Some("bad_input"));
    }

    #[test]
    fn an_html_page_gives_its_title() {
        let error = error_of(
            502,
            "text/html; charset=UTF-8",
            "<html><head><title>502\n Bad gateway</title></head><body>…</body></html>",
        );
        assert_eq!(error.to_string(), "502 Bad Gateway: 502 Bad gateway");
    }

    #[test]
    fn xml_of_a_storage_host_gives_its_message_alone() {
        let error = error_of(
            403,
            "application/xml",
            "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>",
        );
        assert_eq!(error.to_string(), "403 Forbidden: Request has expired");
    }

    #[test]
    fn text_is_quoted() {
        let error = error_of(403, "text/plain", "error code: 1010\n");
        assert_eq!(error.to_string(), "403 Forbidden, with text/plain: error code: 1010");
    }

    #[test]
    fn an_empty_body_is_reported_as_empty() {
        assert_eq!(
            error_of(503, "", "").to_string(),
            "503 Service Unavailable, with an empty body"
        );
    }

    #[test]
    fn a_key_that_the_server_repeats_is_not_shown() {
        let error = error_of(401, "", r#"{"message":"no such key: sk-a-secret-key"}"#);
        assert_eq!(error.to_string(), "401 Unauthorized: no such key: [redacted]");
        assert!(!format!("{error:?}").contains("secret"));
        let error = error_of(401, "", r#"{"message":"no","error":"sk-a-secret-key"}"#);
        assert_eq!(error.reason(), Some("[redacted]"));
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[test]
    fn an_excerpt_never_ends_within_the_key() {
        // The key lies across each of the two cuts.
        for (before, space) in [(EXCERPT - 6, 0), (EXCERPT / 2, EXCERPT * 8 - EXCERPT / 2 - 6)] {
            let page = format!("{}{}sk-a-secret-key and more", "x".repeat(before), " ".repeat(space));
            let error = error_of(403, "text/plain", page.leak());
            assert!(!format!("{error} {error:?}").contains("sk-a"), "{error}");
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_not_shown() {
        let cause = serde_json::from_str::<u32>(r#""sk-\"quoted\"""#).unwrap_err();
        assert_eq!(
            without_values(&cause.to_string()),
            "invalid type: string, expected u32 at line 1 column 15"
        );
    }

    #[test]
    fn the_error_type_is_as_small_as_a_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
