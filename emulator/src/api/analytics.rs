//! `POST /analytics`: aggregates of the stored calls. Insights are made of the same.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};
use serde_json::{Map, Value, json};

use crate::api::context::RequestContext;
use crate::calls::view;
use crate::http::response::Response;
use crate::text::timestamp;

const WEEK: i64 = 7 * 86_400_000;

/// Responds with the result of each query.
pub(super) fn query(context: &RequestContext<'_>) -> Response {
    let calls = calls(context);
    let queries = context.body["queries"].as_array().into_iter().flatten();
    let mut results = Vec::new();
    for query in queries {
        match Query::of(query, context.state.clock.now()) {
            Ok(query) => results.push(query.result(&calls)),
            Err(problem) => return Response::bad_request(vec![problem]),
        }
    }
    Response::json(StatusCode::OK, &Value::Array(results))
}

/// Returns the rows of one query about calls, in the order of time and of the groups.
pub(super) fn rows(query: &Value, calls: &[Value], now: i64) -> Result<Vec<Value>, String> {
    Ok(Query::of(query, now)?.groups(calls))
}

/// Returns the calls of the organization as they are now, oldest first.
pub(super) fn calls(context: &RequestContext<'_>) -> Vec<Value> {
    let store = context.state.store.lock();
    let stored = store.collection(context.organization, "/call");
    let stored: Vec<Value> = stored
        .into_iter()
        .flat_map(|calls| calls.newest_first().cloned())
        .collect();
    drop(store);
    let calls = stored.into_iter().rev();
    calls.map(|call| view::as_of_now(context.state, call)).collect()
}

struct Query<'a> {
    query: &'a Value,
    start: i64,
    end: i64,
    zone: TimeZone,
    step: Option<&'a str>,
}

