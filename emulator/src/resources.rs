//! Resources of any kind: created, read, listed, changed and deleted by the plan of the operation.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::changes::Change;
use crate::document::Operation;
use crate::listing::{self, ListStyle, Query};
use crate::plan::{Child, Plan, concrete};
use crate::routes::PathParameters;
use crate::store::{Collection, Store};
use crate::world::World;
use crate::{calls, ids, moment, sample, undocumented};

const GIVEN_BY_THE_SERVER: [&str; 4] = ["id", "orgId", "createdAt", "updatedAt"];

/// One request that got as far as its operation.
pub(crate) struct Asked<'a> {
    pub world: &'a World,
    pub operation: &'a Operation,
    pub plan: &'a Plan,
    pub organization: &'a str,
    pub parameters: &'a PathParameters,
    pub query: &'a Query,
    /// The JSON body; null without one.
    pub body: &'a Value,
}

impl Asked<'_> {
    pub fn collection(&self) -> String {
        concrete(&self.plan.collection, self.parameters)
    }

    pub fn parameter(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }

    pub fn success(&self, value: &Value) -> Answer {
        let status = StatusCode::from_u16(self.operation.success.status).unwrap_or(StatusCode::OK);
        if self.operation.hides.is_empty() {
            return Answer::json(status, value);
        }
        Answer::json(status, &undocumented::without(value, &self.operation.hides))
    }

    /// Whether what is stored is not all there is: a call's state comes from its life.
    fn is_about_calls(&self) -> bool {
        self.plan.collection == "/call"
    }

    fn answers_with_the_resource(&self) -> bool {
        let schema = self.operation.success.schema.as_ref();
        schema.is_none() || schema == self.plan.resource.as_ref()
    }

    /// The answer of an operation that is about a resource but may show it in another shape.
    pub fn shaped(&self, mut resource: Value) -> Answer {
        if let Some(schema) = self.operation.success.schema.as_ref()
            && !self.answers_with_the_resource()
        {
            let document = &self.world.document;
            sample::reshape(document, schema, &mut resource, self.world.clock.now());
        }
        self.success(&resource)
    }

    fn item_not_found(&self) -> Answer {
        not_found(&self.plan.collection, self.parameter(&self.plan.item_key))
    }
}

/// The 404 for the first resource on the path that does not exist.
pub(crate) fn missing_parent(asked: &Asked<'_>) -> Option<Answer> {
    let store = asked.world.store.lock();
    asked.plan.parents.iter().find_map(|(collection, key)| {
        let id = asked.parameter(key);
        let parent = store.collection(asked.organization, &concrete(collection, asked.parameters));
        parent
            .and_then(|parent| parent.get(key, id))
            .is_none()
            .then(|| not_found(collection, id))
    })
}

pub(crate) fn create(asked: &Asked<'_>) -> Answer {
    let resource = new_resource(asked, asked.body.as_object().cloned().unwrap_or_default());
    let mut store = asked.world.store.lock();
    add(asked, &mut store, resource.clone());
    drop(store);
    asked.shaped(resource)
}

/// A resource with all that the server adds to what the client sent.
pub(crate) fn new_resource(asked: &Asked<'_>, mut sent: Map<String, Value>) -> Value {
    let (document, stamp) = (&asked.world.document, asked.world.clock.stamp());
    if let Some(schema) = &asked.plan.resource {
        for (name, value) in asked
            .parameters
            .iter()
            .filter(|(name, _)| sample::declares(document, schema, name))
        {
            sent.insert(name.clone(), json!(value));
        }
    }
    give(asked, asked.plan.resource.as_ref(), &mut sent, stamp);
    let mut resource = Value::Object(sent);
    if let Some(schema) = &asked.plan.resource {
        sample::complete(document, schema, &mut resource, stamp);
    }
    resource
}

/// Adds what only the server gives: the id, and the organization and times where the schema has them.
fn give(asked: &Asked<'_>, schema: Option<&Value>, resource: &mut Map<String, Value>, stamp: i64) {
    let declared = |name: &str| schema.is_none_or(|schema| sample::declares(&asked.world.document, schema, name));
    for name in GIVEN_BY_THE_SERVER {
        let value = match name {
            "id" => ids::uuid(),
            _ if !declared(name) => continue,
            "orgId" => asked.organization.to_owned(),
            _ => moment::format(stamp),
        };
        resource.insert(name.to_owned(), json!(value));
    }
}

/// Stores a resource, with an item in each list below it that nothing else fills.
pub(crate) fn add(asked: &Asked<'_>, store: &mut Store, resource: Value) {
    let collection = asked.collection();
    let id = resource["id"].as_str().unwrap_or_default().to_owned();
    for Child {
        collection: template,
        item,
    } in &asked.plan.children
    {
        let (document, stamp) = (&asked.world.document, asked.world.clock.stamp());
        let Value::Object(mut child) = sample::minimal(document, item, stamp) else {
            continue;
        };
        give(asked, Some(item), &mut child, stamp);
        // `campaignId` in a contact of a campaign, `runId` in an item of a run.
        let back = format!("{}Id", last_literal(&collection));
        if sample::declares(document, item, &back) {
            child.insert(back, json!(id));
        }
        let name = template.rsplit('/').next().unwrap_or_default();
        store
            .collection_mut(asked.organization, &format!("{collection}/{id}/{name}"))
            .insert(Value::Object(child));
    }
    store.collection_mut(asked.organization, &collection).insert(resource);
}

