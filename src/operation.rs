//! One call of one operation, prepared and not yet sent. Generated code describes each operation by an [`Endpoint`].

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::{Error, Origin, Result, json_path};
use crate::model::from_body;
use crate::transport::{self, Answer, ByteStream, Draft, Response, Upload};

/// What the document says of an operation. Generated code implements it.
pub trait Endpoint: Send + Sync + 'static {
    /// The operation's id: `CallController_findOne`.
    const ID: &'static str;
    /// The method.
    const METHOD: Method;
    /// The path, with the names of its parameters: `/call/{id}`.
    const PATH: &'static str;
    /// What a success decodes to.
    type Output: Send + 'static;

    /// Reads the body of a success.
    ///
    /// # Errors
    /// The body is not as the document says.
    fn decode(body: &[u8]) -> Result<Self::Output, serde_json::Error>;
}

/// An operation that lists. Generated code implements it.
pub trait Paginated: Endpoint {
    /// What is listed.
    type Item: Send + 'static;
    /// How to read on where an answer ends.
    const STYLE: Style;

    /// Reads one item of a list.
    ///
    /// # Errors
    /// The item is not as the document says.
    fn decode_item(text: &[u8]) -> Result<Self::Item, serde_json::Error>;
}

/// How a list is read on where an answer ends. The operation's parameters decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Style {
    /// Newest first, in answers of up to `limit` items, and on with `createdAtLe`: what was created before the last item.
    ///
    /// Items that are created or deleted meanwhile don't make others appear twice or be missed, nor do items that were created
    /// in the same millisecond. Where a page is too small to hold those, larger ones are asked for, up to 1000 items; where
    /// that is too small, or the server doesn't keep to this order, the stream ends in an error.
    CreatedAt,
    /// By page number.
    ///
    /// When an item is created meanwhile, the last item of a page is also the first of the next: of the latest thousand items
    /// none is given twice. When an item is deleted meanwhile, the one that moves up over the border between two pages is
    /// missed: that is in the nature of page numbers. `.page(n)` starts at that page.
    Pages,
    /// In one answer of up to `limit` items. If it is full, a larger one is asked for, up to 1000 items; if that is full too, the
    /// stream ends in an error.
    Limited,
    /// In one answer.
    Whole,
}

/// A prepared call of an operation: await it to send it.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example<E: vapi::operation::Endpoint>(get: vapi::operation::Operation<'_, E>) -> vapi::Result<()> {
/// let reply = get
///     .timeout(Duration::from_secs(5))
///     .max_retries(0)
///     .header("x-trace", "42")
///     .with_response()
///     .await?;
/// println!("{} {:?}", reply.status(), reply.request_id());
/// # Ok(())
/// # }
/// ```
#[must_use = "an operation is sent when it is awaited"]
pub struct Operation<'c, E> {
    client: &'c Client,
    draft: Draft,
    endpoint: PhantomData<fn() -> E>,
}

/// Shows which operation, not its values.
impl<E> fmt::Debug for Operation<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operation").field(&self.draft).finish()
    }
}

impl<'c, E: Endpoint> Operation<'c, E> {
    #[doc(hidden)]
    pub fn new(client: &'c Client) -> Self {
        let draft = Draft::new(Cow::Borrowed(E::ID), E::METHOD, Cow::Borrowed(E::PATH));
        Operation {
            client,
            draft,
            endpoint: PhantomData,
        }
    }

    #[doc(hidden)]
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.draft.path(name, value);
        self
    }

    #[doc(hidden)]
    pub fn body<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        self.draft.json(body);
        self
    }

    #[doc(hidden)]
    pub fn query_value<V: Serialize>(mut self, name: &'static str, value: V) -> Self {
        self.draft.query(name, &value);
        self
    }

    #[doc(hidden)]
    pub fn form(mut self, upload: Upload) -> Self {
        self.draft.upload(upload);
        self
    }

    /// The time this call may take in all, instead of the client's.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.draft.timeout(limit);
        self
    }

    /// How often this call may be sent again, where that is safe, instead of the client's setting.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.draft.max_retries(retries);
        self
    }

    /// Sets a header, `authorization` included.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.draft.header(name, value);
        self
    }

    /// Adds to the query what the document does not know.
    pub fn query<V: Serialize>(mut self, name: &str, value: V) -> Self {
        self.draft.query(name, &value);
        self
    }

    /// Sends it and gives the status and headers too.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn with_response(self) -> Result<Response<E::Output>> {
        let origin = self.draft.origin().clone();
        let answer = transport::send(self.client.shared(), self.draft).await?;
        decode(&origin, answer, E::decode)
    }

    /// Sends it and decodes the answer into a type of your own, for when the document lags behind the API.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        let origin = self.draft.origin().clone();
        let answer = transport::send(self.client.shared(), self.draft).await?;
        Ok(decode_as::<T>(&origin, answer)?.into_value())
    }

    /// What is to be sent, and with which client: for what sends it more than once.
    pub(crate) fn into_parts(self) -> (&'c Client, Draft) {
        (self.client, self.draft)
    }

    /// Sends it and gives the answer, which is to be a stream of events, as it comes.
    #[doc(hidden)]
    pub async fn open_events(mut self) -> Result<ByteStream> {
        self.draft.json_property("stream", true.into());
        self.header("accept", "text/event-stream").open().await
    }

    /// Sends it and gives the answer's bytes as they come.
    #[doc(hidden)]
    pub async fn open(self) -> Result<ByteStream> {
        transport::open(self.client.shared(), self.draft).await
    }
}

impl<'c, E: Endpoint> IntoFuture for Operation<'c, E> {
    type Output = Result<E::Output>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.with_response().await?.into_value()) })
    }
}

pub(crate) fn decode_as<T: DeserializeOwned>(origin: &Origin, answer: Answer) -> Result<Response<T>> {
    let read = |body: &[u8]| from_body(if body.is_empty() { b"null" } else { body });
    decode(origin, answer, read)
}

fn decode<T>(
    origin: &Origin,
    answer: Answer,
    decode: impl FnOnce(&[u8]) -> Result<T, serde_json::Error>,
) -> Result<Response<T>> {
    if transport::is_event_stream(&answer.headers) {
        let Answer {
            status,
            headers,
            body,
            attempts,
        } = answer;
        return Err(Error::events(status, &headers, body).at(origin).after(attempts));
    }
    match decode(&answer.body) {
        Ok(value) => Ok(answer.with(value)),
        Err(cause) => {
            let place = json_path::of(&answer.body, &cause);
            Err(undecodable(origin, answer, &cause, place))
        }
    }
}

#[cold]
fn undecodable(origin: &Origin, answer: Answer, cause: &serde_json::Error, place: Option<String>) -> Error {
    let Answer {
        status,
        headers,
        body,
        attempts,
    } = answer;
    Error::decode_answer(status, &headers, body, cause, place)
        .at(origin)
        .after(attempts)
}