impl<'a> Query<'a> {
    fn of(query: &'a Value, now: i64) -> Result<Query<'a>, String> {
        let range = &query["timeRange"];
        let at = |name: &str| range[name].as_str().and_then(timestamp::parse);
        let end = at("end").unwrap_or(now);
        let zone = match range["timezone"].as_str() {
            None => TimeZone::UTC,
            Some(name) => {
                TimeZone::get(name).map_err(|_| "timeRange.timezone must be a valid IANA time-zone".to_owned())?
            }
        };
        Ok(Query {
            query,
            start: at("start").unwrap_or(end - WEEK),
            end,
            zone,
            step: range["step"].as_str(),
        })
    }

    fn result(&self, calls: &[Value]) -> Value {
        let mut range = json!({ "start": timestamp::format(self.start), "end": timestamp::format(self.end) });
        for name in ["step", "timezone"] {
            if !self.query["timeRange"][name].is_null() {
                range[name] = self.query["timeRange"][name].clone();
            }
        }
        let rows = if self.query["table"] == "subscription" {
            self.concurrency(calls)
        } else {
            self.groups(calls)
        };
        json!({ "name": self.query["name"], "timeRange": range, "result": rows })
    }

    /// Returns a row for each group of calls, in the order of time and of the groups.
    fn groups(&self, calls: &[Value]) -> Vec<Value> {
        let mut groups: BTreeMap<String, (Map<String, Value>, Vec<&Value>)> = BTreeMap::new();
        for call in calls {
            let created = call["createdAt"]
                .as_str()
                .and_then(timestamp::parse)
                .unwrap_or_default();
            if !(self.start..=self.end).contains(&created) {
                continue;
            }
            let mut row = self.date(created);
            for column in self.list("groupBy").filter_map(Value::as_str) {
                row.insert(column.into(), at(call, column));
            }
            for key in self.list("groupByVariableValue").filter_map(|by| by["key"].as_str()) {
                row.insert(key.into(), call["artifact"]["variableValues"][key].clone());
            }
            let key = Value::Object(row.clone()).to_string();
            groups.entry(key).or_insert_with(|| (row, Vec::new())).1.push(call);
        }
        let is_grouped = self.step.is_some()
            || self
                .list("groupBy")
                .chain(self.list("groupByVariableValue"))
                .next()
                .is_some();
        if groups.is_empty() && !is_grouped {
            groups.insert(String::new(), (Map::new(), Vec::new()));
        }
        let rows = groups.into_values().map(|(mut row, calls)| {
            for operation in self.list("operations") {
                let column = operation["column"].as_str().unwrap_or_default();
                let values: Vec<Value> = calls
                    .iter()
                    .map(|call| at(call, column))
                    .filter(|value| !value.is_null())
                    .collect();
                row.insert(alias(operation), aggregate(operation, &values));
            }
            Value::Object(row)
        });
        rows.collect()
    }

    /// Returns the numbers of concurrent calls: those at each change within a step.
    fn concurrency(&self, calls: &[Value]) -> Vec<Value> {
        let mut changes: Vec<(i64, i64)> = Vec::new();
        for call in calls {
            let time = |name: &str| call[name].as_str().and_then(timestamp::parse);
            let Some(from) = time("startedAt").or_else(|| time("createdAt")) else {
                continue;
            };
            changes.push((from, 1));
            changes.extend(time("endedAt").map(|to| (to.max(from), -1)));
        }
        changes.sort_unstable();
        let mut level = 0;
        let mut steps: BTreeMap<String, (Map<String, Value>, Vec<Value>)> = BTreeMap::new();
        for (at, change) in changes {
            level += change;
            if (self.start..=self.end).contains(&at) {
                let row = self.date(at);
                let key = Value::Object(row.clone()).to_string();
                steps
                    .entry(key)
                    .or_insert_with(|| (row, Vec::new()))
                    .1
                    .push(json!(level));
            }
        }
        let rows = steps.into_values().map(|(mut row, levels)| {
            for operation in self.list("operations") {
                row.insert(alias(operation), aggregate(operation, &levels));
            }
            Value::Object(row)
        });
        rows.collect()
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.query[name].as_array().into_iter().flatten()
    }

    /// Returns the start of the step of a time: `{date}`; nothing without a step.
    fn date(&self, milliseconds: i64) -> Map<String, Value> {
        let Some(step) = self.step else { return Map::new() };
        let Ok(time) = Timestamp::from_millisecond(milliseconds) else {
            return Map::new();
        };
        let time = time.to_zoned_datetime(self.zone.clone());
        let text = match step {
            "second" | "minute" | "hour" => beginning(&time, step),
            _ => first_day(time.date(), step).to_string(),
        };
        Map::from_iter([("date".to_owned(), json!(text))])
    }
}

/// Returns the first second of a step that is shorter than a day.
fn beginning(time: &ZonedDateTime, step: &str) -> String {
    let format = match step {
        "hour" => "%Y-%m-%dT%H:00:00",
        "minute" => "%Y-%m-%dT%H:%M:00",
        _ => "%Y-%m-%dT%H:%M:%S",
    };
    time.strftime(format).to_string()
}

/// Returns the first day of a step; weeks begin on Monday.
fn first_day(date: Date, step: &str) -> Date {
    let year = |years: i16| Date::new(date.year() - date.year().rem_euclid(years), 1, 1).unwrap_or(date);
    match step {
        "week" => {
            let days = i64::from(date.weekday().to_monday_zero_offset());
            date.checked_sub(days.days()).unwrap_or(date)
        }
        "month" => date.first_of_month(),
        "quarter" => Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).unwrap_or(date),
        "year" => year(1),
        "decade" => year(10),
        "century" => year(100),
        "millennium" => year(1000),
        _ => date,
    }
}

