//! The state of paging: which request comes next, decided from the pages so far. Nothing here sends a request or decodes an
//! item.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};

use super::raw_page::{RawItem, RawPage, parse_time, whole};
use crate::operation::PaginationStyle;

/// The number of items in a response if the request has no `limit`.
const USUAL: u64 = 100;
/// The most items that a response can have.
const MOST: u64 = 1000;
/// The number of keys that are remembered when a list is read by page number: as many as the largest page has items.
const REMEMBERED: usize = 1000;
/// After this number of pages without a new item, the server is taken to ignore the page number.
const STALE: u8 = 2;

/// A query parameter that the next request sets, or removes.
pub(super) type QueryChange = (&'static str, Option<String>);

/// The next step after a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextPage {
    /// Request another page.
    More,
    /// The list has ended.
    Done,
    /// The list may go on, but there is no way to its next page.
    Stuck(String),
}

/// The position in a list.
pub(super) struct PagingState {
    begun: bool,
    strategy: Strategy,
}

enum Strategy {
    TimeCursor(TimeCursor),
    PageNumber(PageNumber),
    Whole,
}

impl PagingState {
    /// Creates the state before the first page. `asked` returns the query parameters that the caller has set.
    pub(super) fn new<'a>(style: PaginationStyle, asked: impl Fn(&str) -> Option<&'a str>) -> Self {
        let strategy = match style {
            PaginationStyle::CreatedAt => Strategy::TimeCursor(TimeCursor::new(asked, true)),
            PaginationStyle::Limited => Strategy::TimeCursor(TimeCursor::new(asked, false)),
            PaginationStyle::Pages => Strategy::PageNumber(PageNumber::new(asked)),
            PaginationStyle::Whole => Strategy::Whole,
        };
        PagingState { begun: false, strategy }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Returns the differences between the next request and the caller's.
    pub(super) fn query_changes(&self) -> Vec<QueryChange> {
        match &self.strategy {
            Strategy::TimeCursor(cursor) => cursor.changes(),
            Strategy::PageNumber(page) => page.changes(),
            Strategy::Whole => Vec::new(),
        }
    }

    /// Takes a page, and returns the indices of its new items and the next step.
    pub(super) fn take(&mut self, page: &RawPage) -> (Vec<usize>, NextPage) {
        self.begun = true;
        match &mut self.strategy {
            Strategy::TimeCursor(cursor) => cursor.take(page),
            Strategy::PageNumber(number) => number.take(page),
            Strategy::Whole => ((0..page.items.len()).collect(), NextPage::Done),
        }
    }
}

/// A cursor over creation times, newest first. Each request is for items that are not newer than the last one.
///
/// The bound includes the time of the last item, since others may have been created in the same millisecond; items that come
/// again are known by their keys. The bound is one millisecond later than the last item: servers keep more digits than they
/// write, and an item of `.123456` is written as `.123`, but is not found below `.123`.
struct TimeCursor {
    /// True if the list takes a bound. If not, larger pages are the only way to more items.
    has_bound: bool,
    /// The number of items in a page, unless more are needed.
    size: u64,
    /// The number of items in the next page.
    this_size: u64,
    /// True if the caller's `limit` is not a number. It is sent as it is, and the server refuses it.
    has_odd_size: bool,
    bound: Option<DateTime<Utc>>,
    /// The bound that the caller has set. A later bound may not exceed it.
    given_bound: Option<DateTime<Utc>>,
    /// The keys of the items that came and can come again, since the bound includes them.
    seen: HashSet<String>,
}

