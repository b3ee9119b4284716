//! The board that every organization has.

use serde_json::{Map, json};

use crate::api::context::RequestContext;
use crate::api::resources::new_resource;
use crate::http::response::Response;

const KEY: &str = "metrics-overview";

/// Returns the board of metrics, which is made when it is first asked for.
pub(super) fn metrics_overview(context: &RequestContext<'_>) -> Response {
    let (state, organization, collection) = (context.state, context.organization, "/reporting/board");
    let known = {
        let store = state.store.lock();
        let boards = store.collection(organization, collection);
        let mut boards = boards.into_iter().flat_map(|boards| boards.newest_first());
        boards.find(|board| board["systemKey"] == KEY).cloned()
    };
    if let Some(board) = known {
        return context.success(&board);
    }
    let board = Map::from_iter([
        ("name".to_owned(), json!("Metrics")),
        ("systemKey".to_owned(), json!(KEY)),
        ("items".to_owned(), json!([])),
    ]);
    let board = new_resource(context, board);
    state.insert(organization, collection, board.clone());
    context.success(&board)
}
