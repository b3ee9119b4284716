//! The events of a call over a socket.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::types::{ClientMessagePayload, EndedReason, ServerMessageStatusUpdate};

/// An event of a call, which comes between its sound.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallEvent {
    /// The call has reached a status.
    StatusUpdate(Box<ServerMessageStatusUpdate>),
    /// The call has ended, and why. The session ends soon after it.
    Ended(Option<EndedReason>),
    /// The server refused a control message.
    Problem(SessionProblem),
    /// Any other event: a transcript, speech that begins or ends, tokens of the model, a tool call.
    /// [`ClientMessagePayload::Unknown`] has those that the document does not name.
    Message(Box<ClientMessagePayload>),
    /// A text that is not JSON.
    Text(String),
}

/// The refusal of a control message.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SessionProblem {
    /// The message of the server: a text or a list of texts.
    pub message: Value,
    /// The status that the same message would get over HTTP.
    pub status_code: Option<u16>,
    /// The other properties.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The property that says what an event is.
#[derive(Deserialize)]
struct Tag {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct EndedEvent {
    #[serde(rename = "endedReason")]
    ended_reason: Option<EndedReason>,
}

impl CallEvent {
    /// Reads an event. What is unknown or wrong is kept as it came.
    pub(crate) fn read(text: String) -> Self {
        let kind = serde_json::from_str::<Tag>(&text).ok().and_then(|tag| tag.kind);
        let special = match kind.as_deref() {
            Some("status-update") => serde_json::from_str(&text).ok().map(CallEvent::StatusUpdate),
            Some("call-ended") => serde_json::from_str(&text)
                .ok()
                .map(|ended: EndedEvent| CallEvent::Ended(ended.ended_reason)),
            Some("error") => serde_json::from_str(&text).ok().map(CallEvent::Problem),
            _ => None,
        };
        special.unwrap_or_else(|| match serde_json::from_str(&text) {
            Ok(message) => CallEvent::Message(message),
            Err(_) => CallEvent::Text(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::types::CallStatus;

    #[test]
    fn events_are_read_as_their_types() {
        let read = |event: Value| CallEvent::read(event.to_string());
        let CallEvent::StatusUpdate(update) = read(json!({ "type": "status-update", "status": "in-progress" })) else {
            panic!("a status update");
        };
        assert_eq!(update.status, Some(CallStatus::InProgress));
        assert_eq!(
            read(json!({ "type": "call-ended", "endedReason": "customer-ended-call" })),
            CallEvent::Ended(Some(EndedReason::CustomerEndedCall))
        );
        assert_eq!(read(json!({ "type": "call-ended" })), CallEvent::Ended(None));
        let CallEvent::Message(message) = read(json!({ "type": "transcript", "role": "user", "transcript": "Hello." }))
        else {
            panic!("a message");
        };
        assert!(
            matches!(*message, ClientMessagePayload::Transcript(said) if said.transcript.as_deref() == Some("Hello."))
        );
        let CallEvent::Problem(problem) = read(json!({ "type": "error", "statusCode": 400, "message": "no", "a": 1 }))
        else {
            panic!("a problem");
        };
        assert_eq!((problem.status_code, &problem.message), (Some(400), &json!("no")));
        assert_eq!(problem.extra["a"], 1);
    }

    #[test]
    fn unknown_events_are_kept() {
        let event = json!({ "type": "tool-call-result", "result": [1] });
        let CallEvent::Message(message) = CallEvent::read(event.to_string()) else {
            panic!("a message");
        };
        assert_eq!(*message, ClientMessagePayload::Unknown(event));
        assert_eq!(CallEvent::read("hello".to_owned()), CallEvent::Text("hello".to_owned()));
    }

    #[test]
    fn a_wrong_value_costs_no_event() {
        let event = json!({ "type": "error", "statusCode": "busy" });
        let CallEvent::Message(message) = CallEvent::read(event.to_string()) else {
            panic!("a message");
        };
        assert_eq!(*message, ClientMessagePayload::Unknown(event));
        let update = json!({ "type": "status-update", "status": 7 });
        assert!(matches!(
            CallEvent::read(update.to_string()),
            CallEvent::StatusUpdate(update) if update.extra["status"] == 7
        ));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", kind in "[a-z-]{1,20}") {
            CallEvent::read(text.clone());
            CallEvent::read(json!({ "type": kind, "message": text }).to_string());
        }
    }
}
