//! What was done to a document and what came of it, for people and for programs.

use crate::model::Type;
use crate::prepare::Prepared;
use serde_json::{Value, json};
use std::fmt;

/// The report of `vapi-spec check`.
pub struct Report<'a> {
    prepared: &'a Prepared,
}

/// How many types of each kind there are.
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
        Self { prepared }
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

    /// How many of the document's own schemas are generated, and how many nothing needs.
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
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (pass, changes) in self.prepared.report() {
            if changes.is_empty() {
                continue;
            }
            writeln!(formatter, "{pass}: {} places", changes.len())?;
            for change in changes.iter() {
                writeln!(formatter, "  {}: {}", change.pointer, change.change)?;
            }
        }
        let counts = self.counts();
        let (kept, pruned) = self.schemas();
        writeln!(
            formatter,
            "generated: {} operations; {} objects, {} enums, {} tagged unions, {} other unions; \
             {kept} schemas kept, {pruned} pruned",
            self.prepared.operations().len(),
            counts.objects,
            counts.enums,
            counts.tagged,
            counts.other,
        )
    }
}
