//! Waiting for what takes its time: calls, simulation runs, eval runs, files. The waiting itself is in `poller`; here are its options
//! and the methods that begin it.
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

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use crate::error::Result;
#[allow(unused_imports, reason = "a document may have nothing to wait for")]
use crate::model::{Decode, Slot, read_body};
use crate::operation::{Endpoint, Operation};
pub(crate) use poll_interval::{Pace, is_passing};
use poller::{Look, Watch};
#[allow(unused_imports, reason = "each method is there if the document has its operation")]
use poller::{Settled, Subject};

/// A wait for something to be over: await it to have what it was in the end.
///
/// It looks at once, then after a second, then at growing intervals up to ten seconds, or as [`poll_every`](Self::poll_every) says.
/// After half an hour it gives up with an error ([`is_timeout`](crate::Error::is_timeout)), unless [`timeout`](Self::timeout) says
/// otherwise. An answer that says that the server is busy, or none at all, is waited out. The time limit and the retries of the
/// client hold for each look.
#[must_use = "a wait begins when it is awaited"]
pub struct Wait<'c, T> {
    watch: Watch,
    decode: Decode<T>,
    on_update: Option<OnUpdate<'c, T>>,
}

type OnUpdate<'c, T> = Box<dyn FnMut(&T) + Send + 'c>;

impl<'c, T: Send + 'static> Wait<'c, T> {
    #[allow(dead_code, reason = "a document may have nothing to wait for")]
    fn new<E: Endpoint>(get: Operation<'c, E>, subject: Subject) -> Self
    where
        T: Slot,
    {
        let (client, draft) = get.into_parts();
        Wait {
            watch: Watch::new(client.clone(), draft, subject),
            decode: read_body,
            on_update: None,
        }
    }

    /// Looks at this interval instead of growing ones. Every look is a request, and those are limited.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.watch.pace = Pace::Even(interval);
        self
    }

    /// Gives up after this time instead of half an hour.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.watch.limit = limit;
        self
    }

    /// Is called with what was found, first at once and then whenever it has changed, the end included.
    pub fn on_update(mut self, update: impl FnMut(&T) + Send + 'c) -> Self {
        self.on_update = Some(Box::new(update));
        self
    }

    /// What was found, whenever it has changed, as a stream that ends with how it was in the end.
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
            step: Step::Resting(Box::new(self.watch)),
            decode: self.decode,
        }
    }
}

impl<'c, T: Send + 'static> IntoFuture for Wait<'c, T> {
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        let Wait {
            mut watch,
            decode,
            mut on_update,
        } = self;
        Box::pin(async move {
            loop {
                let Some(look) = watch.next().await else {
                    return Err(watch.too_long());
                };
                let look = look?;
                let state = look.read(decode)?;
                if let Some(update) = &mut on_update {
                    update(&state);
                }
                if look.is_last {
                    return Ok(state);
                }
            }
        })
    }
}

impl<T> fmt::Debug for Wait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.watch).finish()
    }
}

/// The states that something goes through: a stream, made by [`Wait::stream`]. After an error it is over.
#[must_use = "nothing is requested until this is polled"]
pub struct States<T> {
    step: Step,
    decode: Decode<T>,
}

enum Step {
    Resting(Box<Watch>),
    Looking(Looking),
    Over,
}

type Looking = Pin<Box<dyn Future<Output = (Box<Watch>, Option<Result<Look>>)> + Send>>;

impl<T> States<T> {
    /// The next state; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Stream for States<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let mut looking: Looking = match std::mem::replace(&mut self.step, Step::Over) {
            Step::Over => return Poll::Ready(None),
            Step::Looking(looking) => looking,
            Step::Resting(mut watch) => Box::pin(async move {
                let look = watch.next().await;
                (watch, look)
            }),
        };
        let Poll::Ready((watch, look)) = looking.as_mut().poll(context) else {
            self.step = Step::Looking(looking);
            return Poll::Pending;
        };
        let state = look.map(|look| look?.read(self.decode));
        if let Some(Ok(_)) = state {
            self.step = Step::Resting(watch);
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
impl<'c> crate::resources::Calls<'c> {
    /// Waits until a call is over. The recordings and the analysis come some seconds to a minute later.
    ///
    /// A scheduled call is waited for from now on: give it a [`timeout`](Wait::timeout) that reaches beyond its start.
    pub fn wait_until_ended(&self, id: impl AsRef<str>) -> Wait<'c, crate::types::Call> {
        // The last two are what is said of a call that was deleted.
        let over = Settled::When(&["ended", "not-found", "deletion-failed"]);
        Wait::new(self.get(id), Subject::new(over))
    }
}

#[cfg(all(vapi_op = "SimulationRunController_findOne", vapi_type = "SimulationRun"))]
impl<'c> crate::resources::SimulationRuns<'c> {
    /// Waits until all simulations of a run are over. Whether they passed is in `item_counts`.
    pub fn wait_until_ended(&self, id: impl AsRef<str>) -> Wait<'c, crate::types::SimulationRun> {
        Wait::new(self.get(id), Subject::new(Settled::When(&["ended"])))
    }
}

#[cfg(all(vapi_op = "EvalController_getRun", vapi_type = "EvalRun"))]
impl<'c> crate::resources::Evals<'c> {
    /// Waits until the run of an eval is over. How it went is in `results`.
    pub fn wait_until_run_ended(&self, id: impl AsRef<str>) -> Wait<'c, crate::types::EvalRun> {
        Wait::new(self.get_run(id), Subject::new(Settled::When(&["ended"])))
    }
}

#[cfg(all(vapi_op = "FileController_findOne", vapi_type = "File"))]
impl<'c> crate::resources::Files<'c> {
    /// Waits until an uploaded file is processed. Its `status` is then `done` or `failed`: a file that failed is no error here.
    pub fn wait_until_processed(&self, id: impl AsRef<str>) -> Wait<'c, crate::types::File> {
        Wait::new(self.get(id), Subject::new(Settled::Unless(&["processing"])))
    }
}

#[cfg(all(vapi_op = "KnowledgeBaseV2Controller_filesGet", vapi_type = "KnowledgeBaseV2File"))]
impl<'c> crate::resources::KnowledgeBases<'c> {
    /// Waits until a file in a knowledge base is indexed. Its `status` is then `ready` or `failed`: a file that failed is no error
    /// here.
    pub fn wait_until_file_indexed(
        &self,
        id: impl AsRef<str>,
        file_id: impl AsRef<str>,
    ) -> Wait<'c, crate::types::KnowledgeBaseV2File> {
        let subject = Subject::new(Settled::Unless(&["indexing"])).in_list(file_id.as_ref());
        Wait::new(self.list_files(id), subject)
    }
}
