//! Paging against a simulated list: whatever happens to the list meanwhile, each item that was there all the time comes once.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::paging_state::{NextPage, PagingState};
use super::raw_page::{RawPage, parse_time};
use crate::operation::PaginationStyle;
use crate::transport::RawResponse;

/// Microseconds: servers keep time more exactly than they write it.
type Micros = i64;

const START: Micros = 1_770_000_000_000_000;

#[derive(Clone, Debug)]
struct Item {
    id: u64,
    at: Micros,
}

type Query = BTreeMap<&'static str, String>;

/// A list that is created newest last and listed newest first.
#[derive(Default)]
struct List {
    items: Vec<Item>,
    created: u64,
    now: Micros,
    /// Changes with each response: items of one parse_time come in no steady order.
    shuffle: u64,
}

impl List {
    /// One item for each gap in time, in microseconds.
    fn of(gaps: &[Micros]) -> Self {
        let mut list = List {
            now: START,
            ..List::default()
        };
        gaps.iter().for_each(|gap| list.create(*gap));
        list
    }

    fn create(&mut self, gap: Micros) {
        self.now += gap;
        self.created += 1;
        self.items.push(Item {
            id: self.created,
            at: self.now,
        });
    }

    fn delete(&mut self, index: usize) {
        if !self.items.is_empty() {
            self.items.remove(index % self.items.len());
        }
    }

    fn newest_first(&mut self) -> Vec<Item> {
        self.shuffle += 1;
        let salt = self.shuffle;
        let mut items = self.items.clone();
        items.sort_by_key(|item| {
            (
                std::cmp::Reverse(item.at),
                (item.id ^ salt).wrapping_mul(0x9E37_79B9_7F4A_7C15),
            )
        });
        items
    }

    fn until(&mut self, query: &Query) -> Vec<Item> {
        let bound = |name| {
            query
                .get(name)
                .and_then(|text| parse_time(text))
                .map(|at| at.timestamp_micros())
        };
        let (le, lt) = (bound("createdAtLe"), bound("createdAtLt"));
        let mut items = self.newest_first();
        items.retain(|item| le.is_none_or(|le| item.at <= le) && lt.is_none_or(|lt| item.at < lt));
        items.truncate(query["limit"].parse().unwrap());
        items
    }
}

fn written(item: &Item) -> Value {
    let at = DateTime::from_timestamp_micros(item.at).unwrap();
    json!({ "id": item.id.to_string(), "createdAt": at.to_rfc3339_opts(SecondsFormat::Millis, true) })
}

fn array(items: &[Item]) -> Value {
    items.iter().map(written).collect()
}

fn raw_page(body: &Value) -> RawPage {
    RawPage::read(RawResponse::ok(body.to_string())).ok().unwrap()
}

