//! The wait for a call to be answered.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use super::LiveCall;
use crate::client::Client;
use crate::error::Result;
use crate::types::Call;
use crate::wait::Wait;

/// A wait until a call was answered. Await it to get the [`LiveCall`].
///
/// The call is requested each second, unless [`poll_every`](Self::poll_every) says otherwise, and for half an hour, unless
/// [`timeout`](Self::timeout) says otherwise. A call that ends before it is answered is an error
/// ([`Error::is_call_ended`](crate::Error::is_call_ended)), which names the reason. Transient errors do not end the wait.
#[must_use = "a wait begins when it is awaited"]
pub struct LiveWait<'a> {
    client: Client,
    wait: Wait<'a, Call>,
}

impl fmt::Debug for LiveWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveWait").field(&self.wait).finish()
    }
}

impl LiveWait<'static> {
    pub(super) fn new(client: &Client, wait: Wait<'static, Call>) -> Self {
        LiveWait {
            client: client.clone(),
            wait,
        }
    }
}

impl<'a> LiveWait<'a> {
    /// Sets the interval between polls instead of a second. Each poll is a request, and the API limits their rate.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.wait = self.wait.poll_every(interval);
        self
    }

    /// Sets the time limit of the wait, instead of half an hour. For a scheduled call it must reach beyond its start.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.wait = self.wait.timeout(limit);
        self
    }

    /// Sets a callback that receives the first state of the call and then each state that differs from the one before.
    pub fn on_update<'b>(self, update: impl FnMut(&Call) + Send + 'b) -> LiveWait<'b> {
        LiveWait {
            client: self.client,
            wait: self.wait.on_update(update),
        }
    }
}

impl<'a> IntoFuture for LiveWait<'a> {
    type Output = Result<LiveCall>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<LiveCall>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let LiveWait { client, wait } = self;
        let answered = wait.into_future();
        Box::pin(async move { LiveCall::new(&client, &answered.await?) })
    }
}
