//! Names: from the document's spelling to Rust's, by rules and by the table `spec/names.toml`.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToPascalCase, ToSnakeCase};
use serde::Deserialize;
use unicode_ident::{is_xid_continue, is_xid_start};

/// The table of names that a person chose where the rules would choose worse (`spec/names.toml`).
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Schemas that are generated although no operation reaches them.
    pub roots: Vec<String>,
    /// Further schemas that users send and no request contains, such as responses to webhooks.
    pub sent: Vec<String>,
    /// Controller to resource handle.
    pub handles: BTreeMap<String, String>,
    /// Operation id to method name.
    pub methods: BTreeMap<String, String>,
    /// Place of an inline schema (`Schema.property`, `Operation.response`) to type name.
    pub types: BTreeMap<String, String>,
    /// Variant of a union (`Union.Type`, as generated) to variant name.
    pub variants: BTreeMap<String, String>,
    /// Enum value to variant name, for values that have no sensible name by rule.
    pub values: BTreeMap<String, String>,
    /// Character to word, for enum values without letters or digits.
    pub symbols: BTreeMap<String, String>,
}

/// Names of the prelude. Macros use them where the types are declared.
#[rustfmt::skip]
const PRELUDE: [&str; 44] = [
    "AsMut", "AsRef", "AsyncFn", "AsyncFnMut", "AsyncFnOnce", "Box", "Clone", "Copy", "Default",
    "DoubleEndedIterator", "Drop", "Eq", "Err", "ExactSizeIterator", "Extend", "Fn", "FnMut", "FnOnce", "From",
    "FromIterator", "Future", "Into", "IntoFuture", "IntoIterator", "Iterator", "None", "Ok", "Option", "Ord",
    "PartialEq", "PartialOrd", "Result", "Self", "Send", "Sized", "Some", "String", "Sync", "ToOwned", "ToString",
    "TryFrom", "TryInto", "Unpin", "Vec",
];

/// Names that are imported where the types are declared.
const IMPORTED: [&str; 9] = [
    "BTreeMap",
    "Kind",
    "Map",
    "Nullable",
    "Number",
    "Secret",
    "Shape",
    "Timestamp",
    "Value",
];

/// Returns whether generated code already uses this type name for something else.
pub fn is_taken(name: &str) -> bool {
    PRELUDE.contains(&name) || IMPORTED.contains(&name)
}

/// Returns a schema or property name in Pascal case, which need not be an identifier.
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

/// Returns a type name for a schema name. Never empty, always an identifier.
pub fn type_name(name: &str) -> String {
    let mut pascal = settled(&pascal(name));
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

/// Returns a type name as typify writes it, which reads `CallAB` as two words and `CallA2B` as well.
pub fn settled(type_name: &str) -> String {
    type_name.to_pascal_case()
}

/// Returns the name that progenitor gives the method of an operation id, or the argument of a parameter.
pub fn progenitor_name(name: &str) -> String {
    let mut snake = generated_words(name);
    if snake.is_empty() {
        snake = "x".to_owned();
    }
    if snake.starts_with(|first: char| !can_start(first)) {
        snake.insert(0, '_');
    }
    if !is_identifier(&snake) {
        snake.push('_');
    }
    snake
}

/// The words that progenitor and typify make of a name, in snake case.
pub(crate) fn generated_words(name: &str) -> String {
    let can_stand =
        |c: char| c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && is_identifier(&format!("a{c}")));
    let words: String = name
        .chars()
        .filter(|c| *c != '\'')
        .map(|c| if can_stand(c) { c } else { '-' })
        .collect();
    match name {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => words.to_snake_case(),
    }
}

/// Returns whether an identifier can begin with the character.
pub(crate) fn can_start(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && is_identifier(c.encode_utf8(&mut [0; 4])))
}

/// Rust's keywords, reserved ones included.
#[rustfmt::skip]
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Returns whether generated code can use `name` unchanged.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|first| first == '_' || is_xid_start(first));
    begins && letters.all(is_xid_continue) && name != "_" && !KEYWORDS.contains(&name)
}

/// Returns a field, method or argument name. Never empty, always an identifier, never a keyword.
pub fn snake_name(name: &str) -> String {
    let mut snake = ascii(name).to_snake_case();
    if snake.is_empty() {
        snake = "empty".to_owned();
    }
    if snake.starts_with(|first: char| first.is_ascii_digit()) {
        snake.insert(0, 'n');
    }
    if !is_identifier(&snake) {
        snake.push('_');
    }
    snake
}

fn ascii(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect()
}

/// Returns the words of a type name: `CreateCallDto` is `Create`, `Call`, `Dto`.
pub fn words(type_name: &str) -> Vec<String> {
    type_name
        .to_snake_case()
        .split('_')
        .map(ToPascalCase::to_pascal_case)
        .collect()
}

