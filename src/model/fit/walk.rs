//! The fit walk: one pass over a tree beside the tables of its type.
//!
//! Each union is decided once, from its own members alone, before what is in it is walked. So the steps grow with the text and
//! with nothing else. What cannot be is an `Err`, which goes up to the nearest place that can keep it: an optional property, or a
//! union. The decisions inside that place are taken back.

use std::collections::HashMap;

use super::expected::{Expected, ObjectTable, Tables, UnionTable, json_kind};
use super::misfit::{Misfit, Misfits};
use super::plan::{Checkpoint, MemberPlan, Plan};
use super::tree::{Member, Tree};
use crate::model::union::untagged::Members;
use crate::model::union::{JsonKind, allows, of_kind};

/// A walk over one text.
#[derive(Default)]
pub(super) struct Walk<'t> {
    tables: Tables,
    /// All paths that were walked, each as its last step and the path before it.
    paths: Vec<(Path, Step<'t>)>,
    plan: Plan,
    misfits: Vec<Draft>,
    /// The values and members that were looked at, for tests.
    pub(super) steps: usize,
}

/// A path, as the number of its last step. 0 is the path of the whole.
type Path = usize;

#[derive(Clone, Copy)]
enum Step<'t> {
    Member(&'t str),
    Item(usize),
}

/// A misfit whose path is not yet written.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    path: Path,
    expected: Wanted,
    found: &'static str,
}

/// The expectation that a value does not meet.
#[derive(Clone, Copy)]
enum Wanted {
    Kind(&'static str),
    /// An object with this property.
    With(&'static str),
}

impl<'t> Walk<'t> {
    /// Decides all that is in a value.
    ///
    /// # Errors
    ///
    /// The value cannot be. The misfit is the culprit, which may be inside it.
    pub(super) fn value(&mut self, value: &'t Tree<'t>, expected: Expected, path: Path) -> Result<(), Draft> {
        self.steps += 1;
        match (expected, value) {
            (Expected::Optional(_), Tree::Null) => Ok(()),
            (Expected::Optional(inner), value) => self.value(value, *inner, path),
            (Expected::List(item), Tree::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    let path = self.step(path, Step::Item(index));
                    self.value(value, *item, path)?;
                }
                Ok(())
            }
            (Expected::Map(inner), Tree::Object(members)) => self.map(members, inner, path),
            (Expected::Object(table), Tree::Object(members)) => {
                let table = self.tables.object(table);
                self.object(members, &table, path)
            }
            (Expected::Union(table), value) => {
                let table = self.tables.union(table);
                self.union(value, &table, path);
                Ok(())
            }
            (expected, value) if expected.takes(value, &mut self.tables) => Ok(()),
            (expected, value) => Err(Draft {
                path,
                expected: Wanted::Kind(expected.kind()),
                found: value.kind(),
            }),
        }
    }

    fn map(&mut self, members: &'t [Member<'t>], inner: &Expected, path: Path) -> Result<(), Draft> {
        let names = members.iter().enumerate();
        let last: HashMap<&str, usize> = names.map(|(at, (name, _))| (&**name, at)).collect();
        for (at, (name, value)) in members.iter().enumerate() {
            let number = self.plan.add_member();
            let path = self.step(path, Step::Member(name));
            match last.get(&**name) == Some(&at) {
                true => self.value(value, *inner, path)?,
                false => self.skip(number, path),
            }
        }
        Ok(())
    }

    /// Skips a member, since another one with its name follows.
    fn skip(&mut self, number: usize, path: Path) {
        self.plan.set_member(number, MemberPlan::Skip);
        self.misfits.push(Draft {
            path,
            expected: Wanted::Kind("one value"),
            found: "several, of which the last is read",
        });
    }

