//! A language model on loopback: takes chat completions and streams what a test wants it to say.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A response of the model.
pub enum Turn {
    Say(String),
    /// Calls of tools: names and arguments.
    Call(Vec<(&'static str, Value)>),
    /// A text of any kind as the arguments of one tool.
    CallBadly(&'static str, &'static str),
    Fail(u16, Value),
    /// Pieces of text that come when the test sends them.
    Live(mpsc::UnboundedReceiver<String>),
    Hang,
}

pub fn say(text: &str) -> Turn {
    Turn::Say(text.to_owned())
}

pub struct ModelServer {
    pub url: String,
    requests: Arc<Mutex<Vec<(HeaderMap, String, Value)>>>,
}

impl ModelServer {
    /// Responds to each request with what `turn` returns for its body.
    pub async fn start(turn: impl FnMut(&Value) -> Turn + Send + 'static) -> ModelServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, turn) = (requests.clone(), Arc::new(Mutex::new(turn)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, turn) = (log.clone(), turn.clone());
                tokio::spawn(async move {
                    let service = service_fn(|request: Request<Incoming>| async {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.expect("a body").to_bytes();
                        let body: Value = serde_json::from_slice(&body).expect("JSON");
                        let turn = turn.lock().expect("no panic")(&body);
                        let path = parts.uri.path().to_owned();
                        log.lock().expect("no panic").push((parts.headers, path, body));
                        respond(turn).await
                    });
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        ModelServer { url, requests }
    }

    /// Says these lines, one after the other.
    pub async fn saying(lines: &[&str]) -> ModelServer {
        let mut lines: Vec<String> = lines.iter().rev().map(|line| (*line).to_owned()).collect();
        ModelServer::start(move |_| Turn::Say(lines.pop().unwrap_or_default())).await
    }

    /// Returns the bodies of the requests.
    pub fn bodies(&self) -> Vec<Value> {
        let requests = self.requests.lock().expect("no panic");
        requests.iter().map(|(_, _, body)| body.clone()).collect()
    }

    /// Returns a header of the first request, and its path.
    pub fn first(&self, header: &str) -> (Option<String>, String) {
        let requests = self.requests.lock().expect("no panic");
        let (headers, path, _) = requests.first().expect("a request");
        let value = headers
            .get(header)
            .map(|value| value.to_str().expect("text").to_owned());
        (value, path.clone())
    }

    /// Returns a model of an assistant, with these properties more.
    pub fn model(&self, more: Value) -> Value {
        let mut model = json!({ "provider": "custom-llm", "model": "mine", "url": self.url });
        for (name, value) in more.as_object().into_iter().flatten() {
            model[name.as_str()] = value.clone();
        }
        model
    }
}

type Stream = futures_util::stream::BoxStream<'static, Result<Frame<Bytes>, Infallible>>;

async fn respond(turn: Turn) -> Result<Response<StreamBody<Stream>>, Infallible> {
    let chunk = |delta: Value| format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta }] }));
    let (status, stream): (u16, Stream) = match turn {
        Turn::Hang => return std::future::pending().await,
        Turn::Fail(status, body) => (status, whole(body.to_string())),
        Turn::Say(text) => {
            let words = text.split_inclusive(' ').map(|word| chunk(json!({ "content": word })));
            (200, whole(words.collect::<String>() + "data: [DONE]\n\n"))
        }
        Turn::Call(calls) => {
            let calls = calls.into_iter().enumerate().map(|(index, (name, arguments))| {
                let function = json!({ "name": name, "arguments": arguments.to_string() });
                json!({ "index": index, "id": format!("call_{name}"), "type": "function", "function": function })
            });
            (200, whole(chunk(json!({ "tool_calls": calls.collect::<Vec<_>>() }))))
        }
        Turn::CallBadly(name, arguments) => {
            let function = json!({ "name": name, "arguments": arguments });
            let call = json!({ "index": 0, "id": "call_bad", "type": "function", "function": function });
            (200, whole(chunk(json!({ "tool_calls": [call] }))))
        }
        Turn::Live(pieces) => {
            let pieces = futures_util::stream::unfold(pieces, async |mut pieces| Some((pieces.recv().await?, pieces)));
            let chunks = pieces.map(move |text| Ok(Frame::data(Bytes::from(chunk(json!({ "content": text }))))));
            (200, chunks.boxed())
        }
    };
    let mut response = Response::new(StreamBody::new(stream));
    *response.status_mut() = status.try_into().expect("a status");
    Ok(response)
}

fn whole(text: String) -> Stream {
    futures_util::stream::once(async { Ok(Frame::data(Bytes::from(text))) }).boxed()
}
