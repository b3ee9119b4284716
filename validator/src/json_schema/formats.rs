//! Formats as the API reads them: by the rules of class-validator, which are wider than those of JSON Schema.
//!
//! `jsonschema` has formats of the same names. Its date-times need a time and an offset, and its URIs a scheme; a date alone and an
//! address without `https://` are sent to the API every day.

/// The format of telephone numbers, which `spec/corrections.toml` states.
pub(crate) const E164: &str = "e164";

/// A check of a text.
pub(crate) type Format = fn(&str) -> bool;

/// The known formats, each with its check.
pub(crate) const FORMATS: [(&str, Format); 7] = [
    ("date-time", is_date_or_time),
    ("date", is_date_or_time),
    ("email", is_email),
    ("uri", is_url),
    ("url", is_url),
    ("uuid", is_uuid),
    (E164, is_e164),
];

pub(crate) fn is_known(format: &str) -> bool {
    FORMATS.iter().any(|(name, _)| *name == format)
}

/// Returns the sentence's end for a format: `must be a UUID`.
pub(crate) fn sentence(format: &str) -> &'static str {
    match format {
        "date-time" | "date" => "must be a valid ISO 8601 date string",
        "email" => "must be an email",
        "uri" | "url" => "must be a URL address",
        "uuid" => "must be a UUID",
        E164 => {
            "must be a valid phone number in the E.164 format. Hot tip, you may be missing the country code (Eg. US: +1)."
        }
        _ => "must be of its format",
    }
}

/// Returns the name of what a format demands, for a person.
pub(crate) fn expected(format: &str) -> &'static str {
    match format {
        "date-time" | "date" => "a date of ISO 8601",
        "email" => "an email address",
        "uri" | "url" => "a URL",
        "uuid" => "a UUID",
        E164 => "a phone number with its country code, such as +15555550123",
        _ => "its format",
    }
}

/// Returns whether a text is a UUID of any version.
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(name, domain)| {
        !name.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !text.chars().any(char::is_whitespace)
    })
}

/// Returns whether a text is a URL, or a host with a path. Templates in a URL are filled in later.
fn is_url(text: &str) -> bool {
    if text.contains("{{") {
        return true;
    }
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let (host, has_scheme) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (rest, true),
        Some(_) => return false,
        None => (text, false),
    };
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    !text.chars().any(char::is_whitespace) && !host.is_empty() && (has_scheme || host.trim_matches('.').contains('.'))
}

/// Returns whether a text is a date of ISO 8601, with or without a time, with or without an offset.
fn is_date_or_time(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let year = parts.next().is_some_and(|year| number(year, 4).is_some());
    let month = parts.next().map(|month| number(month, 2));
    let day = parts.next().map(|day| number(day, 2));
    let is_date = year
        && month.is_none_or(|month| month.is_some_and(|month| (1..=12).contains(&month)))
        && day.is_none_or(|day| day.is_some_and(|day| (1..=31).contains(&day)));
    is_date && time.is_none_or(|time| day.is_some() && is_time(time))
}

fn is_time(text: &str) -> bool {
    let (time, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let (time, fraction) = match time.split_once(['.', ',']) {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let parts: Vec<Option<u32>> = time.split(':').map(|part| number(part, 2)).collect();
    let is_time = match parts.as_slice() {
        [Some(hour)] => *hour <= 24,
        [Some(hour), Some(minute)] => *hour <= 24 && *minute < 60,
        [Some(hour), Some(minute), Some(second)] => *hour <= 24 && *minute < 60 && *second <= 60,
        _ => false,
    };
    let is_fraction = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_time && fraction.is_none_or(is_fraction) && is_offset(offset)
}

fn is_offset(text: &str) -> bool {
    if matches!(text, "" | "Z" | "z") {
        return true;
    }
    let digits = text.get(1..).unwrap_or_default().replacen(':', "", 1);
    match digits.len() {
        2 => number(&digits, 2).is_some_and(|hours| hours < 24),
        4 => number(&digits, 4).is_some_and(|offset| offset / 100 < 24 && offset % 100 < 60),
        _ => false,
    }
}

/// Reads a number that has so many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fits: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(fits(text), "{text}");
        }
        for text in bad {
            assert!(!fits(text), "{text}");
        }
    }

    #[test]
    fn dates_may_lack_time_and_offset() {
        check(
            is_date_or_time,
            &[
                "2026-01-31T10:00:00.000Z",
                "2026-01-31",
                "2026-01-31T10:00",
                "2026-01-31 10:00:00+02:00",
                "2026-01-31T10:00:00,5-0330",
                "2026-01",
            ],
            &[
                "tomorrow",
                "",
                "2026-13-01",
                "2026-01-31T",
                "2026-01-31T25:00",
                "2026-01T10:00",
                "31.01.2026",
                "2026-01-31T10:00:00+99:00",
                "2026-01-31T10:00:00.Z",
            ],
        );
    }

    #[test]
    fn numbers_begin_with_a_country_code() {
        check(
            is_e164,
            &["+15555550123", "+4930123456"],
            &[
                "15555550123",
                "+",
                "+05555550123",
                "+1 555 555",
                "+1234567890123456",
                "",
            ],
        );
    }

    #[test]
    fn uuids_are_of_any_version() {
        check(
            is_uuid,
            &[
                "00000000-0000-0000-0000-000000000000",
                "6F9619FF-8B86-D011-B42D-00CF4FC964FF",
            ],
            &[
                "6F9619FF8B86D011B42D00CF4FC964FF",
                "g0000000-0000-0000-0000-000000000000",
                "mine",
                "",
            ],
        );
    }

    #[test]
    fn urls_may_lack_a_scheme_and_have_templates() {
        check(
            is_url,
            &[
                "https://example.com/a?b",
                "http://localhost:3000",
                "example.com/a.mp3",
                "https://{{host}}/a b",
            ],
            &["example", "https://", "two words.com", "", "://x.com"],
        );
        check(
            is_email,
            &["ada@example.com"],
            &["ada", "@example.com", "ada@host", "a da@example.com"],
        );
    }
}
