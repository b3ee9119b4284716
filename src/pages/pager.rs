//! Requesting one page after the other. It is not generic, so that it is compiled once for all lists.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::paging_state::{Change, Then, Walk};
use super::raw_page::Sheet;
use crate::client::Client;
use crate::error::{Error, Kind, Origin, Result};
use crate::operation::Style;
use crate::transport::{self, Answer, Draft};

type Answering = Pin<Box<dyn Future<Output = Result<Answer>> + Send>>;

pub(super) struct Reader {
    client: Client,
    /// The request as the caller made it, of which each page's is a variation.
    draft: Draft,
    walk: Walk,
    answering: Option<Answering>,
    then: Then,
}

/// A page that has just been read, and which of its items are new.
pub(super) struct Fresh {
    pub(super) sheet: Sheet,
    pub(super) indices: std::vec::IntoIter<usize>,
}

impl Fresh {
    pub(super) fn next(&mut self) -> Option<usize> {
        self.indices.next()
    }
}

impl Reader {
    pub(super) fn new(client: Client, draft: Draft, style: Style) -> Self {
        Reader {
            walk: Walk::new(style, |name| draft.query_text(name)),
            client,
            draft,
            answering: None,
            then: Then::Continue,
        }
    }

    /// The next page that has something new; the first in any case.
    pub(super) fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Fresh>>> {
        loop {
            match std::mem::replace(&mut self.then, Then::End) {
                Then::Continue => {}
                Then::End => return Poll::Ready(None),
                Then::Stuck(why) => {
                    let error = Error::new(Kind::Decode, why).at(self.draft.origin());
                    return Poll::Ready(Some(Err(error)));
                }
            }
            let answering = match &mut self.answering {
                Some(answering) => answering,
                None => {
                    let request = self.request();
                    self.answering.insert(request)
                }
            };
            let Poll::Ready(answer) = answering.as_mut().poll(context) else {
                self.then = Then::Continue;
                return Poll::Pending;
            };
            self.answering = None;
            let is_first = !self.walk.has_begun();
            let read = answer.and_then(|answer| Sheet::read(answer, self.draft.origin()));
            // What fails leaves `then` at the end: who goes on polling after an error must not go on asking.
            let sheet = match read {
                Ok(sheet) => sheet,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            let (new, then) = self.walk.take(&sheet);
            self.then = then;
            if is_first || !new.is_empty() {
                let indices = new.into_iter();
                return Poll::Ready(Some(Ok(Fresh { sheet, indices })));
            }
        }
    }

    fn request(&self) -> Answering {
        let draft = vary(&self.draft, self.walk.changes());
        let (client, origin) = (self.client.clone(), self.draft.origin().clone());
        Box::pin(async move {
            match draft {
                Some(draft) => transport::send(client.shared(), draft).await,
                None => Err(cannot_repeat(&origin)),
            }
        })
    }
}

fn vary(draft: &Draft, changes: Vec<Change>) -> Option<Draft> {
    let mut draft = draft.try_clone()?;
    for (name, text) in changes {
        draft.set_query(name, text);
    }
    Some(draft)
}

#[cold]
fn cannot_repeat(origin: &Origin) -> Error {
    Error::input("a request with an upload can't be sent for one page after the other").at(origin)
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.draft.fmt(f)
    }
}
