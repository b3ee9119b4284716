use crate::source::{Token, starts_with};
use crate::{Finding, Repository};

/// Words that make a question or a clause of what should be a noun phrase or a sentence.
const FIRST_WORDS: [&str; 10] = [
    "What", "Whether", "How", "Where", "Who", "Which", "When", "Why", "As", "So",
];

/// Finds summaries of doc comments that begin with a question word: `What is left` for `The rest`.
///
/// Doc comments of tests may be data: descriptions in JSON schemas.
pub fn check_summaries(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in repository.sources().iter().filter(|source| !source.is_test_file()) {
        for (line, text) in summaries(source.tokens()) {
            let text = text.trim_start();
            let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
            let word = &text[..end];
            if FIRST_WORDS.contains(&word) {
                let summary = text.lines().next().unwrap_or_default();
                let message = format!("the summary begins with `{word}`: {summary}");
                findings.push(Finding::new(source.path(), line, message));
            }
        }
    }
    findings
}

/// Returns the line and text of the first line of each doc comment.
fn summaries(tokens: &[Token]) -> impl Iterator<Item = (usize, &str)> {
    const OUTER: [&str; 4] = ["#", "[", "doc", "="];
    const INNER: [&str; 5] = ["#", "!", "[", "doc", "="];
    let mut rest = tokens;
    let mut follows_doc = false;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let pattern: &[&str] = if starts_with(rest, &INNER) { &INNER } else { &OUTER };
            let text = rest.get(pattern.len()).and_then(Token::str);
            let Some(text) = text.filter(|_| starts_with(rest, pattern)) else {
                follows_doc = false;
                rest = &rest[1..];
                continue;
            };
            let line = rest[0].line;
            rest = &rest[pattern.len() + 2..];
            let is_first = !follows_doc;
            follows_doc = true;
            if is_first {
                return Some((line, text));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let repository = Repository::from_texts([("src/a.rs", text)]);
        let findings = check_summaries(&repository);
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_summary_is_a_noun_phrase_or_a_verb() {
        assert_eq!(lines("/// What is left.\nfn a() {}\n/// The rest.\nfn b() {}\n"), [1]);
        assert_eq!(lines("/// Returns whether it fits.\nfn a() {}\n"), []);
    }

    #[test]
    fn only_the_first_line_counts() {
        assert_eq!(lines("/// A page.\n///\n/// What follows is free.\nstruct A;\n"), []);
    }

    #[test]
    fn words_that_begin_alike_are_allowed() {
        assert_eq!(lines("/// Asserts it.\nfn a() {}\n/// Source code.\nfn b() {}\n"), []);
    }

    #[test]
    fn modules_fields_and_variants_have_summaries() {
        let text = "//! How it works.\nstruct A {\n/// Where it is.\na: u8 }\nenum B {\n/// So it goes.\nC }\n";
        assert_eq!(lines(text), [1, 3, 6]);
    }

    #[test]
    fn summaries_in_macros_are_read() {
        assert_eq!(lines("model! {\n/// Who called.\nstruct A {}\n}\n"), [2]);
    }

    #[test]
    fn files_of_tests_may_begin_with_any_word() {
        let repository = Repository::from_texts([("tests/tools.rs", "/// How many people come.\nstruct A;\n")]);
        assert!(check_summaries(&repository).is_empty());
    }

    #[test]
    fn findings_quote_the_summary() {
        let repository = Repository::from_texts([("src/a.rs", "\n/// As it came.\nstruct A;\n")]);
        let finding = &check_summaries(&repository)[0];
        assert_eq!(
            finding.to_string(),
            "src/a.rs:2: the summary begins with `As`: As it came."
        );
    }
}
