//! The form of a list response, and the schema of its items.

use serde_json::Value;
use vapi_validator::schema;

use crate::openapi::document::Document;

/// The form of a list response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListStyle {
    /// A plain array.
    Array,
    /// `{results, metadata}`.
    Page,
    /// A plain array, or a page when the request asks for one.
    Either,
}

/// Returns the style of a success schema, if it is that of a list.
pub(crate) fn style(document: &Document, schema: &Value) -> Option<ListStyle> {
    let schema = document.resolve(schema)?;
    if let Some(branches) = schema::branches(schema) {
        let mut styles = branches.iter().map(|branch| style(document, branch));
        let first = styles.next()??;
        return styles.try_fold(first, |so_far, next| {
            next.map(|next| if next == so_far { next } else { ListStyle::Either })
        });
    }
    if schema["type"] == "array" {
        return Some(ListStyle::Array);
    }
    let properties = &schema["properties"];
    (properties["results"]["type"] == "array" && !properties["metadata"].is_null()).then_some(ListStyle::Page)
}

/// Returns the schema of one item of a list.
pub(crate) fn item_schema<'a>(document: &'a Document, schema: &'a Value) -> Option<&'a Value> {
    let schema = document.resolve(schema)?;
    if let Some(branches) = schema::branches(schema) {
        return branches.iter().find_map(|branch| item_schema(document, branch));
    }
    schema
        .get("items")
        .or_else(|| schema.pointer("/properties/results/items"))
}
