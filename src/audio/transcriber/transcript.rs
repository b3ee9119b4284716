//! The messages of a transcriber.

use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Message;

use crate::error::{Error, Result};

/// A side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The person.
    Customer,
    /// The assistant.
    Assistant,
}

/// A transcript of what one side said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transcript {
    /// The text.
    #[serde(rename = "transcription")]
    pub text: String,
    /// The side that said it.
    #[serde(rename = "channel")]
    pub speaker: Speaker,
    /// True if the text will not change any more.
    #[serde(rename = "transcriptType", serialize_with = "write_type")]
    pub is_final: bool,
}

impl Transcript {
    /// Creates a transcript that will not change any more. The assistant responds to it.
    pub fn complete(speaker: Speaker, text: impl Into<String>) -> Self {
        Transcript {
            text: text.into(),
            speaker,
            is_final: true,
        }
    }

    /// Creates a transcript that a later one replaces.
    pub fn partial(speaker: Speaker, text: impl Into<String>) -> Self {
        Transcript {
            is_final: false,
            ..Transcript::complete(speaker, text)
        }
    }

    pub(super) fn to_message(&self) -> Result<Message> {
        #[derive(Serialize)]
        struct Tagged<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(flatten)]
            transcript: &'a Transcript,
        }
        let tagged = Tagged {
            kind: "transcriber-response",
            transcript: self,
        };
        let text = serde_json::to_string(&tagged)
            .map_err(|cause| Error::input("the transcript cannot be written as JSON").caused_by(cause))?;
        Ok(Message::text(text))
    }
}

fn write_type<S: serde::Serializer>(is_final: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *is_final { "final" } else { "partial" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transcripts_have_the_form_that_vapi_reads() {
        let text = |transcript: Transcript| transcript.to_message().unwrap().into_text().unwrap();
        assert_eq!(
            text(Transcript::complete(Speaker::Customer, "Hello.")).as_str(),
            r#"{"type":"transcriber-response","transcription":"Hello.","channel":"customer","transcriptType":"final"}"#
        );
        assert!(
            text(Transcript::partial(Speaker::Assistant, ""))
                .contains(r#""channel":"assistant","transcriptType":"partial""#)
        );
    }
}
