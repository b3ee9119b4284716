//! Waits for resources that take time: calls, simulation runs, eval runs, files.
//!
//! ```no_run
//! # use std::time::Duration;
//! # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
//! let call = vapi
//!     .calls()
//!     .wait_until_ended(id)
//!     .timeout(Duration::from_secs(600))
//!     .on_update(|call| println!("{:?}", call.status))
//!     .await?;
//! println!("{:?}", call.ended_reason);
//! # Ok(())
//! # }
//! ```

mod poll_interval;
mod poller;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use crate::error::Result;
#[allow(unused_imports, reason = "a document may have nothing to wait for")]
use crate::model::{Decode, Field, read_body};
use crate::operation::{Endpoint, Operation};
#[allow(unused_imports, reason = "each method is there if the document has its operation")]
use poller::{EndCondition, Target};
use poller::{Poller, Update};

pub(crate) use poll_interval::PollInterval;

/// A wait until a resource has reached its end. Await it to get the resource in its last state.
///
/// The resource is requested at once, then after a second, then at growing intervals up to ten seconds, or as
/// [`poll_every`](Self::poll_every) says. After half an hour the wait ends in an error
/// ([`is_timeout`](crate::Error::is_timeout)), unless [`timeout`](Self::timeout) says otherwise. Transient errors, such as a busy
/// server or a lost connection, do not end the wait. The time limit and the retries of the client apply to each request.
///
/// The lifetime is that of the callback in [`on_update`](Self::on_update); without one it is `'static`.
#[must_use = "a wait begins when it is awaited"]
pub struct Wait<'a, T> {
    poller: Poller,
    decode: Decode<T>,
    on_update: Option<OnUpdate<'a, T>>,
}

type OnUpdate<'a, T> = Box<dyn FnMut(&T) + Send + 'a>;

impl<T: Send + 'static> Wait<'static, T> {
    #[allow(dead_code, reason = "a document may have nothing to wait for")]
    fn new<E: Endpoint>(get: Operation<E>, target: Target) -> Self
    where
        T: Field,
    {
        Wait {
            poller: Poller::new(get.into_repeatable(), target),
            decode: read_body,
            on_update: None,
        }
    }
}

impl<'a, T: Send + 'static> Wait<'a, T> {
    /// Sets a fixed interval between polls instead of growing ones. Each poll is a request, and the API limits their rate.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.poller.interval = PollInterval::Fixed(interval);
        self
    }

    /// Sets the time limit of the wait, instead of half an hour.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.poller.limit = limit;
        self
    }

    /// Sets a callback that receives the first state and then each state that differs from the one before, the last included.
    pub fn on_update<'b>(self, update: impl FnMut(&T) + Send + 'b) -> Wait<'b, T> {
        Wait {
            poller: self.poller,
            decode: self.decode,
            on_update: Some(Box::new(update)),
        }
    }

    /// Returns the states as a stream that ends with the last one.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
    /// let mut states = vapi.calls().wait_until_ended(id).stream();
    /// while let Some(call) = states.next().await {
    ///     println!("{:?}", call?.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> States<T> {
        States {
            step: Step::Idle(Box::new(self.poller)),
            decode: self.decode,
        }
    }
}

impl<'a, T: Send + 'static> IntoFuture for Wait<'a, T> {
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let Wait {
            mut poller,
            decode,
            mut on_update,
        } = self;
        Box::pin(async move {
            loop {
                let Some(update) = poller.next().await else {
                    return Err(poller.timed_out());
                };
                let update = update?;
                let state = update.read(decode)?;
                if let Some(on_update) = &mut on_update {
                    on_update(&state);
                }
                if update.is_last {
                    return Ok(state);
                }
            }
        })
    }
}

impl<T> fmt::Debug for Wait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.poller).finish()
    }
}

/// A stream of the states of a resource, made by [`Wait::stream`]. It ends after an error.
#[must_use = "nothing is requested until this is polled"]
pub struct States<T> {
    step: Step,
    decode: Decode<T>,
}

enum Step {
    Idle(Box<Poller>),
    Polling(Polling),
    Done,
}

