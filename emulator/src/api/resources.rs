//! Resources of any kind: create, get, list, update and delete by the plan of the operation.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::announcements::announce;
use crate::api::context::{RequestContext, missing};
use crate::api::{jobs, list, live};
use crate::http::response::Response;
use crate::openapi::list_style::ListStyle;
use crate::openapi::plan::concrete;
use crate::openapi::{list_style, sample};
use crate::state::events::CallEvent;
use crate::state::store::{Collection, Store};
use crate::text::{ids, timestamp};

const GIVEN_BY_THE_SERVER: [&str; 4] = ["id", "orgId", "createdAt", "updatedAt"];

/// Returns the 404 for the first resource on the path that does not exist.
pub(crate) fn missing_parent(context: &RequestContext<'_>) -> Option<Response> {
    let store = context.state.store.lock();
    context.plan.parents.iter().find_map(|(collection, key)| {
        let id = context.parameter(key);
        let parent = store.collection(context.organization, &concrete(collection, context.parameters));
        parent
            .and_then(|parent| parent.get(key, id))
            .is_none()
            .then(|| missing(collection, id))
    })
}

pub(crate) fn create(context: &RequestContext<'_>) -> Response {
    let resource = new_resource(context, context.body.as_object().cloned().unwrap_or_default());
    let mut store = context.state.store.lock();
    add(context, &mut store, resource.clone());
    drop(store);
    announce(context, "created", &resource);
    context.shaped(resource)
}

/// Stores a copy of a resource, with an id and times of its own.
pub(crate) fn duplicate(context: &RequestContext<'_>) -> Response {
    let id = context.parameter(&context.plan.item_key);
    let mut store = context.state.store.lock();
    let collection = store.collection(context.organization, &context.collection());
    let original = collection.and_then(|collection| collection.get(&context.plan.item_key, id));
    let Some(Value::Object(mut copy)) = original.cloned() else {
        return context.item_not_found();
    };
    give(
        context,
        context.plan.resource.as_ref(),
        &mut copy,
        context.state.clock.stamp(),
    );
    let copy = Value::Object(copy);
    add(context, &mut store, copy.clone());
    drop(store);
    context.shaped(copy)
}

/// Returns a new resource: the request plus the properties that the server adds.
pub(crate) fn new_resource(context: &RequestContext<'_>, mut sent: Map<String, Value>) -> Value {
    let (document, stamp) = (&context.state.document, context.state.clock.stamp());
    if let Some(schema) = &context.plan.resource {
        for (name, value) in context
            .parameters
            .iter()
            .filter(|(name, _)| sample::declares(document, schema, name))
        {
            sent.insert(name.clone(), json!(value));
        }
    }
    give(context, context.plan.resource.as_ref(), &mut sent, stamp);
    let mut resource = Value::Object(sent);
    if let Some(schema) = &context.plan.resource {
        sample::complete(&context.state.validators, schema, &mut resource, stamp);
    }
    resource
}

/// Adds the server's properties: the id, and organization and times where the schema has them.
fn give(context: &RequestContext<'_>, schema: Option<&Value>, resource: &mut Map<String, Value>, stamp: i64) {
    let declared = |name: &str| schema.is_none_or(|schema| sample::declares(&context.state.document, schema, name));
    for name in GIVEN_BY_THE_SERVER {
        let value = match name {
            "id" => ids::uuid(),
            _ if !declared(name) => continue,
            "orgId" => context.organization.to_owned(),
            _ => timestamp::format(stamp),
        };
        resource.insert(name.to_owned(), json!(value));
    }
}

/// Stores a resource, and starts what readies it.
pub(crate) fn add(context: &RequestContext<'_>, store: &mut Store, resource: Value) {
    let collection = context.collection();
    jobs::ready(context.state, context.organization, &collection, &resource);
    store.collection_mut(context.organization, &collection).insert(resource);
}

pub(crate) fn get(context: &RequestContext<'_>) -> Response {
    let id = context.parameter(&context.plan.item_key);
    let store = context.state.store.lock();
    let collection = store.collection(context.organization, &context.collection());
    let Some(found) = collection.and_then(|collection| collection.get(&context.plan.item_key, id)) else {
        return context.item_not_found();
    };
    if !live::changes(context) && context.responds_with_the_resource() {
        // Serialized from the store: a copy would cost more than the rest of the request.
        return context.success(found);
    }
    let found = found.clone();
    drop(store);
    context.shaped(live::as_of_now(context, found))
}

