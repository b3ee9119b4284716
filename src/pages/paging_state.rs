//! What to ask for next, decided from what came. No requests are made here, and no item is decoded.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};

use super::raw_page::{Entry, Sheet, moment, whole};
use crate::operation::Style;

/// Items in an answer when the request says nothing.
const USUAL: u64 = 100;
/// Most items that an answer can have.
const MOST: u64 = 1000;
/// How many keys are remembered where lists are read by page number: as many as the largest page has items.
const REMEMBERED: usize = 1000;
/// So many pages in a row with nothing new are taken for the server ignoring the page number.
const STALE: u8 = 2;

/// A query parameter to set in the next request, or to take out.
pub(super) type Change = (&'static str, Option<String>);

/// How it goes on after an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    Continue,
    End,
    /// It can't go on, though there may be more.
    Stuck(String),
}

/// The way through one list.
pub(super) struct Walk {
    begun: bool,
    way: Way,
}

enum Way {
    ByTime(ByTime),
    ByPage(ByPage),
    Whole,
}

impl Walk {
    /// `asked` gives the query parameters that the caller has set.
    pub(super) fn new<'a>(style: Style, asked: impl Fn(&str) -> Option<&'a str>) -> Self {
        let way = match style {
            Style::CreatedAt => Way::ByTime(ByTime::new(asked, true)),
            Style::Limited => Way::ByTime(ByTime::new(asked, false)),
            Style::Pages => Way::ByPage(ByPage::new(asked)),
            Style::Whole => Way::Whole,
        };
        Walk { begun: false, way }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// How the next request differs from the caller's.
    pub(super) fn changes(&self) -> Vec<Change> {
        match &self.way {
            Way::ByTime(way) => way.changes(),
            Way::ByPage(way) => way.changes(),
            Way::Whole => Vec::new(),
        }
    }

    /// The indices of the items that did not come before.
    pub(super) fn take(&mut self, sheet: &Sheet) -> (Vec<usize>, Then) {
        self.begun = true;
        match &mut self.way {
            Way::ByTime(way) => way.take(sheet),
            Way::ByPage(way) => way.take(sheet),
            Way::Whole => ((0..sheet.items.len()).collect(), Then::End),
        }
    }
}

/// Newest first, each request for what is not newer than the last item.
///
/// Not *older* than it: others may have been created in the same millisecond. What is asked for again in this way is known by
/// its key. The bound is even a millisecond later than the last item, since servers keep time more exactly than they write it,
/// and an item at `.123456` that says it is of `.123` is not found below `.123`.
struct ByTime {
    /// Whether the list can be asked for what is older; if not, larger answers are the only way on.
    has_bound: bool,
    /// Items in an answer, unless more are needed.
    size: u64,
    /// As `size`, but for the next request.
    this_size: u64,
    /// Whether the caller's `limit` is no number: it goes as it is, and the server says what is wrong with it.
    has_odd_size: bool,
    bound: Option<DateTime<Utc>>,
    /// The bound that the caller has set, which a later one must not lift.
    given_bound: Option<DateTime<Utc>>,
    /// What came and can come again: the keys of the items that the bound does not rule out.
    seen: HashSet<String>,
}

impl ByTime {
    fn new<'a>(asked: impl Fn(&str) -> Option<&'a str>, has_bound: bool) -> Self {
        let given_size = asked("limit").map(str::parse);
        let has_odd_size = matches!(given_size, Some(Err(_)));
        let size = given_size.and_then(Result::ok).unwrap_or(USUAL);
        let given = ["createdAtLe", "createdAtLt"]
            .into_iter()
            .filter_map(|name| moment(asked(name)?));
        ByTime {
            has_bound,
            size,
            this_size: size,
            has_odd_size,
            bound: None,
            given_bound: given.min(),
            seen: HashSet::new(),
        }
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        if !self.has_odd_size {
            // Said even where it is the usual one: whether an answer is full decides how to go on.
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

    fn take(&mut self, sheet: &Sheet) -> (Vec<usize>, Then) {
        let items = &sheet.items;
        if let Some(bound) = self.bound
            && items.iter().any(|item| item.created_at.is_some_and(|at| at > bound))
        {
            let why =
                "the answer has items that are newer than `createdAtLe`: reading on by it would repeat or miss some";
            return (Vec::new(), Then::Stuck(why.to_owned()));
        }
        let mut new = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if self.seen.insert(item.key.clone()) {
                new.push(index);
            }
        }
        let then = self.then(sheet, new.is_empty());
        (new, then)
    }

    fn then(&mut self, sheet: &Sheet, nothing_new: bool) -> Then {
        let items = &sheet.items;
        let is_full = items.len() as u64 >= self.this_size;
        if items.is_empty() || says_no_more(sheet) {
            return Then::End;
        }
        if !self.has_bound {
            return match is_full {
                true => self.enlarge("the list can be read no further than its first"),
                false => Then::End,
            };
        }
        let Some(last) = oldest_last(items) else {
            return match is_full {
                true => Then::Stuck(
                    "the list is not ordered by `createdAt`, newest first: where it goes on can't be told".to_owned(),
                ),
                false => Then::End,
            };
        };
        let bound = last.trunc_subsecs(3) + TimeDelta::milliseconds(1);
        // Never later than before, should what was last have been deleted: what is newer is forgotten already.
        let bound = self.bound.map_or(bound, |before| before.min(bound));
        let is_within = |item: &&Entry| item.created_at.is_some_and(|at| at <= bound);
        if self.bound != Some(bound) {
            // What is beyond the bound never comes again, and what came before this answer is beyond it, unless it is in this
            // answer too: the answer begins at the bound before.
            self.seen = items.iter().filter(is_within).map(|item| item.key.clone()).collect();
            self.bound = Some(bound);
        }
        match (nothing_new, is_full) {
            (false, _) => {
                self.this_size = self.size;
                Then::Continue
            }
            (true, false) => Then::End,
            (true, true) => {
                self.enlarge("too many items were created in the same millisecond to tell what follows the first")
            }
        }
    }

    fn enlarge(&mut self, why: &str) -> Then {
        if self.this_size >= MOST {
            return Then::Stuck(format!("{why} {}", self.this_size));
        }
        self.this_size = self.this_size.saturating_mul(10).clamp(1, MOST);
        Then::Continue
    }
}

