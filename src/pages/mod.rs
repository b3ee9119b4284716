//! Lists as streams. Each list operation has [`stream`](Operation::stream), item by item, and [`pages`](Operation::pages), page
//! by page.
//!
//! ```no_run
//! # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
//! let mut calls = vapi.calls().list().created_at_ge("2026-01-01T00:00:00.000Z").stream();
//! while let Some(call) = calls.next().await {
//!     println!("{}", call?.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A page is requested when it is needed, one page is in memory at a time, and dropping the stream ends it. **`limit` is the
//! size of a page, not of the list**: to get ten items in all, stop after ten.

mod pager;
mod paging_state;
mod raw_page;
#[cfg(test)]
mod simulation;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::model::{Decode, Misfit, Misfits};
use crate::operation::Operation;
use pager::{NewItems, Pager};

pub use crate::operation::{Paginated, PaginationStyle};

impl<E: Paginated> Operation<E> {
    /// Returns the whole list, item by item. Further pages are requested when they are needed.
    ///
    /// An item that cannot be decoded is an error with its path ([`json_path`](crate::Error::json_path)), and the stream goes on
    /// after it. A request that fails after all retries ends the stream. The options of the operation apply to each request.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
    /// let mut assistants = vapi.assistants().list().stream();
    /// while let Some(assistant) = assistants.next().await {
    ///     println!("{:?}", assistant?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> Items<E::Item> {
        Items {
            pager: self.pager(),
            page: None,
            decode: E::decode_item,
        }
    }

    /// Returns the whole list, page by page.
    ///
    /// A page has only the items that no page before it had. A page without such an item is left out, unless it is the first.
    /// A page with an item that cannot be decoded is an error, whose [`body`](crate::Error::body) is the page, and the stream goes
    /// on after it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
    /// let mut pages = vapi.assistants().list().limit(50).pages();
    /// while let Some(page) = pages.next().await {
    ///     let page = page?;
    ///     println!("{} of {:?}", page.items.len(), page.total_items());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> Pages<E::Item> {
        Pages {
            pager: self.pager(),
            decode: E::decode_item,
        }
    }

    fn pager(self) -> Pager {
        Pager::new(self.into_repeatable(), E::STYLE)
    }
}

/// A stream of the items of a list, made by [`Operation::stream`].
#[must_use = "nothing is requested until this is polled"]
pub struct Items<T> {
    pager: Pager,
    page: Option<NewItems>,
    decode: Decode<T>,
}

impl<T> Items<T> {
    /// Returns the next item, or `None` at the end.
    ///
    /// It is cancel safe: if it is dropped while it waits, no item is lost.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Collects the rest of the list, which may be long.
    ///
    /// # Errors
    ///
    /// The first error of the stream.
    pub async fn into_vec(mut self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            let next = self.page.as_mut().and_then(NewItems::next);
            if let (Some(index), Some(page)) = (next, &self.page) {
                return Poll::Ready(Some(page.page.read_item(index, self.decode)));
            }
            self.page = None;
            match ready!(self.pager.poll_page(cx)) {
                Some(Ok(page)) => self.page = Some(page),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.pager).finish()
    }
}

/// A stream of the pages of a list, made by [`Operation::pages`].
#[must_use = "nothing is requested until this is polled"]
pub struct Pages<T> {
    pager: Pager,
    decode: Decode<T>,
}

impl<T> Pages<T> {
    /// Returns the next page, or `None` at the end.
    ///
    /// It is cancel safe: if it is dropped while it waits, no page is lost.
    pub async fn next(&mut self) -> Option<Result<Page<T>>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = match ready!(self.pager.poll_page(cx)) {
            Some(Ok(page)) => page,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let NewItems { page, indices } = page;
        let decoded = page.read_items(indices, self.decode);
        Poll::Ready(Some(decoded.map(|decoded| Page {
            items: decoded.value,
            metadata: page.metadata,
            misfits: decoded.misfits,
        })))
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pages").field(&self.pager).finish()
    }
}

/// A page of a list, with the metadata that the server sends.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items that no page before it had.
    pub items: Vec<T>,
    /// The `metadata` of the response; empty if the response is an array.
    pub metadata: Map<String, Value>,
    misfits: Misfits,
}

impl<T> Page<T> {
    /// Returns the values in the items that are not what the document says, as
    /// [`Response::misfits`](crate::Response::misfits) does. Their paths begin at the page.
    pub fn misfits(&self) -> &[Misfit] {
        &self.misfits.listed
    }

    /// Returns the number of this page, if the list has page numbers. The first is 1.
    pub fn number(&self) -> Option<u64> {
        raw_page::whole(&self.metadata, "currentPage")
    }

    /// Returns the number of items in the whole list, if the server says so.
    pub fn total_items(&self) -> Option<u64> {
        raw_page::whole(&self.metadata, "totalItems")
    }

    /// Returns the number of pages of the whole list, if the server says so.
    pub fn total_pages(&self) -> Option<u64> {
        raw_page::whole(&self.metadata, "totalPages")
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}
