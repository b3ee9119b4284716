//! A user's server: receives webhooks on the runtime of the test, stores them, and sends the configured responses.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[derive(Clone)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    /// The property `message` of the body.
    pub fn message(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.body).expect("JSON");
        body["message"].clone()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

/// The response: a status and JSON; nothing for a server that hangs.
pub type Answer = Option<(u16, Value)>;

impl Receiver {
    /// Accepts everything with an empty response.
    pub async fn start() -> Receiver {
        Receiver::answering(|_| Some((200, json!({})))).await
    }

    pub async fn answering(answer: impl FnMut(&Received) -> Answer + Send + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (received.clone(), Arc::new(Mutex::new(answer)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer) = (log.clone(), answer.clone());
                tokio::spawn(async move {
                    let service = service_fn(|request: Request<Incoming>| async {
                        let (parts, body) = request.into_parts();
                        let one = Received {
                            path: parts.uri.path().to_owned(),
                            headers: parts.headers,
                            body: body.collect().await.expect("a body").to_bytes(),
                        };
                        let answered = answer.lock().expect("no panic")(&one);
                        log.lock().expect("no panic").push(one);
                        let Some((status, body)) = answered else {
                            return std::future::pending().await;
                        };
                        let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
                        *response.status_mut() = status.try_into().expect("a status");
                        response
                            .headers_mut()
                            .insert("location", "/elsewhere".parse().expect("a header"));
                        Ok::<_, Infallible>(response)
                    });
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Receiver { url, received }
    }

    pub fn all(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    pub fn messages(&self) -> Vec<Value> {
        self.all().iter().map(Received::message).collect()
    }

    /// Returns the messages of one type.
    pub fn of_type(&self, kind: &str) -> Vec<Value> {
        self.messages()
            .into_iter()
            .filter(|message| message["type"] == kind)
            .collect()
    }

    pub fn types(&self) -> Vec<String> {
        let types = self.messages().into_iter();
        types
            .map(|message| message["type"].as_str().expect("a type").to_owned())
            .collect()
    }
}
