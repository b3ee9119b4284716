//! Operations: one prepared call of one operation of the API. Generated code describes each operation by an [`Endpoint`].

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Result;
use crate::model::Slot;
#[doc(hidden)]
use crate::model::to_json;
pub use crate::model::{Decoded, Undecodable};
#[doc(hidden)]
pub use crate::transport::QueryStyle;
use crate::transport::{self, ByteStream, RepeatableRequest, RequestParts, Response, Upload, request_setters};

/// An operation of the API, as a type. Generated code implements it.
pub trait Endpoint: Send + Sync + 'static {
    /// The id of the operation: `CallController_findOne`.
    const ID: &'static str;
    /// The method.
    const METHOD: Method;
    /// The path, with the names of its parameters: `/call/{id}`.
    const PATH: &'static str;
    /// The type of a successful response.
    type Output: Send + 'static;

    /// Decodes the body of a successful response.
    ///
    /// # Errors
    ///
    /// The body does not match the document.
    #[doc(hidden)]
    fn decode(body: &[u8]) -> Result<Decoded<Self::Output>, Undecodable>;
}

/// An operation that lists. Generated code implements it.
pub trait Paginated: Endpoint {
    /// The type of an item.
    type Item: Send + 'static;
    /// The way to the next page.
    const STYLE: PaginationStyle;

    /// Decodes one item of the list.
    ///
    /// # Errors
    ///
    /// The item does not match the document.
    #[doc(hidden)]
    fn decode_item(text: &[u8]) -> Result<Decoded<Self::Item>, Undecodable>;
}

/// The way from one page of a list to the next. The parameters of the operation decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaginationStyle {
    /// By creation time: newest first, in pages of up to `limit` items. The next page is requested with `createdAtLe`.
    ///
    /// Items that are created or deleted meanwhile do not make others appear twice or be missed, nor do items that were created
    /// in the same millisecond. If a page is too small to hold those, larger ones are requested, up to 1000 items. If that is
    /// too small, or if the server does not keep this order, the stream ends in an error.
    CreatedAt,
    /// By page number. `.page(n)` starts at that page.
    ///
    /// If an item is created meanwhile, the last item of a page is also the first of the next. None of the latest thousand items
    /// is returned twice. If an item is deleted meanwhile, the first item of the next page moves to a page that was already
    /// read, and is missed: page numbers cannot prevent that.
    Pages,
    /// In one page of up to `limit` items. If it is full, a larger one is requested, up to 1000 items. If that is full too, the
    /// stream ends in an error.
    Limited,
    /// In one page.
    Whole,
}

/// A prepared call of an operation. It is sent when it is awaited.
///
/// An operation owns all that it needs: it can be stored, and moved to another task. Each operation has an alias in
/// [`resources::prepared`](crate::resources::prepared), whose page lists the parameters of that operation alone.
///
/// # Examples
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example<E: vapi::operation::Endpoint>(get: vapi::operation::Operation<E>) -> vapi::Result<()> {
/// let response = get
///     .timeout(Duration::from_secs(5))
///     .max_retries(0)
///     .header("x-trace", "42")
///     .with_response()
///     .await?;
/// println!("{} {:?}", response.status(), response.request_id());
/// # Ok(())
/// # }
/// ```
#[must_use = "an operation is sent when it is awaited"]
pub struct Operation<E> {
    client: Client,
    parts: RequestParts,
    endpoint: PhantomData<fn() -> E>,
}

/// Shows the name of the operation, not its values.
impl<E> fmt::Debug for Operation<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operation").field(&self.parts).finish()
    }
}

impl<E: Endpoint> Operation<E> {
    #[doc(hidden)]
    pub fn new(client: &Client) -> Self {
        Operation {
            client: client.clone(),
            parts: RequestParts::new(Cow::Borrowed(E::ID), E::METHOD, Cow::Borrowed(E::PATH)),
            endpoint: PhantomData,
        }
    }

    #[doc(hidden)]
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.parts.path(name, value);
        self
    }

    #[doc(hidden)]
    pub fn body(mut self, body: &dyn Slot) -> Self {
        self.parts.json_text(to_json(body));
        self
    }

    #[doc(hidden)]
    pub fn query_value<V: Serialize>(mut self, name: &'static str, value: V) -> Self {
        self.parts.query(name, &value);
        self
    }

    #[doc(hidden)]
    pub fn query_styled<V: Serialize>(mut self, name: &'static str, value: V, style: QueryStyle) -> Self {
        self.parts.query_styled(name, &value, style);
        self
    }

    #[doc(hidden)]
    pub fn form(mut self, upload: Upload) -> Self {
        self.parts.upload(upload);
        self
    }

    request_setters! {
        /// Sets the time limit of this call, instead of the client's.
        timeout
        /// Sets how often this call may be sent again, where that is safe, instead of the client's setting.
        max_retries
        /// Sets a header, `authorization` included.
        header
        /// Adds a query parameter that the document does not know.
        query
    }

    /// Sends the operation and returns its response with status and headers.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    #[inline]
    pub async fn with_response(self) -> Result<Response<E::Output>> {
        let response = transport::send(self.client.settings(), self.parts).await?;
        response.decode(E::decode)
    }

    /// Sends the operation and decodes its response as a type of your own, for when the document lags behind the API.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        let response = transport::send(self.client.settings(), self.parts).await?;
        Ok(response.decode_as::<T>()?.into_value())
    }

    /// Returns the request, for what sends it more than once.
    pub(crate) fn into_repeatable(self) -> RepeatableRequest {
        RepeatableRequest::new(self.client.settings().clone(), self.parts)
    }

    /// Sends the operation with `stream` set in its body, and returns the response, a stream of events, as it comes.
    #[allow(dead_code, reason = "a document may have no operation that streams")]
    pub(crate) async fn open_events(mut self) -> Result<ByteStream> {
        self.parts.json_property("stream", true.into());
        self.header("accept", "text/event-stream").open().await
    }

    /// Sends the operation and returns the bytes of its response as they come.
    #[doc(hidden)]
    pub async fn open(self) -> Result<ByteStream> {
        transport::open(self.client.settings(), self.parts).await
    }
}

impl<E: Endpoint> IntoFuture for Operation<E> {
    type Output = Result<E::Output>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.with_response().await?.into_value()) })
    }
}
