//! A request that is sent more than once: for each page of a list, each poll of a wait, each part of a batch.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::response::RawResponse;
use super::{RequestParts, Settings};
use crate::error::{Error, RequestContext, Result};

/// A response that is on its way.
pub(crate) type PendingResponse = Pin<Box<dyn Future<Output = Result<RawResponse>> + Send>>;

/// A request of which copies are sent, each with a change of its own.
pub(crate) struct RepeatableRequest {
    settings: Arc<Settings>,
    parts: RequestParts,
}

impl RepeatableRequest {
    pub(crate) fn new(settings: Arc<Settings>, parts: RequestParts) -> Self {
        RepeatableRequest { settings, parts }
    }

    pub(crate) fn context(&self) -> &RequestContext {
        self.parts.context()
    }

    /// Returns the text that the request has in its query under a name.
    pub(crate) fn query_text(&self, name: &str) -> Option<&str> {
        self.parts.query_text(name)
    }

    /// Sends a copy of the request after a change to it.
    ///
    /// # Errors
    ///
    /// The errors of [`send`](super::send), and if the request has an upload, which sending may use up.
    pub(crate) fn send(&self, change: impl FnOnce(&mut RequestParts)) -> PendingResponse {
        let settings = Arc::clone(&self.settings);
        let copy = self.parts.try_clone().map(|mut copy| {
            change(&mut copy);
            copy
        });
        let context = self.context().clone();
        Box::pin(async move {
            match copy {
                Some(copy) => super::send(&settings, copy).await,
                None => {
                    Err(Error::input("a request with an upload cannot be sent more than once").for_request(&context))
                }
            }
        })
    }
}

impl fmt::Debug for RepeatableRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.fmt(f)
    }
}
