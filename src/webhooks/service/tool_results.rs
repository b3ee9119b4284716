//! The results of tool calls, by which a call that is delivered twice is run once.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::webhooks::ToolResult;

/// The number of results in memory.
const MAX_RESULTS: usize = 10_000;
/// The bytes of results in memory.
const MAX_BYTES: usize = 16 << 20;

/// An error of a store.
pub type ToolResultStoreError = Box<dyn std::error::Error + Send + Sync>;

/// The state of a tool call in a store.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one for each tool call, and a box would be in the way of every store"
)]
pub enum ToolCallClaim {
    /// Nobody has seen it. It is now claimed, and whoever asked runs it.
    New,
    /// It is claimed and has no result yet. A call whose process ended stays so, until the store forgets it.
    Running,
    /// It has a result.
    Finished(ToolResult),
}

/// A place for the results of tool calls, so that a call that Vapi delivers twice runs once and has one result.
///
/// The default is the memory of the process. Several replicas need one that they share. A [`ToolResult`] is text by `serde_json`.
///
/// If the store fails, the failure is logged and the tool is run.
///
/// # Examples
///
/// In Redis 7, by the crate `redis`. A call is claimed and its state before that is read by one command:
///
/// ```rust,ignore
/// struct Redis(redis::aio::ConnectionManager);
///
/// impl ToolResultStore for Redis {
///     async fn claim(&self, key: &str) -> Result<ToolCallClaim, ToolResultStoreError> {
///         let mut claim = redis::cmd("SET");
///         claim.arg(key).arg("").arg("NX").arg("GET").arg("EX").arg(3600);
///         let before: Option<String> = claim.query_async(&mut self.0.clone()).await?;
///         Ok(match before.as_deref() {
///             None => ToolCallClaim::New,
///             Some("") => ToolCallClaim::Running,
///             Some(text) => ToolCallClaim::Finished(serde_json::from_str(text)?),
///         })
///     }
///
///     async fn finish(&self, key: &str, result: &ToolResult) -> Result<(), ToolResultStoreError> {
///         let mut finish = redis::cmd("SET");
///         finish.arg(key).arg(serde_json::to_string(result)?).arg("EX").arg(3600);
///         Ok(finish.exec_async(&mut self.0.clone()).await?)
///     }
/// }
/// ```
///
/// The same in a map, for a test:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
///
/// use vapi::webhooks::{ToolCallClaim, ToolResult, ToolResultStore, ToolResultStoreError, Verifier, Webhooks};
///
/// #[derive(Default)]
/// struct Shared(Mutex<HashMap<String, Option<String>>>);
///
/// impl ToolResultStore for Shared {
///     async fn claim(&self, key: &str) -> Result<ToolCallClaim, ToolResultStoreError> {
///         let mut results = self.0.lock().map_err(|_| "poisoned")?;
///         Ok(match results.get(key) {
///             Some(Some(text)) => ToolCallClaim::Finished(serde_json::from_str(text)?),
///             Some(None) => ToolCallClaim::Running,
///             None => {
///                 results.insert(key.to_owned(), None);
///                 ToolCallClaim::New
///             }
///         })
///     }
///
///     async fn finish(&self, key: &str, result: &ToolResult) -> Result<(), ToolResultStoreError> {
///         let text = serde_json::to_string(result)?;
///         self.0.lock().map_err(|_| "poisoned")?.insert(key.to_owned(), Some(text));
///         Ok(())
///     }
/// }
///
/// let webhooks = Webhooks::new(Verifier::none()).tool_results(Shared::default());
/// ```
pub trait ToolResultStore: Send + Sync + 'static {
    /// Claims a call if nobody has, in one step, and returns its state before that. The key has the ids of the call and of the tool call.
    ///
    /// While it is `Running`, this is called again from time to time.
    fn claim(&self, key: &str) -> impl Future<Output = Result<ToolCallClaim, ToolResultStoreError>> + Send;

    /// Stores the result of a call that was claimed.
    fn finish(&self, key: &str, result: &ToolResult) -> impl Future<Output = Result<(), ToolResultStoreError>> + Send;
}

type Borrowed<'a, T> = Pin<Box<dyn Future<Output = Result<T, ToolResultStoreError>> + Send + 'a>>;

/// A store whose type is forgotten.
pub(super) trait ErasedToolResults: Send + Sync {
    fn claim<'a>(&'a self, key: &'a str) -> Borrowed<'a, ToolCallClaim>;

