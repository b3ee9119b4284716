//! Writing objects and showing them: the same walk over the fields, for a serializer and for `Debug`.

use std::fmt;

use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::{Object, Table};
use crate::model::field::{Field, Visit};
use crate::model::redact::RedactedMap;

/// Writes an object: tags, then the fields that are present, then `extra`.
///
/// A name in `extra` that is also a field or a tag is written only where the field is absent, or instead of the tag.
pub(crate) fn encode<T: Object, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    entries(object, Table::of::<T>(), &mut map)?;
    map.end()
}

trait ErasedEncode<M: SerializeMap> {
    fn write_field(&self, index: usize, name: &'static str, map: &mut M) -> Result<(), M::Error>;
    fn lacks(&self, index: usize) -> bool;
    fn kept(&self) -> &Map<String, Value>;
}

impl<M: SerializeMap, T: Object> ErasedEncode<M> for T {
    fn write_field(&self, index: usize, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        self.visit(index, WriteField { map, name })
    }

    fn lacks(&self, index: usize) -> bool {
        self.visit(index, IsAbsent)
    }

    fn kept(&self) -> &Map<String, Value> {
        self.extra()
    }
}

fn entries<M: SerializeMap>(object: &dyn ErasedEncode<M>, table: Table, map: &mut M) -> Result<(), M::Error> {
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

impl<M: SerializeMap> Visit for WriteField<'_, M> {
    type Out = Result<(), M::Error>;

    fn visit<T: Field>(self, value: &T) -> Self::Out {
        if value.is_absent() {
            return Ok(());
        }
        self.map.serialize_entry(self.name, value)
    }
}

struct IsAbsent;

impl Visit for IsAbsent {
    type Out = bool;

    fn visit<T: Field>(self, value: &T) -> bool {
        value.is_absent()
    }
}

/// Formats an object for `Debug`, without the fields that are absent.
pub(crate) fn debug<T: Object>(object: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    debug_fields(object, Table::of::<T>(), f)
}

trait ErasedDebug {
    fn debug_field(&self, index: usize, name: &'static str, out: &mut fmt::DebugStruct<'_, '_>);
    fn kept(&self) -> &Map<String, Value>;
}

impl<T: Object> ErasedDebug for T {
    fn debug_field(&self, index: usize, name: &'static str, out: &mut fmt::DebugStruct<'_, '_>) {
        self.visit(index, DebugField { out, name });
    }

    fn kept(&self) -> &Map<String, Value> {
        self.extra()
    }
}

fn debug_fields(object: &dyn ErasedDebug, table: Table, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = f.debug_struct(table.name);
    for (index, name) in table.fields.iter().enumerate() {
        object.debug_field(index, name, &mut out);
    }
    if !object.kept().is_empty() {
        out.field("extra", &RedactedMap(object.kept()));
    }
    out.finish()
}

struct DebugField<'a, 'b, 'c> {
    out: &'a mut fmt::DebugStruct<'b, 'c>,
    name: &'static str,
}

impl Visit for DebugField<'_, '_, '_> {
    type Out = ();

    fn visit<T: Field>(self, value: &T) {
        if !value.is_absent() {
            self.out.field(self.name, value);
        }
    }
}
