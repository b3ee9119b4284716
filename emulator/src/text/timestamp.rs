//! Timestamps in the API's format: UTC with milliseconds, `2026-08-18T09:30:00.000Z`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Formats milliseconds since 1970 as an ISO date-time.
pub(crate) fn format(milliseconds: i64) -> String {
    // A time beyond the year 9999 is the last one.
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Parses an ISO date or date-time into milliseconds since 1970. Any offset and precision is accepted; a time without
/// an offset is UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let time = text.parse::<Timestamp>().or_else(|_| {
        let civil = text.parse::<DateTime>()?;
        TimeZone::UTC.to_timestamp(civil)
    });
    time.ok().map(|time| time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::{format, parse};

    #[test]
    fn a_timestamp_is_written_in_utc_with_milliseconds() {
        assert_eq!(format(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(format(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(format(1_787_045_400_123), "2026-08-18T09:30:00.123Z");
    }

    #[test]
    fn every_iso_form_of_a_timestamp_is_read() {
        let expected = Some(1_787_045_400_000);
        assert_eq!(parse("2026-08-18T09:30:00.000Z"), expected);
        assert_eq!(parse("2026-08-18T09:30:00Z"), expected);
        assert_eq!(parse("2026-08-18T11:30:00.000000+02:00"), expected);
        assert_eq!(parse("2026-08-18T04:00:00-0530"), expected);
        assert_eq!(parse("2026-08-18T09:30Z"), expected);
        assert_eq!(parse("2026-08-18 09:30:00"), expected);
        assert_eq!(parse("2026-08-18"), Some(1_787_011_200_000));
    }

    #[test]
    fn text_that_is_not_a_timestamp_is_none() {
        for text in [
            "",
            "soon",
            "2026-13-01",
            "2026-02-30",
            "2026-08-18T",
            "2026-08-18Tnoon",
            "12:00",
            "2026-08-18T09:30:00+é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
