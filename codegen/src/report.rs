//! The report on a document: the repairs, and the types that came of it. For people and for programs.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use crate::model::Type;
use crate::prepare::Prepared;

/// The number of places of each pass that are listed, unless all are asked for.
const PLACES: usize = 5;

/// The report of `vapi-spec check`.
pub struct Report<'a> {
    prepared: &'a Prepared,
    places: usize,
}

/// The number of types of each kind.
#[derive(Default)]
struct Counts {
    objects: usize,
    enums: usize,
    tagged: usize,
    other: usize,
}

impl<'a> Report<'a> {
    /// Reports on a prepared document.
    pub fn new(prepared: &'a Prepared) -> Self {
        Self {
            prepared,
            places: PLACES,
        }
    }

    /// Lists every place that a pass changed, and not only the first few of each pass.
    #[must_use]
    pub fn verbose(mut self) -> Self {
        self.places = usize::MAX;
        self
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for ty in self.prepared.model().types.values() {
            match ty {
                Type::Object(_) => counts.objects += 1,
                Type::Enum(_) => counts.enums += 1,
                Type::Union(union) if union.tag.is_some() => counts.tagged += 1,
                Type::Union(_) => counts.other += 1,
            }
        }
        counts
    }

    /// The numbers of the document's own schemas that are generated, and that nothing needs.
    fn schemas(&self) -> (usize, usize) {
        let kept = self
            .prepared
            .document()
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .map_or(0, |schemas| {
                schemas.values().filter(|schema| schema.get("x-name").is_some()).count()
            });
        let pruned = self
            .prepared
            .report()
            .iter()
            .find(|(pass, _)| *pass == "prune")
            .map_or(0, |(_, changes)| changes.len());
        (kept, pruned)
    }

    /// The report as one JSON object.
    pub fn json(&self) -> Value {
        let counts = self.counts();
        let (kept, pruned) = self.schemas();
        let repairs: Vec<Value> = self
            .prepared
            .report()
            .iter()
            .flat_map(|(pass, changes)| {
                changes
                    .iter()
                    .map(move |change| json!({"pass": pass, "pointer": change.pointer, "change": change.change}))
            })
            .collect();
        json!({
            "operations": self.prepared.operations().len(),
            "schemas": {"kept": kept, "pruned": pruned},
            "unions": {"tagged": counts.tagged, "other": counts.other},
            "enums": counts.enums,
            "repairs": repairs,
        })
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (pass, changes) in self.prepared.report() {
            if changes.is_empty() {
                continue;
            }
            writeln!(f, "{pass}: {}", counted(changes.len(), "place"))?;
            for change in changes.iter().take(self.places) {
                writeln!(f, "  {}: {}", change.pointer, change.change)?;
            }
            if let Some(more @ 1..) = changes.len().checked_sub(self.places) {
                writeln!(f, "  and {more} more")?;
            }
        }
        let counts = self.counts();
        let (kept, pruned) = self.schemas();
        let operations = self.prepared.operations();
        let handles: BTreeSet<&str> = operations.iter().map(|operation| operation.handle.as_str()).collect();
        writeln!(f, "generated:")?;
        writeln!(
            f,
            "  {} on {}",
            counted(operations.len(), "operation"),
            counted(handles.len(), "resource handle")
        )?;
        writeln!(
            f,
            "  {}, {}, {}, {}",
            counted(counts.objects, "object"),
            counted(counts.enums, "enum"),
            counted(counts.tagged, "tagged union"),
            counted(counts.other, "other union")
        )?;
        writeln!(f, "  {} kept, {pruned} pruned", counted(kept, "schema"))
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
