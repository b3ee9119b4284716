//! Durations as text: `300ms`, `2s`, `1.5s`, `10m`, `1h`. `humantime` is not used: it accepts sums and a dozen more
//! units, which the documentation would have to explain.

use std::time::Duration;

/// A year at most, so that sums do not overflow.
const LONGEST: f64 = 366.0 * 24.0 * 3600.0;

pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("`{text}` is not a duration; write 300ms, 2s, 10m or 1h")),
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match number.parse::<f64>() {
        Ok(number) if plain && number * seconds <= LONGEST => Ok(Duration::from_secs_f64(number * seconds)),
        Ok(_) if plain => Err(format!("`{text}` is longer than a year")),
        _ => Err(format!("`{text}` is not a duration; write 300ms, 2s, 10m or 1h")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_unit_is_a_length_of_time() {
        for (text, milliseconds) in [
            ("300ms", 300),
            ("2s", 2000),
            ("1.5s", 1500),
            ("10m", 600_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "300", "ms", "-1s", "1e3s", "2 s", "2days", "1..5s", "9000000h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