/// Reads a list to its end, and returns its items and the last step. `response` is the server.
fn read(
    style: PaginationStyle,
    asked: &[(&'static str, &str)],
    mut response: impl FnMut(&Query) -> Value,
) -> (Vec<u64>, NextPage) {
    let asked: Query = asked.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    let mut state = PagingState::new(style, |name| asked.get(name).map(String::as_str));
    let mut came = Vec::new();
    for _ in 0..10_000 {
        let mut query = asked.clone();
        for (name, text) in state.query_changes() {
            query.remove(name);
            query.extend(text.map(|text| (name, text)));
        }
        let page = raw_page(&response(&query));
        let (new, next) = state.take(&page);
        came.extend(
            new.into_iter()
                .map(|index| page.items[index].key.parse::<u64>().unwrap()),
        );
        if next != NextPage::More {
            return (came, next);
        }
    }
    panic!("it does not end");
}

/// The changes to a list between two requests.
#[derive(Clone, Debug)]
struct Meanwhile {
    created: Vec<Micros>,
    deleted: Vec<usize>,
}

impl Meanwhile {
    fn happens(&self, list: &mut List) {
        self.created.iter().for_each(|gap| list.create(*gap));
        self.deleted.iter().for_each(|index| list.delete(*index));
    }
}

/// Most items share their parse_time or their millisecond with others.
fn gaps(most: usize) -> impl Strategy<Value = Vec<Micros>> {
    prop::collection::vec(
        prop_oneof![3 => Just(0), 2 => 1..400i64, 2 => Just(1000), 1 => 0..5000i64],
        0..most,
    )
}

fn history(most_created: usize, most_deleted: usize) -> impl Strategy<Value = Vec<Meanwhile>> {
    let deleted = prop::collection::vec(0..1000usize, 0..=most_deleted);
    let step = (gaps(most_created + 1), deleted).prop_map(|(created, deleted)| Meanwhile { created, deleted });
    prop::collection::vec(step, 0..60)
}

fn ids(items: &[Item]) -> Vec<u64> {
    items.iter().map(|item| item.id).collect()
}

fn is_without_repeats(came: &[u64]) -> bool {
    let mut sorted = came.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn by_time_nothing_is_missed_and_nothing_comes_twice(
        gaps in gaps(120),
        size in 1..15u64,
        history in history(4, 3),
    ) {
        let mut list = List::of(&gaps);
        let before = list.items.clone();
        let mut history = history.iter();
        let (came, next) = read(PaginationStyle::CreatedAt, &[("limit", &size.to_string())], |query| {
            let response = array(&list.until(query));
            if let Some(meanwhile) = history.next() {
                meanwhile.happens(&mut list);
            }
            response
        });
        prop_assert_eq!(next, NextPage::Done);
        prop_assert!(is_without_repeats(&came), "{:?}", came);
        let there_all_the_time = before.iter().filter(|item| list.items.iter().any(|now| now.id == item.id));
        for item in there_all_the_time {
            prop_assert!(came.contains(&item.id), "{} is missing of {:?}", item.id, came);
        }
    }

    #[test]
    fn by_time_the_bounds_of_the_caller_hold(gaps in gaps(60), size in 1..9u64, cut in 0..40_000i64, inclusive: bool) {
        let mut list = List::of(&gaps);
        let cut = (START + cut).div_euclid(1000) * 1000;
        let text = DateTime::from_timestamp_micros(cut).unwrap().to_rfc3339_opts(SecondsFormat::Millis, true);
        let name = if inclusive { "createdAtLe" } else { "createdAtLt" };
        let (mut came, next) = read(PaginationStyle::CreatedAt, &[("limit", &size.to_string()), (name, &text)], |query| {
            array(&list.until(query))
        });
        let kept = |item: &&Item| if inclusive { item.at <= cut } else { item.at < cut };
        let mut wanted: Vec<u64> = list.items.iter().filter(kept).map(|item| item.id).collect();
        came.sort_unstable();
        wanted.sort_unstable();
        prop_assert_eq!((came, next), (wanted, NextPage::Done));
    }

    #[test]
    fn by_page_nothing_comes_twice_and_additions_hide_nothing(
        gaps in gaps(80),
        size in 1..12usize,
        history in history(12, 0),
        has_metadata: bool,
    ) {
        let mut list = List::of(&gaps);
        let before = ids(&list.items);
        let mut history = history.iter();
        let (came, next) = read(PaginationStyle::Pages, &[], |query| {
            let response = page(&mut list, query, size, has_metadata);
            if let Some(meanwhile) = history.next() {
                // As many as a page holds would be a list that runs away.
                meanwhile.created.iter().take(size - 1).for_each(|gap| list.create(*gap + 1));
            }
            response
        });
        prop_assert_eq!(next, NextPage::Done);
        prop_assert!(is_without_repeats(&came), "{:?}", came);
        for id in before {
            prop_assert!(came.contains(&id), "{} is missing of {:?}", id, came);
        }
    }

    #[test]
    fn by_page_nothing_comes_twice_whatever_happens(
        gaps in gaps(80),
        size in 1..12usize,
        history in history(6, 6),
        has_metadata: bool,
    ) {
        let mut list = List::of(&gaps);
        let mut history = history.iter();
        let (came, _) = read(PaginationStyle::Pages, &[], |query| {
            let response = page(&mut list, query, size, has_metadata);
            if let Some(meanwhile) = history.next() {
                meanwhile.happens(&mut list);
            }
            response
        });
        prop_assert!(is_without_repeats(&came), "{:?}", came);
    }

    #[test]
    fn a_cursor_is_followed_where_it_is_heeded_and_page_numbers_where_not(
        count in 0..60usize,
        size in 1..9usize,
        is_heeded: bool,
        has_next: bool,
    ) {
        let gaps = vec![1000; count];
        let mut list = List::of(&gaps);
        let newest_first: Vec<u64> = ids(&list.newest_first());
        let (came, next) = read(PaginationStyle::Pages, &[], |query| {
            let items = list.newest_first();
            let number: usize = query.get("page").map_or(1, |page| page.parse().unwrap());
            let cursor = query.get("cursor").filter(|_| is_heeded);
            let start = cursor.map_or((number - 1) * size, |cursor| cursor.parse().unwrap()).min(items.len());
            let end = (start + size).min(items.len());
            let mut metadata = json!({});
            if has_next {
                metadata["hasNextPage"] = json!(end < items.len());
            }
            if end < items.len() {
                metadata["nextCursor"] = json!(end.to_string());
            }
            json!({ "results": array(&items[start..end]), "metadata": metadata })
        });
        prop_assert_eq!((came, next), (newest_first, NextPage::Done));
    }
}

fn page(list: &mut List, query: &Query, size: usize, has_metadata: bool) -> Value {
    // In an order that changes from page to page nobody can go by number.
    list.shuffle = 0;
    let items = list.newest_first();
    let number: usize = query["page"].parse().unwrap();
    let start = ((number - 1) * size).min(items.len());
    let end = (start + size).min(items.len());
    let results = array(&items[start..end]);
    if !has_metadata {
        return results;
    }
    let metadata = json!({ "itemsPerPage": size, "totalItems": items.len(), "currentPage": number });
    json!({ "results": results, "metadata": metadata })
}

#[test]
fn a_crowded_millisecond_is_read_in_larger_pages() {
    let mut list = List::of(&[1000, 0, 0, 0, 0, 0, 0, 5000]);
    let mut sizes = Vec::new();
    let (came, next) = read(PaginationStyle::CreatedAt, &[("limit", "2")], |query| {
        sizes.push(query["limit"].clone());
        list.shuffle = 0;
        array(&list.until(query))
    });
    assert_eq!((came.len(), next), (8, NextPage::Done));
    assert_eq!(sizes[..4], ["2", "2", "2", "20"]);
}

#[test]
fn a_millisecond_beyond_the_largest_page_is_an_error() {
    let mut list = List::of(&vec![0; 1200]);
    let (came, next) = read(PaginationStyle::CreatedAt, &[], |query| {
        list.shuffle = 0;
        array(&list.until(query))
    });
    assert_eq!(came.len(), 1000);
    assert!(matches!(next, NextPage::Stuck(why) if why.contains("same millisecond")));
}

#[test]
fn a_server_that_ignores_the_bound_is_found_out() {
    let mut list = List::of(&[5000, 5000, 5000]);
    let (came, next) = read(PaginationStyle::CreatedAt, &[("limit", "2")], |_| {
        array(&list.newest_first()[..2])
    });
    assert_eq!(came, [3, 2]);
    assert!(matches!(next, NextPage::Stuck(why) if why.contains("createdAtLe")));
}

#[test]
fn a_full_page_in_another_order_is_an_error() {
    let list = List::of(&[5000, 5000, 5000]);
    let oldest_first = |_: &Query| array(&list.items);
    let (came, next) = read(PaginationStyle::CreatedAt, &[("limit", "3")], oldest_first);
    assert_eq!(came, [1, 2, 3]);
    assert!(matches!(next, NextPage::Stuck(why) if why.contains("newest first")));
    let (came, next) = read(PaginationStyle::CreatedAt, &[("limit", "4")], oldest_first);
    assert_eq!((came.as_slice(), next), ([1, 2, 3].as_slice(), NextPage::Done));
}

#[test]
fn a_list_without_bounds_is_read_in_larger_pages() {
    let mut list = List::of(&[1; 250]);
    let mut sizes = Vec::new();
    let mut response = |query: &Query| {
        sizes.push(query["limit"].clone());
        list.shuffle = 0;
        array(&list.until(query))
    };
    let (came, next) = read(PaginationStyle::Limited, &[], &mut response);
    assert_eq!((came.len(), next), (250, NextPage::Done));
    assert_eq!(sizes, ["100", "1000"]);

    let mut list = List::of(&[1; 1001]);
    let (came, next) = read(PaginationStyle::Limited, &[("limit", "1000")], |query| {
        array(&list.until(query))
    });
    assert_eq!(came.len(), 1000);
    assert!(matches!(next, NextPage::Stuck(why) if why.contains("first 1000")));
}

#[test]
fn a_server_that_repeats_a_page_is_left() {
    let list = List::of(&[1000, 1000]);
    let (came, next) = read(PaginationStyle::Pages, &[], |_| array(&list.items));
    assert_eq!((came.as_slice(), next), ([1, 2].as_slice(), NextPage::Done));

    let (_, next) = read(
        PaginationStyle::Pages,
        &[],
        |_| json!({ "results": array(&list.items), "metadata": { "hasNextPage": true } }),
    );
    assert!(matches!(next, NextPage::Stuck(why) if why.contains("sends the same items again")));
}

#[test]
fn reading_by_page_starts_where_the_caller_says() {
    let mut list = List::of(&[1000; 7]);
    let mut pages = Vec::new();
    let (came, _) = read(PaginationStyle::Pages, &[("page", "2")], |query| {
        pages.push(query["page"].clone());
        page(&mut list, query, 3, true)
    });
    assert_eq!(came, [4, 3, 2, 1]);
    assert_eq!(pages, ["2", "3"]);
}

#[test]
fn a_malformed_limit_is_left_to_the_server() {
    let state = PagingState::new(PaginationStyle::CreatedAt, |name| (name == "limit").then_some("-1"));
    assert_eq!(state.query_changes(), []);
}
