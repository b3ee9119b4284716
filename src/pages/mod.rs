//! Reading lists to their end. Each list operation has [`stream`](Operation::stream), item by item, and
//! [`pages`](Operation::pages), page by page; what is asked of the server to get on is decided in `paging_state`.
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
//! Nothing is requested before it is wanted, one page is in memory at a time, and dropping the stream ends it. **`limit` is the
//! size of a page, not of the whole**: to get ten items in all, stop after ten.

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
use crate::model::Decode;
use crate::operation::{Operation, Paginated};
use pager::{Fresh, Reader};

impl<E: Paginated> Operation<'_, E> {
    /// The whole list, item by item. Further pages are requested when their turn comes.
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
    ///
    /// An item that can't be decoded is an error with its place ([`json_path`](crate::Error::json_path)), and the stream goes on
    /// after it. A request that fails, retries included, ends the stream. The options of the operation hold for each request.
    pub fn stream(self) -> Items<E::Item> {
        Items {
            reader: self.reader(),
            page: None,
            decode: E::decode_item,
        }
    }

    /// The whole list, page by page.
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
    ///
    /// A page has only what no page before it had; one with nothing new is left out, unless it is the first. One with an item
    /// that can't be decoded is an error, whose [`body`](crate::Error::body) is the page, and the stream goes on after it.
    pub fn pages(self) -> Pages<E::Item> {
        Pages {
            reader: self.reader(),
            decode: E::decode_item,
        }
    }

    fn reader(self) -> Reader {
        let (client, draft) = self.into_parts();
        Reader::new(client.clone(), draft, E::STYLE)
    }
}

/// The items of a list: a stream, made by [`Operation::stream`].
#[must_use = "nothing is requested until this is polled"]
pub struct Items<T> {
    reader: Reader,
    page: Option<Fresh>,
    decode: Decode<T>,
}

impl<T> Items<T> {
    /// The next item; `None` at the end. It can be dropped while it waits, and called again, without losing an item.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// All that is left of the list. There may be a lot of it.
    ///
    /// # Errors
    /// The first of the stream.
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

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            let next = self.page.as_mut().and_then(Fresh::next);
            if let (Some(index), Some(page)) = (next, &self.page) {
                return Poll::Ready(Some(page.sheet.read_item(index, self.decode)));
            }
            self.page = None;
            match ready!(self.reader.poll_page(context)) {
                Some(Ok(page)) => self.page = Some(page),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.reader).finish()
    }
}

/// The pages of a list: a stream, made by [`Operation::pages`].
#[must_use = "nothing is requested until this is polled"]
pub struct Pages<T> {
    reader: Reader,
    decode: Decode<T>,
}

impl<T> Pages<T> {
    /// The next page; `None` at the end. It can be dropped while it waits, and called again, without losing a page.
    pub async fn next(&mut self) -> Option<Result<Page<T>>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = match ready!(self.reader.poll_page(context)) {
            Some(Ok(page)) => page,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let Fresh { sheet, indices } = page;
        let items: Result<Vec<T>> = indices.map(|index| sheet.read_item(index, self.decode)).collect();
        Poll::Ready(Some(items.map(|items| Page {
            items,
            metadata: sheet.metadata,
        })))
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pages").field(&self.reader).finish()
    }
}

/// A part of a list, and what the server says of its place in the whole.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it and was on none before it.
    pub items: Vec<T>,
    /// The `metadata` of the answer, as it came; empty where the answer is a plain array.
    pub metadata: Map<String, Value>,
}

impl<T> Page<T> {
    /// The number of this page, where the list has page numbers. The first is 1.
    pub fn number(&self) -> Option<u64> {
        raw_page::whole(&self.metadata, "currentPage")
    }

    /// How many items the whole list has, where the server says so.
    pub fn total_items(&self) -> Option<u64> {
        raw_page::whole(&self.metadata, "totalItems")
    }

    /// How many pages the whole list has, where the server says so.
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
