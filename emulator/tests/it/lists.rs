//! Lists: order, limits, cursors, filters and pages.

use serde_json::{Value, json};

use crate::client::{Vapi, start};

async fn five_assistants(vapi: &Vapi) -> Vec<Value> {
    let mut assistants = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        assistants.push(vapi.post("/assistant", json!({ "name": name })).await.1);
    }
    assistants
}

fn names(list: &Value) -> String {
    list.as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect()
}

#[tokio::test]
async fn a_list_comes_newest_first() {
    let vapi = start().await;
    five_assistants(&vapi).await;
    let (status, list) = vapi.get("/assistant").await;
    assert_eq!((status, names(&list).as_str()), (200, "edcba"));
}

#[tokio::test]
async fn a_list_has_a_hundred_items_by_default() {
    let vapi = start().await;
    for _ in 0..101 {
        vapi.create("/assistant", json!({})).await;
    }
    assert_eq!(vapi.get("/assistant").await.1.as_array().map(Vec::len), Some(100));
    assert_eq!(
        vapi.get("/assistant?limit=1000").await.1.as_array().map(Vec::len),
        Some(101)
    );
}

#[tokio::test]
async fn limit_keeps_the_newest() {
    let vapi = start().await;
    five_assistants(&vapi).await;
    assert_eq!(names(&vapi.get("/assistant?limit=2").await.1), "ed");
    assert_eq!(names(&vapi.get("/assistant?limit=0").await.1), "");
}

#[tokio::test]
async fn limits_and_pages_are_whole_numbers() {
    let vapi = start().await;
    for name in ["limit", "page"] {
        let (status, body) = vapi.get(&format!("/eval?{name}=1.5")).await;
        assert_eq!(
            (status, &body["message"]),
            (400, &json!([format!("{name} must be an integer number")]))
        );
        assert_eq!(vapi.get(&format!("/eval?{name}=2.0")).await.0, 200);
    }
}

#[tokio::test]
async fn a_limit_out_of_range_is_refused() {
    let vapi = start().await;
    let (status, body) = vapi.get("/assistant?limit=1001").await;
    assert_eq!(status, 400);
    assert_eq!(body["message"], json!(["limit must not be greater than 1000"]));
    let (_, body) = vapi.get("/assistant?limit=many").await;
    assert_eq!(
        body["message"],
        json!(["limit must be a number conforming to the specified constraints"])
    );
}

#[tokio::test]
async fn cursors_by_time_cut_where_they_say() {
    let vapi = start().await;
    let assistants = five_assistants(&vapi).await;
    let middle = assistants[2]["createdAt"].as_str().expect("a time");
    for (cursor, expected) in [("Lt", "ba"), ("Le", "cba"), ("Gt", "ed"), ("Ge", "edc")] {
        let (_, list) = vapi.get(&format!("/assistant?createdAt{cursor}={middle}")).await;
        assert_eq!(names(&list), expected, "createdAt{cursor}");
    }
}

#[tokio::test]
async fn a_cursor_may_be_spelled_with_an_offset() {
    let vapi = start().await;
    let assistants = five_assistants(&vapi).await;
    let middle = assistants[2]["createdAt"]
        .as_str()
        .expect("a time")
        .replace('Z', "%2B00:00");
    assert_eq!(
        names(&vapi.get(&format!("/assistant?createdAtLt={middle}")).await.1),
        "ba"
    );
}

#[tokio::test]
async fn a_cursor_that_is_no_time_is_refused() {
    let vapi = start().await;
    let (status, body) = vapi.get("/assistant?createdAtLt=yesterday").await;
    assert_eq!(status, 400);
    assert_eq!(
        body["message"],
        json!(["createdAtLt must be a valid ISO 8601 date string"])
    );
}

#[tokio::test]
async fn updated_at_follows_a_patch() {
    let vapi = start().await;
    let assistants = five_assistants(&vapi).await;
    let newest = assistants[4]["updatedAt"].as_str().expect("a time");
    vapi.patch(
        &format!("/assistant/{}", assistants[0]["id"].as_str().expect("an id")),
        json!({ "name": "A" }),
    )
    .await;
    assert_eq!(
        names(&vapi.get(&format!("/assistant?updatedAtGt={newest}")).await.1),
        "A"
    );
}

#[tokio::test]
async fn a_declared_query_parameter_filters_by_its_property() {
    let vapi = start().await;
    let wanted = vapi.create("/call", json!({ "assistantId": "one" })).await;
    vapi.create("/call", json!({ "assistantId": "two" })).await;
    let (_, calls) = vapi.get("/call?assistantId=one").await;
    assert_eq!(calls.as_array().map(Vec::len), Some(1));
    assert_eq!(calls[0]["id"], json!(wanted));
}

#[tokio::test]
async fn any_filters_by_several_values() {
    let vapi = start().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(vapi.create("/session", json!({ "name": name })).await);
    }
    let (_, page) = vapi.get(&format!("/session?idAny={},{}", ids[0], ids[2])).await;
    assert_eq!(names(&page["results"]), "ca");
}

#[tokio::test]
async fn an_undeclared_query_parameter_changes_nothing() {
    let vapi = start().await;
    five_assistants(&vapi).await;
    let (status, list) = vapi.get("/assistant?cursor=x&name=a").await;
    assert_eq!((status, names(&list).as_str()), (200, "edcba"));
}

#[tokio::test]
async fn a_page_says_where_it_is() {
    let vapi = start().await;
    for name in ["a", "b", "c", "d", "e"] {
        vapi.create("/session", json!({ "name": name })).await;
    }
    let (status, page) = vapi.get("/session?limit=2&page=2").await;
    assert_eq!(status, 200);
    assert_eq!(names(&page["results"]), "cb");
    assert_eq!(
        page["metadata"],
        json!({
            "itemsPerPage": 2,
            "totalItems": 5,
            "currentPage": 2,
            "totalPages": 3,
            "hasNextPage": true,
            "nextCursor": page["metadata"]["nextCursor"],
            "sortOrder": "DESC",
        })
    );
    let (_, last) = vapi.get("/session?limit=2&page=3").await;
    assert_eq!(names(&last["results"]), "a");
    assert_eq!(last["metadata"]["hasNextPage"], false);
    assert_eq!(vapi.get("/session?limit=2&page=4").await.1["results"], json!([]));
}

#[tokio::test]
async fn sort_order_can_be_turned_round() {
    let vapi = start().await;
    for name in ["a", "b", "c"] {
        vapi.create("/session", json!({ "name": name })).await;
    }
    assert_eq!(names(&vapi.get("/session?sortOrder=ASC").await.1["results"]), "abc");
    let (status, body) = vapi.get("/session?sortOrder=up").await;
    assert_eq!(status, 400);
    assert_eq!(
        body["message"],
        json!(["sortOrder must be one of the following values: ASC, DESC"])
    );
}

#[tokio::test]
async fn a_list_of_either_style_becomes_a_page_on_request() {
    let vapi = start().await;
    assert!(vapi.get("/eval/simulation/run").await.1.is_array());
    assert!(vapi.get("/eval/simulation/run?page=1").await.1["metadata"].is_object());
}
