//! Points in time, kept as the text that came.

use std::fmt;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A point in time as the API writes it: ISO 8601, such as `2026-02-14T09:30:00.000Z`.
///
/// The text is kept as it came, so that it goes back unchanged; [`Timestamp::to_utc`] reads it.
///
/// ```
/// use vapi::Timestamp;
///
/// let at = Timestamp::from("2026-02-14T10:30:00.000+01:00");
/// assert_eq!(at.to_utc()?.to_rfc3339(), "2026-02-14T09:30:00+00:00");
/// # Ok::<(), vapi::TimestampError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

/// A text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampError {
    text: String,
    cause: chrono::ParseError,
}

impl Timestamp {
    /// Returns the text, as it came or as it will be sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the point in time that the text says.
    ///
    /// # Errors
    ///
    /// When the text is not RFC 3339, the profile of ISO 8601 that the API uses.
    pub fn to_utc(&self) -> Result<DateTime<Utc>, TimestampError> {
        DateTime::parse_from_rfc3339(&self.0)
            .map(|at| at.to_utc())
            .map_err(|cause| TimestampError {
                text: self.0.clone(),
                cause,
            })
    }
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a timestamp: {}", self.text, self.cause)
    }
}

impl std::error::Error for TimestampError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(at: SystemTime) -> Self {
        DateTime::<Utc>::from(at).into()
    }
}
