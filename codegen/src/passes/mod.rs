//! The passes: small named functions over the document, each repairing one kind of defect or preparing one property of
//! the output.
//!
//! Every pass says what it changed, by JSON pointer, in [`Changes`]. None names a schema of the document: what must be
//! said of a single schema is data, in `spec/corrections.toml` and `spec/names.toml`.

pub mod additional_properties;
pub mod additions;
pub mod aliases;
pub mod all_of;
pub mod array_enums;
mod beside_union;
pub mod constants;
pub mod constraints;
pub mod corrections;
pub mod dangling_refs;
pub mod delete_bodies;
pub mod descriptions;
pub mod discriminator_tags;
pub mod discriminators;
pub mod enum_beside_union;
pub mod enums;
pub mod hoist;
pub mod null_types;
pub mod nullability;
pub mod object_enums;
pub mod open_strings;
pub mod open_unions;
pub mod openapi_3_1;
pub mod operation_ids;
pub mod parameters;
pub mod paths;
pub mod patterns;
pub mod property_names;
pub mod prune;
pub mod received;
pub mod reference_aliases;
pub mod request_bodies;
pub mod required_flags;
pub mod responses;
pub mod schema_shapes;
pub mod secrets;
pub(crate) mod shape;
pub mod shared_parts;
pub mod structure;
#[cfg(test)]
mod testing;
pub mod transfers;
pub mod type_names;
pub mod unions;
pub mod unknown_types;
pub mod updates;
pub mod whole_numbers;

use std::collections::BTreeMap;

use crate::document::pointer;

/// The changes that a pass made to the document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes(Vec<Change>);

/// One place that a pass changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// JSON pointer of the place, as it was before the change.
    pub pointer: String,
    /// A few words about the change.
    pub change: String,
}

impl Changes {
    /// Records that the place at `pointer` was changed.
    pub fn note(&mut self, pointer: impl Into<String>, change: impl Into<String>) {
        self.0.push(Change {
            pointer: pointer.into(),
            change: change.into(),
        });
    }

    /// Says the names that components had at first (`original`, by the names that they have now).
    pub fn relocate(&mut self, original: &BTreeMap<String, String>) {
        const COMPONENTS: &str = "/components/schemas";
        for change in &mut self.0 {
            let Some(place) = change
                .pointer
                .strip_prefix(COMPONENTS)
                .and_then(|at| at.strip_prefix('/'))
            else {
                continue;
            };
            let (name, below) = place.split_at(place.find('/').unwrap_or(place.len()));
            if let Some(original) = original.get(name) {
                change.pointer = pointer(COMPONENTS, original) + below;
            }
        }
    }

    /// Returns the changes in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.0.iter()
    }

    /// Returns the number of changed places.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
