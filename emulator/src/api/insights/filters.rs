//! The filters of the queries of an insight.

use std::cmp::Ordering;

use serde_json::Value;

use crate::api::analytics::at;
use crate::text::timestamp;

/// Returns whether a call passes all filters.
pub(super) fn passes(filters: &Value, call: &Value) -> bool {
    let mut filters = filters.as_array().into_iter().flatten();
    filters.all(|filter| {
        let column = filter["column"].as_str().unwrap_or_default();
        passes_one(&at(call, column), &filter["operator"], &filter["value"])
    })
}

fn passes_one(found: &Value, operator: &Value, wanted: &Value) -> bool {
    let is_empty = || match found {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    let is_in = || {
        let mut list = wanted.as_array().into_iter().flatten();
        list.any(|wanted| compare(found, wanted) == Some(Ordering::Equal))
    };
    let contains = || match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => found.contains(wanted),
        (Value::Array(found), wanted) => found.contains(wanted),
        _ => false,
    };
    let order = compare(found, wanted);
    match operator.as_str() {
        Some("=") => order == Some(Ordering::Equal),
        Some("!=") => order != Some(Ordering::Equal),
        Some(">") => order == Some(Ordering::Greater),
        Some("<") => order == Some(Ordering::Less),
        Some(">=") => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Some("<=") => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Some("in") => is_in(),
        Some("not_in") => !is_in(),
        Some("contains") => contains(),
        Some("not_contains") => !contains(),
        Some("is_empty") => is_empty(),
        Some("is_not_empty") => !is_empty(),
        _ => true,
    }
}

/// Compares two values of one kind. Texts that are both times are compared as times.
fn compare(found: &Value, wanted: &Value) -> Option<Ordering> {
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => {
            let times = timestamp::parse(found).zip(timestamp::parse(wanted));
            Some(times.map_or_else(|| found.cmp(wanted), |(found, wanted)| found.cmp(&wanted)))
        }
        (Value::Bool(found), Value::Bool(wanted)) => Some(found.cmp(wanted)),
        _ => found
            .as_f64()
            .zip(wanted.as_f64())
            .and_then(|(found, wanted)| found.partial_cmp(&wanted)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_compare_values_of_their_kind() {
        let call = json!({
            "assistantId": "a-1", "cost": 0.5, "startedAt": "2026-08-18T09:30:00.000Z", "endedReason": "customer-busy",
        });
        let cases = [
            ("assistantId", "=", json!("a-1"), true),
            ("assistantId", "!=", json!("a-1"), false),
            ("endedReason", "contains", json!("busy"), true),
            ("endedReason", "not_contains", json!("busy"), false),
            ("endedReason", "in", json!(["x", "customer-busy"]), true),
            ("endedReason", "not_in", json!(["x"]), true),
            ("cost", ">=", json!(0.5), true),
            ("cost", "<", json!(0.5), false),
            ("startedAt", ">", json!("2026-08-18"), true),
            ("startedAt", "=", json!("2026-08-18T11:30:00+02:00"), true),
            ("campaignId", "is_empty", json!([]), true),
            ("campaignId", "is_not_empty", json!([]), false),
            ("campaignId", "=", json!("c-1"), false),
        ];
        for (column, operator, value, expected) in cases {
            let filter = json!([{ "column": column, "operator": operator, "value": value }]);
            assert_eq!(passes(&filter, &call), expected, "{filter}");
        }
        assert!(passes(&Value::Null, &call));
    }
}
