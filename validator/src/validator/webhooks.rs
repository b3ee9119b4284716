//! Webhooks: the messages that the API sends to servers and clients.

use serde_json::Value;

use super::{UnknownName, Validator};
use crate::document::Document;
use crate::json_schema::Undeclared;
use crate::problem::Problem;
use crate::schema::{ObjectSchema, branches, enum_values};

/// The schemas whose property `message` is any of the messages, the messages of servers first.
const ENVELOPES: [&str; 2] = ["ServerMessage", "ClientMessage"];

impl Validator {
    /// Returns the problems of a message to a server or client, by its type: `end-of-call-report`. The value is the body of a
    /// webhook, `{"message": …}`, or the message alone.
    ///
    /// # Errors
    ///
    /// The document has no such message.
    pub fn webhook(&self, kind: &str, value: &Value) -> Result<Vec<Problem>, UnknownName> {
        let schema = message_schema(&self.document, kind).ok_or_else(|| UnknownName {
            kind: "message",
            name: kind.to_owned(),
        })?;
        let envelope = value.get("message").filter(|message| message.is_object());
        let Some(message) = envelope.filter(|_| value.get("type").is_none()) else {
            return Ok(self.check(schema, value, Undeclared::Allowed));
        };
        let problems = self.check(schema, message, Undeclared::Allowed).into_iter();
        Ok(problems
            .map(|problem| Problem {
                path: format!("/message{}", problem.path),
                ..problem
            })
            .collect())
    }
}

/// Returns the schema of a message. Some messages have several types.
fn message_schema<'a>(document: &'a Document, kind: &str) -> Option<&'a Value> {
    let envelopes = ENVELOPES.iter().filter_map(|name| document.schema(name));
    let messages = envelopes.filter_map(|envelope| envelope.pointer("/properties/message"));
    let known = messages.filter_map(branches).flatten();
    known.into_iter().find(|message| {
        let shape = ObjectSchema::of(document, message);
        let tag = shape.properties.iter().find(|property| property.name == "type");
        let values = tag.and_then(|tag| enum_values(document.resolve(tag.schema)?));
        values.is_some_and(|values| values.contains(&kind))
    })
}
