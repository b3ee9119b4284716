//! Paths and methods that progenitor can write no call for.
//!
//! It fails on a path whose braces do not match, repeats an argument for names that differ only in case, and writes calls
//! that reqwest does not have for `OPTIONS` and `TRACE`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Changes;
use super::parameters::template_names;
use super::property_names::field_name;
use crate::document::pointer;

/// Methods that reqwest has no call for.
const WITHOUT_CALL: [&str; 2] = ["options", "trace"];

/// Drops paths and operations that cannot be called.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    paths.retain(|path, _| {
        let callable = path.starts_with("x-") || is_template(path);
        if !callable {
            changes.note(pointer("/paths", path), "dropped: not a path that can be filled in");
        }
        callable
    });
    for (path, item) in paths {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        for method in WITHOUT_CALL {
            if item.shift_remove(method).is_some() {
                let at = pointer(&pointer("/paths", path), method);
                changes.note(at, "dropped: reqwest has no call for the method");
            }
        }
    }
}

/// Returns whether progenitor can read the path and write it into a comment, and whether the names in braces can be arguments
/// beside the body.
fn is_template(path: &str) -> bool {
    let mut inside = false;
    for letter in path.chars() {
        inside = match (inside, letter) {
            (false, '{') => true,
            (true, '}') => false,
            (false, '}') | (true, '{' | '/') => return false,
            (_, letter) if letter.is_control() => return false,
            (state, _) => state,
        };
    }
    let mut taken = BTreeSet::from(["body".to_owned()]);
    path.starts_with('/') && !inside && template_names(path).iter().all(|name| taken.insert(field_name(name)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_alone, repair};

    #[test]
    fn paths_that_cannot_be_filled_in_are_dropped() {
        let (after, places) = repair(
            run,
            json!({"paths": {
                "/open/{id": {}, "/close/id}": {}, "/slash/{a/b}": {}, "/twice/{id}/{ID}": {}, "/{body}": {}, "none": {},
                "/line\n": {},
                "/a": {}
            }}),
        );
        assert_eq!(after, json!({"paths": {"/a": {}}}));
        assert_eq!(places.len(), 7);
        assert_eq!(places[0], "/paths/~1open~1{id");
    }

    #[test]
    fn methods_without_a_call_are_dropped() {
        let (after, places) = repair(
            run,
            json!({"paths": {"/a": {"get": {}, "options": {}, "trace": {}, "head": {}}}}),
        );
        assert_eq!(after, json!({"paths": {"/a": {"get": {}, "head": {}}}}));
        assert_eq!(places, ["/paths/~1a/options", "/paths/~1a/trace"]);
    }

    #[test]
    fn paths_that_can_be_filled_in_are_left_alone() {
        leaves_alone(
            run,
            json!({"paths": {"/a/{id}/b/{id}:run/{other}": {"get": {}}, "x-group": {}}}),
        );
    }
}
