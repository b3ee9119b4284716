//! The headers of a response that errors, responses and the retry policy read.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// Returns the id of a request from the headers of its response.
///
/// The API documents none; these are the headers that it and its proxies are seen to send.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-request-id", "request-id", "cf-ray", "x-amz-request-id"]
        .iter()
        .filter_map(|name| headers.get(*name))
        // An id with a secret in it is marked.
        .filter(|value| !value.is_sensitive())
        .find_map(|value| value.to_str().ok())
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// Returns the delay in `Retry-After`, which holds seconds or a date. A date in the past means no delay.
///
/// A number that is no duration (negative, too large, not a number) is the longest delay: a server that sends it is out of
/// order, and the retry policy waits for no such delay.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks_for(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        retry_after(&headers, now)
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        assert_eq!(asks_for("7"), Some(Duration::from_secs(7)));
        assert_eq!(asks_for(" 0.5 "), Some(Duration::from_millis(500)));
    }

    #[test]
    fn retry_after_is_read_as_a_date() {
        assert_eq!(asks_for("Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(asks_for("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn a_malformed_retry_after_is_ignored() {
        for nonsense in ["soon", "", "7 s"] {
            assert_eq!(asks_for(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_number_that_is_no_duration_is_the_longest_delay() {
        for nonsense in ["-1", "NaN", "inf", "1e20", "99999999999999999999999"] {
            assert_eq!(asks_for(nonsense), Some(Duration::MAX), "{nonsense:?}");
        }
    }
}
