//! What the emulator remembers: collections of resources, each organization's its own.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// All organizations.
#[derive(Default)]
pub(crate) struct Store {
    collections: HashMap<(String, String), Collection>,
}

impl Store {
    /// The collection at a path of an organization, such as `/v2/knowledge-base/<id>/file`.
    pub fn collection(&self, organization: &str, path: &str) -> Option<&Collection> {
        // Owned keys: a lookup by two borrowed halves would need a key type of its own, for little.
        self.collections.get(&(organization.to_owned(), path.to_owned()))
    }

    pub fn collection_mut(&mut self, organization: &str, path: &str) -> &mut Collection {
        self.collections
            .entry((organization.to_owned(), path.to_owned()))
            .or_default()
    }

    /// Every resource that lies at this path, whoever's it is.
    pub fn everywhere(&self, path: &str) -> Vec<Value> {
        let collections = self.collections.iter().filter(|((_, at), _)| at == path);
        collections
            .flat_map(|(_, collection)| collection.newest_first().cloned())
            .collect()
    }

    /// The resource with this id at this path, whoever's it is.
    pub fn anywhere(&self, path: &str, id: &str) -> Option<Value> {
        let mut collections = self.collections.iter().filter(|((_, at), _)| at == path);
        collections.find_map(|(_, collection)| collection.get("id", id).cloned())
    }

    /// Drops what lies below a resource that is gone.
    pub fn remove_below(&mut self, organization: &str, path: &str) {
        self.collections.retain(|(owner, at), _| {
            owner != organization || !at.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        });
    }
}

/// Resources in the order of their creation.
#[derive(Default)]
pub(crate) struct Collection {
    next: u64,
    resources: BTreeMap<u64, Value>,
    places: HashMap<String, u64>,
}

impl Collection {
    /// Adds a resource under its `id`.
    pub fn insert(&mut self, resource: Value) {
        let Some(id) = resource["id"].as_str() else {
            return;
        };
        self.places.insert(id.to_owned(), self.next);
        self.resources.insert(self.next, resource);
        self.next += 1;
    }

    /// A resource by its `id`, or by another property that names it, as `fileId` does in
    /// `/v2/knowledge-base/{id}/file/{fileId}`.
    pub fn get(&self, key: &str, value: &str) -> Option<&Value> {
        self.resources.get(&self.place(key, value)?)
    }

    pub fn get_mut(&mut self, key: &str, value: &str) -> Option<&mut Value> {
        let place = self.place(key, value)?;
        self.resources.get_mut(&place)
    }

    pub fn remove(&mut self, key: &str, value: &str) -> Option<Value> {
        let resource = self.resources.remove(&self.place(key, value)?)?;
        self.places.remove(resource["id"].as_str()?);
        Some(resource)
    }

    pub fn newest_first(&self) -> impl Iterator<Item = &Value> {
        self.resources.values().rev()
    }

    fn place(&self, key: &str, value: &str) -> Option<u64> {
        if let Some(place) = self.places.get(value) {
            return Some(*place);
        }
        let named = |resource: &Value| key != "id" && resource[key] == value;
        self.resources
            .iter()
            .find(|(_, resource)| named(resource))
            .map(|(place, _)| *place)
    }
}
