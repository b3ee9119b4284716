//! A custom transcriber: the user's server gets the customer's sound of a call over a websocket, and sends its text.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Uri};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::calls::websocket;
use crate::state::State;
use crate::state::webhook_log::SentWebhook;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks::client;
use crate::webhooks::exchange::log_attempt;
use crate::webhooks::signature::{self, Subject};

/// The samples per second that a transcriber gets.
pub(crate) const RATE: u32 = 16_000;

/// Returns the server of the custom transcriber of a call; `None` if its assistant has none.
pub(crate) fn server(state: &State, id: &str) -> Option<WebhookServer> {
    let assistant = websocket::assistant(state, id);
    let transcriber = &assistant["transcriber"];
    WebhookServer::of(transcriber).filter(|_| transcriber["provider"] == "custom-transcriber")
}

/// Sends sound to the transcriber and its text to the call, until the connection ends. Without a server it never returns.
pub(crate) async fn run(
    state: &State,
    id: &str,
    server: Option<WebhookServer>,
    mut sound: UnboundedReceiver<Vec<i16>>,
) {
    let Some(server) = server else {
        return std::future::pending().await;
    };
    let subject = Subject::Call(id.into());
    let (at, began) = (state.clock.now(), Instant::now());
    let connected = connect(state, &subject, &server).await;
    log_attempt(
        state,
        &subject,
        SentWebhook {
            at,
            call_id: id.to_owned(),
            message_type: "custom-transcriber".to_owned(),
            url: server.url.clone(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            status: connected.is_ok().then_some(101),
            error: connected.as_ref().err().cloned(),
            response: Bytes::new(),
            duration: began.elapsed(),
            attempt: 1,
        },
    );
    let Ok(mut socket) = connected else { return };
    loop {
        tokio::select! {
            samples = sound.recv() => {
                let Some(samples) = samples else { return };
                if socket.send(Message::binary(with_silent_assistant(&samples))).await.is_err() {
                    return;
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Some(text) = final_text(&text) {
                        websocket::hear(state, id, Some(text)).await;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

async fn connect(
    state: &State,
    subject: &Subject,
    server: &WebhookServer,
) -> Result<WebSocketStream<TcpStream>, String> {
    let organization = websocket::organization(state, subject.id());
    let mut headers = signature::headers(state, &organization, subject, server, b"").await?;
    headers.remove(CONTENT_TYPE);
    headers.remove(ACCEPT);
    // The handshake knows the schemes of websockets only.
    let url = server.url.replacen("http://", "ws://", 1);
    let uri: Uri = url.parse().map_err(|_| "the URL must be ws".to_owned())?;
    if uri.scheme_str() != Some("ws") {
        return Err("the URL must be ws".to_owned());
    }
    let mut request = url.into_client_request().map_err(|error| error.to_string())?;
    request.headers_mut().extend(headers);
    let connecting = async {
        let hosts = &state.settings.allowed_hosts;
        let stream = client::connect(hosts, &uri, 80, None)
            .await
            .map_err(|error| error.to_string())?;
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .map_err(|error| error.to_string())?;
        let start = json!({
            "type": "start", "encoding": "linear16", "container": "raw", "sampleRate": RATE, "channels": 2,
        });
        let sent = socket.send(Message::text(start.to_string())).await;
        sent.map_err(|error| error.to_string())?;
        Ok(socket)
    };
    let longest = server.timeout.min(state.settings.webhook_timeout);
    match tokio::time::timeout(longest, connecting).await {
        Ok(connected) => connected,
        Err(_) => Err(format!("no response within {} seconds", longest.as_secs_f64())),
    }
}

/// Returns the customer's samples and silence of the assistant, as two channels.
fn with_silent_assistant(samples: &[i16]) -> Vec<u8> {
    let both = samples.iter().flat_map(|sample| [*sample, 0]);
    both.flat_map(i16::to_le_bytes).collect()
}

/// Returns the text of a message, if it is the final one of something that the customer said.
fn final_text(message: &str) -> Option<Arc<str>> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_final = message["type"] == "transcriber-response"
        && message["transcriptType"] != "partial"
        && message["channel"] != "assistant";
    let text = message["transcription"].as_str()?.trim();
    (is_final && !text.is_empty()).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::{final_text, with_silent_assistant};

    #[test]
    fn only_final_texts_of_the_customer_count() {
        let text = |more: &str| {
            let message = format!(r#"{{"type":"transcriber-response","transcription":" Hi. "{more}}}"#);
            final_text(&message).map(|text| text.to_string())
        };
        assert_eq!(text("").as_deref(), Some("Hi."));
        assert_eq!(
            text(r#","channel":"customer","transcriptType":"final""#).as_deref(),
            Some("Hi.")
        );
        assert_eq!(text(r#","channel":"assistant""#), None);
        assert_eq!(text(r#","transcriptType":"partial""#), None);
        assert_eq!(final_text("nonsense"), None);
    }

    #[test]
    fn sound_has_two_channels() {
        assert_eq!(with_silent_assistant(&[1, -2]), [1, 0, 0, 0, 0xfe, 0xff, 0, 0]);
    }
}
