//! Guesses of what was renamed: something that went and something that came, which are alike.
//!
//! A guess takes nothing back. Both changes stay, each with the name of the other.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_json::Value;

use super::change::{Action, Change, Kind, Owner};
use super::side::Side;
use crate::document::schemas;

/// The least likeness of two schemas, from 0 to 1, of which one is taken for the other renamed.
const ALIKE_SCHEMAS: f64 = 0.75;
/// The least likeness of the names of two properties or parameters.
const ALIKE_NAMES: f64 = 0.5;

/// Finds renames among the changes.
pub fn run(changes: &mut [Change], old: &Side, new: &Side) {
    let mut groups: BTreeMap<(Kind, Group), [Vec<usize>; 2]> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        let group = match change.kind {
            Kind::Operation | Kind::Schema => Group::All,
            Kind::Property => Group::Place(change.place.owner.clone(), parent(&change.place.at)),
            Kind::Parameter => Group::Place(change.place.owner.clone(), String::new()),
            Kind::EnumValue => Group::Place(change.place.owner.clone(), change.place.at.clone()),
            _ => continue,
        };
        let side = match change.action {
            Action::Removed => 0,
            Action::Added => 1,
            Action::Changed => continue,
        };
        groups.entry((change.kind, group)).or_default()[side].push(index);
    }
    for ((kind, _), [removed, added]) in groups {
        let mut pairs = Vec::new();
        for was in &removed {
            for is in &added {
                let likeness = likeness(kind, &changes[*was], &changes[*is], old, new);
                if let Some(likeness) = likeness {
                    pairs.push((likeness, *was, *is));
                }
            }
        }
        // The most alike first; each is renamed once.
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut taken = BTreeSet::new();
        for (_, was, is) in pairs {
            if taken.contains(&was) || taken.contains(&is) {
                continue;
            }
            taken.extend([was, is]);
            changes[was].renamed = Some(changes[is].name.clone());
            changes[is].renamed = Some(changes[was].name.clone());
        }
    }
}

/// Changes among which a rename can be.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    All,
    Place(Owner, String),
}

fn parent(at: &str) -> String {
    at.rsplit_once('.')
        .map_or(String::new(), |(parent, _)| parent.to_owned())
}

/// Returns how alike two things are, if it is enough for a guess.
fn likeness(kind: Kind, was: &Change, is: &Change, old: &Side, new: &Side) -> Option<f64> {
    match kind {
        Kind::Operation => operations(was, is),
        Kind::Schema => {
            let find = |side: &Side, name: &str| schemas(&side.facts)?.get(name).cloned();
            let (a, b) = (find(old, &was.name)?, find(new, &is.name)?);
            let content = content(&a, &b);
            let names = names(&was.name, &is.name);
            let likeness = content * 0.7 + names * 0.3;
            (likeness >= ALIKE_SCHEMAS && names > 0.0).then_some(likeness)
        }
        Kind::Property | Kind::Parameter => {
            let type_of = |facts: &Option<Value>| facts.as_ref().and_then(|facts| facts.get("type").cloned());
            let place = |change: &Change| change.place.at.split(' ').next().map(str::to_owned);
            let same_place = kind == Kind::Property || place(was) == place(is);
            let names = names(&was.name, &is.name);
            (same_place && names >= ALIKE_NAMES && type_of(&was.old) == type_of(&is.new)).then_some(names)
        }
        Kind::EnumValue => {
            let letters = |name: &str| -> String {
                let letters = name.chars().filter(|c| c.is_alphanumeric());
                letters.flat_map(char::to_lowercase).collect()
            };
            let (a, b) = (letters(&was.name), letters(&is.name));
            (!a.is_empty() && a == b).then_some(1.0)
        }
        _ => None,
    }
}

/// The same id, or the same method and path but for the version and the names of parameters.
fn operations(was: &Change, is: &Change) -> Option<f64> {
    if was.old.is_some() && was.old == is.new {
        return Some(1.0);
    }
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
    };
    let plain = |name: &str| -> Vec<String> {
        let parts = name.split('/').filter(|part| !is_version(part));
        parts
            .map(|part| if part.starts_with('{') { "{}" } else { part }.to_owned())
            .collect()
    };
    (plain(&was.name) == plain(&is.name)).then_some(0.9)
}

/// Returns the share of properties that two schemas have in common, those of another type counted half; of schemas without properties,
/// whether they are equal.
fn content(a: &Value, b: &Value) -> f64 {
    let properties = |schema: &Value| schema.get("properties").and_then(Value::as_object).cloned();
    let (Some(a_all), Some(b_all)) = (properties(a), properties(b)) else {
        return f64::from(u8::from(a == b));
    };
    let all: BTreeSet<&String> = a_all.keys().chain(b_all.keys()).collect();
    if all.is_empty() {
        return 1.0;
    }
    let shared: f64 = all
        .iter()
        .map(|name| match (a_all.get(*name), b_all.get(*name)) {
            (Some(a), Some(b)) if a == b => 1.0,
            (Some(_), Some(_)) => 0.5,
            _ => 0.0,
        })
        .sum();
    // A count of properties in a schema is far below what a float can count.
    shared / f64::from(u32::try_from(all.len()).unwrap_or(u32::MAX))
}

/// Returns the share of words that two names have in common.
fn names(a: &str, b: &str) -> f64 {
    let words = |name: &str| -> BTreeSet<String> {
        let words = name.to_snake_case();
        words.split('_').map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.intersection(&b).count();
    let all = a.union(&b).count().max(1);
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    count(shared) / count(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_their_words() {
        let alike = |a: &str, b: &str| (names(a, b) * 100.0).round();
        assert_eq!(alike("serverUrl", "server_url"), 100.0);
        assert_eq!(alike("KnowledgeBase", "KnowledgeBaseDTO"), 67.0);
        assert_eq!(alike("a", "b"), 0.0);
    }
}
