//! Lists: filters, cursors by time, sort order, and pages where the document declares them.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::document::{Document, Operation};
use crate::{moment, sample, shape, validate};

const DEFAULT_LIMIT: usize = 100;

/// Query parameters in the order they came.
pub(crate) type Query = [(String, String)];

/// How a list answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListStyle {
    /// A plain array.
    Array,
    /// `{results, metadata}`.
    Page,
    /// The one or the other: a page when the request asks for one.
    Either,
}

/// The style that a success schema declares, if it is a list's.
pub(crate) fn style(document: &Document, schema: &Value) -> Option<ListStyle> {
    let schema = document.resolve(schema)?;
    if let Some(branches) = shape::branches(schema) {
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

/// The schema of one item of a list.
pub(crate) fn item_schema<'a>(document: &'a Document, schema: &'a Value) -> Option<&'a Value> {
    let schema = document.resolve(schema)?;
    if let Some(branches) = shape::branches(schema) {
        return branches.iter().find_map(|branch| item_schema(document, branch));
    }
    schema
        .get("items")
        .or_else(|| schema.pointer("/properties/results/items"))
}

/// What is wrong with the query, said as the API says it. Undeclared parameters pass: clients send `cursor`, which the
/// document forgets.
pub(crate) fn problems(document: &Document, operation: &Operation, query: &Query) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, text) in query {
        let Some(parameter) = operation.query.iter().find(|parameter| parameter.name == *name) else {
            continue;
        };
        // Text is all that a query carries: read it as what the schema wants before checking it.
        let value = match parameter.schema["type"].as_str() {
            Some("number" | "integer") => number(text),
            Some("boolean") => text
                .parse::<bool>()
                .map_or_else(|_| json!(text), |boolean| json!(boolean)),
            Some("string") => json!(text),
            _ => continue,
        };
        let found = validate::problems(document, &parameter.schema, &value);
        problems.extend(found.into_iter().map(|problem| problem.replacen("body", name, 1)));
        if bound(name).is_some() && moment::parse(text).is_none() {
            problems.push(format!("{name} must be a valid ISO 8601 date string"));
        }
    }
    problems
}

fn number(text: &str) -> Value {
    let whole = text.parse::<i64>().map(|number| json!(number));
    let number = whole.or_else(|_| text.parse::<f64>().map(|number| json!(number)));
    number.unwrap_or_else(|_| json!(text))
}

/// The answer of a list operation over resources that come newest first.
pub(crate) fn answer(
    document: &Document,
    operation: &Operation,
    style: ListStyle,
    query: &Query,
    newest_first: Vec<Cow<'_, Value>>,
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
    let mut kept = newest_first;
    kept.retain(|resource| filters.iter().all(|filter| filter.keeps(resource)));
    if let Some(key) = parameter(query, "sortBy").filter(|key| *key != "createdAt") {
        kept.sort_by(|a, b| compare(&b[key], &a[key]));
    }
    let ascending = parameter(query, "sortOrder") == Some("ASC");
    if ascending {
        kept.reverse();
    }
    let limit = whole(query, "limit").unwrap_or(DEFAULT_LIMIT);
    let page = whole(query, "page");
    let total = kept.len();
    let start = page.unwrap_or(1).saturating_sub(1).saturating_mul(limit).min(total);
    let end = start.saturating_add(limit).min(total);
    // Only what is answered is copied.
    let results: Vec<Value> = kept.drain(start..end).map(Cow::into_owned).collect();
    if style == ListStyle::Array || (style == ListStyle::Either && page.is_none()) {
        return Value::Array(results);
    }
    json!({
        "results": results,
        "metadata": {
            "itemsPerPage": limit,
            "totalItems": total,
            "currentPage": page.unwrap_or(1),
            "totalPages": total.div_ceil(limit.max(1)),
            "hasNextPage": end < total,
            "sortOrder": if ascending { "ASC" } else { "DESC" },
        },
    })
}

enum Filter<'q> {
    /// `createdAtGt` and its seven siblings: property, what the comparison may be, moment.
    Moment(&'static str, &'static [Ordering], i64),
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
            return Some(Filter::Moment(property, kept, moment::parse(value)?));
        }
        let declared = operation.query.iter().any(|parameter| parameter.name == name);
        let on_item = |name: &str| item.is_some_and(|schema| sample::declares(document, schema, name));
        // `includeCounters` and its like say how to answer, not what to keep: no item has such a property.
        match name.strip_suffix("Any") {
            _ if !declared => None,
            Some(name) if on_item(name) => Some(Filter::AnyOf(name, value.split(',').collect())),
            _ if on_item(name) => Some(Filter::Equal(name, value)),
            _ => None,
        }
    }

    fn keeps(&self, resource: &Value) -> bool {
        match self {
            Filter::Moment(property, kept, limit) => {
                let moment = resource[*property].as_str().and_then(moment::parse);
                moment.is_some_and(|moment| kept.contains(&moment.cmp(limit)))
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

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn parameter<'q>(query: &'q Query, name: &str) -> Option<&'q str> {
    query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

fn whole(query: &Query, name: &str) -> Option<usize> {
    parameter(query, name)?
        .parse::<f64>()
        .ok()
        .filter(|number| *number >= 0.0)
        .map(|number| number as usize)
}
