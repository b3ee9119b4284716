//! Timestamps in the API's format: UTC with milliseconds, `2026-08-18T09:30:00.000Z`. `jiff` and `chrono` are not used:
//! time zones and calendars would be a large dependency for two functions on milliseconds.

/// Formats milliseconds since 1970 as an ISO date-time.
pub(crate) fn format(milliseconds: i64) -> String {
    let (days, rest) = (milliseconds.div_euclid(86_400_000), milliseconds.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Parses an ISO date or date-time into milliseconds since 1970. Any offset and precision is accepted; a time without
/// an offset is UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, time),
        None => (text, "00:00:00"),
    };
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (number(date.next()?)?, number(date.next()?)?, number(date.next()?)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year > 9999 {
        return None;
    }
    let (time, offset) = split_offset(time)?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (number(clock.next()?)?, number(clock.next()?)?);
    let second = number(clock.next().unwrap_or("0"))?;
    if hour > 24 || minute > 59 || second > 60 || fraction.is_empty() {
        return None;
    }
    let millis: String = fraction.chars().chain("00".chars()).take(3).collect();
    let in_day = ((hour * 60 + minute) * 60 + second) * 1000 + number(&millis)?;
    Some(days(year, month, day) * 86_400_000 + in_day - offset * 60_000)
}

/// Splits a time into the part without offset and the offset in minutes.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else {
        return Some((time, 0));
    };
    let (time, offset) = (time.get(..at)?, time.get(at..)?);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits = offset.get(1..)?.replace(':', "");
    let (hours, minutes) = (
        number(digits.get(..2)?)?,
        number(digits.get(2..).filter(|m| !m.is_empty()).unwrap_or("0"))?,
    );
    Some((time, sign * (hours * 60 + minutes)))
}

fn number(digits: &str) -> Option<i64> {
    let plain = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

// Both directions of the proleptic Gregorian calendar in whole days, counted from a first of March so that the leap
// day comes last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
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
        assert_eq!(parse("2026-08-18"), Some(1_787_011_200_000));
    }

    #[test]
    fn text_that_is_not_a_timestamp_is_none() {
        for text in [
            "",
            "soon",
            "2026-13-01",
            "2026-08-18T",
            "2026-08-18Tnoon",
            "12:00",
            "2026-08-18T09:30:00+é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
