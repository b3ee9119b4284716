use crate::source::{SourceFile, Token};
use crate::{Finding, Repository};

const CONTRACTIONS: [(&str, &str); 4] = [
    ("can't", "cannot"),
    ("can’t", "cannot"),
    ("won't", "will not"),
    ("won’t", "will not"),
];

/// British spellings with the American ones. A word is found with its prefixes and endings: `behaviours`, `uncoloured`.
const SPELLINGS: [(&str, &str); 26] = [
    ("analyse", "analyze"),
    ("artefact", "artifact"),
    ("behaviour", "behavior"),
    ("cancelled", "canceled"),
    ("cancelling", "canceling"),
    ("catalogue", "catalog"),
    ("centre", "center"),
    ("colour", "color"),
    ("customis", "customiz"),
    ("defence", "defense"),
    ("dialled", "dialed"),
    ("dialling", "dialing"),
    ("favour", "favor"),
    ("honour", "honor"),
    ("initialis", "initializ"),
    ("labelled", "labeled"),
    ("licence", "license"),
    ("modelled", "modeled"),
    ("neighbour", "neighbor"),
    ("normalis", "normaliz"),
    ("optimis", "optimiz"),
    ("organis", "organiz"),
    ("recognis", "recogniz"),
    ("serialis", "serializ"),
    ("signalled", "signaled"),
    ("whilst", "while"),
];

/// Finds `can't` and `won't` in docs, in Markdown, and in strings of code that is not for tests.
pub fn check_contractions(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources(repository) {
        for (line, text) in strings(source) {
            findings.extend(find(source.path(), line, text, &CONTRACTIONS));
        }
    }
    for (path, text) in repository.documents() {
        findings.extend(find(path, 1, text, &CONTRACTIONS));
    }
    findings
}

/// Finds British spellings in identifiers, in docs, in Markdown, and in strings of code that is not for tests.
pub fn check_spelling(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources(repository) {
        let names = source
            .tokens()
            .iter()
            .filter_map(|token| Some((token.line, token.ident()?)));
        for (line, text) in names.chain(strings(source)) {
            findings.extend(find(source.path(), line, text, &SPELLINGS));
        }
    }
    for (path, text) in repository.documents() {
        findings.extend(find(path, 1, text, &SPELLINGS));
    }
    findings
}

/// Returns all Rust files but this one, which lists the words.
fn sources(repository: &Repository) -> impl Iterator<Item = &SourceFile> {
    let sources = repository.sources().iter();
    sources.filter(|source| !source.path().ends_with("tidy/src/style/words.rs"))
}

/// Returns the line and value of each string that is a doc comment, or that a user may meet.
fn strings(source: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    let tokens = source.tokens();
    tokens.iter().enumerate().filter_map(move |(index, token)| {
        let text = token.str()?;
        let is_doc = tokens[..index]
            .last_chunk()
            .is_some_and(|[name, equals]: &[Token; 2]| name.is("doc") && equals.is("="));
        (is_doc || !source.is_test_code(token.line)).then_some((token.line, text))
    })
}

/// Returns a finding for each line of `text` and each word that stands in it. The `text` begins on `first_line`.
fn find(path: &str, first_line: usize, text: &str, words: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for (word, replacement) in words {
            if line.contains(word) {
                let message = format!("`{word}` in place of `{replacement}`");
                findings.push(Finding::new(path, first_line + index, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&Repository) -> Vec<Finding>;

    fn findings(check: Check, path: &str, text: &str) -> Vec<String> {
        let repository = Repository::from_texts([(path, text)]);
        let findings = check(&repository);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn docs_and_errors_have_no_contractions() {
        assert_eq!(
            findings(
                check_contractions,
                "src/a.rs",
                "/// A.\n///\n/// It can't.\nfn a() { panic!(\"It won't\") }"
            ),
            [
                "src/a.rs:3: `can't` in place of `cannot`",
                "src/a.rs:4: `won't` in place of `will not`",
            ]
        );
    }

    #[test]
    fn strings_of_tests_may_have_contractions() {
        let text = "#[cfg(test)]\nmod tests {\nfn a() { b(\"I can't hear you\") }\n}";
        assert!(findings(check_contractions, "src/a.rs", text).is_empty());
    }

    #[test]
    fn spelling_is_american_in_names_docs_and_strings() {
        let text = "/// A colour.\nfn behaviours() { a(\"Dialled\") }";
        assert_eq!(
            findings(check_spelling, "src/a.rs", text),
            [
                "src/a.rs:2: `behaviour` in place of `behavior`",
                "src/a.rs:1: `colour` in place of `color`",
                "src/a.rs:2: `dialled` in place of `dialed`",
            ]
        );
    }

    #[test]
    fn markdown_is_read_too() {
        assert_eq!(
            findings(check_spelling, "README.md", "# A\n\nIts licence.\n"),
            ["README.md:3: `licence` in place of `license`"]
        );
        assert_eq!(
            findings(check_contractions, "README.md", "It can’t.\n"),
            ["README.md:1: `can’t` in place of `cannot`"]
        );
    }
}