pub(crate) fn get(asked: &Asked<'_>) -> Answer {
    let id = asked.parameter(&asked.plan.item_key);
    let store = asked.world.store.lock();
    let collection = store.collection(asked.organization, &asked.collection());
    let Some(found) = collection.and_then(|collection| collection.get(&asked.plan.item_key, id)) else {
        return asked.item_not_found();
    };
    if !asked.is_about_calls() && asked.answers_with_the_resource() {
        // Written as it is stored: a copy would cost more than all the rest.
        return asked.success(found);
    }
    let found = found.clone();
    drop(store);
    asked.shaped(calls::as_of_now(asked.world, found))
}

pub(crate) fn list(asked: &Asked<'_>, style: ListStyle) -> Answer {
    let document = &asked.world.document;
    let store = asked.world.store.lock();
    let collection = store.collection(asked.organization, &asked.collection());
    let newest_first = collection.into_iter().flat_map(Collection::places_newest_first);
    let answered = |newest_first: &mut dyn Iterator<Item = (u64, &Value)>| {
        listing::answer(document, asked.operation, style, asked.query, newest_first)
    };
    let mut answer = if asked.is_about_calls() {
        // What has become of calls is not in the store, and must not be asked for while that is locked.
        let calls: Vec<(u64, Value)> = newest_first.map(|(place, call)| (place, call.clone())).collect();
        drop(store);
        let calls = calls
            .into_iter()
            .map(|(place, call)| (place, calls::as_of_now(asked.world, call)));
        let calls: Vec<(u64, Value)> = calls.collect();
        answered(&mut calls.iter().map(|(place, call)| (*place, call)))
    } else {
        let mut newest_first = newest_first;
        answered(&mut newest_first)
    };
    let schema = asked
        .operation
        .success
        .schema
        .as_ref()
        .and_then(|schema| listing::item_schema(document, schema));
    if let Some(schema) = schema.filter(|schema| asked.plan.resource.as_ref() != Some(schema)) {
        let results = if answer.is_array() {
            &mut answer
        } else {
            &mut answer["results"]
        };
        for item in results.as_array_mut().into_iter().flatten() {
            sample::reshape(document, schema, item, asked.world.clock.now());
        }
    }
    asked.success(&answer)
}

/// Merges the top level: a property that is sent replaces the old one, `null` removes it.
pub(crate) fn update(asked: &Asked<'_>) -> Answer {
    let id = asked.parameter(&asked.plan.item_key);
    let stamp = asked.world.clock.stamp();
    let mut store = asked.world.store.lock();
    let collection = store.collection_mut(asked.organization, &asked.collection());
    let Some(resource) = collection.get_mut(&asked.plan.item_key, id) else {
        return asked.item_not_found();
    };
    let sent = asked.body.as_object().into_iter().flatten();
    for (name, value) in sent.filter(|(name, _)| !GIVEN_BY_THE_SERVER.contains(&name.as_str())) {
        if value.is_null() {
            resource.as_object_mut().map(|resource| resource.remove(name));
        } else {
            resource[name.as_str()] = value.clone();
        }
    }
    if let Some(updated_at) = resource.get_mut("updatedAt") {
        *updated_at = json!(moment::format(stamp));
    }
    let updated = resource.clone();
    drop(store);
    // It may have been a credential.
    asked.world.tokens.forget(id);
    asked.shaped(calls::as_of_now(asked.world, updated))
}

pub(crate) fn delete(asked: &Asked<'_>) -> Answer {
    let id = asked.parameter(&asked.plan.item_key);
    let collection = asked.collection();
    let mut store = asked.world.store.lock();
    let removed = store
        .collection_mut(asked.organization, &collection)
        .remove(&asked.plan.item_key, id);
    let Some(resource) = removed else {
        return asked.item_not_found();
    };
    store.remove_below(asked.organization, &format!("{collection}/{id}"));
    drop(store);
    let resource = calls::as_of_now(asked.world, resource);
    if asked.world.lives.lock().remove(id).is_some() {
        let _ = asked.world.changes.send(Change::Deleted { call_id: id.into() });
    }
    asked.world.uploads.lock().remove(id);
    asked.world.tokens.forget(id);
    asked.shaped(resource)
}

/// An operation with no resource of its own: an answer made from its schema alone, or the resource it acts on where
/// that is what it answers with.
pub(crate) fn act(asked: &Asked<'_>) -> Answer {
    let Some(schema) = &asked.operation.success.schema else {
        let status = StatusCode::from_u16(asked.operation.success.status).unwrap_or(StatusCode::OK);
        return Answer::bytes(status, "application/json; charset=utf-8", "");
    };
    let document = &asked.world.document;
    let mut value = sample::minimal(document, schema, asked.world.clock.now());
    if let Some((collection, key)) = asked.plan.parents.last() {
        let store = asked.world.store.lock();
        let parents = store.collection(asked.organization, &concrete(collection, asked.parameters));
        let parent = parents
            .and_then(|parents| parents.get(key, asked.parameter(key)))
            .and_then(Value::as_object);
        for (name, of_parent) in parent.into_iter().flatten() {
            if value
                .get(name)
                .is_some_and(|sampled| std::mem::discriminant(sampled) == std::mem::discriminant(of_parent))
            {
                value[name.as_str()] = of_parent.clone();
            }
        }
    }
    asked.success(&value)
}

fn not_found(collection: &str, id: &str) -> Answer {
    // `/v2/knowledge-base` says what is missing, in words.
    let kind = last_literal(collection).replace('-', " ");
    let mut letters = kind.chars();
    let kind = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>());
    Answer::not_found(&format!("{} {id}", kind.unwrap_or_default()))
}

fn last_literal(collection: &str) -> &str {
    collection
        .rsplit('/')
        .find(|segment| !segment.starts_with('{'))
        .unwrap_or_default()
}
