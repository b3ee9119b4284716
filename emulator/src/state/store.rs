//! Stored resources: collections for each organization.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

/// The resources of all organizations.
#[derive(Default)]
pub(crate) struct Store {
    collections: HashMap<(String, String), Collection>,
    /// Changes since [`Store::take_changes`], if changes are tracked.
    tracked: Option<Tracked>,
}

#[derive(Default)]
struct Tracked {
    /// Collections in which single resources changed.
    touched: HashSet<(String, String)>,
    /// Resources that were removed with their collection.
    gone: Vec<ResourceChange>,
}

/// A changed resource; `None` if it was removed.
pub(crate) struct ResourceChange {
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub organization: String,
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub collection: String,
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub place: u64,
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub resource: Option<Value>,
}

impl Store {
    /// Returns the collection at a path of an organization, such as `/v2/knowledge-base/<id>/file`.
    pub fn collection(&self, organization: &str, path: &str) -> Option<&Collection> {
        // The keys are owned. A lookup by two borrowed halves would need a key type of its own.
        self.collections.get(&(organization.to_owned(), path.to_owned()))
    }

    pub fn collection_mut(&mut self, organization: &str, path: &str) -> &mut Collection {
        let key = (organization.to_owned(), path.to_owned());
        if let Some(tracked) = &mut self.tracked {
            tracked.touched.insert(key.clone());
        }
        let collection = self.collections.entry(key).or_default();
        collection.tracked = self.tracked.is_some();
        collection
    }

    /// Returns every resource at this path, of all organizations.
    pub fn everywhere(&self, path: &str) -> Vec<Value> {
        let collections = self.collections.iter().filter(|((_, at), _)| at == path);
        collections
            .flat_map(|(_, collection)| collection.newest_first().cloned())
            .collect()
    }

    /// Returns the resource with this id at this path, of any organization.
    pub fn anywhere(&self, path: &str, id: &str) -> Option<Value> {
        let mut collections = self.collections.iter().filter(|((_, at), _)| at == path);
        collections.find_map(|(_, collection)| collection.get("id", id).cloned())
    }

    /// Removes the collections below a removed resource.
    pub fn remove_below(&mut self, organization: &str, path: &str) {
        self.remove_where(|(owner, at)| {
            owner == organization && at.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        });
    }

    /// Removes all resources.
    pub fn clear(&mut self) {
        self.remove_where(|_| true);
    }

    fn remove_where(&mut self, goes: impl Fn(&(String, String)) -> bool) {
        let gone: Vec<_> = self.collections.extract_if(|key, _| goes(key)).collect();
        let Some(tracked) = &mut self.tracked else { return };
        for ((organization, path), collection) in gone {
            let places = collection.resources.into_keys().chain(collection.dirty);
            tracked.gone.extend(places.map(|place| ResourceChange {
                organization: organization.clone(),
                collection: path.clone(),
                place,
                resource: None,
            }));
        }
    }

    /// Starts tracking changes for [`Store::take_changes`].
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn track(&mut self) {
        self.tracked.get_or_insert_default();
    }

    /// Returns the changes since the last call, in an order that can be replayed.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn take_changes(&mut self) -> Vec<ResourceChange> {
        let Some(tracked) = self.tracked.as_mut().map(std::mem::take) else {
            return Vec::new();
        };
        let mut changes = tracked.gone;
        for key in tracked.touched {
            let Some(collection) = self.collections.get_mut(&key) else {
                continue;
            };
            for place in std::mem::take(&mut collection.dirty) {
                changes.push(ResourceChange {
                    organization: key.0.clone(),
                    collection: key.1.clone(),
                    place,
                    resource: collection.resources.get(&place).cloned(),
                });
            }
        }
        changes
    }

    /// Restores a resource at its position.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn restore(&mut self, organization: &str, path: &str, place: u64, resource: Value) {
        let key = (organization.to_owned(), path.to_owned());
        self.collections.entry(key).or_default().put(place, resource);
    }

    /// Returns every resource with its organization and collection.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.collections.iter().flat_map(|((organization, path), collection)| {
            let resources = collection.newest_first();
            resources.map(move |resource| (organization.as_str(), path.as_str(), resource))
        })
    }
}

/// Resources in the order of their creation.
#[derive(Default)]
pub(crate) struct Collection {
    next: u64,
    resources: BTreeMap<u64, Value>,
    places: HashMap<String, u64>,
    tracked: bool,
    /// Positions of changed resources.
    dirty: BTreeSet<u64>,
}

impl Collection {
    /// Adds a resource under its `id`.
    pub fn insert(&mut self, resource: Value) {
        self.put(self.next, resource);
    }

    fn put(&mut self, place: u64, resource: Value) {
        let Some(id) = resource["id"].as_str() else {
            return;
        };
        self.places.insert(id.to_owned(), place);
        self.resources.insert(place, resource);
        self.next = self.next.max(place + 1);
        self.note(place);
    }

    /// Returns a resource by its `id`, or by another property that names it, as `fileId` does in
    /// `/v2/knowledge-base/{id}/file/{fileId}`.
    pub fn get(&self, key: &str, value: &str) -> Option<&Value> {
        self.resources.get(&self.place(key, value)?)
    }

    pub fn get_mut(&mut self, key: &str, value: &str) -> Option<&mut Value> {
        let place = self.place(key, value)?;
        self.note(place);
        self.resources.get_mut(&place)
    }

    pub fn remove(&mut self, key: &str, value: &str) -> Option<Value> {
        let place = self.place(key, value)?;
        let resource = self.resources.remove(&place)?;
        self.note(place);
        self.places.remove(resource["id"].as_str()?);
        Some(resource)
    }

    pub fn newest_first(&self) -> impl Iterator<Item = &Value> {
        self.resources.values().rev()
    }

    /// Returns the same resources with their positions. A position is never reused in its collection.
    pub fn places_newest_first(&self) -> impl Iterator<Item = (u64, &Value)> {
        self.resources.iter().rev().map(|(place, resource)| (*place, resource))
    }

    fn note(&mut self, place: u64) {
        if self.tracked {
            self.dirty.insert(place);
        }
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
