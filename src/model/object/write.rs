//! Writing fields and showing them: the same walk over an object, for a serializer and for `Debug`.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};

use super::{Fields, Table};
use crate::model::cursor::{Cursor, Unfit, next_special};
use crate::model::field::{Expects, Field, FieldRead, Slot};
use crate::model::fit::Expected;
use crate::model::number::Number;
use crate::model::read::Mode;
use crate::model::redact::{Redacted, RedactedMap, is_secret};

/// A function that takes each member: its name, and its value.
pub(in crate::model) type EachMember<'a> = dyn FnMut(&str, &dyn Slot) + 'a;

/// The value of a tag.
#[derive(Debug)]
struct Tag(&'static str);

impl Slot for Tag {
    /// Not called: a tag is no field.
    fn read(&mut self, _: &mut Cursor<'_>, _: Mode<'_>) -> Result<FieldRead, Unfit> {
        Err(Unfit)
    }

    fn write(&self, out: &mut dyn Out) {
        out.string(self.0);
    }
}

impl Expects for Tag {
    fn expected(&self) -> Expected {
        Expected::String
    }
}

/// A place where one value is written.
#[doc(hidden)]
pub trait Out {
    fn null(&mut self);
    fn bool(&mut self, value: bool);
    fn number(&mut self, value: Number);
    fn string(&mut self, text: &str);
    /// Writes a text that is not to be seen.
    fn secret(&mut self, text: &str) {
        self.string(text);
    }
    /// Writes a value of any type.
    fn json(&mut self, value: &Value);
    /// Writes a value of a union that is none of its variants.
    fn unknown(&mut self, value: &dyn Slot);
    /// Writes a list of this length, whose items `item` returns.
    fn items<'a>(&mut self, length: usize, item: &dyn Fn(usize) -> &'a dyn Slot);
    /// Writes a map. `walk` calls what it is given with each of its members.
    fn members(&mut self, walk: &dyn Fn(&mut EachMember<'_>));
    /// Writes a map of any values.
    fn map(&mut self, members: &Map<String, Value>) {
        self.members(&|member| members.iter().for_each(|(name, value)| member(name, value)));
    }
    /// Writes an object.
    fn object(&mut self, object: &dyn Fields, table: &Table) {
        self.members(&|member| walk(object, table, |name, _, value| member(name, value)));
    }
}

/// Writes a value, whatever its type, by `serde`.
pub(crate) fn serialize<S: Serializer>(value: &dyn Slot, serializer: S) -> Result<S::Ok, S::Error> {
    let mut out = ToSerializer::Ready(serializer);
    value.write(&mut out);
    match out {
        ToSerializer::Written(result) => result,
        // Each `write` writes one value.
        ToSerializer::Ready(_) | ToSerializer::Busy => unreachable!("nothing was written"),
    }
}

/// A serializer that is called once.
enum ToSerializer<S: Serializer> {
    Ready(S),
    Busy,
    Written(Result<S::Ok, S::Error>),
}

impl<S: Serializer> ToSerializer<S> {
    #[inline]
    fn with(&mut self, write: impl FnOnce(S) -> Result<S::Ok, S::Error>) {
        match std::mem::replace(self, ToSerializer::Busy) {
            ToSerializer::Ready(serializer) => *self = ToSerializer::Written(write(serializer)),
            ToSerializer::Busy | ToSerializer::Written(_) => unreachable!("a second value was written"),
        }
    }
}

impl<S: Serializer> Out for ToSerializer<S> {
    fn null(&mut self) {
        self.with(S::serialize_none);
    }

    fn bool(&mut self, value: bool) {
        self.with(|serializer| serializer.serialize_bool(value));
    }

    fn number(&mut self, value: Number) {
        self.with(|serializer| value.serialize(serializer));
    }

    fn string(&mut self, text: &str) {
        self.with(|serializer| serializer.serialize_str(text));
    }

    fn json(&mut self, value: &Value) {
        self.with(|serializer| value.serialize(serializer));
    }

    fn unknown(&mut self, value: &dyn Slot) {
        value.write(self);
    }

    fn items<'a>(&mut self, length: usize, item: &dyn Fn(usize) -> &'a dyn Slot) {
        self.with(|serializer| {
            let mut seq = serializer.serialize_seq(Some(length))?;
            for index in 0..length {
                seq.serialize_element(&BySerde(item(index)))?;
            }
            seq.end()
        });
    }

    fn members(&mut self, walk: &dyn Fn(&mut EachMember<'_>)) {
        self.with(|serializer| {
            let mut map = serializer.serialize_map(None)?;
            let mut result = Ok(());
            walk(&mut |name, value| {
                if result.is_ok() {
                    result = map.serialize_entry(name, &BySerde(value));
                }
            });
            result?;
            map.end()
        });
    }
}

/// Writes a value, whatever its type, as JSON. It can, whatever the value: names are text, and a number that JSON has not is `null`.
pub(crate) fn to_json(value: &dyn Slot) -> Vec<u8> {
    let mut out = ToJson(Vec::with_capacity(1024));
    value.write(&mut out);
    out.0
}

/// Writes a body as requests have it. Public for benches.
#[doc(hidden)]
pub fn write_body<T: Field>(value: &T) -> Vec<u8> {
    to_json(value)
}

/// A JSON text that grows.
struct ToJson(Vec<u8>);

impl ToJson {
    fn by_serde<T: Serialize + ?Sized>(&mut self, value: &T) {
        // A vector takes all that is written, and `Value` can be written.
        serde_json::to_writer(&mut self.0, value).unwrap_or_default();
    }

    /// Writes a member of an object. `before` is the bracket that opens the object, or the comma behind the last member.
    fn member(&mut self, before: u8, name: &str, is_plain: bool, value: &dyn Slot) {
        match is_plain {
            true => {
                self.0.extend_from_slice(&[before, b'"']);
                self.0.extend_from_slice(name.as_bytes());
                self.0.extend_from_slice(b"\":");
            }
            false => {
                self.0.push(before);
                self.string(name);
                self.0.push(b':');
            }
        }
        value.write(self);
    }

    /// Writes the end of an object. `before` is what stood before a further member.
    fn close(&mut self, before: u8) {
        if before == b'{' {
            self.0.push(b'{');
        }
        self.0.push(b'}');
    }
}

impl Out for ToJson {
    fn null(&mut self) {
        self.0.extend_from_slice(b"null");
    }

    fn bool(&mut self, value: bool) {
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn number(&mut self, value: Number) {
        self.by_serde(&value);
    }

    fn string(&mut self, text: &str) {
        if next_special(text.as_bytes(), 0) < text.len() {
            return self.by_serde(text);
        }
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }

    fn json(&mut self, value: &Value) {
        self.by_serde(value);
    }

    fn unknown(&mut self, value: &dyn Slot) {
        value.write(self);
    }

    fn items<'a>(&mut self, length: usize, item: &dyn Fn(usize) -> &'a dyn Slot) {
        self.0.push(b'[');
        for index in 0..length {
            if index > 0 {
                self.0.push(b',');
            }
            item(index).write(self);
        }
        self.0.push(b']');
    }

    fn members(&mut self, walk: &dyn Fn(&mut EachMember<'_>)) {
        let mut before = b'{';
        walk(&mut |name, value| {
            self.member(before, name, false, value);
            before = b',';
        });
        self.close(before);
    }

    fn object(&mut self, object: &dyn Fields, table: &Table) {
        let mut before = b'{';
        walk(object, table, |name, is_plain, value| {
            self.member(before, name, is_plain, value);
            before = b',';
        });
        self.close(before);
    }
}

/// A value, whatever its type, for `serde`.
pub(crate) struct BySerde<'a>(pub(crate) &'a dyn Slot);

impl Serialize for BySerde<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.0, serializer)
    }
}

