//! `POST /reporting/insight/{id}/run` and `/preview`: the numbers of an insight, from the stored calls.
//!
//! The document has no property for them. They are in `result`: a row for each step of time and each group, with a number for
//! each query and each formula.

mod filters;
mod formulas;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};

use crate::api::analytics;
use crate::api::context::RequestContext;
use crate::http::response::Response;
use crate::text::{ids, timestamp};

const START: &str = "-7d";
const STEP: &str = "day";

/// Runs a stored insight.
pub(super) fn run(context: &RequestContext<'_>) -> Response {
    let id = context.parameter("id");
    let stored = context
        .state
        .stored(context.organization, "/reporting/insight", &json!(id));
    respond(context, id, &stored.unwrap_or_default())
}

/// Runs the insight of the body, which is not stored.
pub(super) fn preview(context: &RequestContext<'_>) -> Response {
    respond(context, &ids::uuid(), context.body)
}

fn respond(context: &RequestContext<'_>, id: &str, insight: &Value) -> Response {
    let range = [&context.body["timeRangeOverride"], &insight["timeRange"]]
        .into_iter()
        .find(|range| range.is_object());
    let range = match TimeRange::of(range.unwrap_or(&Value::Null), insight, context.state.clock.now()) {
        Ok(range) => range,
        Err(problem) => return Response::bad_request(vec![problem]),
    };
    let rows = match rows(context, insight, &range) {
        Ok(rows) => rows,
        Err(problem) => return Response::bad_request(vec![problem]),
    };
    let rows = match context.body["formatPlan"]["format"].as_str() {
        Some("recharts") => rows.into_iter().map(|row| charted(row, insight)).collect(),
        _ => rows,
    };
    let now = timestamp::format(context.state.clock.stamp());
    let mut response = json!({
        "id": ids::uuid(),
        "orgId": context.organization,
        "insightId": id,
        "createdAt": now,
        "updatedAt": now,
        "type": insight["type"],
        "timeRange": range.json(),
        "result": rows,
    });
    if insight["name"].is_string() {
        response["name"] = insight["name"].clone();
    }
    context.success(&response)
}

/// Returns the rows of all queries, merged by their step of time and their group.
fn rows(context: &RequestContext<'_>, insight: &Value, range: &TimeRange) -> Result<Vec<Value>, String> {
    let assistant = &context.body["assistantId"];
    let mut calls = analytics::calls(context);
    calls.retain(|call| assistant.is_null() || call["assistantId"] == *assistant);
    let mut names = Vec::new();
    let mut rows: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (index, query) in insight["queries"].as_array().into_iter().flatten().enumerate() {
        let name = named(&query["name"], "Query", index);
        let wanted: Vec<Value> = calls
            .iter()
            .filter(|call| filters::passes(&query["filters"], call))
            .cloned()
            .collect();
        let mut question = json!({
            "operations": [{ "operation": operation(&query["operation"]), "column": query["column"], "alias": name }],
            "timeRange": range.json(),
        });
        if insight["groupBy"].is_string() {
            question["groupBy"] = json!([insight["groupBy"]]);
        }
        for row in analytics::rows(&question, &wanted, range.end)? {
            let Value::Object(mut row) = row else { continue };
            let number = row.remove(&name).unwrap_or_default();
            let key = Value::Object(row.clone()).to_string();
            rows.entry(key).or_insert(row).insert(name.clone(), number);
        }
        names.push(name);
    }
    let formulas: Vec<(String, &str)> = formulas_of(insight).collect();
    rows.into_values()
        .map(|mut row| {
            for name in &names {
                // No call of this group passes the filters of the query.
                row.entry(name.clone()).or_insert_with(|| json!(0));
            }
            for (name, formula) in &formulas {
                let result = formulas::evaluate(formula, &names, &row)?;
                row.insert(name.clone(), result);
            }
            Ok(Value::Object(row))
        })
        .collect()
}

