//! The first reading of a body: the type is looked for, and then the message is read as that type.
//!
//! A union that is read as it comes is looked through for its tag first. In a message the tag can stand behind nearly all of it. A look
//! at the body's names costs no more, and next to nothing where the API has the type: in front.

use serde_json::Value;

use crate::model::{Cursor, Mode, Unfit, Union, read_variant};
use crate::types::ServerMessagePayload;

/// Returns the type that a body says, if it is text. Of two, it returns the first.
pub(super) fn type_name(body: &str) -> Option<String> {
    let mut cursor = Cursor::new(body);
    cursor.find("message").ok()?;
    cursor.find("type").ok()?;
    Some(cursor.string().ok()?.into_owned())
}

/// Reads the message in a body as the type with a name. Returns `None` if there is no such type, or if something does not fit: then
/// the body takes a careful reading.
pub(super) fn read(body: &str, type_name: &str) -> Option<ServerMessagePayload> {
    let index = ServerMessagePayload::TABLE.shapes.iter().position(|shape| {
        let mut tags = shape.tags.iter();
        tags.any(|(tag, names)| *tag == "type" && names.contains(&type_name))
    })?;
    read_envelope(body, index).ok().flatten()
}

/// Reads the message as the variant with a number, and passes the rest.
fn read_envelope(body: &str, index: usize) -> Result<Option<ServerMessagePayload>, Unfit> {
    let mut cursor = Cursor::new(body);
    let mut envelope = cursor.object()?;
    let mut payload = None;
    while let Some(name) = cursor.member(&mut envelope)? {
        if name != "message" {
            cursor.ignore()?;
        } else if payload.is_some() {
            return Err(Unfit);
        } else {
            let message = payload.insert(ServerMessagePayload::Unknown(Value::Null));
            read_variant(message, index, &mut cursor, Mode::Direct { looks: 0 })?;
        }
    }
    cursor.end()?;
    Ok(payload)
}
