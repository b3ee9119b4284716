//! Unions as JSON Schemas in which only the matching branch checks a value. Messages then concern the intended variant,
//! and nested unions do not double the work at each level.
//!
//! The type of the value chooses first. Among objects a tag does: the property whose allowed values distinguish most
//! branches. Branches that nothing distinguishes are left to `anyOf`.

use std::collections::HashSet;
use std::ptr;

use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value, json};

use crate::document::{Document, reference};
use crate::json_schema::{Compiler, kind};
use crate::schema::{ObjectSchema, branches, enum_values};

/// The keyword of a tag check; see [`Tag`].
pub(crate) const KEYWORD: &str = "tag";

/// The number of tags that are checked in sequence.
const MOST_TAGS: usize = 3;

pub(crate) fn union<'a>(compiler: &mut Compiler<'a>, of: &'a [Value]) -> Value {
    let mut flat = Vec::new();
    flatten(compiler.document, of, &mut flat);
    // By type, in the order of the document.
    let mut kinds: Vec<(&str, Vec<&'a Value>)> = Vec::new();
    for branch in flat {
        let Some(kind) = compiler.document.resolve(branch).and_then(kind) else {
            return json!(true);
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, branches)) => branches.push(branch),
            None => kinds.push((kind, vec![branch])),
        }
    }
    let Some(first) = kinds.first().map(|(kind, _)| *kind) else {
        return json!(true);
    };
    let group = |branches: Vec<&'a Value>| Group {
        branches,
        union: of,
        asked: Vec::new(),
    };
    if kinds.len() == 1 {
        let (_, only) = kinds.remove(0);
        return alternatives(compiler, &group(only));
    }
    let none_of_them = json!({ "type": first });
    kinds.into_iter().rev().fold(none_of_them, |others, (kind, branches)| {
        let branches = alternatives(compiler, &group(branches));
        json!({ "if": { "type": kind }, "then": branches, "else": others })
    })
}

/// Replaces branches that are unions by their branches.
fn flatten<'a>(document: &'a Document, of: &'a [Value], flat: &mut Vec<&'a Value>) {
    for branch in of {
        match document.resolve(branch).and_then(branches) {
            Some(inner) => flatten(document, inner, flat),
            None if flat.contains(&branch) => {}
            None => flat.push(branch),
        }
    }
}

/// Branches of one type that need to be distinguished.
#[derive(Clone)]
struct Group<'a> {
    branches: Vec<&'a Value>,
    /// The position of their declaration.
    union: &'a [Value],
    /// Tags that are checked already.
    asked: Vec<&'a str>,
}

impl<'a> Group<'a> {
    fn narrowed(&self, tag: &'a str, fits: impl Fn(usize) -> bool) -> Group<'a> {
        let branches = self.branches.iter().enumerate().filter(|(index, _)| fits(*index));
        Group {
            branches: branches.map(|(_, branch)| *branch).collect(),
            union: self.union,
            asked: self.asked.iter().copied().chain([tag]).collect(),
        }
    }
}

fn alternatives<'a>(compiler: &mut Compiler<'a>, group: &Group<'a>) -> Value {
    if let [only] = group.branches.as_slice() {
        return compiler.schema(only);
    }
    // Known names beside any text.
    let any = |branch: &&&Value| branch["type"] == "string" && branch.as_object().is_some_and(|rules| rules.len() == 1);
    if let Some(any) = group.branches.iter().find(any) {
        return compiler.schema(any);
    }
    if group.asked.len() < MOST_TAGS {
        let branches = group.branches.iter();
        let pinned: Vec<PropertyValues> = branches
            .map(|branch| PropertyValues::of(compiler.document, branch, &group.asked))
            .collect();
        if let Some(tag) = tag(&pinned) {
            return tagged(compiler, group, &pinned, tag);
        }
    }
    // These branches cannot be distinguished. If two of them lead here again, checking each doubles the cost of every
    // level.
    let again = group
        .branches
        .iter()
        .filter(|branch| leads_to(compiler.document, branch, group.union, &mut HashSet::new()));
    if again.count() > 1 {
        return json!(true);
    }
    let branches: Vec<Value> = group.branches.iter().map(|branch| compiler.schema(branch)).collect();
    json!({ "anyOf": branches })
}

/// The listed values of the properties of one branch.
struct PropertyValues<'a> {
    /// Returns the values that a property may have, where they are listed.
    values: Vec<(&'a str, Vec<&'a str>)>,
    required: Vec<&'a str>,
}

impl<'a> PropertyValues<'a> {
    fn of(document: &'a Document, branch: &'a Value, asked: &[&str]) -> PropertyValues<'a> {
        let shape = ObjectSchema::of(document, branch);
        let listed = shape
            .properties
            .iter()
            .filter(|property| !asked.contains(&property.name));
        let values = listed.filter_map(|property| {
            let schema = document.resolve(property.schema)?;
            let values = enum_values(schema).filter(|_| schema["type"] != "array")?;
            Some((property.name, values))
        });
        PropertyValues {
            values: values.collect(),
            required: shape.required,
        }
    }

    fn get(&self, tag: &str) -> Option<&[&'a str]> {
        self.values
            .iter()
            .find(|(name, _)| *name == tag)
            .map(|(_, values)| values.as_slice())
    }
}

