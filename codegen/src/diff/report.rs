//! A diff as text, as Markdown and as JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::change::{Action, Change, Kind, Owner};
use super::lines::sections;
use super::{Counts, Diff, Summary};

/// The version of the JSON. It grows when a program that reads it must change.
const FORMAT: u32 = 1;

impl Diff {
    /// Returns the diff as text for a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let [old, new] = [&self.old, &self.new].map(described);
        let _ = writeln!(out, "from {old}\nto   {new}");
        if self.changes.is_empty() {
            out.push_str("\nThe interface is the same.\n");
            return out;
        }
        out.push('\n');
        for (name, counts) in self.named_counts() {
            let _ = writeln!(out, "{name:22} {}", counted(counts));
        }
        let _ = writeln!(out, "\n{}", self.breakage());
        for section in sections(self) {
            let _ = writeln!(out, "\n{}", section.title.to_uppercase());
            for group in section.groups {
                let _ = writeln!(out, "\n  {}", group.heading);
                for line in group.lines {
                    let _ = writeln!(out, "    - {line}");
                }
            }
        }
        out
    }

    /// Returns the diff as Markdown: a section with a title of this level, 1 to 5.
    pub fn markdown(&self, level: usize) -> String {
        let mut out = String::new();
        let marks = "#".repeat(level);
        let version = |summary: &Summary| summary.version.clone();
        let _ = writeln!(out, "{marks} The API's interface\n");
        let [old, new] = [&self.old, &self.new].map(described);
        let _ = writeln!(out, "From {old} to {new}.\n");
        if version(&self.old) != version(&self.new) {
            let _ = writeln!(
                out,
                "The document's version went from `{}` to `{}`.\n",
                version(&self.old).unwrap_or_default(),
                version(&self.new).unwrap_or_default()
            );
        }
        if self.changes.is_empty() {
            out.push_str("The interface is the same.\n");
            return out;
        }
        let _ = writeln!(out, "{}\n", self.breakage());
        out.push_str("| | added | removed | changed | perhaps renamed |\n| --- | ---: | ---: | ---: | ---: |\n");
        for (name, counts) in self.named_counts() {
            let _ = writeln!(
                out,
                "| {name} | {} | {} | {} | {} |",
                counts.added, counts.removed, counts.changed, counts.renamed
            );
        }
        for section in sections(self) {
            let _ = writeln!(out, "\n{marks}# {}", section.title);
            for group in section.groups {
                let _ = writeln!(out, "\n{}\n", group.heading);
                for line in group.lines {
                    let _ = writeln!(out, "- {line}");
                }
            }
        }
        out
    }

    /// Returns the diff as JSON. `spec/README.md` describes it.
    pub fn json(&self) -> Value {
        let counts: Map<String, Value> = self
            .counts()
            .into_iter()
            .map(|(kind, counts)| {
                let value = json!({
                    "added": counts.added,
                    "removed": counts.removed,
                    "changed": counts.changed,
                    "renamed": counts.renamed,
                });
                (key(kind), value)
            })
            .collect();
        json!({
            "format": FORMAT,
            "old": summary(&self.old),
            "new": summary(&self.new),
            "breaking": self.is_breaking(),
            "breaks": {
                "requests": self.count(|breaks| breaks.requests),
                "responses": self.count(|breaks| breaks.responses),
                "rust": self.count(|breaks| breaks.rust),
                "additive": self.count(|breaks| !breaks.any()),
            },
            "counts": counts,
            "changes": self.changes.iter().map(change).collect::<Vec<_>>(),
        })
    }

    fn breakage(&self) -> String {
        format!(
            "Changes: {}. Breaking requests: {}, responses: {}, Rust code: {}. Additive: {}.",
            self.changes.len(),
            self.count(|breaks| breaks.requests),
            self.count(|breaks| breaks.responses),
            self.count(|breaks| breaks.rust),
            self.count(|breaks| !breaks.any())
        )
    }

    fn named_counts(&self) -> impl Iterator<Item = (String, Counts)> {
        self.counts()
            .into_iter()
            .map(|(kind, counts)| (key(kind).replace('_', " "), counts))
    }
}

fn described(summary: &Summary) -> String {
    let Summary {
        source,
        operations,
        schemas,
        ..
    } = summary;
    format!("`{source}` ({operations} operations, {schemas} schemas)")
}

fn counted(counts: Counts) -> String {
    let parts = [
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.changed, "changed"),
        (counts.renamed, "perhaps renamed"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{count} {verb}"))
        .collect();
    parts.join(", ")
}

/// Returns the name of a kind in JSON.
fn key(kind: Kind) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(key)) => key,
        _ => format!("{kind:?}"),
    }
}

fn summary(summary: &Summary) -> Value {
    json!({
        "source": summary.source,
        "version": summary.version,
        "operations": summary.operations,
        "schemas": summary.schemas,
    })
}

fn change(change: &Change) -> Value {
    let owner = |is: fn(&Owner) -> Option<&String>| is(&change.place.owner).cloned();
    let (to, from) = match change.action {
        Action::Removed => (change.renamed.clone(), None),
        Action::Added | Action::Changed => (None, change.renamed.clone()),
    };
    json!({
        "kind": key(change.kind),
        "change": change.action,
        "operation": owner(|owner| match owner { Owner::Operation(name) => Some(name), _ => None }),
        "schema": owner(|owner| match owner { Owner::Schema(name) => Some(name), _ => None }),
        "type": owner(|owner| match owner { Owner::Type(name) => Some(name), _ => None }),
        "at": change.place.at,
        "pointer": change.pointer(),
        "name": change.name,
        "old": change.old,
        "new": change.new,
        "rust": change.rust,
        "rust_old": change.rust_types[0],
        "rust_new": change.rust_types[1],
        "used": change.used.names(),
        "breaks": change.breaks.names(),
        "renamed_to": to,
        "renamed_from": from,
        "contains": change.contains,
    })
}
