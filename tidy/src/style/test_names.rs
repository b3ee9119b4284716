use crate::source::{Token, starts_with};
use crate::{Finding, Repository};

const MAX_WORDS: usize = 10;

/// Finds tests whose names have more than ten words.
pub fn check_test_names(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in repository.sources() {
        for (name, line) in test_names(source.tokens()) {
            let words = name.split('_').filter(|word| !word.is_empty()).count();
            if words > MAX_WORDS {
                let message = format!("the test's name has {words} words, more than {MAX_WORDS}: {name}");
                findings.push(Finding::new(source.path(), line, message));
            }
        }
    }
    findings
}

/// Returns the name and line of each function with an attribute such as `#[test]` or `#[tokio::test(…)]`.
fn test_names(tokens: &[Token]) -> Vec<(&str, usize)> {
    let mut names = Vec::new();
    let mut is_test = false;
    for (index, token) in tokens.iter().enumerate() {
        if starts_with(&tokens[index..], &["#", "["]) {
            let path = tokens[index + 2..]
                .iter()
                .take_while(|token| token.ident().is_some() || token.is("::"));
            is_test |= path.last().is_some_and(|last| last.is("test"));
        } else if token.is("fn") && is_test {
            is_test = false;
            let name = tokens.get(index + 1);
            names.extend(name.and_then(|name| Some((name.ident()?, name.line))));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "a_b_c_d_e_f_g_h_i_j_k";

    fn findings(text: &str) -> Vec<String> {
        let repository = Repository::from_texts([("tests/a.rs", text)]);
        let findings = check_test_names(&repository);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_name_has_ten_words_at_most() {
        assert!(findings("#[test]\nfn a_b_c_d_e_f_g_h_i_j() {}").is_empty());
        let expected = format!("tests/a.rs:2: the test's name has 11 words, more than 10: {LONG}");
        assert_eq!(findings(&format!("#[test]\nfn {LONG}() {{}}")), [expected]);
    }

    #[test]
    fn tests_of_other_attributes_and_macros_count() {
        assert_eq!(
            findings(&format!("#[tokio::test(start_paused = true)]\nasync fn {LONG}() {{}}")).len(),
            1
        );
        assert_eq!(
            findings(&format!("proptest! {{ #[test]\nfn {LONG}(a in 0..9) {{}} }}")).len(),
            1
        );
        assert_eq!(findings(&format!("#[test]\n#[ignore]\nfn {LONG}() {{}}")).len(), 1);
    }

    #[test]
    fn other_functions_may_have_long_names() {
        assert!(findings(&format!("#[test]\nfn a() {{}}\n#[cfg(test)]\nfn {LONG}() {{}}")).is_empty());
    }
}
