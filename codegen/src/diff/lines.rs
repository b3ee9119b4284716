//! Changes as lines for people: grouped by what they are part of, and each said once for all that have it in common.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Diff;
use super::change::{Action, Breaks, Change, Kind, Owner, Used};
use super::node::describe;

/// A part of a changelog.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// The title.
    pub title: String,
    /// The groups of lines.
    pub groups: Vec<Group>,
}

/// Lines with what they are about.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// The operations or schemas that have the lines in common; empty if each line says its own.
    pub heading: String,
    /// The lines, in Markdown.
    pub lines: Vec<String>,
}

/// Returns the breaking changes, then the others.
pub fn sections(diff: &Diff) -> Vec<Section> {
    let mut sections = Vec::new();
    for (breaking, prefix) in [(true, "Breaking"), (false, "Additive or unused")] {
        let changes: Vec<&Change> = diff
            .changes
            .iter()
            .filter(|change| change.breaks.any() == breaking)
            .collect();
        for (title, is_part) in parts() {
            let own: Vec<&Change> = changes.iter().copied().filter(|change| is_part(change)).collect();
            let groups = match title {
                "operations" | "schemas" => whole(&own),
                _ => grouped(&own),
            };
            if !groups.is_empty() {
                let title = format!("{prefix}: {title}");
                sections.push(Section { title, groups });
            }
        }
    }
    sections
}

type IsPart = fn(&Change) -> bool;

/// The parts of a changelog and what belongs to each.
fn parts() -> [(&'static str, IsPart); 5] {
    [
        ("the document", |change| change.place.owner == Owner::Document),
        ("operations", |change| change.kind == Kind::Operation),
        ("what operations take and return", |change| {
            change.kind != Kind::Operation && matches!(change.place.owner, Owner::Operation(_))
        }),
        ("schemas", |change| change.kind == Kind::Schema),
        ("what schemas hold", |change| {
            change.kind != Kind::Schema && matches!(change.place.owner, Owner::Schema(_) | Owner::Type(_))
        }),
    ]
}

/// Operations and schemas that came or went, one a line.
fn whole(changes: &[&Change]) -> Vec<Group> {
    let mut groups = Vec::new();
    for action in [Action::Removed, Action::Added] {
        let lines: Vec<String> = changes
            .iter()
            .filter(|change| change.action == action)
            .map(|change| {
                let rust = change
                    .rust
                    .as_deref()
                    .map_or(String::new(), |rust| format!(": `{rust}`"));
                let used = match change.kind {
                    Kind::Schema => format!(", {}", uses(change.used)),
                    _ => String::new(),
                };
                let end = end(change);
                format!("`{}`{rust}{used}{end}", change.name)
            })
            .collect();
        if !lines.is_empty() {
            let heading = match action {
                Action::Removed => "Removed",
                Action::Added | Action::Changed => "Added",
            };
            groups.push(Group {
                heading: heading.to_owned(),
                lines,
            });
        }
    }
    groups
}

/// Lines by owner; owners that have the same lines share them.
fn grouped(changes: &[&Change]) -> Vec<Group> {
    let mut owners: BTreeMap<(String, Used), Vec<Owner>> = BTreeMap::new();
    let mut order: Vec<(String, Used)> = Vec::new();
    for (line, used, owner) in lines(changes) {
        let used = match owner {
            Owner::Schema(_) | Owner::Type(_) => used,
            Owner::Document | Owner::Operation(_) => Used::default(),
        };
        let key = (line, used);
        let known = owners.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            Vec::new()
        });
        if !known.contains(&owner) {
            known.push(owner);
        }
    }
    let mut groups: BTreeMap<(Vec<Owner>, Used), Vec<String>> = BTreeMap::new();
    for key in order {
        if let Some(owners) = owners.remove(&key) {
            groups.entry((owners, key.1)).or_default().push(key.0);
        }
    }
    groups
        .into_iter()
        .map(|((owners, used), lines)| {
            let names: Vec<String> = owners.iter().map(|owner| format!("`{owner}`")).collect();
            let used = match owners[0] {
                Owner::Schema(_) | Owner::Type(_) => format!(" ({})", uses(used)),
                Owner::Document | Owner::Operation(_) => String::new(),
            };
            Group {
                heading: format!("{}{used}", names.join(", ")),
                lines,
            }
        })
        .collect()
}

