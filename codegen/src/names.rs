//! Names: from the document's spelling to Rust's, by rules and by the table `spec/names.toml`.

use heck::{ToPascalCase, ToSnakeCase};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The table of names that a person chose where the rules would choose worse (`spec/names.toml`).
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Schemas that are generated although no operation reaches them.
    pub roots: Vec<String>,
    /// Further schemas that users send and no request contains, such as answers to webhooks.
    pub sent: Vec<String>,
    /// Controller to resource handle.
    pub handles: BTreeMap<String, String>,
    /// Operation id to method name.
    pub methods: BTreeMap<String, String>,
    /// Place of an inline schema (`Schema.property`, `Operation.response`) to type name.
    pub types: BTreeMap<String, String>,
    /// Enum value to variant name, for values that have no sensible name by rule.
    pub values: BTreeMap<String, String>,
    /// Character to word, for enum values without letters or digits.
    pub symbols: BTreeMap<String, String>,
}

/// Type names that generated code already uses for something else.
const TAKEN: [&str; 16] = [
    "BTreeMap",
    "Box",
    "Err",
    "Map",
    "None",
    "Nullable",
    "Number",
    "Ok",
    "Option",
    "Result",
    "Secret",
    "Self",
    "Some",
    "String",
    "Timestamp",
    "Vec",
];

/// Whether generated code already uses this type name for something else.
pub fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name) || name == "Value"
}

/// A schema or property name in Pascal case, which need not be an identifier.
pub fn pascal(name: &str) -> String {
    // Between `V2` and `DTO` there are two words.
    let mut words = String::new();
    for c in ascii(name).chars() {
        if c.is_ascii_uppercase() && words.ends_with(|last: char| last.is_ascii_digit()) {
            words.push(' ');
        }
        words.push(c);
    }
    words.to_pascal_case()
}

/// A type name for a schema name. Never empty, always an identifier.
pub fn type_name(name: &str) -> String {
    let mut pascal = pascal(name);
    if pascal.is_empty() {
        pascal = "Schema".to_owned();
    }
    if pascal.starts_with(|first: char| first.is_ascii_digit()) {
        pascal.insert(0, 'N');
    }
    if is_taken(&pascal) {
        pascal.push_str("Schema");
    }
    pascal
}

/// A field, method or argument name. Never empty, always an identifier, never a keyword.
pub fn snake_name(name: &str) -> String {
    let mut snake = ascii(name).to_snake_case();
    if snake.is_empty() {
        snake = "empty".to_owned();
    }
    if snake.starts_with(|first: char| first.is_ascii_digit()) {
        snake.insert(0, 'n');
    }
    if syn::parse_str::<syn::Ident>(&snake).is_err() {
        snake.push('_');
    }
    snake
}

fn ascii(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect()
}

/// The words of a type name: `CreateCallDto` is `Create`, `Call`, `Dto`.
pub fn words(type_name: &str) -> Vec<String> {
    type_name
        .to_snake_case()
        .split('_')
        .map(ToPascalCase::to_pascal_case)
        .collect()
}

/// The singular of an English plural as APIs write them.
pub fn singular(name: &str) -> String {
    for (plural, one) in [("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch")] {
        if let Some(stem) = name.strip_suffix(plural)
            && stem.len() > 1
        {
            return format!("{stem}{one}");
        }
    }
    match name.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) && !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// The plural of an English noun in snake case.
pub fn plural(name: &str) -> String {
    if name.ends_with("ics") || (name.ends_with('s') && !name.ends_with("ss")) {
        return name.to_owned();
    }
    if let Some(stem) = name.strip_suffix('y')
        && !stem.ends_with(['a', 'e', 'o', 'u'])
    {
        return format!("{stem}ies");
    }
    if name.ends_with("ss") || name.ends_with('x') || name.ends_with("ch") {
        return format!("{name}es");
    }
    format!("{name}s")
}

