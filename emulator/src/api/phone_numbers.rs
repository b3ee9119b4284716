//! Phone numbers: one of Vapi's gets a number in the area that the request asks for.

use serde_json::{Value, json};

use crate::api::context::RequestContext;
use crate::api::resources::{add, new_resource};
use crate::http::response::Response;

/// The area of a number for which the request names none.
const AREA: &str = "555";

pub(super) fn create(context: &RequestContext<'_>) -> Response {
    let mut number = new_resource(context, context.body.as_object().cloned().unwrap_or_default());
    let mut store = context.state.store.lock();
    // A SIP address is reached without a number.
    if number["provider"] == "vapi" && !number["sipUri"].is_string() && !number["number"].is_string() {
        let area = number["numberDesiredAreaCode"].as_str().unwrap_or(AREA).to_owned();
        let known = store.collection(context.organization, "/phone-number");
        let known: Vec<&Value> = known.into_iter().flat_map(|numbers| numbers.newest_first()).collect();
        let free = (100..10_000)
            .map(|line| format!("+1{area}555{line:04}"))
            .find(|free| !known.iter().any(|known| known["number"] == free.as_str()));
        if let Some(free) = free {
            number["number"] = json!(free);
        }
        number["status"] = json!("active");
    }
    add(context, &mut store, number.clone());
    drop(store);
    context.shaped(number)
}