fn uses(used: Used) -> String {
    match used.names().as_slice() {
        [] => "used nowhere".to_owned(),
        names => format!("used in {}", names.join(", ")),
    }
}

/// Returns a line for each change, for values and variants one for all of a place.
fn lines(changes: &[&Change]) -> Vec<(String, Used, Owner)> {
    let mut lines = Vec::new();
    let mut rest = changes;
    while let Some((first, _)) = rest.split_first() {
        let is_listed = matches!(first.kind, Kind::EnumValue | Kind::Variant);
        let is_same = |change: &&&Change| {
            is_listed
                && (change.kind, change.action, change.breaks) == (first.kind, first.action, first.breaks)
                && (&change.place.at, &change.place.owner) == (&first.place.at, &first.place.owner)
        };
        let count = rest.iter().take_while(is_same).count().max(1);
        let (now, later) = rest.split_at(count);
        let line = match is_listed {
            true => list(now),
            false => line(first),
        };
        lines.push((line, first.used, first.place.owner.clone()));
        rest = later;
    }
    lines
}

/// Returns one line for values or variants of one place.
fn list(changes: &[&Change]) -> String {
    let first = changes[0];
    let noun = match (first.kind, changes.len()) {
        (Kind::EnumValue, 1) => "value",
        (Kind::EnumValue, _) => "values",
        (_, 1) => "variant",
        (_, _) => "variants",
    };
    let names: Vec<String> = changes
        .iter()
        .map(|change| {
            let variant = change.rust.as_deref().and_then(|rust| rust.split("::").nth(1));
            let variant = variant.filter(|variant| *variant != change.name);
            let rust = variant.map_or(String::new(), |variant| format!(" (`{variant}`)"));
            format!("`{}`{rust}{}", change.name, renamed(change))
        })
        .collect();
    let number = match changes.len() {
        1 => String::new(),
        count => format!("{count} "),
    };
    let verb = verb(first.action);
    format!(
        "{}{number}{noun} {verb}: {}{}",
        subject(first),
        names.join(", "),
        marks(first.breaks)
    )
}

fn subject(change: &Change) -> String {
    let ident = change.rust.as_deref().and_then(|rust| rust.split('.').nth(1));
    let is_field = change.place.schema().is_some() && change.place.part.as_deref() == Some(&change.place.at);
    match (change.place.at.as_str(), ident) {
        ("", _) => String::new(),
        (at, Some(ident)) if is_field && ident != at => format!("`{at}` (`{ident}`): "),
        (at, _) => format!("`{at}`: "),
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Added => "added",
        Action::Removed => "removed",
        Action::Changed => "changed",
    }
}