    fn finish<'a>(&'a self, key: &'a str, result: &'a ToolResult) -> Borrowed<'a, ()>;
}

impl<S: ToolResultStore> ErasedToolResults for S {
    fn claim<'a>(&'a self, key: &'a str) -> Borrowed<'a, ToolCallClaim> {
        Box::pin(ToolResultStore::claim(self, key))
    }

    fn finish<'a>(&'a self, key: &'a str, result: &'a ToolResult) -> Borrowed<'a, ()> {
        Box::pin(ToolResultStore::finish(self, key, result))
    }
}

/// The last results, in the memory of this process.
#[derive(Default)]
pub(super) struct MemoryToolResults(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    /// Results as JSON. A call that runs has none.
    results: HashMap<Arc<str>, Option<String>>,
    /// The calls that have results, with their sizes.
    oldest_first: VecDeque<(Arc<str>, usize)>,
    bytes: usize,
}

impl Memory {
    fn finish(&mut self, key: &str, result: String) {
        let size = key.len() + result.len();
        let key: Arc<str> = key.into();
        if let Some(Some(_)) = self.results.insert(Arc::clone(&key), Some(result)) {
            return;
        }
        self.oldest_first.push_back((key, size));
        self.bytes += size;
        while self.oldest_first.len() > MAX_RESULTS || self.bytes > MAX_BYTES {
            let Some((oldest, size)) = self.oldest_first.pop_front() else {
                break;
            };
            self.bytes -= size;
            self.results.remove(&oldest);
        }
    }
}

impl ToolResultStore for MemoryToolResults {
    async fn claim(&self, key: &str) -> Result<ToolCallClaim, ToolResultStoreError> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match memory.results.get(key) {
            Some(Some(result)) => Ok(ToolCallClaim::Finished(serde_json::from_str(result)?)),
            Some(None) => Ok(ToolCallClaim::Running),
            None => {
                memory.results.insert(key.into(), None);
                Ok(ToolCallClaim::New)
            }
        }
    }

    async fn finish(&self, key: &str, result: &ToolResult) -> Result<(), ToolResultStoreError> {
        let result = serde_json::to_string(result)?;
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .finish(key, result);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::to_value;

    // Not the erased trait, which has methods of the same names.
    use super::{MAX_BYTES, MAX_RESULTS, MemoryToolResults, ToolCallClaim, ToolResultStore};
    use crate::webhooks::ToolResult;

    #[tokio::test]
    async fn a_call_is_new_then_running_then_finished() {
        let store = MemoryToolResults::default();
        assert_eq!(store.claim("a").await.unwrap(), ToolCallClaim::New);
        assert_eq!(store.claim("a").await.unwrap(), ToolCallClaim::Running);
        let result = ToolResult::text("Booked.").say("Done!").metadata("table", 7);
        store.finish("a", &result).await.unwrap();
        let ToolCallClaim::Finished(kept) = store.claim("a").await.unwrap() else {
            panic!("the call is finished");
        };
        assert_eq!(to_value(kept).unwrap(), to_value(result).unwrap());
        assert_eq!(store.claim("b").await.unwrap(), ToolCallClaim::New);
    }

    #[tokio::test]
    async fn memory_is_bounded_in_number_and_size() {
        let store = MemoryToolResults::default();
        for index in 0..MAX_RESULTS + 5 {
            store.finish(&index.to_string(), &ToolResult::text("x")).await.unwrap();
        }
        assert_eq!(store.claim("4").await.unwrap(), ToolCallClaim::New);
        assert!(matches!(store.claim("5").await.unwrap(), ToolCallClaim::Finished(_)));
        let long = ToolResult::text("x".repeat(MAX_BYTES / 2));
        for key in ["long-1", "long-2", "long-3"] {
            store.finish(key, &long).await.unwrap();
        }
        assert_eq!(store.claim("long-2").await.unwrap(), ToolCallClaim::New);
        assert!(matches!(
            store.claim("long-3").await.unwrap(),
            ToolCallClaim::Finished(_)
        ));
        let memory = store.0.lock().unwrap();
        assert!(memory.bytes <= MAX_BYTES);
        // The calls that only were claimed are remembered beside the finished ones.
        assert_eq!(memory.results.len(), memory.oldest_first.len() + 2);
    }
}