/// Returns the value of a column: that at a path of names, such as `costBreakdown.llm`, or one that no property has.
pub(super) fn at(call: &Value, column: &str) -> Value {
    if column == "duration" {
        let time = |name: &str| call[name].as_str().and_then(timestamp::parse);
        let lasted = time("startedAt").zip(time("endedAt"));
        return lasted.map_or(Value::Null, |(from, to)| json!((to - from) as f64 / 1000.0));
    }
    let output = column
        .strip_prefix("artifact.structuredOutputs[")
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(id) = output {
        return call["artifact"]["structuredOutputs"][id]["result"].clone();
    }
    let path = match column {
        "customerNumber" => "customer.number".to_owned(),
        "forwardedPhoneNumber" => "destination.number".to_owned(),
        // The names of older documents.
        _ => column
            .replace("costBreakdown.analysisBreakdown", "costBreakdown.analysisCostBreakdown")
            .replace("costBreakdown.transcriber", "costBreakdown.stt"),
    };
    path.split('.').fold(call, |value, name| &value[name]).clone()
}

/// Returns the name of an operation's result: its alias, else `sumCost` for the sum of `cost`.
fn alias(operation: &Value) -> String {
    if let Some(alias) = operation["alias"].as_str() {
        return alias.to_owned();
    }
    let mut name = operation["operation"].as_str().unwrap_or_default().to_owned();
    for part in operation["column"].as_str().unwrap_or_default().split('.') {
        let mut letters = part.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    name
}

fn aggregate(operation: &Value, values: &[Value]) -> Value {
    let numbers = || values.iter().filter_map(Value::as_f64);
    let sum = || numbers().sum::<f64>();
    let or_zero = |number: Option<f64>| json!(number.unwrap_or_default());
    match operation["operation"].as_str() {
        Some("sum") => json!(sum()),
        Some("avg") => match numbers().count() {
            0 => json!(0),
            count => json!(sum() / count as f64),
        },
        Some("min") => or_zero(numbers().reduce(f64::min)),
        Some("max") => or_zero(numbers().reduce(f64::max)),
        Some("history") => values.to_vec().into(),
        _ => json!(values.len()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_begin_on_their_first_day() {
        let day = date(2026, 8, 19);
        let cases = [
            ("day", date(2026, 8, 19)),
            ("week", date(2026, 8, 17)),
            ("month", date(2026, 8, 1)),
            ("quarter", date(2026, 7, 1)),
            ("year", date(2026, 1, 1)),
            ("decade", date(2020, 1, 1)),
            ("century", date(2000, 1, 1)),
        ];
        for (step, first) in cases {
            assert_eq!(first_day(day, step), first, "{step}");
        }
    }

    #[test]
    fn columns_that_no_property_has_are_computed() {
        let call = json!({
            "startedAt": "2026-08-18T09:30:00.000Z", "endedAt": "2026-08-18T09:30:12.500Z",
            "customer": { "number": "+15555550101" }, "costBreakdown": { "stt": 0.25 },
            "artifact": { "structuredOutputs": { "so-1": { "name": "guests", "result": 4 } } },
        });
        let cases = [
            ("duration", json!(12.5)),
            ("customerNumber", json!("+15555550101")),
            ("costBreakdown.transcriber", json!(0.25)),
            ("artifact.structuredOutputs[so-1]", json!(4)),
            ("endedReason", Value::Null),
        ];
        for (column, value) in cases {
            assert_eq!(at(&call, column), value, "{column}");
        }
        assert_eq!(at(&json!({}), "duration"), Value::Null);
    }

    #[test]
    fn results_have_an_alias_or_a_name() {
        let named = |operation: Value| alias(&operation);
        assert_eq!(named(json!({ "operation": "sum", "column": "cost" })), "sumCost");
        assert_eq!(
            named(json!({ "operation": "avg", "column": "costBreakdown.llm" })),
            "avgCostBreakdownLlm"
        );
        assert_eq!(
            named(json!({ "operation": "max", "column": "cost", "alias": "most" })),
            "most"
        );
    }
}
