//! Lists: filters, time cursors, sort order, and pages where the document declares them.

mod order;

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::api::list::order::{Cursor, Order};
use crate::http::query::{Query, parameter, whole};
use crate::openapi::document::{Document, Operation};
use crate::openapi::list_style::{ListStyle, item_schema, style};
use crate::openapi::validator::Validators;
use crate::openapi::{sample, validator};
use crate::text::timestamp;

const DEFAULT_LIMIT: usize = 100;

/// Returns the problems of a query in the API's words. Undeclared parameters pass: clients send `cursor`, which the
/// document lacks.
pub(crate) fn problems(validators: &Validators, operation: &Operation, query: &Query) -> Vec<String> {
    let document = validators.document();
    let found = document.validator().query(&operation.id, query);
    let mut problems = validator::messages(found.unwrap_or_default());
    for (name, text) in query {
        let declared = operation.query.iter().any(|parameter| parameter.name == *name);
        let sentence = format!("{name} must be a valid ISO 8601 date string");
        if declared && bound(name).is_some() && timestamp::parse(text).is_none() && !problems.contains(&sentence) {
            problems.push(sentence);
        }
    }
    let has_pages = || {
        let schema = operation.success.schema.as_ref();
        schema
            .and_then(|schema| style(document, schema))
            .is_some_and(|style| style != ListStyle::Array)
    };
    if parameter(query, "cursor").is_some_and(|cursor| Cursor::read(cursor).is_none()) && has_pages() {
        problems.push("cursor must be the nextCursor of a page before".into());
    }
    problems
}

/// Returns the response of a list operation. Resources are ordered newest first, each with its position.
pub(crate) fn response<'a>(
    document: &Document,
    operation: &Operation,
    style: ListStyle,
    query: &Query,
    newest_first: impl Iterator<Item = (u64, &'a Value)>,
) -> Value {
    let item = operation
        .success
        .schema
        .as_ref()
        .and_then(|schema| item_schema(document, schema));
    let filters: Vec<Filter> = query
        .iter()
        .filter_map(|(n, v)| Filter::read(document, operation, item, n, v))
        .collect();
    let keeps = |(_, resource): &(u64, &Value)| filters.iter().all(|filter| filter.keeps(resource));
    let newest_first = newest_first.filter(keeps);
    let limit = whole(query, "limit").unwrap_or(DEFAULT_LIMIT);
    let order = Order::of(query);
    let page = whole(query, "page");
    // Plain arrays have no cursor.
    let cursor = parameter(query, "cursor")
        .filter(|_| style != ListStyle::Array)
        .and_then(Cursor::read);
    let is_array = style == ListStyle::Array || (style == ListStyle::Either && page.is_none() && cursor.is_none());
    if is_array && order.is_newest_first() && page.is_none() && cursor.is_none() {
        // The remaining resources need no check.
        return newest_first.take(limit).map(|(_, resource)| resource.clone()).collect();
    }
    let mut kept: Vec<(u64, &Value)> = newest_first.collect();
    order.sort(&mut kept);
    let total = kept.len();
    // A cursor names the resource before the next page, so that additions and deletions move nothing.
    let start = match &cursor {
        Some(cursor) => kept.partition_point(|(place, resource)| !order.is_after(cursor, *place, resource)),
        None => page.unwrap_or(1).saturating_sub(1).saturating_mul(limit).min(total),
    };
    let end = start.saturating_add(limit).min(total);
    let shown = kept.get(start..end).unwrap_or_default();
    let results: Vec<Value> = shown.iter().map(|(_, resource)| (*resource).clone()).collect();
    if is_array {
        return Value::Array(results);
    }
    let page = page.unwrap_or_else(|| start.checked_div(limit).unwrap_or(0) + 1);
    let mut response = json!({
        "results": results,
        "metadata": {
            "itemsPerPage": limit,
            "totalItems": total,
            "currentPage": page,
            "totalPages": total.div_ceil(limit.max(1)),
            "hasNextPage": end < total,
            "sortOrder": if order.ascending { "ASC" } else { "DESC" },
        },
    });
    if let Some((place, last)) = shown.last().filter(|_| end < total) {
        response["metadata"]["nextCursor"] = json!(order.cursor(*place, last).to_string());
    }
    response
}

enum Filter<'q> {
    /// `createdAtGt` and its seven siblings: property, accepted orderings, time.
    Timestamp(&'static str, &'static [Ordering], i64),
    Equal(&'q str, &'q str),
    /// `idAny=a,b`.
    AnyOf(&'q str, Vec<&'q str>),
}

impl<'q> Filter<'q> {
    fn read(
        document: &Document,
        operation: &Operation,
        item: Option<&Value>,
        name: &'q str,
        value: &'q str,
    ) -> Option<Filter<'q>> {
        if let Some((property, kept)) = bound(name) {
            return Some(Filter::Timestamp(property, kept, timestamp::parse(value)?));
        }
        let declared = operation.query.iter().any(|parameter| parameter.name == name);
        let on_item = |name: &str| item.is_some_and(|schema| sample::declares(document, schema, name));
        // `includeCounters` and the like filter nothing: no item has such a property.
        match name.strip_suffix("Any") {
            _ if !declared => None,
            Some(name) if on_item(name) => Some(Filter::AnyOf(name, value.split(',').collect())),
            _ if on_item(name) => Some(Filter::Equal(name, value)),
            _ => None,
        }
    }

    fn keeps(&self, resource: &Value) -> bool {
        match self {
            Filter::Timestamp(property, kept, limit) => {
                let timestamp = resource[*property].as_str().and_then(timestamp::parse);
                timestamp.is_some_and(|timestamp| kept.contains(&timestamp.cmp(limit)))
            }
            Filter::Equal(name, value) => spells(&resource[*name], value),
            Filter::AnyOf(name, values) => values.iter().any(|value| spells(&resource[*name], value)),
        }
    }
}

fn bound(name: &str) -> Option<(&'static str, &'static [Ordering])> {
    let (property, comparison) = match name.split_at_checked("createdAt".len())? {
        ("createdAt", comparison) => ("createdAt", comparison),
        ("updatedAt", comparison) => ("updatedAt", comparison),
        _ => return None,
    };
    let kept: &[Ordering] = match comparison {
        "Gt" => &[Ordering::Greater],
        "Ge" => &[Ordering::Greater, Ordering::Equal],
        "Lt" => &[Ordering::Less],
        "Le" => &[Ordering::Less, Ordering::Equal],
        _ => return None,
    };
    Some((property, kept))
}

fn spells(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string == text,
        Value::Bool(boolean) => text.parse() == Ok(*boolean),
        Value::Number(number) => text.parse().ok() == number.as_f64(),
        _ => false,
    }
}
