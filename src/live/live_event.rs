//! The events of a call that come between its sound.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[allow(unused_imports, reason = "a document may have no messages of clients")]
use crate::types;

/// An event of a running call, such as a transcript. It is decoded when it is asked for.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(vapi_type = "ClientMessagePayload")]
/// # fn see(event: vapi::live::LiveEvent) -> serde_json::Result<()> {
/// use vapi::types::ClientMessagePayload;
///
/// if let ClientMessagePayload::Transcript(line) = event.message()? {
///     println!("{:?}: {:?}", line.role, line.transcript);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct LiveEvent {
    type_name: String,
    text: String,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(rename = "type")]
    type_name: Value,
}

impl LiveEvent {
    pub(crate) fn new(text: String) -> Self {
        let type_name = match serde_json::from_str(&text) {
            Ok(Tag {
                type_name: Value::String(name),
            }) => name,
            _ => String::new(),
        };
        LiveEvent { type_name, text }
    }

    /// Returns the `type` of the event; an empty text if it has none.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Returns the text of the event as it came. It should be JSON.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Decodes the event. One of an unknown type is `Unknown`, and keeps its value.
    ///
    /// # Errors
    ///
    /// The event is not JSON.
    #[cfg(vapi_type = "ClientMessagePayload")]
    #[inline]
    pub fn message(&self) -> serde_json::Result<types::ClientMessagePayload> {
        self.decode()
    }

    /// Decodes the event as a type of your own, or as a `Value`.
    ///
    /// # Errors
    ///
    /// The event is not JSON, or not of this type.
    #[inline]
    pub fn decode<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.text)
    }
}

/// Shows the type, not what was said.
impl fmt::Debug for LiveEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveEvent")
            .field("type_name", &self.type_name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_read_from_any_text() {
        for (text, name) in [
            (r#"{"type":"hang"}"#, "hang"),
            (r#"{"type":7}"#, ""),
            (r#"{}"#, ""),
            ("[1]", ""),
            ("{", ""),
            ("", ""),
        ] {
            let event = LiveEvent::new(text.to_owned());
            assert_eq!((event.type_name(), event.text()), (name, text));
        }
    }
}
