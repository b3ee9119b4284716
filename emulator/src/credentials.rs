//! Credentials: what the user's servers want to be convinced with. The API has these operations; its document has not.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::handle::{bearer_token, read_json};
use crate::world::World;
use crate::{ids, moment, validate};

const COLLECTION: &str = "/credential";

/// Which schema a credential must fit, of those that the emulator makes use of.
const SCHEMAS: [(&str, &str); 2] = [
    ("webhook", "CreateWebhookCredentialDTO"),
    ("custom-credential", "CreateCustomCredentialDTO"),
];

/// The answer to a request for credentials; `None` for any other.
pub(crate) fn answer(world: &World, request: &Parts, body: &Bytes) -> Option<Answer> {
    let rest = request.uri.path().strip_prefix(COLLECTION)?;
    let id = rest.strip_prefix('/').unwrap_or(rest);
    if id.contains('/') || (!rest.is_empty() && !rest.starts_with('/')) {
        return None;
    }
    let Some(token) = bearer_token(&request.headers) else {
        return Some(Answer::error(StatusCode::UNAUTHORIZED, "Missing Authorization Header"));
    };
    let organization = ids::organization(token);
    let sent = match read_json(body) {
        Ok(Value::Object(sent)) => sent,
        Ok(_) => Map::new(),
        Err(error) => {
            let message = format!("The body is not valid JSON: {error}");
            return Some(Answer::error(StatusCode::BAD_REQUEST, message));
        }
    };
    Some(match (&request.method, id.is_empty()) {
        (&Method::POST, true) => create(world, &organization, sent),
        (&Method::GET, true) => list(world, &organization),
        (&Method::GET, false) => get(world, &organization, id),
        (&Method::PATCH, false) => update(world, &organization, id, sent),
        (&Method::DELETE, false) => delete(world, &organization, id),
        _ => return None,
    })
}

fn create(world: &World, organization: &str, mut sent: Map<String, Value>) -> Answer {
    let problems = problems(world, &sent);
    if !problems.is_empty() {
        return Answer::error(StatusCode::BAD_REQUEST, problems);
    }
    let stamp = json!(moment::format(world.clock.stamp()));
    sent.insert("id".into(), json!(ids::uuid()));
    sent.insert("orgId".into(), json!(organization));
    sent.insert("createdAt".into(), stamp.clone());
    sent.insert("updatedAt".into(), stamp);
    let credential = Value::Object(sent);
    let answer = Answer::json(StatusCode::CREATED, &credential);
    world
        .store
        .lock()
        .collection_mut(organization, COLLECTION)
        .insert(credential);
    answer
}

fn problems(world: &World, sent: &Map<String, Value>) -> Vec<String> {
    if world.settings.lenient {
        return Vec::new();
    }
    let provider = sent.get("provider").and_then(Value::as_str).unwrap_or_default();
    if provider.is_empty() {
        return vec!["provider must be a string".to_owned()];
    }
    let Some((_, schema)) = SCHEMAS.iter().find(|(name, _)| *name == provider) else {
        return Vec::new();
    };
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    // A document without the schema has nothing to say about it.
    if world.document.resolve(&schema).is_none() {
        return Vec::new();
    }
    validate::problems(&world.document, &schema, &Value::Object(sent.clone()))
}

fn list(world: &World, organization: &str) -> Answer {
    let store = world.store.lock();
    let credentials = store.collection(organization, COLLECTION).into_iter();
    let newest_first: Vec<&Value> = credentials.flat_map(|credentials| credentials.newest_first()).collect();
    Answer::json(StatusCode::OK, &json!(newest_first))
}

fn get(world: &World, organization: &str, id: &str) -> Answer {
    let store = world.store.lock();
    let credential = store
        .collection(organization, COLLECTION)
        .and_then(|credentials| credentials.get("id", id));
    credential.map_or_else(|| missing(id), |credential| Answer::json(StatusCode::OK, credential))
}

/// Merges the top level, as for any other resource.
fn update(world: &World, organization: &str, id: &str, sent: Map<String, Value>) -> Answer {
    let mut store = world.store.lock();
    let credentials = store.collection_mut(organization, COLLECTION);
    let Some(credential) = credentials.get_mut("id", id) else {
        return missing(id);
    };
    for (name, value) in sent {
        if !["id", "orgId", "createdAt", "updatedAt", "provider"].contains(&name.as_str()) {
            credential[name.as_str()] = value;
        }
    }
    credential["updatedAt"] = json!(moment::format(world.clock.stamp()));
    world.tokens.forget(id);
    Answer::json(StatusCode::OK, credential)
}

fn delete(world: &World, organization: &str, id: &str) -> Answer {
    let removed = world
        .store
        .lock()
        .collection_mut(organization, COLLECTION)
        .remove("id", id);
    world.tokens.forget(id);
    removed.map_or_else(|| missing(id), |credential| Answer::json(StatusCode::OK, &credential))
}

fn missing(id: &str) -> Answer {
    Answer::not_found(&format!("Credential {id}"))
}
