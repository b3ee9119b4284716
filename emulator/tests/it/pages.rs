//! Pages and cursors: no item is lost or repeated while the list changes.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::client::{Vapi, start};

async fn sessions(vapi: &Vapi, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(vapi.create("/session", json!({ "name": name })).await);
    }
    ids
}

fn ids(page: &Value) -> Vec<String> {
    let results = page["results"].as_array().expect("results").iter();
    results
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

async fn page(vapi: &Vapi, query: &str, cursor: Option<&str>) -> (Vec<String>, Option<String>) {
    let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
    let (status, page) = vapi.get(&format!("/session?{query}{cursor}")).await;
    assert_eq!(status, 200, "{page}");
    (ids(&page), page["metadata"]["nextCursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn the_last_page_has_no_cursor() {
    let vapi = start().await;
    let mut made = sessions(&vapi, ["a", "b", "c", "d", "e"].map(String::from).into_iter()).await;
    made.reverse();
    let (first, cursor) = page(&vapi, "limit=2", None).await;
    let (second, cursor) = page(&vapi, "limit=2", Some(&cursor.expect("more"))).await;
    let (third, cursor) = page(&vapi, "limit=2", Some(&cursor.expect("more"))).await;
    assert_eq!([first, second, third].concat(), made);
    assert_eq!(cursor, None);
}

#[tokio::test]
async fn ten_thousand_resources_are_listed_whole_during_changes() {
    let vapi = start().await;
    let made = sessions(&vapi, (0..10_000).map(|number| format!("session {number}"))).await;
    let (mut seen, mut cursor, mut gone) = (Vec::new(), None, HashSet::new());
    loop {
        let (ids, next) = page(&vapi, "limit=1000", cursor.as_deref()).await;
        // A listed item and the next item are deleted, and a new one is added.
        let next_in_line = made
            .len()
            .checked_sub(seen.len() + ids.len() + 50)
            .and_then(|place| made.get(place));
        for id in [ids.first(), next_in_line].into_iter().flatten() {
            if vapi.delete(&format!("/session/{id}")).await.0 == 200 {
                gone.insert(id.clone());
            }
        }
        vapi.create("/session", json!({ "name": "meanwhile" })).await;
        seen.extend(ids);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    let once: HashSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "something is listed twice");
    assert!(gone.len() >= 15, "the list did change");
    let mut lost = made.iter().filter(|id| !gone.contains(*id) && !once.contains(id));
    assert_eq!(lost.next(), None);
}

#[tokio::test]
async fn numbered_pages_say_where_they_are() {
    let vapi = start().await;
    sessions(&vapi, ["a", "b", "c"].map(String::from).into_iter()).await;
    let (_, page) = vapi.get("/session?limit=2&page=2").await;
    let metadata = &page["metadata"];
    assert_eq!(
        (&metadata["currentPage"], &metadata["totalPages"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        (&metadata["hasNextPage"], metadata.get("nextCursor")),
        (&json!(false), None)
    );
}

#[tokio::test]
async fn a_cursor_keeps_filters_and_order() {
    let vapi = start().await;
    let names = ["a", "b", "a", "b", "a", "b"].map(String::from);
    let made = sessions(&vapi, names.into_iter()).await;
    let query = "limit=2&name=a&sortOrder=ASC";
    let (first, cursor) = page(&vapi, query, None).await;
    let (second, cursor) = page(&vapi, query, Some(&cursor.expect("more"))).await;
    assert_eq!(
        [first, second].concat(),
        [made[0].clone(), made[2].clone(), made[4].clone()]
    );
    assert_eq!(cursor, None);
}

#[tokio::test]
async fn a_list_sorted_by_cost_goes_on_between_equals() {
    let vapi = start().await;
    let mut made = sessions(&vapi, (0..5).map(|number| number.to_string())).await;
    made.reverse();
    let query = "limit=2&sortBy=cost";
    let (first, cursor) = page(&vapi, query, None).await;
    let (second, cursor) = page(&vapi, query, Some(&cursor.expect("more"))).await;
    let (third, _) = page(&vapi, query, Some(&cursor.expect("more"))).await;
    assert_eq!([first, second, third].concat(), made);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let vapi = start().await;
    for (query, sentence) in [
        ("cursor=yesterday", "cursor must be the nextCursor of a page before"),
        ("page=0", "page must not be less than 1"),
        ("page=1.5", "page must be an integer number"),
        ("limit=2.5", "limit must be an integer number"),
        ("limit=-1", "limit must not be less than 0"),
        (
            "sortOrder=UP",
            "sortOrder must be one of the following values: ASC, DESC",
        ),
        (
            "sortBy=mood",
            "sortBy must be one of the following values: createdAt, duration, cost",
        ),
    ] {
        let (status, body) = vapi.get(&format!("/session?{query}")).await;
        assert_eq!((status, &body["message"]), (400, &json!([sentence])), "{query}");
    }
}
