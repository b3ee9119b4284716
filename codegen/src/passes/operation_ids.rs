//! Operation ids that are missing, given twice, or give the same Rust name.
//!
//! progenitor refuses a document with a missing or repeated id, and writes two methods of one name for ids that differ
//! only in case or punctuation. Such ids get the method and path of their operation.

use std::collections::BTreeSet;

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::{Value, json};

use super::Changes;
use crate::document::for_each_operation;

/// Methods that progenitor's client has already, or calls on itself.
const TAKEN: [&str; 9] = [
    "api_version",
    "baseurl",
    "client",
    "exec",
    "inner",
    "new",
    "new_with_client",
    "post",
    "pre",
];

/// Gives every operation an id whose method name is its own.
pub fn run(document: &mut Value, changes: &mut Changes) {
    // Types are named after operations too, and Pascal case knows fewer differences: `a_1` and `a1` are one type.
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| name.to_pascal_case()).collect();
    for_each_operation(document, &mut |path, method, base, operation| {
        // progenitor writes ids into comments, which cannot have every control character.
        let declared = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        let declared = Some(declared)
            .filter(|id| !id.contains(char::is_control))
            .unwrap_or_default();
        if !rust_name(declared).is_empty() && taken.insert(rust_name(declared)) {
            return;
        }
        let by_place = format!("{method} {path}").to_snake_case();
        let parts: Vec<&str> = [declared, &by_place]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let wanted = parts.join("_");
        let mut id = wanted.clone();
        let mut number = 1;
        while !taken.insert(rust_name(&id)) {
            number += 1;
            id = format!("{wanted}_{number}");
        }
        let change = if declared.is_empty() {
            format!("supplied: {id}")
        } else {
            format!("{declared} is taken: {id}")
        };
        operation.insert("operationId".to_owned(), json!(id));
        changes.note(format!("{base}/operationId"), change);
    });
}

fn rust_name(id: &str) -> String {
    let words: String = id
        .chars()
        .map(|letter| if letter.is_alphanumeric() { letter } else { '-' })
        .collect();
    words.to_snake_case().to_pascal_case()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_alone, repair};

    #[test]
    fn a_missing_id_is_the_method_and_path() {
        let (after, places) = repair(
            run,
            json!({"paths": {"/call/{id}": {"get": {}, "delete": {"operationId": "--"}}}}),
        );
        assert_eq!(
            after,
            json!({"paths": {"/call/{id}": {
                "get": {"operationId": "get_call_id"},
                "delete": {"operationId": "--_delete_call_id"}
            }}})
        );
        assert_eq!(
            places,
            [
                "/paths/~1call~1{id}/get/operationId",
                "/paths/~1call~1{id}/delete/operationId"
            ]
        );
    }

    #[test]
    fn the_second_id_of_one_name_gets_its_path() {
        let (after, places) = repair(
            run,
            json!({"paths": {
                "/a": {"get": {"operationId": "CallController_find"}, "post": {"operationId": "callController-find"}},
                "/b": {"get": {"operationId": "CallController_find"}, "post": {"operationId": "new"}}
            }}),
        );
        assert_eq!(
            after,
            json!({"paths": {
                "/a": {
                    "get": {"operationId": "CallController_find"},
                    "post": {"operationId": "callController-find_post_a"}
                },
                "/b": {
                    "get": {"operationId": "CallController_find_get_b"},
                    "post": {"operationId": "new_post_b"}
                }
            }})
        );
        assert_eq!(places.len(), 3);
    }

    #[test]
    fn ids_of_their_own_are_left_alone() {
        leaves_alone(
            run,
            json!({"paths": {"/a": {"get": {"operationId": "A_get"}, "post": {"operationId": "A_create"}}}}),
        );
    }
}