/// Returns the property that distinguishes most pairs of branches; of equals, the one with fewer values.
fn tag<'a>(branches: &[PropertyValues<'a>]) -> Option<&'a str> {
    let names: HashSet<&str> = branches
        .iter()
        .flat_map(|pins| pins.values.iter().map(|(name, _)| *name))
        .collect();
    let measured = names.into_iter().map(|name| {
        let listed: Vec<&[&str]> = branches.iter().filter_map(|pins| pins.get(name)).collect();
        let apart = |(at, one): (usize, &&[&str])| {
            let others = listed[at + 1..].iter();
            others
                .filter(|other| !one.iter().any(|value| other.contains(value)))
                .count()
        };
        let apart: usize = listed.iter().enumerate().map(apart).sum();
        let values: usize = listed.iter().map(|values| values.len()).sum();
        (apart, std::cmp::Reverse((values, name)))
    });
    let (apart, std::cmp::Reverse((_, name))) = measured.max()?;
    (apart > 0).then_some(name)
}

fn tagged<'a>(compiler: &mut Compiler<'a>, group: &Group<'a>, pinned: &[PropertyValues<'a>], tag: &'a str) -> Value {
    // Values with the same branches share a rule.
    let mut meanings: Vec<(Vec<usize>, Vec<&str>)> = Vec::new();
    let mut values: Vec<&str> = Vec::new();
    for value in pinned.iter().filter_map(|pins| pins.get(tag)).flatten() {
        if values.contains(value) {
            continue;
        }
        values.push(value);
        let means = |pins: &PropertyValues| pins.get(tag).is_some_and(|values| values.contains(value));
        let meant: Vec<usize> = (0..pinned.len()).filter(|index| means(&pinned[*index])).collect();
        match meanings.iter_mut().find(|(known, _)| *known == meant) {
            Some((_, values)) => values.push(value),
            None => meanings.push((meant, vec![value])),
        }
    }
    let open = group.narrowed(tag, |index| pinned[index].get(tag).is_none());
    let without = group.narrowed(tag, |index| !pinned[index].required.contains(&tag));
    let mut rules = vec![json!({ KEYWORD: {
        "name": tag,
        "values": values,
        "optional": !without.branches.is_empty(),
        "open": !open.branches.is_empty(),
    } })];
    let given = |rule: Value| json!({ "type": "object", "required": [tag], "properties": { tag: rule } });
    for (meant, values) in meanings {
        let meant = group.narrowed(tag, |index| meant.contains(&index));
        rules.push(json!({ "if": given(json!({ "enum": values })), "then": alternatives(compiler, &meant) }));
    }
    if !open.branches.is_empty() {
        let other = given(json!({ "not": { "enum": values } }));
        rules.push(json!({ "if": other, "then": alternatives(compiler, &open) }));
    }
    if !without.branches.is_empty() {
        let given = given(json!({ "not": { "type": "null" } }));
        rules.push(json!({ "if": given, "else": alternatives(compiler, &without) }));
    }
    json!({ "type": "object", "allOf": rules })
}

/// Returns whether a value of this schema can contain a value of the union.
fn leads_to<'a>(document: &'a Document, schema: &'a Value, union: &'a [Value], seen: &mut HashSet<&'a str>) -> bool {
    if let Some(target) = reference(schema) {
        return seen.insert(target)
            && document
                .resolve(schema)
                .is_some_and(|schema| leads_to(document, schema, union, seen));
    }
    if branches(schema).is_some_and(|branches| ptr::eq(branches.as_slice(), union)) {
        return true;
    }
    match schema {
        Value::Object(schema) => schema.values().any(|part| leads_to(document, part, union, seen)),
        Value::Array(parts) => parts.iter().any(|part| leads_to(document, part, union, seen)),
        _ => false,
    }
}

/// A keyword that refuses an object whose tag no branch has, or that lacks a tag which every branch requires. Its message is the
/// tag's name and, on the next line, its values.
pub(crate) struct Tag {
    name: String,
    values: HashSet<String>,
    optional: bool,
    open: bool,
    message: String,
}

impl Tag {
    pub fn read(declared: &Value) -> Tag {
        let name = declared["name"].as_str().unwrap_or_default();
        let values: Vec<&str> = declared["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        Tag {
            name: name.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            optional: declared["optional"] == true,
            open: declared["open"] == true,
            message: format!("{name}\n{}", values.join(", ")),
        }
    }

    fn agrees(&self, object: &Map<String, Value>) -> bool {
        match object.get(&self.name) {
            None | Some(Value::Null) if self.optional => true,
            None => false,
            Some(_) if self.open => true,
            Some(value) => value.as_str().is_some_and(|value| self.values.contains(value)),
        }
    }
}

impl<'i> Keyword<'i> for Tag {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if Keyword::is_valid(self, instance) {
            return Ok(());
        }
        Err(ValidationError::custom(self.message.clone()))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_object().is_none_or(|object| self.agrees(object))
    }
}
