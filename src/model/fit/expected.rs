//! The kinds of value that types take, as tables: all that the fit walk knows of a type.
//!
//! The tables are made when a walk first meets a type. They come from the functions that decoders and encoders have anyway
//! (`blank` and `visit`), so no type has code for this alone.

use std::collections::HashMap;
use std::rc::Rc;

use super::tree::Tree;
use crate::model::Field;
use crate::model::field::Visit;
use crate::model::object::Object;
use crate::model::union::{JsonKind, Shape, Union};

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
    Optional(fn() -> Expected),
    List(fn() -> Expected),
    Map(fn() -> Expected),
    /// An object of any members.
    AnyMap,
    Object(fn() -> ObjectTable),
    Union(fn() -> UnionTable),
}

impl Expected {
    pub(crate) fn object<T: Object>() -> Self {
        Expected::Object(ObjectTable::of::<T>)
    }

    pub(crate) fn union<T: Union>() -> Self {
        Expected::Union(UnionTable::of::<T>)
    }

    /// Returns the kind, for a sentence.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Expected::Any => "any value",
            Expected::Bool => "a boolean",
            Expected::Integer => "an integer",
            Expected::Number => "a number",
            Expected::String => "a string",
            Expected::Optional(inner) => inner().kind(),
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
            (Expected::Optional(inner), value) => inner().takes(value, tables),
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
    fn of<T: Object>() -> Self {
        let blank = T::blank();
        let tags = T::TAGS.iter().map(|(name, _)| *name);
        let tags = tags.zip(T::FIELDS.len()..);
        let required = T::REQUIRED.iter().map(|&index| (T::FIELDS[index], index));
        ObjectTable {
            index: tags.clone().chain(T::FIELDS.iter().copied().zip(0..)).collect(),
            fields: (0..T::FIELDS.len())
                .map(|index| blank.visit(index, ExpectedOf))
                .collect(),
            tags: T::TAGS.len(),
            required: required.chain(tags).collect(),
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
    fn of<T: Union>() -> Self {
        UnionTable {
            tag: T::TAG,
            is_direct: T::DIRECT,
            shapes: T::SHAPES,
            variants: (0..T::SHAPES.len())
                .map(|index| T::variant(index).visit(ExpectedOf))
                .collect(),
        }
    }
}

struct ExpectedOf;

impl Visit for ExpectedOf {
    type Out = Expected;

    fn visit<T: Field>(self, _: &T) -> Expected {
        T::expected()
    }
}

/// The tables of the types that a walk has met, each made once.
#[derive(Default)]
pub(crate) struct Tables {
    objects: HashMap<usize, Rc<ObjectTable>>,
    unions: HashMap<usize, Rc<UnionTable>>,
}

impl Tables {
    pub(crate) fn object(&mut self, table: fn() -> ObjectTable) -> Rc<ObjectTable> {
        self.objects
            .entry(table as usize)
            .or_insert_with(|| Rc::new(table()))
            .clone()
    }

    pub(crate) fn union(&mut self, table: fn() -> UnionTable) -> Rc<UnionTable> {
        self.unions
            .entry(table as usize)
            .or_insert_with(|| Rc::new(table()))
            .clone()
    }
}
