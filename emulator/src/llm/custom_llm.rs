//! A model of the provider `custom-llm`: its settings, its request, and its errors.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use crate::llm::completion::{Completion, CompletionReader};
use crate::llm::offered_tools::offered;
use crate::state::State;
use crate::webhooks::exchange::{self, PlainRequest};
use crate::webhooks::oauth;
use crate::webhooks::signature::Subject;

/// The default of `timeoutSeconds`.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A model of the provider `custom-llm`, with the assistant it belongs to.
pub(crate) struct CustomLlm<'a> {
    assistant: &'a Value,
    url: String,
}

/// The resources that a request is sent with, unless `metadataSendMode` is `off`.
#[derive(Default)]
pub(crate) struct Surroundings {
    pub call: Value,
    pub chat: Value,
    pub customer: Value,
    pub phone_number: Value,
}

/// A response that cannot be used, or none.
#[derive(Debug)]
pub(crate) struct ModelError {
    /// The status of the response, if there is one.
    status: Option<u16>,
    problem: String,
}

impl<'a> CustomLlm<'a> {
    /// Returns the custom model of an assistant; `None` if its model is another.
    pub fn of(assistant: &'a Value) -> Option<CustomLlm<'a>> {
        let model = &assistant["model"];
        let url = model["url"].as_str().filter(|_| model["provider"] == "custom-llm")?;
        Some(CustomLlm {
            assistant,
            url: completions_url(url),
        })
    }

    /// Asks the model for the next message of the assistant. `messages` are the conversation without the prompt. `on_text` receives
    /// the text as it arrives.
    pub async fn complete(
        &self,
        state: &State,
        organization: &str,
        subject: &Subject,
        messages: &[Value],
        surroundings: &Surroundings,
        on_text: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Completion, ModelError> {
        let headers = self
            .headers(state, organization)
            .await
            .map_err(ModelError::without_response)?;
        let body = self.body(messages, surroundings).to_string();
        let mut reader = CompletionReader::default();
        let request = PlainRequest {
            kind: "custom-llm",
            method: Method::POST,
            url: &self.url,
            headers,
            body: Bytes::from(body),
            timeout: self.timeout(),
            attempt: 1,
        };
        let mut on_piece = |status: u16, piece: &[u8]| {
            if (200..300).contains(&status) {
                reader.feed(piece, on_text);
            }
        };
        let response = exchange::send(state, subject, request, Some(&mut on_piece)).await;
        let response = response.map_err(ModelError::without_response)?;
        if !(200..300).contains(&response.status) {
            return Err(ModelError::of_response(response.status, &response.body));
        }
        reader.finish().map_err(ModelError::without_response)
    }

    fn timeout(&self) -> Duration {
        let seconds = self.assistant["model"]["timeoutSeconds"].as_f64();
        let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        timeout.filter(|timeout| !timeout.is_zero()).unwrap_or(TIMEOUT)
    }

    async fn headers(&self, state: &State, organization: &str) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ACCEPT, HeaderValue::from_static("application/json")),
            (
                USER_AGENT,
                HeaderValue::from_static(concat!("vapi-emulator/", env!("CARGO_PKG_VERSION"))),
            ),
        ]);
        if let Some(credential) = self.credential(state, organization) {
            let plan = &credential["authenticationPlan"];
            let authorization = if plan["type"] == "oauth2" {
                let id = credential["id"].as_str().unwrap_or_default();
                Some(oauth::authorization(state, id, plan).await?)
            } else {
                credential["apiKey"].as_str().map(|key| format!("Bearer {key}"))
            };
            if let Some(authorization) = authorization {
                let value = HeaderValue::from_str(&authorization)
                    .map_err(|_| "the key of the custom-llm credential is not a valid header")?;
                headers.insert(AUTHORIZATION, value);
            }
        }
        for (name, value) in self.assistant["model"]["headers"].as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not a valid header name"))?;
            let value =
                HeaderValue::from_str(&text).map_err(|_| format!("the value of header `{name}` is not valid"))?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// Returns the credential of the provider `custom-llm`: that of the assistant, else that of the organization.
    fn credential(&self, state: &State, organization: &str) -> Option<Value> {
        let is_for_models = |credential: &&Value| credential["provider"] == "custom-llm";
        let inline = self.assistant["credentials"].as_array().into_iter().flatten();
        if let Some(inline) = inline.into_iter().find(is_for_models) {
            return Some(inline.clone());
        }
        let store = state.store.lock();
        let credentials = store.collection(organization, "/credential")?;
        let named = self.assistant["credentialIds"].as_array().into_iter().flatten();
        let named = named.filter_map(|id| credentials.get("id", id.as_str()?));
        let found = named.chain(credentials.newest_first()).find(is_for_models);
        found.cloned()
    }

    fn body(&self, messages: &[Value], surroundings: &Surroundings) -> Value {
        let model = &self.assistant["model"];
        let mut body = Map::from_iter([
            ("model".to_owned(), model["model"].clone()),
            ("messages".to_owned(), json!(messages)),
            ("stream".to_owned(), json!(true)),
        ]);
        for (name, value) in [
            ("temperature", &model["temperature"]),
            ("max_tokens", &model["maxTokens"]),
        ] {
            if value.is_number() {
                body.insert(name.to_owned(), value.clone());
            }
        }
        let tools = offered(self.assistant);
        if !tools.is_empty() {
            body.insert("tools".to_owned(), Value::Array(tools));
        }
        let mode = model["metadataSendMode"].as_str().unwrap_or("variable");
        if mode == "off" {
            return Value::Object(body);
        }
        let resources = [
            ("call", &surroundings.call),
            ("chat", &surroundings.chat),
            ("customer", &surroundings.customer),
            ("phoneNumber", &surroundings.phone_number),
        ];
        for (name, resource) in resources {
            if resource.is_object() {
                body.insert(name.to_owned(), resource.clone());
            }
        }
        let metadata = &self.assistant["metadata"];
        match metadata.as_object() {
            Some(metadata) if mode == "destructured" => {
                for (name, value) in metadata {
                    // The conversation cannot be replaced.
                    body.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            Some(_) => {
                body.insert("metadata".to_owned(), metadata.clone());
            }
            None => {}
        }
        Value::Object(body)
    }
}

/// Returns the address of the completions below the model's URL, as the API makes it.
fn completions_url(url: &str) -> String {
    let (path, query) = url
        .split_once('?')
        .map_or((url, None), |(path, query)| (path, Some(query)));
    let path = path.trim_end_matches('/');
    let path = match path.ends_with("/chat/completions") {
        true => path.to_owned(),
        false => format!("{path}/chat/completions"),
    };
    query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}

impl ModelError {
    fn without_response(problem: String) -> ModelError {
        ModelError { status: None, problem }
    }

    fn of_response(status: u16, body: &[u8]) -> ModelError {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = [&body["error"]["message"], &body["message"], &body["error"]];
        let said = said.into_iter().find_map(Value::as_str);
        ModelError {
            status: Some(status),
            problem: match said {
                Some(said) => format!("it responded with {status}: {said}"),
                None => format!("it responded with {status}"),
            },
        }
    }

    /// Creates the error of a model that calls tools again and again.
    pub fn no_end_of_tools(rounds: usize) -> ModelError {
        ModelError::without_response(format!("it called tools {rounds} times without an answer"))
    }

    /// Returns the sentence for people.
    pub fn message(&self) -> String {
        format!("The custom LLM failed: {}.", self.problem)
    }

    /// Returns the `endedReason` of a call that this ends.
    pub fn ended_reason(&self) -> &'static str {
        match self.status {
            Some(400 | 422) => "pipeline-error-custom-llm-400-bad-request-validation-failed",
            Some(401) => "pipeline-error-custom-llm-401-unauthorized",
            Some(403) => "pipeline-error-custom-llm-403-model-access-denied",
            Some(429) => "pipeline-error-custom-llm-429-exceeded-quota",
            Some(503) => "pipeline-error-custom-llm-503-server-overloaded-error",
            Some(500..) => "pipeline-error-custom-llm-500-server-error",
            _ => "pipeline-error-custom-llm-llm-failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn completions_are_below_the_url() {
        for (url, expected) in [
            ("http://a", "http://a/chat/completions"),
            ("http://a/v1/", "http://a/v1/chat/completions"),
            ("http://a/v1/chat/completions", "http://a/v1/chat/completions"),
            ("http://a/v1?key=k", "http://a/v1/chat/completions?key=k"),
        ] {
            assert_eq!(completions_url(url), expected);
        }
    }

    #[test]
    fn metadata_are_sent_in_the_requested_way() {
        let body = |mode: &str| {
            let model = json!({ "provider": "custom-llm", "url": "http://a", "model": "m", "metadataSendMode": mode });
            let assistant = json!({ "model": model, "metadata": { "table": 7, "messages": "no" } });
            let surroundings = Surroundings {
                call: json!({ "id": "c" }),
                ..Surroundings::default()
            };
            CustomLlm::of(&assistant).unwrap().body(&[], &surroundings)
        };
        let basic = json!({ "model": "m", "messages": [], "stream": true });
        assert_eq!(body("off"), basic);
        let mut expected = basic.clone();
        expected["call"] = json!({ "id": "c" });
        expected["metadata"] = json!({ "table": 7, "messages": "no" });
        assert_eq!(body("variable"), expected);
        let mut expected = basic;
        expected["call"] = json!({ "id": "c" });
        expected["table"] = json!(7);
        assert_eq!(body("destructured"), expected);
    }

    #[test]
    fn every_status_has_a_reason_of_the_document() {
        let document = include_str!("../../openapi.json");
        for status in [400, 401, 403, 404, 418, 429, 500, 502, 503] {
            let error = ModelError::of_response(status, b"{\"error\":{\"message\":\"no\"}}");
            let reason = format!("\"{}\"", error.ended_reason());
            assert!(document.contains(&reason), "{status}: {reason}");
        }
        assert_eq!(
            ModelError::of_response(401, b"{\"error\":{\"message\":\"no\"}}").message(),
            "The custom LLM failed: it responded with 401: no."
        );
        assert_eq!(
            ModelError::without_response("no response within 1 seconds".into()).ended_reason(),
            "pipeline-error-custom-llm-llm-failed"
        );
    }
}