/// Calls `member` with the members of an object: tags, then the fields that are present, then `extra`. The second argument says that the
/// name is known to need no escapes.
///
/// A name in `extra` that is also a field or a tag is written only where the field is absent, or instead of the tag.
fn walk(object: &dyn Fields, table: &Table, mut member: impl FnMut(&str, bool, &dyn Slot)) {
    let extra = object.kept();
    for (name, value) in table.tags.iter().zip(table.values.iter()) {
        if !extra.contains_key(name) {
            member(name, table.tags.is_plain, &Tag(value));
        }
    }
    object.each_present(&mut |index, field| member(table.fields.get(index), table.fields.is_plain, field));
    for (name, value) in extra {
        let mut is_present = false;
        if let Some(field) = table.fields.position(name) {
            object.each_present(&mut |index, _| is_present |= index == field);
        }
        if !is_present {
            member(name, false, value);
        }
    }
}

/// Formats a value, whatever its type, for `Debug`: objects without the fields that are absent.
pub(crate) fn debug(value: &dyn Slot, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = ToDebug { f, result: Ok(()) };
    value.write(&mut out);
    out.result
}

/// A value, whatever its type, for `Debug`.
struct Shown<'a>(&'a dyn Slot);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self.0, f)
    }
}

/// A formatter that is called once.
struct ToDebug<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    result: fmt::Result,
}

impl Out for ToDebug<'_, '_> {
    fn null(&mut self) {
        self.result = self.f.write_str("null");
    }

    fn bool(&mut self, value: bool) {
        self.result = fmt::Debug::fmt(&value, self.f);
    }

    fn number(&mut self, value: Number) {
        self.result = fmt::Debug::fmt(&value, self.f);
    }

    fn string(&mut self, text: &str) {
        self.result = fmt::Debug::fmt(text, self.f);
    }

    fn secret(&mut self, _: &str) {
        self.result = self.f.write_str("Secret(…)");
    }

    fn json(&mut self, value: &Value) {
        self.result = fmt::Debug::fmt(&Redacted(value), self.f);
    }

    fn unknown(&mut self, value: &dyn Slot) {
        self.result = self.f.debug_tuple("Unknown").field(&Shown(value)).finish();
    }

    fn items<'a>(&mut self, length: usize, item: &dyn Fn(usize) -> &'a dyn Slot) {
        let items = (0..length).map(|index| Shown(item(index)));
        self.result = self.f.debug_list().entries(items).finish();
    }

    fn members(&mut self, walk: &dyn Fn(&mut EachMember<'_>)) {
        let mut out = self.f.debug_map();
        walk(&mut |name, value| {
            match is_secret(name) {
                true => out.entry(&name, &format_args!("Secret(…)")),
                false => out.entry(&name, &Shown(value)),
            };
        });
        self.result = out.finish();
    }

    fn map(&mut self, members: &Map<String, Value>) {
        self.result = fmt::Debug::fmt(&RedactedMap(members), self.f);
    }

    fn object(&mut self, object: &dyn Fields, table: &Table) {
        let mut out = self.f.debug_struct(table.name);
        object.each_present(&mut |index, field| {
            out.field(table.fields.get(index), &Shown(field));
        });
        if !object.kept().is_empty() {
            out.field("extra", &RedactedMap(object.kept()));
        }
        self.result = out.finish();
    }
}
