//! Names for inline schemas that a person would choose.
//!
//! A union takes the words that its variants share (`AzureVoice | VapiVoice` is `Voice`). An enum or object takes its
//! property's name, with the words that its owners share before it (`Campaign.status | CampaignSummary.status` is
//! `CampaignStatus`). `spec/names.toml` overrules both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::names::{self, Names, base, common_affix, singular};
use crate::reference;

/// The place of an inline schema.
#[derive(Debug, Clone)]
pub struct Place {
    /// JSON pointer of the schema.
    pub pointer: String,
    /// The component or operation that it is part of.
    owner: String,
    /// The property path within the owner; empty for the owner itself.
    path: Vec<String>,
    /// Set if it is an item of a list: its name is the singular of the list's.
    item: bool,
    /// Set if it is a branch of the union at this place.
    branch: bool,
}

impl Place {
    pub fn new(owner: &str, pointer: String) -> Self {
        Self {
            pointer,
            owner: owner.to_owned(),
            path: Vec::new(),
            item: false,
            branch: false,
        }
    }

    pub fn at(&self, property: &str) -> Self {
        let mut place = self.clone();
        place.path.push(property.to_owned());
        place.item = false;
        place.branch = false;
        place
    }

    pub fn item(&self) -> Self {
        Self {
            item: true,
            ..self.clone()
        }
    }

    pub fn branch(&self) -> Self {
        Self {
            branch: true,
            ..self.clone()
        }
    }

    /// The key under which `spec/names.toml` knows the place.
    fn key(&self) -> String {
        let mut key = self.owner.clone();
        for part in &self.path {
            key = format!("{key}.{part}");
        }
        if self.branch {
            key.push('|');
        }
        key
    }

    fn owner_base(&self) -> String {
        match self.owner.split_once("Controller_") {
            Some((controller, method)) => names::type_name(&format!("{controller} {method}")),
            None => base(&names::type_name(&self.owner)),
        }
    }

    /// The type name that the property alone suggests.
    fn property(&self) -> String {
        let last = self.path.len().saturating_sub(1);
        let part = |(index, part): (usize, &String)| match index < last || self.item {
            true => names::pascal(&singular(part)),
            false => names::pascal(part),
        };
        let mut name: String = self.path.iter().enumerate().map(part).collect();
        if self.branch {
            name.push_str("Keyword");
        }
        name
    }
}

/// The places that have the same schema.
#[derive(Debug)]
pub struct Class {
    schema: Value,
    pub places: Vec<Place>,
}

impl Class {
    pub fn new(schema: &Value) -> Self {
        let mut schema = schema.clone();
        if let Some(members) = schema.as_object_mut() {
            for name in super::OF_THE_PLACE {
                members.shift_remove(name);
            }
        }
        Self {
            schema,
            places: Vec::new(),
        }
    }
}

/// The names to choose from.
pub struct Naming<'a> {
    taken: BTreeSet<String>,
    names: &'a Names,
}

impl<'a> Naming<'a> {
    pub fn new(document: &Value, names: &'a Names) -> Self {
        let taken = document
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        Self { taken, names }
    }

    /// A name for each class, those with the most places first: `(key, (name, schema))`.
    pub fn choose(mut self, classes: BTreeMap<String, Class>) -> BTreeMap<String, (String, Value)> {
        let mut order: Vec<(&String, &Class)> = classes.iter().collect();
        // Names that a person chose are not up for grabs.
        order.sort_by_key(|(key, class)| (self.chosen(class).is_none(), usize::MAX - class.places.len(), *key));
        let mut named = BTreeMap::new();
        for (key, class) in order {
            let name = self.name(class);
            self.taken.insert(name.clone());
            let mut schema = class.schema.clone();
            let of: BTreeSet<String> = class.places.iter().map(Place::key).collect();
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("x-of".to_owned(), of.into_iter().take(3).collect());
            }
            named.insert(key.clone(), (name, schema));
        }
        named
    }

    fn chosen(&self, class: &Class) -> Option<&'a str> {
        class
            .places
            .iter()
            .find_map(|place| self.names.types.get(&place.key()))
            .map(String::as_str)
    }

    fn name(&self, class: &Class) -> String {
        let mut candidates = Vec::new();
        candidates.extend(self.chosen(class).map(str::to_owned));
        candidates.extend(by_variants(&class.schema));
        candidates.extend(by_places(&class.places));
        let free = |name: &String| !name.is_empty() && !self.taken.contains(name) && !names::is_taken(name);
        let candidates: Vec<String> = candidates.iter().map(|name| names::settled(name)).collect();
        let last = candidates.last().cloned().unwrap_or_else(|| "Inline".to_owned());
        candidates
            .into_iter()
            .chain((2..).map(|n| format!("{last}{n}")))
            .find(free)
            .unwrap_or(last)
    }
}

/// Returns the words that the variants of a union share: `CreateByoPhoneNumberDto | CreateVapiPhoneNumberDto` is `CreatePhoneNumberDto`.
fn by_variants(schema: &Value) -> Option<String> {
    let branches = schema.get("oneOf")?.as_array()?;
    let variants: Vec<String> = branches
        .iter()
        .filter_map(reference::target)
        .filter(|name| !name.ends_with("Keyword"))
        .map(str::to_owned)
        .collect();
    if variants.len() < 2 {
        return None;
    }
    let (prefix, suffix) = common_affix(&variants);
    let words: Vec<String> = prefix.into_iter().chain(suffix).collect();
    let says_nothing = |word: &String| matches!(word.as_str(), "Create" | "Update" | "Fallback" | "Dto");
    if words.iter().all(says_nothing) {
        return None;
    }
    Some(words.concat())
}

fn by_places(places: &[Place]) -> Vec<String> {
    let mut properties: BTreeMap<String, usize> = BTreeMap::new();
    for place in places {
        *properties.entry(place.property()).or_default() += 1;
    }
    let property = properties
        .into_iter()
        .max_by_key(|(name, count)| (*count, usize::MAX - name.len()))
        .map(|(name, _)| name)
        .unwrap_or_default();
    let mut owners: Vec<String> = places.iter().map(Place::owner_base).collect();
    owners.sort_by_key(|owner| (owner.len(), owner.clone()));
    owners.dedup();
    let join = |owner: &str| join(owner, &property);
    let shortest = owners.first().map(String::as_str).unwrap_or_default();
    let (prefix, suffix) = common_affix(&owners);
    let shared: String = prefix.into_iter().chain(suffix).collect::<Vec<_>>().concat();
    let telling = names::words(&property).len() > 1;
    match (owners.len(), telling) {
        (1, _) => vec![join(shortest), format!("{shortest}{property}")],
        (_, true) if shared.is_empty() => vec![property.clone(), join(shortest)],
        (_, false) if shared.is_empty() => vec![join(shortest), format!("{shortest}{property}")],
        _ => vec![join(&shared), join(shortest)],
    }
}

/// `DeepgramVoice` and `VoiceId` are `DeepgramVoiceId`.
fn join(owner: &str, property: &str) -> String {
    let (owner, property) = (names::words(owner), names::words(property));
    let shared = (0..=owner.len().min(property.len()))
        .rev()
        .find(|&n| owner[owner.len() - n..] == property[..n])
        .unwrap_or(0);
    owner.iter().chain(&property[shared..]).map(String::as_str).collect()
}
