//! A minimal HTTP client with a token: requests in, status and JSON out.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use vapi_emulator::{Builder, Emulator};

pub struct Vapi {
    pub emulator: Emulator,
    http: reqwest::Client,
    token: String,
}

pub async fn start() -> Vapi {
    start_with(Emulator::builder()).await
}

/// Starts an emulator that takes any id and any call, since few tests are about those.
pub async fn start_with(builder: Builder) -> Vapi {
    start_strict(builder.allow_unknown_ids(true).allow_incomplete_calls(true)).await
}

/// Starts an emulator that refuses what the API refuses.
pub async fn start_strict(builder: Builder) -> Vapi {
    let emulator = builder.start().await.expect("a free port");
    // In a build with the `vapi` crate, reqwest has TLS and needs an explicit cryptography provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client without TLS");
    let token = emulator.api_key().to_owned();
    Vapi { emulator, http, token }
}

impl Vapi {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.without_token(method, path).bearer_auth(&self.token)
    }

    pub fn without_token(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.emulator.base_url()))
    }

    /// Builds a request to any address, such as that of a download.
    pub fn elsewhere(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Creates a resource and returns its id.
    pub async fn create(&self, path: &str, body: Value) -> String {
        let (status, created) = self.post(path, body).await;
        assert_eq!(status, 201, "{created}");
        created["id"].as_str().expect("an id").to_owned()
    }
}

pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("a response");
    (response.status().as_u16(), body(response).await)
}

async fn body(response: Response) -> Value {
    let bytes = response.bytes().await.expect("a whole body");
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}
