//! The server as a tower service.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use super::{Refusal, Webhooks};

/// The future of a response of [`Webhooks`]. It does not fail.
pub struct WebhookFuture(Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>);

impl Future for WebhookFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0
            .as_mut()
            .poll(context)
            .map(|response| Ok(response.map(Full::new)))
    }
}

impl fmt::Debug for WebhookFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookFuture").finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for Webhooks
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = WebhookFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> WebhookFuture {
        let webhooks = self.clone();
        WebhookFuture(Box::pin(async move {
            let received = Instant::now();
            let (request, body) = request.into_parts();
            let admitted = webhooks.admit(&request.method);
            let body = match admitted {
                Ok(guard) => {
                    let limit = webhooks.0.max_body_bytes;
                    let body = timeout_at(received + webhooks.0.timeout, read_body(body, limit)).await;
                    body.unwrap_or_else(|_| Err(unfinished())).map(|body| (guard, body))
                }
                Err(refusal) => Err(refusal),
            };
            match body {
                Ok((guard, body)) => webhooks.respond_from(received, guard, &request, body).await,
                Err(refusal) => refusal.into_http(),
            }
        }))
    }
}

/// Reads a body of up to `limit` bytes.
pub(crate) async fn read_body<B>(body: B, limit: usize) -> Result<Bytes, Refusal>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => {
            tracing::warn!(%error, "the body of a webhook cannot be read");
            Err(Refusal::new(StatusCode::BAD_REQUEST, "the body cannot be read"))
        }
    }
}

pub(super) fn too_large() -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long")
}

fn unfinished() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not end in time")
}
