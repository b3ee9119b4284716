//! Writing objects and showing them: the same walk over the fields, for a serializer and for `Debug`.

use std::fmt;

use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::{Object, Show, Table};
use crate::model::Slot;
use crate::model::shown::ShownMap;

/// Writes an object: tags, then the fields that are present, then `extra`.
///
/// A name in `extra` that is also a field or a tag is written only where the field is absent, or instead of the tag.
pub(crate) fn encode<T: Object, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    entries(object, Table::of::<T>(), &mut map)?;
    map.end()
}

trait Written<M: SerializeMap> {
    fn write_field(&self, index: usize, name: &'static str, map: &mut M) -> Result<(), M::Error>;
    fn lacks(&self, index: usize) -> bool;
    fn kept(&self) -> &Map<String, Value>;
}

impl<M: SerializeMap, T: Object> Written<M> for T {
    fn write_field(&self, index: usize, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        self.show(index, WriteField { map, name })
    }

    fn lacks(&self, index: usize) -> bool {
        self.show(index, IsAbsent)
    }

    fn kept(&self) -> &Map<String, Value> {
        self.extra()
    }
}

fn entries<M: SerializeMap>(object: &dyn Written<M>, table: Table, map: &mut M) -> Result<(), M::Error> {
    let extra = object.kept();
    for (name, value) in table.tags {
        if !extra.contains_key(*name) {
            map.serialize_entry(name, value)?;
        }
    }
    for (index, name) in table.fields.iter().enumerate() {
        object.write_field(index, name, map)?;
    }
    for (name, value) in extra {
        let field = table.fields.iter().position(|field| field == name);
        if field.is_none_or(|index| object.lacks(index)) {
            map.serialize_entry(name, value)?;
        }
    }
    Ok(())
}

struct WriteField<'a, M> {
    map: &'a mut M,
    name: &'static str,
}

impl<M: SerializeMap> Show for WriteField<'_, M> {
    type Out = Result<(), M::Error>;

    fn show<T: Slot>(self, value: &T) -> Self::Out {
        if value.is_absent() {
            return Ok(());
        }
        self.map.serialize_entry(self.name, value)
    }
}

struct IsAbsent;

impl Show for IsAbsent {
    type Out = bool;

    fn show<T: Slot>(self, value: &T) -> bool {
        value.is_absent()
    }
}

/// Formats an object for `Debug`, without the fields that are absent.
pub(crate) fn debug<T: Object>(object: &T, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    debug_fields(object, Table::of::<T>(), formatter)
}

trait Shown {
    fn show_field(&self, index: usize, name: &'static str, out: &mut fmt::DebugStruct<'_, '_>);
    fn kept(&self) -> &Map<String, Value>;
}

impl<T: Object> Shown for T {
    fn show_field(&self, index: usize, name: &'static str, out: &mut fmt::DebugStruct<'_, '_>) {
        self.show(index, DebugField { out, name });
    }

    fn kept(&self) -> &Map<String, Value> {
        self.extra()
    }
}

fn debug_fields(object: &dyn Shown, table: Table, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = formatter.debug_struct(table.name);
    for (index, name) in table.fields.iter().enumerate() {
        object.show_field(index, name, &mut out);
    }
    if !object.kept().is_empty() {
        out.field("extra", &ShownMap(object.kept()));
    }
    out.finish()
}

struct DebugField<'a, 'b, 'c> {
    out: &'a mut fmt::DebugStruct<'b, 'c>,
    name: &'static str,
}

impl Show for DebugField<'_, '_, '_> {
    type Out = ();

    fn show<T: Slot>(self, value: &T) {
        if !value.is_absent() {
            self.out.field(self.name, value);
        }
    }
}
