//! The requests for one page after the other. The pager is not generic, so it is compiled once for all lists.

use std::fmt;
use std::task::{Context, Poll};

use super::paging_state::{NextPage, PagingState};
use super::raw_page::RawPage;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::PaginationStyle;
use crate::transport::{PendingResponse, RepeatableRequest};

pub(super) struct Pager {
    /// The caller's request. The request for each page is a variation of it.
    request: RepeatableRequest,
    state: PagingState,
    pending: Option<PendingResponse>,
    next: NextPage,
}

/// A page that was just read, and the indices of its items that no page before it had.
pub(super) struct NewItems {
    pub(super) page: RawPage,
    pub(super) indices: std::vec::IntoIter<usize>,
}

impl NewItems {
    pub(super) fn next(&mut self) -> Option<usize> {
        self.indices.next()
    }
}

impl Pager {
    pub(super) fn new(request: RepeatableRequest, style: PaginationStyle) -> Self {
        Pager {
            state: PagingState::new(style, |name| request.query_text(name)),
            request,
            pending: None,
            next: NextPage::More,
        }
    }

    /// Returns the next page with a new item. The first page is returned in any case.
    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<NewItems>>> {
        loop {
            match std::mem::replace(&mut self.next, NextPage::Done) {
                NextPage::More => {}
                NextPage::Done => return Poll::Ready(None),
                NextPage::Stuck(why) => {
                    let error = Error::new(ErrorKind::Decode, why).for_request(self.request.context());
                    return Poll::Ready(Some(Err(error)));
                }
            }
            let pending = match &mut self.pending {
                Some(pending) => pending,
                None => {
                    let request = self.send();
                    self.pending.insert(request)
                }
            };
            let Poll::Ready(response) = pending.as_mut().poll(cx) else {
                self.next = NextPage::More;
                return Poll::Pending;
            };
            self.pending = None;
            let is_first = !self.state.has_begun();
            // An error leaves `next` at the end: a caller who polls after it must not cause more requests.
            let page = match response.and_then(RawPage::read) {
                Ok(page) => page,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            let (new, next) = self.state.take(&page);
            self.next = next;
            if is_first || !new.is_empty() {
                let indices = new.into_iter();
                return Poll::Ready(Some(Ok(NewItems { page, indices })));
            }
        }
    }

    fn send(&self) -> PendingResponse {
        let changes = self.state.query_changes();
        self.request.send(|parts| {
            for (name, text) in changes {
                parts.set_query(name, text);
            }
        })
    }
}

impl fmt::Debug for Pager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}
