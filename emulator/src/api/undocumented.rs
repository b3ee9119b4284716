//! Operations that the API has and its document lacks: `/credential`, `/call/web`, `/org` and others.
//!
//! `spec/additions.json` declares them in OpenAPI, so that routing, validation and storage treat them like all others. Its
//! README explains the extensions. `/api-json` does not show them.

use serde_json::{Value, json};

use crate::api::context::RequestContext;
use crate::text::timestamp;

/// Stores the initial resource of an organization if it is missing: itself, under its own id.
pub(crate) fn seed(context: &RequestContext<'_>) {
    let Some(Value::Object(seed)) = &context.operation.seed else {
        return;
    };
    let mut store = context.state.store.lock();
    let collection = context.collection();
    let there = store
        .collection(context.organization, &collection)
        .is_some_and(|organizations| organizations.get("id", context.organization).is_some());
    if !there {
        let now = timestamp::format(context.state.clock.stamp());
        let mut resource = seed.clone();
        resource.insert("id".into(), json!(context.organization));
        resource.insert("createdAt".into(), json!(now));
        resource.insert("updatedAt".into(), json!(now));
        store
            .collection_mut(context.organization, &collection)
            .insert(Value::Object(resource));
    }
}

/// Returns the value without properties of these names, at any depth.
pub(crate) fn without(value: &Value, hidden: &[String]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| without(item, hidden)).collect(),
        Value::Object(object) => {
            let shown = object.iter().filter(|(name, _)| !hidden.contains(name));
            Value::Object(
                shown
                    .map(|(name, value)| (name.clone(), without(value, hidden)))
                    .collect(),
            )
        }
        scalar => scalar.clone(),
    }
}
