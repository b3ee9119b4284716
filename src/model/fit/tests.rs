//! The cost of the fit walk, in steps, over texts made from the tables of all types of the document.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
// Which of these a document's types need differs from document to document.
#[allow(unused_imports)]
use serde_json::{Map, Value};

use super::expected::{Expected, Tables};
use super::tree::Tree;
use super::walk::Walk;
use crate::model::Field;
use crate::types;

macro_rules! registry {
    ($($kind:tt $name:literal $type:ty;)*) => {
        const TYPES: &[(&str, &str, Expected)] =
            &[$((stringify!($kind), $name, <$type as Field>::EXPECTED)),*];
    };
}

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

/// The most steps for one value: as a property, as an optional one, as a union, as the members of a union, and as a variant.
const STEPS_PER_VALUE: usize = 8;

/// Walks a text.
fn steps(text: &str, expected: Expected) -> usize {
    let tree = Tree::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut walk = Walk::default();
    let _ = walk.value(&tree, expected, 0);
    walk.steps
}

fn values(tree: &Tree<'_>) -> usize {
    match tree {
        Tree::Array(items) => 1 + items.iter().map(values).sum::<usize>(),
        Tree::Object(members) => 1 + members.iter().map(|(_, value)| values(value)).sum::<usize>(),
        _ => 1,
    }
}

/// The types that can contain themselves, by name.
fn recursive(tables: &mut Tables) -> BTreeMap<&'static str, Expected> {
    let types = TYPES.iter().filter(|(kind, ..)| *kind == "type");
    let types = types.map(|(_, name, expected)| (*name, *expected));
    types
        .filter(|(_, expected)| contains(*expected, *expected, tables))
        .collect()
}

fn type_name(expected: Expected) -> Option<&'static str> {
    match expected {
        Expected::Object(object) => Some(object.table.name),
        Expected::Union(union) => Some(union.table.name),
        _ => None,
    }
}

/// The kinds one level below.
fn below(expected: Expected, tables: &mut Tables) -> Vec<Expected> {
    match expected {
        Expected::Optional(inner) | Expected::List(inner) | Expected::Map(inner) => vec![*inner],
        Expected::Object(table) => tables.object(table).fields.clone(),
        Expected::Union(table) => tables.union(table).variants.clone(),
        _ => Vec::new(),
    }
}

/// Returns whether a type is somewhere inside another.
fn contains(outer: Expected, inner: Expected, tables: &mut Tables) -> bool {
    let mut seen = Vec::new();
    let mut open = below(outer, tables);
    while let Some(expected) = open.pop() {
        match type_name(expected) {
            Some(name) if seen.contains(&name) => continue,
            own => seen.extend(own),
        }
        if type_name(expected).is_some() && type_name(expected) == type_name(inner) {
            return true;
        }
        open.extend(below(expected, tables));
    }
    false
}

/// Writes random values of types.
struct Writer<'a> {
    tables: &'a mut Tables,
    choices: std::vec::IntoIter<u8>,
    out: String,
    /// The type that is nested, wherever it can be.
    nested: Expected,
    /// For each type, whether the nested one is in it.
    leads: BTreeMap<&'static str, bool>,
}

impl Writer<'_> {
    fn chance(&mut self, of_256: u8) -> bool {
        self.choices.next().unwrap_or(u8::MAX) < of_256
    }

    fn leads(&mut self, expected: Expected) -> bool {
        match (type_name(expected), expected) {
            (Some(own), _) => {
                if let Some(known) = self.leads.get(&own) {
                    return *known;
                }
                let leads = Some(own) == type_name(self.nested) || contains(expected, self.nested, self.tables);
                self.leads.insert(own, leads);
                leads
            }
            (None, Expected::Optional(inner) | Expected::List(inner) | Expected::Map(inner)) => self.leads(*inner),
            _ => false,
        }
    }

    /// Writes a value that is nested about `depth` levels deep.
    fn value(&mut self, expected: Expected, depth: usize) {
        if self.chance(6) {
            return self.out.push_str("[false]");
        }
        match expected {
            Expected::Any => self.out.push_str("{\"any\":[1]}"),
            Expected::Bool => self.out.push_str("true"),
            Expected::Integer | Expected::Number => self.out.push('1'),
            Expected::String => self.out.push_str("\"text\""),
            Expected::Optional(inner) => self.value(*inner, depth),
            Expected::List(item) => {
                self.out.push('[');
                self.value(*item, depth.saturating_sub(1));
                if self.chance(16) {
                    self.out.push_str(",7");
                }
                self.out.push(']');
            }
            Expected::Map(inner) => {
                self.out.push_str("{\"key\":");
                self.value(*inner, depth.saturating_sub(1));
                self.out.push('}');
            }
            Expected::AnyMap => self.out.push_str("{\"any\":[1]}"),
            Expected::Object(_) => self.object(expected, &[], depth),
            Expected::Union(table) => {
                let table = self.tables.union(table);
                let mut variants: Vec<usize> = (0..table.variants.len()).collect();
                variants.retain(|&index| depth == 0 || self.leads(table.variants[index]));
                let choice = usize::from(self.choices.next().unwrap_or_default());
                let index = variants
                    .get(choice % variants.len().max(1))
                    .copied()
                    .unwrap_or_default();
                match table.variants[index] {
                    variant @ Expected::Object(_) => {
                        let tags = table.shapes[index].tags;
                        let tags: Vec<_> = tags.iter().map(|(name, values)| (*name, values.get(0))).collect();
                        self.object(variant, &tags, depth);
                    }
                    variant => self.value(variant, depth),
                }
            }
        }
    }

    fn object(&mut self, expected: Expected, tags: &[(&'static str, &'static str)], depth: usize) {
        let Expected::Object(table) = expected else { return };
        let table = self.tables.object(table);
        let mut members: Vec<(String, Option<Expected>, Option<&str>)> = Vec::new();
        for (name, index) in table.names() {
            let tag = tags.iter().find(|(tag, _)| *tag == name).map(|(_, value)| *value);
            let field = table.fields.get(index).copied();
            let is_required = table.required.iter().any(|(_, required)| *required == index);
            let leads = depth > 0 && field.is_some_and(|field| self.leads(field));
            if is_required || tag.is_some() || (leads && members.len() < 4) {
                members.push((name.to_owned(), field, tag));
            }
        }
        members.sort_by(|a, b| a.0.cmp(&b.0));
        if self.chance(32) {
            members.extend(members.first().cloned());
        }
        self.out.push('{');
        for (at, (name, field, tag)) in members.into_iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.out.push_str(&format!("{name:?}:"));
            match (tag, field) {
                (Some(tag), _) => self.out.push_str(&format!("{tag:?}")),
                (None, Some(field)) => self.value(field, depth.saturating_sub(1)),
                (None, None) => self.out.push_str("\"tag\""),
            }
            if self.out.len() > 40_000 {
                self.choices = Vec::new().into_iter();
            }
        }
        self.out.push('}');
    }
}

