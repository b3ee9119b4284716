//! The tool `apiRequest`: a request to the API that it names.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::calls::template;
use crate::state::State;
use crate::state::webhook_server::{Backoff, WebhookServer};
use crate::webhooks::exchange::{self, PlainRequest};
use crate::webhooks::signature::{self, Subject};

/// The characters that have to be escaped in any part of a URL.
const NOT_IN_URLS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

const TIMEOUT: Duration = Duration::from_secs(20);

/// A request of the tool, with all variables filled in.
#[derive(Debug, PartialEq)]
pub(crate) struct ApiRequest {
    method: Method,
    url: String,
    headers: Map<String, Value>,
    body: Option<Value>,
    timeout: Duration,
    credential_id: Option<String>,
    backoff: Option<Backoff>,
}

/// An attempt to send a request.
pub(crate) struct Attempt {
    /// The body of the response, or the problem that the model is told.
    pub result: Result<String, String>,
    /// The time before the next attempt, if the tool's plan has one.
    pub delay: Option<Duration>,
}

impl ApiRequest {
    /// Makes the request of a call with these arguments. They are variables, too.
    pub fn of(tool: &Value, arguments: &Value, mut variables: Map<String, Value>, now: i64) -> ApiRequest {
        variables.extend(arguments.as_object().cloned().unwrap_or_default());
        let values = Values { variables, now };
        let method = tool["method"].as_str().and_then(|method| method.parse().ok());
        let method = method.unwrap_or(Method::POST);
        let seconds = tool["timeoutSeconds"].as_f64();
        let headers = tool["headers"]["properties"].as_object().into_iter().flatten();
        let headers = headers.filter_map(|(name, schema)| Some((name.clone(), fixed_value(schema, &values)?)));
        ApiRequest {
            url: url(tool["url"].as_str().unwrap_or_default(), &values),
            headers: headers.collect(),
            body: (method != Method::GET)
                .then(|| body(tool, arguments, &values))
                .flatten(),
            method,
            timeout: seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .unwrap_or(TIMEOUT),
            credential_id: tool["credentialId"].as_str().map(str::to_owned),
            backoff: Backoff::of(&tool["backoffPlan"]),
        }
    }

    /// Makes one attempt to send the request. They are counted from one.
    pub async fn attempt(&self, state: &State, organization: &str, subject: &Subject, attempt: u32) -> Attempt {
        let (status, result) = self.send(state, organization, subject, attempt).await;
        let plan = self.backoff.as_ref().filter(|_| result.is_err());
        Attempt {
            delay: plan.and_then(|plan| plan.delay(attempt, status)),
            result,
        }
    }

    /// Returns the status, if there is a response, and the result.
    async fn send(
        &self,
        state: &State,
        organization: &str,
        subject: &Subject,
        attempt: u32,
    ) -> (Option<u16>, Result<String, String>) {
        let body = Bytes::from(self.body.as_ref().map(Value::to_string).unwrap_or_default());
        let server = WebhookServer {
            url: self.url.clone(),
            timeout: self.timeout,
            headers: self.headers.clone(),
            secret: None,
            credential_id: self.credential_id.clone(),
            backoff: None,
        };
        let mut headers = match signature::headers(state, organization, subject, &server, &body).await {
            Ok(headers) => headers,
            Err(problem) => return (None, Err(problem)),
        };
        // It is for messages only.
        headers.remove("x-vapi-secret");
        let request = PlainRequest {
            kind: "api-request",
            method: self.method.clone(),
            url: &server.url,
            headers,
            body,
            timeout: server.timeout,
            attempt,
        };
        let response = match exchange::send(state, subject, request, None).await {
            Ok(response) => response,
            Err(problem) => return (None, Err(problem)),
        };
        let text = String::from_utf8_lossy(&response.body).trim().to_owned();
        let result = match response.status {
            200..300 => Ok(text),
            status if text.is_empty() => Err(format!("Request failed with status code {status}")),
            status => Err(format!("Request failed with status code {status}: {text}")),
        };
        (Some(response.status), result)
    }
}

/// The variables of a request, and the time at which they are filled in.
struct Values {
    variables: Map<String, Value>,
    now: i64,
}

impl Values {
    fn fill(&self, text: &str) -> String {
        template::render(text, &self.variables, self.now)
    }
}

/// Returns the URL with its variables filled in. Their values may have characters that no URL has.
fn url(template: &str, values: &Values) -> String {
    utf8_percent_encode(&values.fill(template), NOT_IN_URLS).to_string()
}

/// Returns the body: the arguments that its schema has, its fixed values, and the fixed parameters of the tool.
fn body(tool: &Value, arguments: &Value, values: &Values) -> Option<Value> {
    let mut body = Map::new();
    match tool["body"]["properties"].as_object() {
        Some(properties) => {
            for (name, schema) in properties {
                let value = fixed_value(schema, values)
                    .or_else(|| arguments.get(name).cloned())
                    .or_else(|| schema.get("default").cloned());
                body.extend(value.map(|value| (name.clone(), value)));
            }
        }
        // Without a schema the arguments are the body.
        None => body.extend(arguments.as_object().cloned().unwrap_or_default()),
    }
    for parameter in tool["parameters"].as_array().into_iter().flatten() {
        if let Some(name) = parameter["key"].as_str() {
            body.insert(name.to_owned(), with_variables(&parameter["value"], values));
        }
    }
    (!body.is_empty()).then_some(Value::Object(body))
}

fn fixed_value(schema: &Value, values: &Values) -> Option<Value> {
    Some(with_variables(schema.get("value")?, values))
}

fn with_variables(value: &Value, values: &Values) -> Value {
    match value {
        Value::String(text) => Value::from(values.fill(text)),
        Value::Array(items) => items.iter().map(|item| with_variables(item, values)).collect(),
        Value::Object(properties) => {
            let filled = properties
                .iter()
                .map(|(name, value)| (name.clone(), with_variables(value, values)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_and_variables_fill_a_request() {
        let tool = json!({
            "type": "apiRequest", "method": "PUT", "url": "http://a/tables/{{table}}?of={{owner}}", "timeoutSeconds": 5,
            "headers": { "properties": { "x-owner": { "type": "string", "value": "{{owner}}" }, "x-open": { "type": "string" } } },
            "body": { "properties": { "guests": { "type": "number" }, "by": { "type": "string", "value": "{{owner}}" } } },
            "parameters": [{ "key": "from", "value": ["{{owner}}", 1] }],
        });
        let arguments = json!({ "table": 7, "guests": 2, "stray": true });
        let request = ApiRequest::of(
            &tool,
            &arguments,
            Map::from_iter([("owner".to_owned(), json!("Ada L"))]),
            0,
        );
        assert_eq!(
            (request.method.as_str(), &*request.url),
            ("PUT", "http://a/tables/7?of=Ada%20L")
        );
        assert_eq!(Value::Object(request.headers), json!({ "x-owner": "Ada L" }));
        assert_eq!(
            request.body,
            Some(json!({ "guests": 2, "by": "Ada L", "from": ["Ada L", 1] }))
        );
        assert_eq!(request.timeout, Duration::from_secs(5));
    }

    #[test]
    fn a_get_request_has_no_body() {
        let tool = json!({ "method": "GET", "url": "http://a" });
        let request = ApiRequest::of(&tool, &json!({ "a": 1 }), Map::new(), 0);
        assert_eq!((request.method, request.body), (Method::GET, None));
    }
}