impl TimeCursor {
    fn new<'a>(asked: impl Fn(&str) -> Option<&'a str>, has_bound: bool) -> Self {
        let given_size = asked("limit").map(str::parse);
        let has_odd_size = matches!(given_size, Some(Err(_)));
        let size = given_size.and_then(Result::ok).unwrap_or(USUAL);
        let given = ["createdAtLe", "createdAtLt"]
            .into_iter()
            .filter_map(|name| parse_time(asked(name)?));
        TimeCursor {
            has_bound,
            size,
            this_size: size,
            has_odd_size,
            bound: None,
            given_bound: given.min(),
            seen: HashSet::new(),
        }
    }

    fn changes(&self) -> Vec<QueryChange> {
        let mut changes = Vec::new();
        if !self.has_odd_size {
            // It is sent even if it is the usual one: whether a page is full decides how to go on.
            changes.push(("limit", Some(self.this_size.to_string())));
        }
        let bound = self
            .bound
            .filter(|bound| self.given_bound.is_none_or(|given| *bound < given));
        if let Some(bound) = bound {
            changes.push(("createdAtLe", Some(bound.to_rfc3339_opts(SecondsFormat::Millis, true))));
            changes.push(("createdAtLt", None));
        }
        changes
    }

    fn take(&mut self, page: &RawPage) -> (Vec<usize>, NextPage) {
        let items = &page.items;
        if let Some(bound) = self.bound
            && items.iter().any(|item| item.created_at.is_some_and(|at| at > bound))
        {
            let why =
                "the response has items that are newer than `createdAtLe`: the next page would repeat or miss some";
            return (Vec::new(), NextPage::Stuck(why.to_owned()));
        }
        let mut new = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if self.seen.insert(item.key.clone()) {
                new.push(index);
            }
        }
        let next = self.next_page(page, new.is_empty());
        (new, next)
    }

    fn next_page(&mut self, page: &RawPage, nothing_new: bool) -> NextPage {
        let items = &page.items;
        let is_full = items.len() as u64 >= self.this_size;
        if items.is_empty() || is_last_page(page) {
            return NextPage::Done;
        }
        if !self.has_bound {
            return match is_full {
                true => self.enlarge("the list cannot be read beyond its first"),
                false => NextPage::Done,
            };
        }
        let Some(last) = oldest_last(items) else {
            return match is_full {
                true => NextPage::Stuck(
                    "the list is not ordered by `createdAt`, newest first: its next page cannot be found".to_owned(),
                ),
                false => NextPage::Done,
            };
        };
        let bound = last.trunc_subsecs(3) + TimeDelta::milliseconds(1);
        // The bound is never later than before, even if the last item was deleted: keys of newer items are already forgotten.
        let bound = self.bound.map_or(bound, |before| before.min(bound));
        let is_within = |item: &&RawItem| item.created_at.is_some_and(|at| at <= bound);
        if self.bound != Some(bound) {
            // Items beyond the bound never come again. Items of earlier pages are beyond it, except those in this page: it begins
            // at the bound before.
            self.seen = items.iter().filter(is_within).map(|item| item.key.clone()).collect();
            self.bound = Some(bound);
        }
        match (nothing_new, is_full) {
            (false, _) => {
                self.this_size = self.size;
                NextPage::More
            }
            (true, false) => NextPage::Done,
            (true, true) => {
                self.enlarge("too many items were created in the same millisecond to find the item after the first")
            }
        }
    }

    fn enlarge(&mut self, why: &str) -> NextPage {
        if self.this_size >= MOST {
            return NextPage::Stuck(format!("{why} {}", self.this_size));
        }
        self.this_size = self.this_size.saturating_mul(10).clamp(1, MOST);
        NextPage::More
    }
}

/// Returns the creation time of the last item, if the items are ordered from the newest to the oldest.
fn oldest_last(items: &[RawItem]) -> Option<DateTime<Utc>> {
    let mut last: Option<DateTime<Utc>> = None;
    for item in items {
        let at = item.created_at?;
        if last.is_some_and(|last| at > last) {
            return None;
        }
        last = Some(at);
    }
    last
}

fn is_last_page(page: &RawPage) -> bool {
    page.metadata.get("hasNextPage").and_then(|says| says.as_bool()) == Some(false)
}

