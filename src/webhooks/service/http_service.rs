//! The server as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use super::{Refusal, Webhooks};
use crate::http_service::{BoxError, UnreadBody, read_body};

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
    B::Error: Into<BoxError>,
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
                    match body {
                        Ok(body) => body.map(|body| (guard, body)).map_err(Refusal::from),
                        Err(_) => Err(unfinished()),
                    }
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

impl From<UnreadBody> for Refusal {
    fn from(unread: UnreadBody) -> Self {
        Refusal::new(unread.status(), unread.message())
    }
}

fn unfinished() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not end in time")
}
