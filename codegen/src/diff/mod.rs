//! The changes between two documents, as a user of the generated code meets them.
//!
//! 1. Each document is read ([`side`]): its [`facts`](crate::facts), the code that the passes would make of it ([`surface`]), and the
//!    uses of its schemas ([`usage`]).
//! 2. The facts are compared as they stand, keyword by keyword ([`node`], [`endpoints`]). Nothing is repaired and no
//!    reference followed, so that each change is one change, however many places reach it, and can be counted by anybody.
//! 3. Each change is judged: what it breaks on the wire (`judge`, `wire`) and in Rust code (`rust`). What changes in
//!    the code though no fact says so, such as the name of an inline type, is a change too.
//! 4. What may have been renamed is marked ([`guess`]).
//!
//! `spec/README.md` states how things are counted.

pub mod change;
pub mod endpoints;
pub mod guess;
mod judge;
pub mod lines;
pub mod node;
pub mod report;
pub mod revision;
mod rust;
pub mod side;
pub mod surface;
pub mod usage;
pub mod wire;

use std::collections::BTreeMap;

use serde_json::Value;

use self::change::{Action, Breaks, Change, Kind};
use self::node::Comparison;
use self::rust::Renames;
use self::side::Side;
use crate::document::{METHODS, schemas};
use crate::prepare::{Config, PrepareError};

/// The changes between two documents.
#[derive(Debug)]
pub struct Diff {
    /// The old document.
    pub old: Summary,
    /// The new document.
    pub new: Summary,
    /// The changes: by owner, then in the order of the document.
    pub changes: Vec<Change>,
}

/// A document in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The name that it was asked for by.
    pub source: String,
    /// The version in its `info`.
    pub version: Option<String>,
    /// The number of operations.
    pub operations: usize,
    /// The number of schemas among the components.
    pub schemas: usize,
}

/// The numbers of added, removed and changed things of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that came.
    pub added: usize,
    /// Those that went.
    pub removed: usize,
    /// Those that stay and differ.
    pub changed: usize,
    /// The pairs of one that went and one that came which may be one that was renamed. They are among the others.
    pub renamed: usize,
}

impl Diff {
    /// Compares two documents, each with the name of its source.
    ///
    /// # Errors
    ///
    /// When the passes cannot read a document.
    pub fn new(old: (&str, Value), new: (&str, Value), config: &Config) -> Result<Self, PrepareError> {
        let (old_source, new_source) = (old.0, new.0);
        let old = Side::read(&old.1, config)?;
        let new = Side::read(&new.1, config)?;
        Ok(Self {
            old: summary(old_source, &old),
            new: summary(new_source, &new),
            changes: changes(&old, &new),
        })
    }

    /// Returns whether any change breaks anything.
    pub fn is_breaking(&self) -> bool {
        self.changes.iter().any(|change| change.breaks.any())
    }

    /// Returns the numbers of changes by kind.
    pub fn counts(&self) -> BTreeMap<Kind, Counts> {
        let mut counts: BTreeMap<Kind, Counts> = BTreeMap::new();
        for change in &self.changes {
            let counts = counts.entry(change.kind).or_default();
            match change.action {
                Action::Added => counts.added += 1,
                Action::Removed => counts.removed += 1,
                Action::Changed => counts.changed += 1,
            }
            counts.renamed += usize::from(change.action == Action::Removed && change.renamed.is_some());
        }
        counts
    }

    /// Returns the number of changes for which `is` holds.
    pub fn count(&self, is: impl Fn(Breaks) -> bool) -> usize {
        self.changes.iter().filter(|change| is(change.breaks)).count()
    }
}

fn changes(old: &Side, new: &Side) -> Vec<Change> {
    let mut comparison = Comparison {
        old: &old.facts,
        new: &new.facts,
        changes: Vec::new(),
    };
    comparison.document();
    comparison.operations();
    let mut changes = comparison.changes;
    let renames = Renames::find(&old.surface, &new.surface);
    for change in &mut changes {
        judge::judge(change, old, new, &renames);
    }
    rust::run(&mut changes, old, new, &renames);
    for change in &mut changes {
        change.used = judge::used(&change.place, old, new);
    }
    guess::run(&mut changes, old, new);
    changes.sort_by(|a, b| a.place.owner.cmp(&b.place.owner));
    changes
}

fn summary(source: &str, side: &Side) -> Summary {
    let version = side.facts.pointer("/info/version").and_then(Value::as_str);
    let items = side.facts.get("paths").and_then(Value::as_object);
    let operations = items
        .into_iter()
        .flat_map(|items| items.values())
        .map(|item| METHODS.iter().filter(|method| item.get(**method).is_some()).count())
        .sum();
    Summary {
        source: source.to_owned(),
        version: version.map(str::to_owned),
        operations,
        schemas: schemas(&side.facts).map_or(0, |schemas| schemas.len()),
    }
}
