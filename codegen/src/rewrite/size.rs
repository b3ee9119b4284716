//! The rough sizes of the generated structs. Large ones are boxed where they are fields of others.
//!
//! Without it a `Call`, which contains whole assistants, would be 33 kB to move and to keep in a future.

use std::collections::BTreeMap;

use syn::{Fields, ItemStruct};

use super::rust_type;
use crate::model::{Model, Type};

/// A field that is larger than this many bytes is boxed.
const LARGE: usize = 256;

/// Computes the sizes of structs.
pub struct Sizes<'a> {
    structs: &'a BTreeMap<String, &'a ItemStruct>,
    model: &'a Model,
    known: BTreeMap<String, usize>,
}

impl<'a> Sizes<'a> {
    /// Of these structs, by name.
    pub fn new(structs: &'a BTreeMap<String, &'a ItemStruct>, model: &'a Model) -> Self {
        Self {
            structs,
            model,
            known: BTreeMap::new(),
        }
    }

    /// Returns whether a field of this type, written by [`rust_type::write`], should be boxed.
    pub fn is_large(&mut self, ty: &str) -> bool {
        matches!(self.model.types.get(ty), Some(Type::Object(_))) && self.of(ty) > LARGE
    }

    fn of(&mut self, ty: &str) -> usize {
        match ty.split('<').next().unwrap_or_default() {
            "Box" => 8,
            "Number" | "i64" => 16,
            "bool" => 1,
            "Value" => 32,
            name => match self.model.types.get(name) {
                Some(Type::Object(_)) => self.of_object(name),
                Some(Type::Union(_)) => 72,
                // Strings, lists, maps and enums, which are strings when they are unknown.
                _ => 24,
            },
        }
    }

    fn of_object(&mut self, name: &str) -> usize {
        if let Some(size) = self.known.get(name) {
            return *size;
        }
        // What contains itself is boxed by typify; should it not be, it ends here.
        self.known.insert(name.to_owned(), LARGE + 1);
        let mut size = 24;
        if let Some(item) = self.structs.get(name).copied()
            && let Fields::Named(fields) = &item.fields
        {
            for field in &fields.named {
                let ty = rust_type::write(rust_type::without_option(&field.ty), "", name).unwrap_or_default();
                size += if self.is_large(&ty) {
                    8
                } else {
                    self.of(&ty).next_multiple_of(8)
                };
            }
        }
        self.known.insert(name.to_owned(), size);
        size
    }
}