    fn object(&mut self, members: &'t [Member<'t>], table: &ObjectTable, path: Path) -> Result<(), Draft> {
        // The last of the members with a name is read.
        let mut last = vec![None; table.fields.len() + table.tags];
        for (at, (name, _)) in members.iter().enumerate() {
            self.steps += 1;
            if let Some(index) = table.index_of(name) {
                last[index] = Some(at);
            }
        }
        if let Some((name, _)) = table.required.iter().find(|(_, index)| last[*index].is_none()) {
            return Err(Draft {
                path,
                expected: Wanted::With(name),
                found: "one without it",
            });
        }
        for (at, (name, value)) in members.iter().enumerate() {
            let number = self.plan.add_member();
            let Some(index) = table.index_of(name) else {
                continue;
            };
            let path = self.step(path, Step::Member(name));
            if last[index] != Some(at) {
                self.skip(number, path);
                continue;
            }
            match table.fields.get(index) {
                None => {}
                Some(&expected @ Expected::Optional(_)) => {
                    let before = self.checkpoint();
                    if let Err(misfit) = self.value(value, expected, path) {
                        self.roll_back(before);
                        self.plan.set_member(number, MemberPlan::Keep);
                        self.misfits.push(misfit);
                    }
                }
                Some(&expected) => self.value(value, expected, path)?,
            }
        }
        Ok(())
    }

    fn union(&mut self, value: &'t Tree<'t>, table: &UnionTable, path: Path) {
        let before = self.checkpoint();
        let misfit = match self.choose(value, table, path) {
            Ok(Some(variant)) => {
                self.plan.add_union(Some(variant));
                match self.value(value, table.variants[variant], path) {
                    Ok(()) => return,
                    Err(misfit) => Some(misfit),
                }
            }
            Ok(None) => None,
            Err(misfit) => Some(misfit),
        };
        self.roll_back(before);
        self.plan.add_union(None);
        self.misfits.extend(misfit);
    }

    /// Returns the variant that a value is, or `None` if it is one that the document does not know.
    ///
    /// # Errors
    ///
    /// The document says that the value cannot be of this union.
    fn choose(&mut self, value: &'t Tree<'t>, table: &UnionTable, path: Path) -> Result<Option<usize>, Draft> {
        let misfit = |path, expected, value: &Tree<'_>| {
            let found = value.kind();
            Err(Draft { path, expected, found })
        };
        let Some(kind) = json_kind(value) else {
            return misfit(path, Wanted::Kind(self.kinds(table)), value);
        };
        let Tree::Object(members) = value else {
            let mut candidates = of_kind(table.shapes, kind);
            let first = candidates.clone().next();
            let tables = &mut self.tables;
            return match candidates
                .find(|&index| table.variants[index].takes(value, tables))
                .or(first)
            {
                Some(index) => Ok(Some(index)),
                None => misfit(path, Wanted::Kind(self.kinds(table)), value),
            };
        };
        self.steps += members.len();
        let mut objects = of_kind(table.shapes, JsonKind::Object).peekable();
        if objects.peek().is_none() {
            return misfit(path, Wanted::Kind(self.kinds(table)), value);
        }
        let tagged = table
            .tag
            .map(|tag| (tag, members.iter().rev().find(|(name, _)| name == tag)));
        if let Some((tag, Some((_, Tree::String(value))))) = tagged {
            return Ok(objects.find(|&index| allows(&table.shapes[index], tag, value)));
        }
        let view = Members::of(members.iter().map(|(name, value)| (&**name, value.as_str())));
        let scored = objects.filter_map(|index| {
            let fields = match table.variants[index] {
                Expected::Object(table) => Some(self.tables.object(table)),
                _ => None,
            };
            let tables = &mut self.tables;
            let score = view.score(&table.shapes[index], |name, at| {
                let expected = fields.as_ref().and_then(|fields| fields.field(name));
                expected.is_none_or(|expected| expected.takes(&members[at].1, tables))
            });
            Some((score?, std::cmp::Reverse(index)))
        });
        match (scored.max(), tagged) {
            (Some((_, std::cmp::Reverse(index))), _) => Ok(Some(index)),
            (None, Some((_, Some((name, value))))) if table.is_direct => {
                let path = self.step(path, Step::Member(name));
                misfit(path, Wanted::Kind("a string"), value)
            }
            (None, Some((tag, None))) if table.is_direct => Err(Draft {
                path,
                expected: Wanted::With(tag),
                found: "one without it",
            }),
            (None, _) => Ok(None),
        }
    }

    /// Returns the kinds of the variants of a union, for a sentence.
    fn kinds(&self, table: &UnionTable) -> &'static str {
        let mut kinds = table.shapes.iter().map(|shape| shape.kind);
        match kinds.next() {
            Some(first) if kinds.all(|kind| kind == first) => first.name(),
            _ => "a value of another kind",
        }
    }

    /// Notes the strings in which a lone surrogate was replaced.
    pub(super) fn surrogates(&mut self, tree: &'t Tree<'t>, strings: &[usize]) {
        let mut rest = strings;
        self.strings(tree, 0, &mut 0, &mut rest);
    }

    fn strings(&mut self, value: &'t Tree<'t>, path: Path, number: &mut usize, rest: &mut &[usize]) {
        match value {
            Tree::String(_) => self.string(path, number, rest),
            Tree::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let path = self.step(path, Step::Item(index));
                    self.strings(value, path, number, rest);
                }
            }
            Tree::Object(members) => {
                for (name, value) in members {
                    let path = self.step(path, Step::Member(name));
                    self.string(path, number, rest);
                    self.strings(value, path, number, rest);
                }
            }
            _ => {}
        }
    }

    fn string(&mut self, path: Path, number: &mut usize, rest: &mut &[usize]) {
        if let Some((_, others)) = rest.split_first().filter(|(first, _)| **first == *number) {
            *rest = others;
            self.misfits.push(Draft {
                path,
                expected: Wanted::Kind("Unicode text"),
                found: "half of a character, read as U+FFFD",
            });
        }
        *number += 1;
    }

    fn step(&mut self, path: Path, step: Step<'t>) -> Path {
        self.paths.push((path, step));
        self.paths.len()
    }

    fn checkpoint(&self) -> (Checkpoint, usize) {
        (self.plan.checkpoint(), self.misfits.len())
    }

    fn roll_back(&mut self, (plan, misfits): (Checkpoint, usize)) {
        self.plan.roll_back(plan);
        self.misfits.truncate(misfits);
    }

    /// Writes a misfit with its path.
    pub(super) fn write(&self, draft: Draft) -> Misfit {
        let mut steps = Vec::new();
        let mut path = draft.path;
        while let Some((before, step)) = path.checked_sub(1).and_then(|index| self.paths.get(index)) {
            steps.push(step);
            path = *before;
        }
        let mut json_path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Item(index) => json_path.push_str(&format!("[{index}]")),
                Step::Member(name) => {
                    if !json_path.is_empty() {
                        json_path.push('.');
                    }
                    json_path.push_str(name);
                }
            }
        }
        Misfit {
            json_path,
            expected: match draft.expected {
                Wanted::Kind(kind) => kind.into(),
                Wanted::With(name) => format!("an object with `{name}`").into(),
            },
            found: draft.found,
        }
    }

    /// Returns the plan, and the misfits with their paths.
    pub(super) fn finish(self) -> (Plan, Misfits) {
        let listed = self.misfits.iter().take(Misfits::LISTED);
        let misfits = Misfits {
            listed: listed.map(|draft| self.write(*draft)).collect(),
            count: self.misfits.len(),
        };
        (self.plan, misfits)
    }
}