/// Returns the singular of an English plural as APIs write them.
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

/// Returns the plural of an English noun in snake case.
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

/// Returns the words that a set of type names begin with and end with in common, never a whole name but for a single one.
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

/// Returns a schema's name without what only says how it is used: `CreateCallDto` and `UpdateCallDto` are both `Call`.
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

/// Returns the variant names for an enum's values, in order, all different.
pub fn variants(enum_name: &str, values: &[String], names: &Names) -> Vec<String> {
    let enum_words = words(enum_name);
    let split: Vec<Vec<String>> = values.iter().map(|value| value_words(value, names)).collect();
    let noise = noise(&enum_words, &split);
    let mut taken = Taken::default();
    taken.names.insert("Unknown".to_owned());
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
        if name == "Self" {
            name = "Itself".to_owned();
        }
        if taken.names.contains(&name) {
            name = taken.distinct(&name, &spelled_out(value, names));
        }
        taken.names.insert(name.clone());
        out.push(name);
    }
    out
}

/// Counts the leading words that every value repeats from the enum's own name.
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
    // The sign of a number is not punctuation.
    let signed = [('+', "Plus"), ('-', "Minus")]
        .into_iter()
        .find_map(|(sign, word)| Some((word, value.strip_prefix(sign)?)))
        .filter(|(_, number)| number.starts_with(|first: char| first.is_ascii_digit()));
    if let Some((word, number)) = signed {
        let mut words = value_words(number, names);
        words.insert(0, word.to_owned());
        return words;
    }
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

/// Returns the value with its punctuation said in words, to tell it from one that differs only there.
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

/// The variant names of an enum so far.
#[derive(Default)]
struct Taken {
    names: BTreeSet<String>,
    /// The number to go on from, for each name that was numbered: an enum can have 100,000 values.
    next: BTreeMap<String, usize>,
}

impl Taken {
    /// A name for a value whose own name is taken.
    fn distinct(&mut self, name: &str, spelled: &str) -> String {
        let free = |candidate: &String| !self.names.contains(candidate) && is_identifier(candidate);
        if let Some(free) = [spelled.to_owned(), format!("{name}Alt")].into_iter().find(free) {
            return free;
        }
        let next = self.next.entry(name.to_owned()).or_insert(2);
        loop {
            let candidate = format!("{name}{next}");
            *next += 1;
            if !self.names.contains(&candidate) {
                return candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_are_as_typify_writes_them() {
        assert_eq!(type_name("KnowledgeBaseV2DTO"), "KnowledgeBaseV2Dto");
        assert_eq!(type_name("U8E"), "U8e");
        assert_eq!(type_name("aB"), "Ab");
        assert_eq!(type_name("11labs voice"), "N11labsVoice");
        assert_eq!(type_name("日本"), "Schema");
        assert_eq!(type_name("Option"), "OptionSchema");
        assert_eq!(type_name("shape"), "ShapeSchema");
    }

    #[test]
    fn names_of_methods_and_arguments_are_those_that_progenitor_writes() {
        assert_eq!(progenitor_name("CallController_findOne"), "call_controller_find_one");
        assert_eq!(progenitor_name("type"), "type_");
        assert_eq!(progenitor_name("Self"), "self_");
        assert_eq!(progenitor_name("302"), "_302");
        assert_eq!(progenitor_name("it's"), "its");
        assert_eq!(progenitor_name("a²"), "a");
        assert_eq!(progenitor_name("größe"), "größe");
        assert_eq!(progenitor_name("?"), "x");
    }

    #[test]
    fn values_that_differ_only_in_case_are_different_variants() {
        let values = ["Self", "itself", "self"].map(str::to_owned);
        let variants = variants("Role", &values, &Names::default());
        assert_eq!(variants, ["Itself", "ItselfAlt", "Itself2"]);
    }

    #[test]
    fn the_sign_of_a_number_is_a_word() {
        let values = ["+1", "-1", "1", "-a"].map(str::to_owned);
        let variants = variants("Reaction", &values, &Names::default());
        assert_eq!(variants, ["Plus1", "Minus1", "Reaction1", "A"]);
    }

    #[test]
    fn values_with_the_same_name_are_numbered_without_a_search() {
        let values: Vec<String> = (0..100_000).map(|n| format!("{}a", "-".repeat(n % 300))).collect();
        let variants = variants("Dashes", &values, &Names::default());
        assert_eq!(variants.iter().collect::<BTreeSet<_>>().len(), values.len());
        assert_eq!(variants[2], "A2");
    }

    #[test]
    fn no_name_is_a_keyword() {
        assert_eq!(snake_name("gen"), "gen_");
        assert_eq!(snake_name("try"), "try_");
        assert_eq!(snake_name("crate"), "crate_");
        assert_eq!(snake_name(""), "empty");
        assert_eq!(snake_name("1st"), "n1st");
    }
}
