//! The responses of the servers that stream them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};

use super::BoxError;

/// A check of a request before its body is read.
pub(crate) type Authorize = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// The body of a response of a [`LlmService`](crate::custom_llm::LlmService) or a [`VoiceService`](crate::audio::voice::VoiceService).
pub struct ServiceBody(UnsyncBoxBody<Bytes, BoxError>);

impl ServiceBody {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        ServiceBody(Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync())
    }

    pub(crate) fn stream(bytes: impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static) -> Self {
        ServiceBody(StreamBody::new(bytes.map(|bytes| bytes.map(Frame::data))).boxed_unsync())
    }
}

impl Body for ServiceBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for ServiceBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceBody").field(&self.size_hint()).finish()
    }
}

/// Returns a response with a content type.
pub(crate) fn response(status: StatusCode, content_type: &'static str, body: ServiceBody) -> Response<ServiceBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