/// The words that a set of type names begin with and end with in common, never a whole name but for a single one.
pub fn common_affix(names: &[String]) -> (Vec<String>, Vec<String>) {
    let split: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
    let Some(first) = split.first() else {
        return Default::default();
    };
    let shortest = split.iter().map(Vec::len).min().unwrap_or(0);
    let prefix = (0..shortest)
        .take_while(|&i| split.iter().all(|words| words[i] == first[i]))
        .count();
    let suffix = (0..shortest - prefix)
        .take_while(|&i| {
            split
                .iter()
                .all(|words| words[words.len() - 1 - i] == first[first.len() - 1 - i])
        })
        .count();
    (first[..prefix].to_vec(), first[first.len() - suffix..].to_vec())
}

/// A schema's name without what only says how it is used: `CreateCallDto` and `UpdateCallDto` are both `Call`.
pub fn base(type_name: &str) -> String {
    let mut words = words(type_name);
    while words.len() > 1 && matches!(words.last().map(String::as_str), Some("Dto")) {
        words.pop();
    }
    while words.len() > 1
        && matches!(
            words.first().map(String::as_str),
            Some("Create" | "Update" | "Import" | "Fallback")
        )
    {
        words.remove(0);
    }
    words.concat()
}

/// The variant names for an enum's values, in order, all different.
pub fn variants(enum_name: &str, values: &[String], names: &Names) -> Vec<String> {
    let enum_words = words(enum_name);
    let split: Vec<Vec<String>> = values.iter().map(|value| value_words(value, names)).collect();
    let noise = noise(&enum_words, &split);
    let mut taken: Vec<String> = vec!["Unknown".to_owned()];
    let mut out = Vec::new();
    for (value, words) in values.iter().zip(&split) {
        let mut name = match names.values.get(value) {
            Some(name) => name.clone(),
            None => words[noise..].concat(),
        };
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            let last = enum_words.last().map_or("N", String::as_str);
            name.insert_str(0, last);
        }
        if name.is_empty() {
            name = "Empty".to_owned();
        }
        if taken.contains(&name) {
            name = distinct(&name, &spelled_out(value, names), &taken);
        }
        if name == "Self" {
            name = "Itself".to_owned();
        }
        taken.push(name.clone());
        out.push(name);
    }
    out
}

/// How many leading words every value repeats from the enum's own name.
fn noise(enum_words: &[String], values: &[Vec<String>]) -> usize {
    let Some((first, rest)) = values.split_first() else {
        return 0;
    };
    if rest.is_empty() {
        return 0;
    }
    (0..first.len())
        .take_while(|&i| {
            enum_words.contains(&first[i])
                && values.iter().all(|words| {
                    words.len() > i + 1
                        && words[i] == first[i]
                        && !words[i + 1].starts_with(|c: char| c.is_ascii_digit())
                })
        })
        .count()
}

fn value_words(value: &str, names: &Names) -> Vec<String> {
    let pascal = ascii(value).to_snake_case();
    if pascal.is_empty() {
        return value.chars().map(|c| symbol(c, names)).collect();
    }
    pascal.split('_').map(ToPascalCase::to_pascal_case).collect()
}

fn symbol(c: char, names: &Names) -> String {
    names
        .symbols
        .get(c.encode_utf8(&mut [0; 4]) as &str)
        .cloned()
        .unwrap_or_else(|| format!("U{:04X}", u32::from(c)))
}

/// The value with its punctuation said in words, to tell it from one that differs only there.
fn spelled_out(value: &str, names: &Names) -> String {
    let spelled: String = value
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() => c.to_string(),
            '-' | '_' | ' ' => " ".to_owned(),
            c => format!(" {} ", symbol(c, names)),
        })
        .collect();
    spelled.to_pascal_case()
}

fn distinct(name: &str, spelled: &str, taken: &[String]) -> String {
    let free = |candidate: &String| !taken.contains(candidate) && syn::parse_str::<syn::Ident>(candidate).is_ok();
    let candidates = [spelled.to_owned(), format!("{name}Alt")];
    candidates
        .into_iter()
        .chain((2..).map(|n| format!("{name}{n}")))
        .find(free)
        .unwrap_or_else(|| name.to_owned())
}
