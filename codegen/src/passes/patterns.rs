//! `pattern` as JavaScript writes a literal, between slashes and with flags, or as the name of a constant.
//!
//! A JSON Schema has the expression alone. Read literally, `/^a$/` matches nothing.

use serde_json::{Value, json};

use super::Changes;
use crate::document::for_each_schema;

/// Flags without effect on a match from somewhere in the text: `g` and `y` say where to go on, `d` what to return. `u` and `v` read
/// the expression as Unicode, which other readers do anyway; but `\\p{L}` is a class of letters with them alone.
const HARMLESS_FLAGS: &str = "dguvy";

/// Leaves of each pattern the expression, and drops what is none.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let Some(pattern) = schema.get("pattern") else {
            return;
        };
        let at = format!("{at}/pattern");
        match pattern.as_str().map(expression) {
            Some(Some(expression)) if pattern != expression => {
                changes.note(at, "left the expression, without delimiters and flags");
                let expression = json!(expression);
                schema.insert("pattern".to_owned(), expression);
            }
            Some(Some(_)) => {}
            _ => {
                changes.note(at, "dropped: not a regular expression");
                schema.shift_remove("pattern");
            }
        }
    });
}

/// Returns the regular expression that is meant, if there is one.
fn expression(pattern: &str) -> Option<&str> {
    let literal = pattern
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
        .filter(|(_, flags)| flags.chars().all(|flag| flag.is_ascii_lowercase()));
    match literal {
        // What ignores case or reads lines cannot be said without flags.
        Some((_, flags)) if !flags.chars().all(|flag| HARMLESS_FLAGS.contains(flag)) => None,
        Some((expression, _)) => {
            let is_known = !expression.is_empty() && !expression.contains(r"\p{") && !expression.contains(r"\P{");
            is_known.then_some(expression)
        }
        None => (!is_constant(pattern)).then_some(pattern),
    }
}

/// Returns whether the text is the name of a constant whose value was meant: `NAME_PATTERN`.
fn is_constant(text: &str) -> bool {
    text.contains('_')
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn delimiters_and_harmless_flags_go() {
        assert_eq!(expression("/^[a-z]{1,40}$/"), Some("^[a-z]{1,40}$"));
        assert_eq!(expression(r"/^a(?:\/b)*$/u"), Some(r"^a(?:\/b)*$"));
        assert_eq!(expression("^org-[a-z]+$"), Some("^org-[a-z]+$"));
    }

    #[test]
    fn what_cannot_be_said_goes() {
        assert_eq!(expression("/^a$/i"), None);
        assert_eq!(expression("ORG_ROLE_PATTERN"), None);
        assert_eq!(expression("//"), None);
        assert_eq!(expression(r"/^\p{L}+$/u"), None);
    }

    #[test]
    fn every_change_is_reported() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"type": "string", "pattern": "/^a$/"}, "B": {"type": "string", "pattern": 1}}),
        );
        assert_eq!(
            after,
            json!({"A": {"type": "string", "pattern": "^a$"}, "B": {"type": "string"}})
        );
        assert_eq!(
            places,
            ["/components/schemas/A/pattern", "/components/schemas/B/pattern"]
        );
        leaves_schemas_alone(run, json!({"A": {"type": "string", "pattern": "^a$"}}));
    }
}
