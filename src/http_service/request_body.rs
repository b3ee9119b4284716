//! The bodies of requests.

use bytes::Bytes;
use http::StatusCode;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::BoxError;

/// The reason why the body of a request was not read.
#[derive(Debug)]
pub(crate) enum UnreadBody {
    TooLong,
    Broken,
}

impl UnreadBody {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            UnreadBody::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            UnreadBody::Broken => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) fn message(&self) -> &'static str {
        match self {
            UnreadBody::TooLong => "the body is too long",
            UnreadBody::Broken => "the body cannot be read",
        }
    }
}

/// Reads a body to its end.
///
/// # Errors
///
/// It is longer than the limit, or breaks off.
pub(crate) async fn read_body<B>(body: B, limit: usize) -> Result<Bytes, UnreadBody>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(UnreadBody::TooLong);
    }
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(UnreadBody::TooLong),
        Err(cause) => {
            tracing::warn!(%cause, "the body of a request cannot be read");
            Err(UnreadBody::Broken)
        }
    }
}