/// When the last item was created, if the items are ordered from the newest to the oldest.
fn oldest_last(items: &[Entry]) -> Option<DateTime<Utc>> {
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

fn says_no_more(sheet: &Sheet) -> bool {
    sheet.metadata.get("hasNextPage").and_then(|says| says.as_bool()) == Some(false)
}

/// By page number, or by a cursor where answers give one.
struct ByPage {
    /// The number of the next page.
    page: u64,
    /// Whether the next page is the one that the caller asked for.
    as_asked: bool,
    /// What the answer before gave for finding the next page.
    cursor: Option<String>,
    /// No operation declares `cursor`: whether it is heeded is seen when it is sent.
    ignores_cursors: bool,
    /// How many pages in a row had nothing new.
    stale: u8,
    recent: Recent,
}

impl ByPage {
    fn new<'a>(asked: impl Fn(&str) -> Option<&'a str>) -> Self {
        ByPage {
            page: asked("page").and_then(|text| text.parse().ok()).unwrap_or(1),
            as_asked: asked("page").is_some(),
            cursor: None,
            ignores_cursors: false,
            stale: 0,
            recent: Recent::default(),
        }
    }

    fn changes(&self) -> Vec<Change> {
        match &self.cursor {
            Some(cursor) => vec![("cursor", Some(cursor.clone())), ("page", None)],
            None if self.as_asked => Vec::new(),
            None => vec![("page", Some(self.page.to_string()))],
        }
    }

    fn take(&mut self, sheet: &Sheet) -> (Vec<usize>, Then) {
        let items = sheet.items.iter().enumerate();
        let new: Vec<usize> = items
            .filter(|(_, item)| self.recent.insert(&item.key))
            .map(|(index, _)| index)
            .collect();
        if sheet.items.is_empty() || says_no_more(sheet) {
            return (new, Then::End);
        }
        self.as_asked = false;
        let sent_cursor = self.cursor.take();
        if sent_cursor.is_some() && new.is_empty() {
            self.ignores_cursors = true;
            return (new, Then::Continue);
        }
        self.stale = if new.is_empty() { self.stale + 1 } else { 0 };
        let says_more = self.says_more(sheet);
        self.page = self.page.saturating_add(1);
        if !self.ignores_cursors {
            self.cursor = cursor(sheet).filter(|next| sent_cursor.as_ref() != Some(next));
        }
        let then = match says_more {
            _ if self.cursor.is_some() && self.stale < STALE => Then::Continue,
            Some(false) => Then::End,
            None if sent_cursor.is_some() => Then::End,
            None if self.stale >= STALE => Then::End,
            Some(true) if self.stale >= STALE => Then::Stuck(
                "the server says that there are more pages, but keeps sending what it sent before".to_owned(),
            ),
            _ => Then::Continue,
        };
        (new, then)
    }

    /// Whether more follows, as far as the answer says.
    fn says_more(&self, sheet: &Sheet) -> Option<bool> {
        let metadata = &sheet.metadata;
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

fn cursor(sheet: &Sheet) -> Option<String> {
    let cursor = sheet.metadata.get("nextCursor")?;
    let text = cursor.as_str().map(str::to_owned);
    let text = text.or_else(|| cursor.is_number().then(|| cursor.to_string()))?;
    (!text.is_empty()).then_some(text)
}

/// The latest keys.
#[derive(Default)]
struct Recent {
    order: VecDeque<String>,
    keys: HashSet<String>,
}

impl Recent {
    /// Whether it is new.
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
