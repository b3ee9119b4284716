//! Operations that the API has and its document forgets: `/credential`, `/call/web`, `/org` and the like.
//!
//! `undocumented.json` declares them as the document would, so that they are routed, validated and remembered by the same
//! machinery; schemas are those of the served document where it has them. They are not shown in `/api-json`. Of the
//! extensions there, `x-emulator-as` names the operation whose behaviour this one has, `x-emulator-key` the kind of key
//! it wants, `x-emulator-hides` the properties that no answer shows, `x-emulator-seed` what is there from the start.

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::moment;
use crate::resources::Asked;

/// An OpenAPI document of its own.
pub(crate) static DOCUMENT: &str = include_str!("undocumented.json");

/// What a token starts with that may only begin web calls and web chats; the rest is the private key it belongs to.
pub(crate) const PUBLIC_KEY_PREFIX: &str = "public-";

/// The private key whose organization a token belongs to, and whether the token is a public one.
pub(crate) fn read_key(token: &str) -> (&str, bool) {
    match token.strip_prefix(PUBLIC_KEY_PREFIX) {
        Some(private) if !private.is_empty() => (private, true),
        _ => (token, false),
    }
}

/// The 401 for a private key where a public one belongs, and the other way round.
pub(crate) fn wrong_key(asked: &Asked<'_>, is_public: bool) -> Option<Answer> {
    (asked.operation.wants_public_key != is_public).then(|| {
        let message =
            "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.";
        Answer::error(StatusCode::UNAUTHORIZED, message)
    })
}

/// Puts what an organization has from the start where it is missing: itself, under its own id.
pub(crate) fn seed(asked: &Asked<'_>) {
    let Some(Value::Object(seed)) = &asked.operation.seed else {
        return;
    };
    let mut store = asked.world.store.lock();
    let collection = asked.collection();
    let there = store
        .collection(asked.organization, &collection)
        .is_some_and(|organizations| organizations.get("id", asked.organization).is_some());
    if !there {
        let now = moment::format(asked.world.clock.stamp());
        let mut resource = seed.clone();
        resource.insert("id".into(), json!(asked.organization));
        resource.insert("createdAt".into(), json!(now));
        resource.insert("updatedAt".into(), json!(now));
        store
            .collection_mut(asked.organization, &collection)
            .insert(Value::Object(resource));
    }
}

/// The value without the properties of these names, at any depth.
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
