//! What the emulator remembers: collections of resources, each organization's its own.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

/// All organizations.
#[derive(Default)]
pub(crate) struct Store {
    collections: HashMap<(String, String), Collection>,
    /// What changed since [`Store::take_changes`], if anybody asks for it.
    tracked: Option<Tracked>,
}

#[derive(Default)]
struct Tracked {
    /// Collections with changes of their own.
    touched: HashSet<(String, String)>,
    /// Resources that went with a whole collection.
    gone: Vec<ResourceChange>,
}

/// A resource as it is now; `None` if it is gone.
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
    /// The collection at a path of an organization, such as `/v2/knowledge-base/<id>/file`.
    pub fn collection(&self, organization: &str, path: &str) -> Option<&Collection> {
        // Owned keys: a lookup by two borrowed halves would need a key type of its own, for little.
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
        self.remove_where(|(owner, at)| {
            owner == organization && at.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        });
    }

    /// Forgets everything.
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

    /// From now on, changes are noted for [`Store::take_changes`].
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn track(&mut self) {
        self.tracked.get_or_insert_default();
    }

    /// What changed since the last time, in an order in which it can be repeated elsewhere.
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

    /// Puts a resource back to where it was.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn restore(&mut self, organization: &str, path: &str, place: u64, resource: Value) {
        let key = (organization.to_owned(), path.to_owned());
        self.collections.entry(key).or_default().put(place, resource);
    }

    /// Every resource, with its organization and collection.
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
    /// Places where something changed.
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

    /// A resource by its `id`, or by another property that names it, as `fileId` does in
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

    /// The same, each with its place: a number that only it ever has in this collection.
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
