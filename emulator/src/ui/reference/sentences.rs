//! The sentences of the reference: ours, from `spec/docs.toml`, which the rustdoc of the client has too.

use std::sync::LazyLock;

use toml::Table;

static SENTENCES: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("../../../docs.toml")).unwrap_or_default());

/// Returns what an operation does.
pub(super) fn of_operation(id: &str) -> Option<&'static str> {
    text(&["operations", id])
}

/// Returns what a group of operations is for, by the controller that their ids start with.
pub(super) fn of_group(controller: &str) -> Option<&'static str> {
    text(&["handles", controller])
}

/// Returns what a schema describes.
pub(super) fn of_schema(name: &str) -> Option<&'static str> {
    text(&["types", name])
}

/// Returns the sentence of a property. `owner` is the name of its schema, if that has one.
pub(super) fn of_property(owner: Option<&str>, name: &str) -> Option<&'static str> {
    let special = owner.and_then(|owner| text(&["type_fields", owner, name]));
    special.or_else(|| text(&["fields", name]))
}

/// Returns the sentence of a parameter.
pub(super) fn of_parameter(name: &str) -> Option<&'static str> {
    text(&["parameters", name]).or_else(|| text(&["fields", name]))
}

fn text(path: &[&str]) -> Option<&'static str> {
    let (last, tables) = path.split_last()?;
    let mut table: &Table = &SENTENCES;
    for name in tables {
        table = table.get(*name)?.as_table()?;
    }
    table.get(*last)?.as_str()
}

/// The words with which a sentence goes on about details that a title has no room for.
const DETAILS: [&str; 14] = [
    " and returns ",
    " and starts ",
    "; ",
    ", a ",
    ", and ",
    ", as ",
    ", bought ",
    ", creating ",
    ", its ",
    ", live ",
    ", newest ",
    ", or ",
    ", such ",
    ", with",
];

/// Returns the title that a sentence makes: `Creates an assistant.` is `Create an assistant`.
pub(super) fn title(sentence: &str) -> String {
    let first = sentence.lines().next().unwrap_or_default();
    let ends = DETAILS.iter().chain(&[". "]).filter_map(|detail| first.find(detail));
    let end = ends.min().unwrap_or(first.len());
    let first = first.get(..end).unwrap_or(first).trim_end_matches(['.', ':']);
    let end = first.find(|c: char| !c.is_alphabetic()).unwrap_or(first.len());
    let (verb, rest) = first.split_at(end);
    format!("{}{rest}", imperative(verb))
}

/// Returns the imperative of a verb in the third person.
fn imperative(verb: &str) -> String {
    if let Some(stem) = verb.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for end in ["ches", "shes", "sses", "xes"] {
        if verb.ends_with(end) {
            return verb.strip_suffix("es").unwrap_or(verb).to_owned();
        }
    }
    verb.strip_suffix('s').unwrap_or(verb).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_an_imperative() {
        for (sentence, expected) in [
            ("Creates an assistant.\n\nNothing is required.", "Create an assistant"),
            ("Lists calls, newest first.", "List calls"),
            ("Deletes it and returns its last state.", "Delete it"),
            (
                "Replaces the members, the name or both.",
                "Replace the members, the name or both",
            ),
            ("Attaches a file. Then it is read.", "Attach a file"),
            ("Copies a suite.", "Copy a suite"),
            ("Computes figures: sums.", "Compute figures: sums"),
        ] {
            assert_eq!(title(sentence), expected);
        }
    }

    #[test]
    fn the_sentences_are_there() {
        assert!(of_operation("CallController_create").is_some());
        assert!(of_group("CallController").is_some());
        assert!(of_property(Some("NoSuchSchema"), "assistantId").is_some());
        assert!(of_parameter("limit").is_some());
        assert_eq!(of_operation("nothing"), None);
    }
}
