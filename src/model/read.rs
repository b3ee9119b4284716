//! Reading a whole text: as fast as can be, and with more care where that fails.

use serde::de::DeserializeOwned;
use serde_json::de::StrRead;

use super::field::{Field, deserialize};

/// The way in which unions are read.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By `serde`, from anything: the text of a union is captured, and read by `read_text`.
    Outer,
    /// In one pass. A union that does not fit its probable variant makes the whole reading fail: its text is gone.
    Direct,
    /// From a text that is captured first, and is still there when a variant does not fit. It costs reading the text twice.
    Careful,
}

/// A function that reads a body.
pub(crate) type Decode<T> = fn(&[u8]) -> Result<T, serde_json::Error>;

/// Reads a body as a type of the user's, in which ours may be.
pub(crate) fn from_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_str(as_text(body)?)
}

/// Reads a body as a generated type, or a list or map of one. Public for tests.
#[doc(hidden)]
pub fn read_body<T: Field>(body: &[u8]) -> Result<T, serde_json::Error> {
    read_text(as_text(body)?, |deserializer, mode| deserialize(deserializer, mode))
}

/// All is read from text, as captured unions are: one copy of each type's decoder is compiled instead of two.
fn as_text(body: &[u8]) -> Result<&str, serde_json::Error> {
    std::str::from_utf8(body).map_err(serde::de::Error::custom)
}

/// Reads a text, and again with more care if something in it did not fit: it may have been in a union, where that is no error.
pub(super) fn read_text<'de, T>(
    text: &'de str,
    mut read: impl FnMut(&mut serde_json::Deserializer<StrRead<'de>>, Mode) -> Result<T, serde_json::Error>,
) -> Result<T, serde_json::Error> {
    let mut read = |mode| -> Result<T, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = read(&mut deserializer, mode)?;
        deserializer.end()?;
        Ok(value)
    };
    match read(Mode::Direct) {
        Err(cause) if cause.is_data() => read(Mode::Careful),
        done => done,
    }
}
