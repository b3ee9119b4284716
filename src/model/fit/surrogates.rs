//! Lone surrogates: halves of a character, such as JavaScript's `slice` leaves when it cuts an emoji in two. `serde_json`
//! refuses a text with one.

/// A text whose lone surrogates were replaced.
#[derive(Debug, PartialEq)]
pub(crate) struct Repaired {
    /// The replacement, as long as the original text.
    pub(crate) text: String,
    /// The strings that had one, by their number in the text. Names of members count.
    pub(crate) strings: Vec<usize>,
}

/// Replaces the escapes of lone surrogates by U+FFFD. Returns `None` if there are none.
pub(crate) fn replace(text: &str) -> Option<Repaired> {
    let bytes = text.as_bytes();
    let mut repaired: Option<Repaired> = None;
    // What is copied so far.
    let mut copied = 0;
    let mut at = 0;
    let mut is_string = false;
    let mut strings = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                strings += usize::from(is_string);
                is_string = !is_string;
                at += 1;
            }
            b'\\' => match (escape(bytes, at), escape(bytes, at + 6)) {
                (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => at += 12,
                (Some(0xD800..0xE000), _) => {
                    let repaired = repaired.get_or_insert_with(|| Repaired {
                        text: String::with_capacity(text.len()),
                        strings: Vec::new(),
                    });
                    repaired.text.push_str(&text[copied..at]);
                    repaired.text.push_str("\\ufffd");
                    if repaired.strings.last() != Some(&strings) {
                        repaired.strings.push(strings);
                    }
                    at += 6;
                    copied = at;
                }
                _ => at += 2,
            },
            _ => at += 1,
        }
    }
    let mut repaired = repaired?;
    repaired.text.push_str(&text[copied..]);
    Some(repaired)
}

/// Reads an escape of four digits.
fn escape(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |code: u16, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(code << 4 | digit as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_replaced_and_pairs_are_kept() {
        let repaired =
            replace(r#"["\ud83d\ude00", "a\uD83D", "\\ud83d", {"\ude00b": "\ud83d\ud83d\ude00é"}]"#).unwrap();
        assert_eq!(
            repaired.text,
            r#"["\ud83d\ude00", "a\ufffd", "\\ud83d", {"\ufffdb": "\ufffd\ud83d\ude00é"}]"#
        );
        assert_eq!(repaired.strings, [1, 3, 4]);
    }

    #[test]
    fn a_text_without_halves_is_left_alone() {
        for text in [
            "",
            "\\",
            "\"\\u",
            "\"\\ud8",
            r#""\u00e9 \ud83d\ude00 \\ud83d""#,
            "\"\\ud83\u{e9}\"",
        ] {
            assert_eq!(replace(text), None, "{text}");
        }
    }
}
