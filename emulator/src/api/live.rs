//! Resources of which a part is not stored, but follows from calls: calls, campaigns, pages of simulation runs.

use serde_json::Value;

use crate::api::context::RequestContext;
use crate::api::jobs::{campaigns, simulations};
use crate::calls::view;

/// Returns whether the resources of an operation have more than is stored.
pub(crate) fn changes(context: &RequestContext<'_>) -> bool {
    ["/call", "/campaign", "/eval/simulation/run"].contains(&context.plan.collection.as_str())
}

/// Returns whether a list shows a resource, by filters that are not properties of it.
pub(crate) fn shows(context: &RequestContext<'_>, resource: &Value) -> bool {
    context.plan.collection != "/eval/simulation/run" || simulations::is_wanted(context.query, resource)
}

/// Returns a resource as it is now.
pub(crate) fn as_of_now(context: &RequestContext<'_>, mut resource: Value) -> Value {
    match context.plan.collection.as_str() {
        "/call" => view::as_of_now(context.state, resource),
        "/campaign" => campaigns::as_of_now(context, resource),
        "/eval/simulation/run" => {
            if context.query.iter().any(|(name, _)| name == "page" || name == "cursor") {
                simulations::summarize(&mut resource);
            }
            resource
        }
        _ => resource,
    }
}
