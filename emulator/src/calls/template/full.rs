//! Liquid as `liquid` renders it. Its `date` filter knows no time zones, so there is one here that does.

use std::sync::LazyLock;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use liquid::model::{Object, Scalar, Value as Variable};
use liquid::{Parser, ParserBuilder};
use liquid_core::{
    Display_filter, Expression, Filter, FilterParameters, FilterReflection, FromFilterParameters, ParseFilter, Result,
    Runtime, ValueView,
};
use serde_json::{Map, Value};

use crate::text::timestamp;

static PARSER: LazyLock<Option<Parser>> = LazyLock::new(|| ParserBuilder::with_stdlib().filter(Date).build().ok());

/// Returns a text with its variables filled in. An unknown variable is empty, and what is no template stays as it is.
pub(super) fn render(text: &str, variables: &Map<String, Value>, now: i64) -> String {
    let mut values = liquid::to_object(variables).unwrap_or_default();
    values.insert(NOW.into(), Variable::scalar(now));
    for name in names(text) {
        values.entry(name).or_insert(Variable::Nil);
    }
    render_whole(text, &values).unwrap_or_else(|| render_each(text, &values))
}

fn render_whole(text: &str, values: &Object) -> Option<String> {
    PARSER.as_ref()?.parse(text).ok()?.render(values).ok()
}

/// Renders each `{{…}}` alone, so that one that fails leaves the others.
fn render_each(text: &str, values: &Object) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((variable, after)) = after.split_once("}}") else {
            break;
        };
        filled.push_str(before);
        filled.push_str(&render_whole(&format!("{{{{{variable}}}}}"), values).unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Returns the words of a template that could be variables, for `liquid` refuses those that it does not know.
fn names(text: &str) -> impl Iterator<Item = String> {
    let tags = text.split("{{").skip(1).chain(text.split("{%").skip(1));
    let tags = tags.filter_map(|tag| tag.find(['}', '%']).and_then(|end| tag.get(..end)));
    tags.flat_map(|tag| tag.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-'))
        .filter(|word| word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_'))
        .map(str::to_owned)
}

/// The variable with the emulator's time, for the filter `date`.
const NOW: &str = "emulator-now";

#[derive(Debug, FilterParameters)]
struct DateArguments {
    #[parameter(description = "The format, as for strftime.", arg_type = "str")]
    format: Expression,
    #[parameter(
        description = "The time zone, such as America/New_York; UTC by default.",
        arg_type = "str"
    )]
    zone: Option<Expression>,
}

#[derive(Clone, ParseFilter, FilterReflection)]
#[filter(
    name = "date",
    description = "Formats a time, `now` by default, in a time zone.",
    parameters(DateArguments),
    parsed(DateFilter)
)]
struct Date;

#[derive(Debug, FromFilterParameters, Display_filter)]
#[name = "date"]
struct DateFilter {
    #[parameters]
    arguments: DateArguments,
}

impl Filter for DateFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Variable> {
        let arguments = self.arguments.evaluate(runtime)?;
        let now = runtime
            .try_get(&[Scalar::new(NOW)])
            .and_then(|now| now.as_scalar()?.to_integer());
        let zone = arguments.zone.as_ref().map(|zone| zone.to_string());
        let zone = zone.map_or(Ok(TimeZone::UTC), |zone| TimeZone::get(&zone));
        let zone = zone.map_err(|error| liquid_core::Error::with_msg(error.to_string()))?;
        let Some(time) = time(&input.to_kstr(), now.unwrap_or_default(), &zone) else {
            // As Liquid does with what is no time.
            return Ok(input.to_value());
        };
        let text = strtime::format(&arguments.format, &time);
        text.map(Variable::scalar)
            .map_err(|error| liquid_core::Error::with_msg(error.to_string()))
    }
}

/// Reads a time: `now`, seconds since 1970, or a date in ISO format.
fn time(text: &str, now: i64, zone: &TimeZone) -> Option<ZonedDateTime> {
    let milliseconds = match text {
        "now" | "today" => now,
        _ => match text.parse::<i64>() {
            Ok(seconds) => seconds.checked_mul(1000)?,
            Err(_) => timestamp::parse(text)?,
        },
    };
    Some(
        Timestamp::from_millisecond(milliseconds)
            .ok()?
            .to_zoned_datetime(zone.clone()),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::render;
    use crate::calls::template::variables;

    /// Wednesday, 19 August 2026, 17:05 UTC.
    const AT: i64 = 1_787_159_100_000;

    fn filled(text: &str) -> String {
        let customer = json!({ "number": "+15555550101", "name": "Tim" });
        let given = json!({ "name": "Ada", "age": 36, "pets": ["cat", "dog"] });
        render(text, &variables(AT, &customer, &given), AT)
    }

    #[test]
    fn variables_are_filled_in() {
        assert_eq!(filled("Hi {{ name }}, you are {{age}}."), "Hi Ada, you are 36.");
        assert_eq!(
            filled("[{{nothing}}] [{{customer.nickname}}] {{customer.name}}"),
            "[] [] Tim"
        );
    }

    #[test]
    fn filters_and_tags_are_those_of_liquid() {
        assert_eq!(filled("{{name | upcase}} {{ nobody | default: \"you\" }}"), "ADA you");
        assert_eq!(filled("{% if age > 30 %}old{% else %}young{% endif %}"), "old");
        assert_eq!(filled("{% for pet in pets %}{{pet}} {% endfor %}"), "cat dog ");
    }

    #[test]
    fn dates_are_told_in_their_time_zone() {
        assert_eq!(
            filled("{{\"now\" | date: \"%A, %I:%M %p\", \"America/New_York\"}}"),
            "Wednesday, 01:05 PM"
        );
        assert_eq!(filled("{{\"now\" | date: \"%H:%M\"}}"), "17:05");
        assert_eq!(filled("{{\"2026-01-02\" | date: \"%b %e\"}}"), "Jan  2");
    }

    #[test]
    fn text_that_is_no_template_stays_as_it_is() {
        assert_eq!(filled("{{name}} {{ and {% more"), "Ada {{ and {% more");
        assert_eq!(filled("{{ | }} {{name}}"), " Ada");
    }
}
