//! The selected operations.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ExportError;
use crate::document::{for_each_operation, retain_operations};

/// The largest number of similar ids that an error names.
const MOST_SIMILAR: usize = 5;

/// Leaves the operations with one of the tags or ids; all, if there are none. Returns whether all are left.
pub(super) fn cut(document: &mut Value, tags: &[String], ids: &[String]) -> Result<bool, ExportError> {
    if tags.is_empty() && ids.is_empty() {
        return Ok(true);
    }
    let (mut known_tags, mut known_ids) = (Vec::new(), Vec::new());
    for_each_operation(document, &mut |_, _, _, operation| {
        let of_operation = tags_of(operation.get("tags"));
        known_tags.extend(of_operation.iter().map(|tag| (*tag).to_owned()));
        known_ids.extend(operation.get("operationId").and_then(Value::as_str).map(str::to_owned));
    });
    let unknown = |wanted: &&String, known: &[String]| !known.iter().any(|known| same(known, wanted));
    if let Some(tag) = tags.iter().find(|tag| unknown(tag, &known_tags)) {
        let known: BTreeSet<String> = known_tags.into_iter().collect();
        return Err(ExportError::UnknownTag {
            tag: tag.clone(),
            known: known.into_iter().collect(),
        });
    }
    if let Some(id) = ids.iter().find(|id| unknown(id, &known_ids)) {
        return Err(ExportError::UnknownOperation {
            id: id.clone(),
            similar: similar(id, &known_ids),
        });
    }

    let is_selected = |operation: &Value| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        ids.iter().any(|wanted| same(wanted, id))
            || tags_of(operation.get("tags"))
                .iter()
                .any(|tag| tags.iter().any(|wanted| same(wanted, tag)))
    };
    retain_operations(document, &mut |_, operation| is_selected(operation));
    Ok(false)
}

fn tags_of(tags: Option<&Value>) -> Vec<&str> {
    let tags = tags.and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Returns ids that have the text in them, or the same part before or after the underscore.
fn similar(wanted: &str, known: &[String]) -> Vec<String> {
    let wanted = wanted.to_ascii_lowercase();
    let parts: Vec<&str> = wanted.split('_').filter(|part| part.len() > 3).collect();
    let looks_alike = |id: &&String| {
        let id = id.to_ascii_lowercase();
        parts.iter().any(|part| id.contains(part))
    };
    known.iter().filter(looks_alike).take(MOST_SIMILAR).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({"paths": {
            "/call": {"get": {"operationId": "CallController_findAll", "tags": ["Calls"]},
                      "post": {"operationId": "CallController_create", "tags": ["Calls"]}},
            "/tool": {"get": {"operationId": "ToolController_findAll", "tags": ["Tools"]}}
        }})
    }

    fn left(tags: &[&str], ids: &[&str]) -> Result<Vec<String>, ExportError> {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut document = document();
        cut(&mut document, &own(tags), &own(ids))?;
        let mut left = Vec::new();
        for_each_operation(&mut document, &mut |path, method, _, _| {
            left.push(format!("{method} {path}"))
        });
        Ok(left)
    }

    #[test]
    fn tags_and_ids_add_up() {
        assert_eq!(left(&[], &[]).unwrap(), ["get /call", "post /call", "get /tool"]);
        assert_eq!(left(&["calls"], &[]).unwrap(), ["get /call", "post /call"]);
        assert_eq!(
            left(&["Tools"], &["CallController_create"]).unwrap(),
            ["post /call", "get /tool"]
        );
    }

    #[test]
    fn an_unknown_name_is_an_error_with_known_ones() {
        let error = left(&["Call"], &[]).unwrap_err().to_string();
        assert_eq!(error, r#"no operation has the tag "Call"; tags: Calls, Tools"#);
        let error = left(&[], &["CallController_createe"]).unwrap_err().to_string();
        let expected = "no operation has the id \"CallController_createe\"; similar ids: CallController_findAll, \
                        CallController_create";
        assert_eq!(error, expected);
    }
}