type Polling = Pin<Box<dyn Future<Output = (Box<Poller>, Option<Result<Update>>)> + Send>>;

impl<T> States<T> {
    /// Returns the next state, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T> Stream for States<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let mut polling: Polling = match std::mem::replace(&mut self.step, Step::Done) {
            Step::Done => return Poll::Ready(None),
            Step::Polling(polling) => polling,
            Step::Idle(mut poller) => Box::pin(async move {
                let update = poller.next().await;
                (poller, update)
            }),
        };
        let Poll::Ready((poller, update)) = polling.as_mut().poll(cx) else {
            self.step = Step::Polling(polling);
            return Poll::Pending;
        };
        let state = update.map(|update| update?.read(self.decode));
        if let Some(Ok(_)) = state {
            self.step = Step::Idle(poller);
        }
        Poll::Ready(state)
    }
}

impl<T> fmt::Debug for States<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").finish_non_exhaustive()
    }
}

#[cfg(all(vapi_op = "CallController_findOne", vapi_type = "Call"))]
impl crate::resources::Calls {
    /// Waits until a call has ended. The recordings and the analysis come some seconds to a minute later.
    ///
    /// The time limit counts from now: for a scheduled call, set a [`timeout`](Wait::timeout) that reaches beyond its start.
    pub fn wait_until_ended(&self, id: impl AsRef<str>) -> Wait<'static, crate::types::Call> {
        // A call that was deleted has one of the last two.
        let ended = EndCondition::When(&["ended", "not-found", "deletion-failed"]);
        Wait::new(self.get(id), Target::new(ended))
    }
}

#[cfg(all(feature = "live", vapi_op = "CallController_findOne", vapi_type = "Call"))]
impl crate::resources::Calls {
    /// Waits until a call was answered and can be controlled, or has ended. A second of a call is long, so it is polled each second.
    pub(crate) fn wait_until_answered(&self, id: &str) -> Wait<'static, crate::types::Call> {
        Wait::new(self.get(id), Target::new(EndCondition::Live)).poll_every(Duration::from_secs(1))
    }
}

#[cfg(all(vapi_op = "SimulationRunController_findOne", vapi_type = "SimulationRun"))]
impl crate::resources::SimulationRuns {
    /// Waits until all simulations of a run have ended. Their results are in `item_counts`.
    pub fn wait_until_ended(&self, id: impl AsRef<str>) -> Wait<'static, crate::types::SimulationRun> {
        Wait::new(self.get(id), Target::new(EndCondition::When(&["ended"])))
    }
}

#[cfg(all(vapi_op = "EvalController_getRun", vapi_type = "EvalRun"))]
impl crate::resources::Evals {
    /// Waits until the run of an eval has ended. Its results are in `results`.
    pub fn wait_until_run_ended(&self, id: impl AsRef<str>) -> Wait<'static, crate::types::EvalRun> {
        Wait::new(self.get_run(id), Target::new(EndCondition::When(&["ended"])))
    }
}

#[cfg(all(vapi_op = "FileController_findOne", vapi_type = "File"))]
impl crate::resources::Files {
    /// Waits until an uploaded file is processed. Its `status` is then `done` or `failed`; a failed file is not an error here.
    pub fn wait_until_processed(&self, id: impl AsRef<str>) -> Wait<'static, crate::types::File> {
        Wait::new(self.get(id), Target::new(EndCondition::Unless(&["processing"])))
    }
}

#[cfg(all(vapi_op = "KnowledgeBaseV2Controller_filesGet", vapi_type = "KnowledgeBaseV2File"))]
impl crate::resources::KnowledgeBases {
    /// Waits until a file in a knowledge base is indexed. Its `status` is then `ready` or `failed`; a failed file is not an error
    /// here.
    pub fn wait_until_file_indexed(
        &self,
        id: impl AsRef<str>,
        file_id: impl AsRef<str>,
    ) -> Wait<'static, crate::types::KnowledgeBaseV2File> {
        let target = Target::new(EndCondition::Unless(&["indexing"])).in_list(file_id.as_ref());
        Wait::new(self.list_files(id), target)
    }
}
