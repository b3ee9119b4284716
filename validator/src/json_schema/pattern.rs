//! Patterns of the document as regular expressions.
//!
//! The vendor's generator writes what JavaScript shows of a `RegExp`: `/^[a-z]+$/u`. Where the expression was a constant, it
//! writes the constant's name, which nobody can read.

use std::collections::HashMap;

use serde_json::json;

/// The patterns that were read, so that each is tried once.
#[derive(Default)]
pub(crate) struct Patterns(HashMap<String, Option<String>>);

impl Patterns {
    /// Returns the expression of a pattern; `None` if it cannot be read.
    pub fn readable(&mut self, pattern: &str) -> Option<String> {
        if let Some(known) = self.0.get(pattern) {
            return known.clone();
        }
        let readable = expression(pattern).filter(|expression| {
            jsonschema::options()
                .offline()
                .build(&json!({ "pattern": expression }))
                .is_ok()
        });
        self.0.insert(pattern.to_owned(), readable.clone());
        readable
    }
}

/// Returns a pattern without the delimiters of JavaScript; `None` if it is the name of a constant, or has flags that change
/// its meaning.
fn expression(pattern: &str) -> Option<String> {
    let delimited = pattern
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
        .filter(|(_, flags)| flags.bytes().all(|flag| flag.is_ascii_lowercase()));
    match delimited {
        Some((expression, flags)) => {
            let expression = expression.replace("\\/", "/");
            match flags {
                // `g` and `y` are about repeated searches, `u` is how every pattern is read.
                flags if flags.bytes().all(|flag| b"dgsuvy".contains(&flag)) => Some(expression),
                flags if flags.bytes().all(|flag| b"dgisuvy".contains(&flag)) => Some(format!("(?i){expression}")),
                _ => None,
            }
        }
        None if is_constant(pattern) => None,
        None => Some(pattern.to_owned()),
    }
}

fn is_constant(pattern: &str) -> bool {
    pattern.contains('_')
        && pattern
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns an expression as JavaScript shows it.
pub(crate) fn shown(expression: &str) -> String {
    match expression.strip_prefix("(?i)") {
        Some(rest) => format!("/{}/i", rest.replace('/', "\\/")),
        None => format!("/{}/", expression.replace('/', "\\/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiters_of_javascript_are_removed() {
        let mut patterns = Patterns::default();
        for (pattern, readable) in [
            ("/^[a-z]{1,4}$/", Some("^[a-z]{1,4}$")),
            ("/^\\p{L}+$/u", Some("^\\p{L}+$")),
            ("/^a\\/b$/i", Some("(?i)^a/b$")),
            ("^org-[a-z]+$", Some("^org-[a-z]+$")),
            ("/^a$/m", None),
            ("SOME_ROLE_PATTERN", None),
            ("/(/", None),
        ] {
            assert_eq!(patterns.readable(pattern).as_deref(), readable, "{pattern}");
        }
    }

    #[test]
    fn an_expression_is_shown_as_javascript_shows_it() {
        assert_eq!(shown("^a/b$"), "/^a\\/b$/");
        assert_eq!(shown("(?i)^a$"), "/^a$/i");
    }
}
