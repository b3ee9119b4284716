//! Handlers whose panic ends nothing but themselves.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// A future of a handler.
pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs a handler, its call included. Returns the message of its panic.
pub(super) async fn isolated<T>(start: impl FnOnce() -> BoxFuture<T>) -> Result<T, String> {
    // What the handler was changing may be half changed. It is the handler's own, and its future is not polled again.
    let mut future = catch_unwind(AssertUnwindSafe(start)).map_err(message)?;
    poll_fn(move |context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(message(panic))),
        }
    })
    .await
}

fn message(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_its_message() {
        let ready = isolated(|| Box::pin(async { 7 })).await;
        assert_eq!(ready, Ok(7));
        let late: Result<u8, _> = isolated(|| {
            Box::pin(async {
                tokio::task::yield_now().await;
                panic!("no {}", "table")
            })
        })
        .await;
        assert_eq!(late, Err("no table".to_owned()));
        let early: Result<u8, _> = isolated(|| panic!("at once")).await;
        assert_eq!(early, Err("at once".to_owned()));
    }
}