pub(crate) fn list(context: &RequestContext<'_>, style: ListStyle) -> Response {
    let document = &context.state.document;
    let store = context.state.store.lock();
    let collection = store.collection(context.organization, &context.collection());
    let newest_first = collection.into_iter().flat_map(Collection::places_newest_first);
    let respond = |newest_first: &mut dyn Iterator<Item = (u64, &Value)>| {
        list::response(document, context.operation, style, context.query, newest_first)
    };
    let mut response = if live::changes(context) {
        // The status of calls is not in the store and must not be read while the store is locked.
        let stored: Vec<(u64, Value)> = newest_first.map(|(place, one)| (place, one.clone())).collect();
        drop(store);
        let current = stored
            .into_iter()
            .filter(|(_, one)| live::shows(context, one))
            .map(|(place, one)| (place, live::as_of_now(context, one)));
        let current: Vec<(u64, Value)> = current.collect();
        respond(&mut current.iter().map(|(place, one)| (*place, one)))
    } else {
        let mut newest_first = newest_first;
        respond(&mut newest_first)
    };
    let schema = context
        .operation
        .success
        .schema
        .as_ref()
        .and_then(|schema| list_style::item_schema(document, schema));
    if let Some(schema) = schema.filter(|schema| context.plan.resource.as_ref() != Some(schema)) {
        let results = if response.is_array() {
            &mut response
        } else {
            &mut response["results"]
        };
        for item in results.as_array_mut().into_iter().flatten() {
            sample::reshape(&context.state.validators, schema, item, context.state.clock.now());
        }
    }
    context.success(&response)
}

/// Merges the top level: a sent property replaces the old one, `null` removes it. What the resource must have stays.
pub(crate) fn update(context: &RequestContext<'_>) -> Response {
    let id = context.parameter(&context.plan.item_key);
    let stamp = context.state.clock.stamp();
    let mut store = context.state.store.lock();
    let collection = store.collection_mut(context.organization, &context.collection());
    let Some(resource) = collection.get_mut(&context.plan.item_key, id) else {
        return context.item_not_found();
    };
    let sent = context.body.as_object().into_iter().flatten();
    for (name, value) in sent.filter(|(name, _)| !GIVEN_BY_THE_SERVER.contains(&name.as_str())) {
        if value.is_null() {
            let schema = context.plan.resource.as_ref();
            if !schema.is_some_and(|schema| sample::requires(&context.state.validators, schema, resource, name)) {
                resource.as_object_mut().map(|resource| resource.remove(name));
            }
        } else {
            resource[name.as_str()] = value.clone();
        }
    }
    if let Some(updated_at) = resource.get_mut("updatedAt") {
        *updated_at = json!(timestamp::format(stamp));
    }
    let updated = resource.clone();
    drop(store);
    // The resource may be a credential.
    context.state.tokens.lock().remove(id);
    announce(context, "updated", &updated);
    context.shaped(live::as_of_now(context, updated))
}

pub(crate) fn delete(context: &RequestContext<'_>) -> Response {
    let id = context.parameter(&context.plan.item_key);
    let collection = context.collection();
    let mut store = context.state.store.lock();
    let removed = store
        .collection_mut(context.organization, &collection)
        .remove(&context.plan.item_key, id);
    let Some(resource) = removed else {
        return context.item_not_found();
    };
    store.remove_below(context.organization, &format!("{collection}/{id}"));
    drop(store);
    let resource = live::as_of_now(context, resource);
    announce(context, "deleted", &resource);
    if context.state.calls.lock().remove(id).is_some() {
        let _ = context.state.events.send(CallEvent::Deleted { call_id: id.into() });
    }
    context.state.uploads.lock().remove(id);
    context.state.tokens.lock().remove(id);
    context.shaped(resource)
}

/// Responds for an operation without resources: with the resource it acts on if its schema is that of the response,
/// else with a sample of the schema.
pub(crate) fn act(context: &RequestContext<'_>) -> Response {
    let Some(schema) = &context.operation.success.schema else {
        let status = StatusCode::from_u16(context.operation.success.status).unwrap_or(StatusCode::OK);
        return Response::bytes(status, "application/json; charset=utf-8", "");
    };
    let document = &context.state.document;
    let mut value = sample::minimal(document, schema, context.state.clock.now());
    if let Some((collection, key)) = context.plan.parents.last() {
        let store = context.state.store.lock();
        let parents = store.collection(context.organization, &concrete(collection, context.parameters));
        let parent = parents
            .and_then(|parents| parents.get(key, context.parameter(key)))
            .and_then(Value::as_object);
        // `insightId` in the result of an insight.
        let owner = collection.rsplit('/').next().unwrap_or_default();
        if let Some(id) = value.get_mut(format!("{owner}Id")) {
            *id = json!(context.parameter(key));
        }
        for (name, of_parent) in parent.into_iter().flatten() {
            if value
                .get(name)
                .is_some_and(|sampled| std::mem::discriminant(sampled) == std::mem::discriminant(of_parent))
            {
                value[name.as_str()] = of_parent.clone();
            }
        }
    }
    context.success(&value)
}
