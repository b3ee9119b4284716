//! Templates in texts of an assistant: the variables that every call has, and those that it was given.
//!
//! With the feature `liquid` they are Liquid, as for the API: `{{customer.name | upcase}}`. Without it names alone are replaced.

#[cfg(feature = "liquid")]
mod full;
#[cfg(any(not(feature = "liquid"), test))]
mod names;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

/// Returns the variables of a call: the time, the customer, and those that it was given, which win.
pub(crate) fn variables(now: i64, customer: &Value, given: &Value) -> Map<String, Value> {
    let mut variables = Map::new();
    if let Ok(now) = Timestamp::from_millisecond(now) {
        let now = now.to_zoned_datetime(TimeZone::UTC);
        for (name, format) in [
            ("now", "%b %-d, %Y, %-I:%M %p UTC"),
            ("date", "%b %-d, %Y"),
            ("time", "%-I:%M %p"),
            ("month", "%B"),
            ("day", "%-d"),
            ("year", "%Y"),
        ] {
            variables.insert(name.to_owned(), json!(now.strftime(format).to_string()));
        }
    }
    if customer.is_object() {
        variables.insert("customer".into(), customer.clone());
    }
    variables.extend(given.as_object().cloned().unwrap_or_default());
    variables
}

/// Returns a text with its variables filled in. An unknown variable is empty, and what is no template stays as it is.
pub(crate) fn render(text: &str, variables: &Map<String, Value>, now: i64) -> String {
    if !text.contains("{{") && !text.contains("{%") {
        return text.to_owned();
    }
    #[cfg(feature = "liquid")]
    return full::render(text, variables, now);
    #[cfg(not(feature = "liquid"))]
    {
        let _ = now;
        names::render(text, variables)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::variables;

    #[test]
    fn every_call_has_the_time_and_its_customer() {
        // Wednesday, 19 August 2026, 17:05 UTC.
        let customer = json!({ "number": "+15555550101" });
        let variables = variables(1_787_159_100_000, &customer, &json!({ "day": "today" }));
        assert_eq!(
            json!(variables),
            json!({
                "now": "Aug 19, 2026, 5:05 PM UTC", "date": "Aug 19, 2026", "time": "5:05 PM", "month": "August",
                "day": "today", "year": "2026", "customer": { "number": "+15555550101" },
            })
        );
    }
}
