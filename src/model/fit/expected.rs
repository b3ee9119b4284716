//! The kinds of value that types take, as tables: all that the fit walk knows of a type.
//!
//! The tables are made when a walk first meets a type, of a blank value of it.

use std::collections::HashMap;
use std::rc::Rc;

use super::tree::Tree;
use crate::model::object::{Fields, Object, Table};
use crate::model::union::{self, AnyUnion, JsonKind, Shape, Union};

/// The kind of value that a type takes. Types that can contain themselves are behind functions.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    Any,
    Bool,
    Integer,
    Number,
    String,
    /// A value or `null`. As a field it can also be absent.
    Optional(&'static Expected),
    List(&'static Expected),
    Map(&'static Expected),
    /// An object of any members.
    AnyMap,
    Object(ObjectType),
    Union(UnionType),
}

/// An object type, and how to have a blank one. The fields are known from that, when they are first asked for: a type can contain itself.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct ObjectType {
    pub(crate) table: &'static Table,
    blank: fn() -> Box<dyn Fields>,
}

/// A union, and how to have a blank one.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct UnionType {
    pub(crate) table: &'static union::Table,
    blank: fn() -> Box<dyn AnyUnion>,
}

impl Expected {
    pub(crate) const fn object<T: Object>() -> Self {
        Expected::Object(ObjectType {
            table: T::TABLE,
            blank: T::empty,
        })
    }

    pub(crate) const fn union<T: Union>() -> Self {
        Expected::Union(UnionType {
            table: T::TABLE,
            blank: T::empty,
        })
    }

    /// Returns the kind, for a sentence.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Expected::Any => "any value",
            Expected::Bool => "a boolean",
            Expected::Integer => "an integer",
            Expected::Number => "a number",
            Expected::String => "a string",
            Expected::Optional(inner) => inner.kind(),
            Expected::List(_) => "a list",
            Expected::Map(_) | Expected::AnyMap | Expected::Object(_) => "an object",
            Expected::Union(_) => "a value of a variant",
        }
    }

    /// Returns whether a value is of this kind. What is in it is not considered.
    pub(crate) fn takes(self, value: &Tree<'_>, tables: &mut Tables) -> bool {
        match (self, value) {
            (Expected::Any, _)
            | (Expected::Bool, Tree::Bool)
            | (Expected::Integer, Tree::Integer)
            | (Expected::Number, Tree::Integer | Tree::Number)
            | (Expected::String, Tree::String(_))
            | (Expected::Optional(_), Tree::Null)
            | (Expected::List(_), Tree::Array(_))
            | (Expected::Map(_) | Expected::AnyMap | Expected::Object(_), Tree::Object(_)) => true,
            (Expected::Optional(inner), value) => inner.takes(value, tables),
            (Expected::Union(table), value) => {
                let kind = json_kind(value);
                let shapes = tables.union(table).shapes;
                shapes
                    .iter()
                    .any(|shape| shape.kind == JsonKind::Any || Some(shape.kind) == kind)
            }
            _ => false,
        }
    }
}

/// Returns the kind of a value for the table of a union. No variant is `null`.
pub(crate) fn json_kind(value: &Tree<'_>) -> Option<JsonKind> {
    Some(match value {
        Tree::Null => return None,
        Tree::Bool => JsonKind::Bool,
        Tree::Integer | Tree::Number => JsonKind::Number,
        Tree::String(_) => JsonKind::String,
        Tree::Array(_) => JsonKind::Array,
        Tree::Object(_) => JsonKind::Object,
    })
}

/// An object type.
#[doc(hidden)]
#[derive(Debug)]
pub struct ObjectTable {
    /// Fields and, behind them, tags, by name.
    index: HashMap<&'static str, usize>,
    /// The kinds of the fields.
    pub(crate) fields: Vec<Expected>,
    pub(crate) tags: usize,
    /// The names of what must be there, and their indices.
    pub(crate) required: Vec<(&'static str, usize)>,
}

impl ObjectTable {
    fn of(object: ObjectType) -> Self {
        let ObjectType { table, blank } = object;
        let mut blank = blank();
        let tags = table.tags.iter();
        let tags = tags.zip(table.fields.len()..);
        ObjectTable {
            index: tags.chain(table.fields.iter().zip(0..)).collect(),
            fields: (0..table.fields.len())
                .map(|index| blank.slot_mut(index).expected())
                .collect(),
            tags: table.tags.len(),
            required: table.mandatory().map(|(index, name)| (name, index)).collect(),
        }
    }

    /// Returns the number of a field or, from the number of fields on, of a tag.
    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Returns all names with their numbers.
    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.index.iter().map(|(name, index)| (*name, *index))
    }

    /// Returns the kind of a field.
    pub(crate) fn field(&self, name: &str) -> Option<Expected> {
        self.fields.get(self.index_of(name)?).copied()
    }
}

/// A union.
#[doc(hidden)]
#[derive(Debug)]
pub struct UnionTable {
    pub(crate) tag: Option<&'static str>,
    /// Set if all variants are objects that the tag tells apart.
    pub(crate) is_direct: bool,
    pub(crate) shapes: &'static [Shape],
    /// The kinds of the variants.
    pub(crate) variants: Vec<Expected>,
}

impl UnionTable {
    fn of(union: UnionType) -> Self {
        let UnionType { table, blank } = union;
        let variant = |index| {
            let mut union = blank();
            union.set_variant(index);
            union.inner().expected()
        };
        UnionTable {
            tag: table.tag,
            is_direct: table.is_direct,
            shapes: table.shapes,
            variants: (0..table.shapes.len()).map(variant).collect(),
        }
    }
}

/// The tables of the types that a walk has met, each made once. The key is the name of the type.
#[derive(Default)]
pub(crate) struct Tables {
    objects: HashMap<&'static str, Rc<ObjectTable>>,
    unions: HashMap<&'static str, Rc<UnionTable>>,
}

impl Tables {
    pub(crate) fn object(&mut self, object: ObjectType) -> Rc<ObjectTable> {
        let table = self.objects.entry(object.table.name);
        table.or_insert_with(|| Rc::new(ObjectTable::of(object))).clone()
    }

    pub(crate) fn union(&mut self, union: UnionType) -> Rc<UnionTable> {
        let table = self.unions.entry(union.table.name);
        table.or_insert_with(|| Rc::new(UnionTable::of(union))).clone()
    }
}
