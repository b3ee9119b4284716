use crate::source::Token;
use crate::{Finding, Repository};

/// Finds formatter arguments with another name than `f`.
pub fn check_formatter(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in repository.sources() {
        let tokens = source.tokens();
        for (index, token) in tokens.iter().enumerate() {
            if !token.is("Formatter") {
                continue;
            }
            if let Some((name, line)) = argument(&tokens[..index])
                && !matches!(name, "f" | "_f" | "_")
            {
                let message = format!("the formatter argument is named `{name}`, not `f`");
                findings.push(Finding::new(source.path(), line, message));
            }
        }
    }
    findings
}

/// Returns the name of the argument whose type ends `before` with a reference and a path.
fn argument(before: &[Token]) -> Option<(&str, usize)> {
    let mut tokens = before.iter().rev().peekable();
    while tokens.next_if(|token| token.is("::")).is_some() {
        tokens.next_if(|token| token.ident().is_some_and(|name| name != "mut"));
    }
    tokens.next_if(|token| token.is("mut"))?;
    if tokens.next_if(|token| token.ident().is_some()).is_some() {
        tokens.next_if(|token| token.is("'"))?;
    }
    tokens.next_if(|token| token.is("&"))?;
    tokens.next_if(|token| token.is(":"))?;
    let name = tokens.next()?;
    Some((name.ident()?, name.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let repository = Repository::from_texts([("src/a.rs", text)]);
        let findings = check_formatter(&repository);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn the_argument_is_f() {
        assert!(names("fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {}").is_empty());
        assert!(names("fn fmt(&self, _: &mut Formatter) {}").is_empty());
        let expected = ["src/a.rs:1: the formatter argument is named `out`, not `f`"];
        assert_eq!(names("fn a(out: &mut std::fmt::Formatter<'_>) {}"), expected);
        assert_eq!(names("fn a(out: &'a mut Formatter<'a>) {}"), expected);
        assert_eq!(names("m! { fn a(out: &mut ::std::fmt::Formatter) {} }"), expected);
    }

    #[test]
    fn other_uses_of_the_type_are_no_arguments() {
        assert!(names("use std::fmt::Formatter;\ntype A = fn(&mut Formatter<'_>);").is_empty());
    }
}