/// Returns the line of a change.
fn line(change: &Change) -> String {
    let said = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
    };
    let from_to = || format!("from {} to {}", said(&change.old), said(&change.new));
    let verb = verb(change.action);
    let is = change.new == Some(Value::Bool(true));
    let fact = |key: &str| {
        let facts = change.new.as_ref().or(change.old.as_ref());
        facts.and_then(|facts| facts.get(key).cloned())
    };
    let what = match change.kind {
        Kind::Property | Kind::Parameter => {
            let required = match fact("required") {
                Some(Value::Bool(true)) => ", required",
                _ => "",
            };
            format!("{verb}, {}{required}", said(&fact("type")))
        }
        Kind::Required if is => "now required".to_owned(),
        Kind::Required => "no longer required".to_owned(),
        Kind::Nullable if is => "can now be `null`".to_owned(),
        Kind::Nullable => "can no longer be `null`".to_owned(),
        Kind::Deprecated if is => "now deprecated".to_owned(),
        Kind::Deprecated => "no longer deprecated".to_owned(),
        Kind::Enum => match change.action {
            Action::Added => "now one of a list of values".to_owned(),
            Action::Removed | Action::Changed => "no longer one of a list of values".to_owned(),
        },
        Kind::Type => format!("type changed {}", from_to()),
        Kind::AdditionalProperties => format!(
            "values of other properties changed from {} to {}",
            other_properties(change.old.as_ref()),
            other_properties(change.new.as_ref())
        ),
        // The variants say the rest.
        Kind::Discriminator => "values of the discriminator changed".to_owned(),
        Kind::OperationId => format!("id changed {}", from_to()),
        Kind::RequestBody | Kind::Response | Kind::Operation | Kind::Schema => verb.to_owned(),
        Kind::MediaType | Kind::Server => format!("`{}` {verb}", change.name),
        Kind::Security => "authentication changed".to_owned(),
        Kind::EnumValue | Kind::Variant => format!("`{}` {verb}", change.name),
        Kind::RustMethod => format!("in Rust {}", from_to()),
        Kind::RustField => format!("Rust type changed {}", from_to()),
        Kind::RustType => match change.action {
            Action::Added => format!("code is now generated: {}", said(&change.new)),
            Action::Removed => format!("code is no longer generated: {}", said(&change.old)),
            Action::Changed => format!("in Rust renamed {}", from_to()),
        },
        Kind::RustVariant => format!("in Rust renamed {}", from_to()),
        _ => match change.action {
            Action::Added => format!("`{}` added: {}", change.name, said(&change.new)),
            Action::Removed => format!("`{}` removed: {}", change.name, said(&change.old)),
            Action::Changed => format!("`{}` changed {}", change.name, from_to()),
        },
    };
    let rust = match (&change.rust_types, change.kind) {
        ([Some(was), Some(is)], Kind::Type | Kind::Enum | Kind::Format | Kind::Required | Kind::Nullable)
            if was != is && change.breaks.rust =>
        {
            format!("; in Rust from `{was}` to `{is}`")
        }
        _ => String::new(),
    };
    format!("{}{what}{rust}{}", subject(change), end(change))
}

/// Returns the schema of properties without a name, in words.
fn other_properties(schema: Option<&Value>) -> String {
    match schema {
        None | Some(Value::Bool(true)) => "anything".to_owned(),
        Some(Value::Bool(false)) => "none".to_owned(),
        Some(schema) => format!("`{}`", describe(schema)),
    }
}

fn end(change: &Change) -> String {
    format!("{}{}", renamed(change), marks(change.breaks))
}

fn renamed(change: &Change) -> String {
    match (&change.renamed, change.action) {
        (None, _) => String::new(),
        (Some(name), Action::Removed) => format!(" (perhaps renamed to `{name}`: a guess)"),
        (Some(name), _) => format!(" (perhaps renamed from `{name}`: a guess)"),
    }
}

fn marks(breaks: Breaks) -> String {
    let named: Vec<&str> = breaks
        .names()
        .into_iter()
        .map(|name| if name == "rust" { "Rust code" } else { name })
        .collect();
    match named.as_slice() {
        [] => String::new(),
        named => format!(" [breaks {}]", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::change::Place;
    use super::*;

    #[test]
    fn other_properties_are_told_in_words() {
        let told = |old: Option<Value>, new: Option<Value>| {
            let place = Place::of(Owner::Schema("Map".to_owned()), "/components/schemas/Map");
            let change = Change::new(
                Kind::AdditionalProperties,
                Action::Changed,
                place,
                "additionalProperties",
            );
            line(&change.facts(old, new))
        };
        assert_eq!(
            told(None, Some(json!({"$ref": "#/components/schemas/Call"}))),
            "values of other properties changed from anything to `Call`"
        );
        assert_eq!(
            told(Some(json!({"type": "string"})), Some(json!(false))),
            "values of other properties changed from `string` to none"
        );
    }
}