/// A page number, or a cursor if the responses have one.
struct PageNumber {
    /// The number of the next page.
    page: u64,
    /// True if the next page is the one that the caller requested.
    as_asked: bool,
    /// The cursor in the last response.
    cursor: Option<String>,
    /// True if the server ignored a cursor. No operation declares the parameter `cursor`, so this is seen when it is sent.
    ignores_cursors: bool,
    /// The number of pages in a row without a new item.
    stale: u8,
    recent: RecentKeys,
}

impl PageNumber {
    fn new<'a>(asked: impl Fn(&str) -> Option<&'a str>) -> Self {
        PageNumber {
            page: asked("page").and_then(|text| text.parse().ok()).unwrap_or(1),
            as_asked: asked("page").is_some(),
            cursor: None,
            ignores_cursors: false,
            stale: 0,
            recent: RecentKeys::default(),
        }
    }

    fn changes(&self) -> Vec<QueryChange> {
        match &self.cursor {
            Some(cursor) => vec![("cursor", Some(cursor.clone())), ("page", None)],
            None if self.as_asked => Vec::new(),
            None => vec![("page", Some(self.page.to_string()))],
        }
    }

    fn take(&mut self, page: &RawPage) -> (Vec<usize>, NextPage) {
        let items = page.items.iter().enumerate();
        let new: Vec<usize> = items
            .filter(|(_, item)| self.recent.insert(&item.key))
            .map(|(index, _)| index)
            .collect();
        if page.items.is_empty() || is_last_page(page) {
            return (new, NextPage::Done);
        }
        self.as_asked = false;
        let sent_cursor = self.cursor.take();
        if sent_cursor.is_some() && new.is_empty() {
            self.ignores_cursors = true;
            return (new, NextPage::More);
        }
        self.stale = if new.is_empty() { self.stale + 1 } else { 0 };
        let says_more = self.says_more(page);
        self.page = self.page.saturating_add(1);
        if !self.ignores_cursors {
            self.cursor = cursor(page).filter(|next| sent_cursor.as_ref() != Some(next));
        }
        let next = match says_more {
            _ if self.cursor.is_some() && self.stale < STALE => NextPage::More,
            Some(false) => NextPage::Done,
            None if sent_cursor.is_some() => NextPage::Done,
            None if self.stale >= STALE => NextPage::Done,
            Some(true) if self.stale >= STALE => {
                NextPage::Stuck("the server says that there are more pages, but sends the same items again".to_owned())
            }
            _ => NextPage::More,
        };
        (new, next)
    }

    /// Returns whether the response says that more follows, if it says so at all.
    fn says_more(&self, page: &RawPage) -> Option<bool> {
        let metadata = &page.metadata;
        if let Some(says) = metadata.get("hasNextPage").and_then(|says| says.as_bool()) {
            return Some(says);
        }
        let page = whole(metadata, "currentPage").unwrap_or(self.page);
        let pages = whole(metadata, "totalPages").or_else(|| {
            let (items, size) = (whole(metadata, "totalItems")?, whole(metadata, "itemsPerPage")?);
            Some(items.div_ceil(size.max(1)))
        })?;
        Some(page < pages)
    }
}

fn cursor(page: &RawPage) -> Option<String> {
    let cursor = page.metadata.get("nextCursor")?;
    let text = cursor.as_str().map(str::to_owned);
    let text = text.or_else(|| cursor.is_number().then(|| cursor.to_string()))?;
    (!text.is_empty()).then_some(text)
}

/// The keys of the latest items.
#[derive(Default)]
struct RecentKeys {
    order: VecDeque<String>,
    keys: HashSet<String>,
}

impl RecentKeys {
    /// Adds a key and returns whether it is new.
    fn insert(&mut self, key: &str) -> bool {
        if !self.keys.insert(key.to_owned()) {
            return false;
        }
        self.order.push_back(key.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        true
    }
}