fn text(expected: Expected, depth: usize, choices: Vec<u8>, tables: &mut Tables) -> String {
    let mut writer = Writer {
        tables,
        choices: choices.into_iter(),
        out: String::new(),
        nested: expected,
        leads: BTreeMap::new(),
    };
    writer.value(expected, depth);
    writer.out
}

fn runner() -> TestRunner {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(Config::default(), rng)
}

#[test]
fn steps_grow_with_the_text_for_every_recursive_type() {
    let mut runner = runner();
    let mut tables = Tables::default();
    let recursive = recursive(&mut tables);
    let mut longest = 0;
    for (name, expected) in &recursive {
        for round in 0..8 {
            let bytes = proptest::collection::vec(any::<u8>(), 4000);
            let choices = bytes.new_tree(&mut runner).unwrap().current();
            let text = text(*expected, 2 + 3 * round, choices, &mut tables);
            longest = longest.max(text.len());
            let Ok(tree) = Tree::parse(&text) else { continue };
            let (steps, values) = (steps(&text, *expected), values(&tree));
            assert!(
                steps <= STEPS_PER_VALUE * values,
                "{name}: {steps} steps, {values} values: {text}"
            );
        }
    }
    println!(
        "{} recursive types, up to {longest} bytes: {:?}",
        recursive.len(),
        recursive.keys()
    );
}

#[cfg(vapi_type = "AssistantHook")]
#[test]
fn each_level_of_hooks_costs_the_same() {
    /// A hook in a hook, by way of a tool that hands over to an assistant. The innermost is wrong.
    fn hooks(depth: usize) -> String {
        let open = r#"{"on":"call.ending","do":[{"type":"tool","tool":{"type":"handoff","destinations":[{"type":"assistant","assistant":{"hooks":["#;
        let close = "]}}]}}]}";
        format!(
            "{}{}{}",
            open.repeat(depth),
            r#"{"on":"call.ending","do":7}"#,
            close.repeat(depth)
        )
    }
    let steps: Vec<usize> = (1..=12)
        .map(|depth| steps(&hooks(depth), types::AssistantHook::EXPECTED))
        .collect();
    let differences: Vec<usize> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(differences.windows(2).all(|pair| pair[0] == pair[1]), "{steps:?}");
}

#[test]
fn any_json_is_walked_as_any_type() {
    let mut runner = runner();
    let names = [
        "type", "on", "do", "role", "provider", "id", "name", "hooks", "tool", "tools", "message", "messages", "model",
        "value",
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-0".to_owned()),
        Just("1e3".to_owned()),
        Just("18446744073709551615".to_owned()),
        Just("\"call.ending\"".to_owned()),
        Just("\"handoff\"".to_owned()),
        Just("\"tool\"".to_owned()),
        Just("\"\\ufffd\"".to_owned()),
    ];
    let json = leaf.prop_recursive(8, 200, 6, move |inner| {
        let member = (proptest::sample::select(names.to_vec()), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(member, 0..6).prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{name:?}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    for (_, name, expected) in TYPES {
        for _ in 0..4 {
            let text = json.new_tree(&mut runner).unwrap().current();
            let values = values(&Tree::parse(&text).unwrap());
            let steps = steps(&text, *expected);
            assert!(
                steps <= STEPS_PER_VALUE * values,
                "{name}: {steps} steps, {values} values: {text}"
            );
        }
    }
}
