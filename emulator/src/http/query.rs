//! Query parameters of a request.

use http::Uri;
use percent_encoding::percent_decode_str;

/// Query parameters in the order of the request.
pub(crate) type Query = [(String, String)];

pub(crate) fn parameter<'q>(query: &'q Query, name: &str) -> Option<&'q str> {
    query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

pub(crate) fn whole(query: &Query, name: &str) -> Option<usize> {
    parameter(query, name)?
        .parse::<f64>()
        .ok()
        .filter(|number| *number >= 0.0)
        .map(|number| number as usize)
}

/// Reads and decodes the query of a URL.
pub(crate) fn pairs(uri: &Uri) -> Vec<(String, String)> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}
