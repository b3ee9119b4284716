//! Path templates: ids are checked and escaped, so that no id leads a request to another path.
//!
//! A refusal is the end of a sentence that starts with the operation: "the path parameter `id` is empty".

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All characters except the unreserved ones of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the reason why a value cannot be a path segment, or `None` if it can.
pub(crate) fn refuse_value(name: &str, value: &str) -> Option<String> {
    if value.is_empty() {
        return Some(format!("the path parameter `{name}` is empty"));
    }
    if value == "." || value == ".." {
        return Some(format!(
            "the path parameter `{name}` is `{value}`, which names another path"
        ));
    }
    let culprit = value
        .chars()
        .find(|c| matches!(c, '/' | '\\' | '?' | '#' | '%') || c.is_control())?;
    Some(format!(
        "the path parameter `{name}` has {culprit:?} in it, which an id cannot have"
    ))
}

/// Returns the template with its value in place of every `{name}`. Values must have passed [`refuse_value`].
pub(crate) fn fill(template: &str, values: &[(&'static str, String)]) -> Result<String, String> {
    let mut path = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            return Err(format!("the path `{template}` has an unclosed `{{`"));
        };
        let name = &rest[open + 1..open + close];
        let Some((_, value)) = values.iter().find(|(given, _)| *given == name) else {
            return Err(format!("the path parameter `{name}` was not given"));
        };
        path.push_str(&rest[..open]);
        path.extend(utf8_percent_encode(value, ESCAPED));
        rest = &rest[open + close + 1..];
    }
    path.push_str(rest);
    Ok(path)
}

/// Returns the reason why a path of the caller's cannot be requested, or `None` if it can. Braces belong to the template.
pub(crate) fn refuse_path(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.starts_with("//") {
        return Some(format!(
            "the path `{path}` must start with one `/`; the host comes from the client"
        ));
    }
    if path.contains('?') {
        return Some(format!(
            "the path `{path}` has a query in it: give it with `.query(name, value)`"
        ));
    }
    if let Some(culprit) = path
        .chars()
        .find(|c| matches!(c, '\\' | '#') || c.is_control() || c.is_whitespace())
    {
        return Some(format!("the path `{path}` cannot have {culprit:?} in it"));
    }
    // A URL parser reads the escaped spellings as dots too.
    let climbs = path.split('/').any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    });
    climbs.then(|| format!("the path `{path}` has a `.` or `..` segment, which names another path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_replaces_its_name_in_the_template() {
        let path = fill(
            "/eval/simulation/run/{id}/item/{itemId}",
            &[("id", "a-1".into()), ("itemId", "b_2".into())],
        );
        assert_eq!(path.unwrap(), "/eval/simulation/run/a-1/item/b_2");
    }

    #[test]
    fn reserved_characters_are_percent_encoded() {
        let path = fill("/x/{id}", &[("id", "+1 555:é;@&=".into())]);
        assert_eq!(path.unwrap(), "/x/%2B1%20555%3A%C3%A9%3B%40%26%3D");
    }

    #[test]
    fn a_value_in_braces_is_not_filled_again() {
        let path = fill("/x/{a}/{b}", &[("a", "{b}".into()), ("b", "2".into())]);
        assert_eq!(path.unwrap(), "/x/%7Bb%7D/2");
    }

    #[test]
    fn a_parameter_that_was_not_given_is_named() {
        assert_eq!(
            fill("/call/{id}", &[]).unwrap_err(),
            "the path parameter `id` was not given"
        );
    }

    #[test]
    fn ids_that_would_change_the_route_are_refused() {
        for bad in ["", ".", "..", "a/b", "a\\b", "a?b", "a#b", "a%2fb", "a\nb", "a\0"] {
            let refusal = refuse_value("id", bad);
            assert!(refusal.is_some_and(|said| said.contains("`id`")), "{bad:?}");
        }
    }

    #[test]
    fn ids_of_the_api_are_accepted() {
        for good in [
            "3f0e8c1e-9d3c-4b1f-8a39-0a5e8d7a2f11",
            "...",
            "a.b",
            "+15555550123",
            "tök",
        ] {
            assert_eq!(refuse_value("id", good), None, "{good:?}");
        }
    }

    #[test]
    fn paths_that_leave_the_api_are_refused() {
        for bad in [
            "call",
            "",
            "//evil.example/x",
            "https://evil.example",
            "/call/../org",
            "/call/%2E%2e/org",
            "/call/.",
            "/a\\b",
            "/a#b",
            "/a b",
            "/call?limit=1",
        ] {
            assert!(refuse_path(bad).is_some(), "{bad:?}");
        }
        assert_eq!(refuse_path("/call/{id}/a%20b"), None);
    }
}