/// Returns the formulas of an insight with their names.
fn formulas_of(insight: &Value) -> impl Iterator<Item = (String, &str)> {
    // A text has one, which may be its expression alone or within a list.
    let (single, listed) = match &insight["formula"] {
        Value::Null => (None, &Value::Null),
        list @ Value::Array(_) => (None, list),
        formula => (Some(formula), &Value::Null),
    };
    let lists = [&insight["formulas"], listed].into_iter().filter_map(Value::as_array);
    let all = lists.flatten().chain(single);
    all.enumerate().filter_map(|(index, formula)| {
        let expression = formula.as_str().or_else(|| formula["formula"].as_str())?;
        Some((named(&formula["name"], "Formula", index), expression))
    })
}

fn named(name: &Value, kind: &str, index: usize) -> String {
    name.as_str()
        .map_or_else(|| format!("{kind} {}", index + 1), str::to_owned)
}

/// Returns the name that analytics have for an operation.
fn operation(operation: &Value) -> Value {
    match operation.as_str() {
        Some("average") => json!("avg"),
        _ => operation.clone(),
    }
}

/// Returns a row as charts read it: with the `name` of its place on the axis.
fn charted(mut row: Value, insight: &Value) -> Value {
    let group = insight["groupBy"].as_str().unwrap_or_default();
    let place = [&row["date"], &row[group], &insight["name"]]
        .into_iter()
        .find(|place| !place.is_null());
    row["name"] = place.cloned().unwrap_or_default();
    row
}

/// The time range of an insight, with relative times made absolute.
struct TimeRange {
    start: i64,
    end: i64,
    step: Option<Value>,
    timezone: Option<Value>,
}

impl TimeRange {
    fn of(range: &Value, insight: &Value, now: i64) -> Result<TimeRange, String> {
        let at = |name: &str, default: &str| {
            let text = range[name].as_str().unwrap_or(default);
            moment(text, now).ok_or_else(|| {
                format!("timeRange.{name} must be a valid ISO 8601 date-time string or relative time string")
            })
        };
        let has_steps = ["bar", "line"].contains(&insight["type"].as_str().unwrap_or_default());
        let given = |name: &str| Some(range[name].clone()).filter(Value::is_string);
        Ok(TimeRange {
            start: at("start", START)?,
            end: at("end", "now")?,
            step: has_steps.then(|| given("step").unwrap_or_else(|| json!(STEP))),
            timezone: given("timezone"),
        })
    }

    fn json(&self) -> Value {
        let mut range = json!({ "start": timestamp::format(self.start), "end": timestamp::format(self.end) });
        for (name, value) in [("step", &self.step), ("timezone", &self.timezone)] {
            if let Some(value) = value {
                range[name] = value.clone();
            }
        }
        range
    }
}

/// Returns the time that a text names: an ISO time, `now`, or one before it such as `-7d`.
fn moment(text: &str, now: i64) -> Option<i64> {
    if text == "now" {
        return Some(now);
    }
    let Some(ago) = text.strip_prefix('-') else {
        return timestamp::parse(text);
    };
    let (unit, count) = (ago.chars().last()?, ago.get(..ago.len().checked_sub(1)?)?);
    let count: i64 = count.parse().ok().filter(|count| *count >= 0)?;
    let span = match unit {
        'h' => Span::new().try_hours(count),
        'd' => Span::new().try_days(count),
        'w' => Span::new().try_weeks(count),
        'm' => Span::new().try_months(count),
        'y' => Span::new().try_years(count),
        _ => return None,
    };
    let now = Timestamp::from_millisecond(now).ok()?.to_zoned_datetime(TimeZone::UTC);
    let then = now.checked_sub(span.ok()?).ok()?;
    Some(then.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_before_now() {
        let now = timestamp::parse("2026-08-18T09:30:00Z").expect("a time");
        let cases = [
            ("now", "2026-08-18T09:30:00Z"),
            ("-12h", "2026-08-17T21:30:00Z"),
            ("-7d", "2026-08-11T09:30:00Z"),
            ("-2w", "2026-08-04T09:30:00Z"),
            ("-6m", "2026-02-18T09:30:00Z"),
            ("-1y", "2025-08-18T09:30:00Z"),
            ("2026-01-02", "2026-01-02T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(moment(text, now), timestamp::parse(expected), "{text}");
        }
        for text in ["", "-", "-d", "-7", "-7x", "--7d", "soon", "-99999999999d", "-7é"] {
            assert_eq!(moment(text, now), None, "{text}");
        }
    }
}
