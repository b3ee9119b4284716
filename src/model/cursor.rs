//! Reading a JSON text as it comes, without a type for each reader.
//!
//! `serde` compiles a parser for each type that is read, and there are hundreds in one call. A cursor is one type, so what it reads can
//! stand behind `dyn`. It knows where values begin and end; what is in a string, a number, or a value of no type is read by `serde_json`.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use super::names::Names;
use super::number::Number;

/// A text is not JSON, or not what its type takes. Which of the two, and where, is found by the careful reading.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit;

/// A position in a JSON text.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// The number of objects and lists that are open here.
    depth: usize,
}

impl<'t> Cursor<'t> {
    /// The number of objects and lists in one another, which is that of `serde_json`: the stack is not endless.
    const DEPTH: usize = 127;

    pub(crate) fn new(text: &'t str) -> Self {
        Cursor { text, at: 0, depth: 0 }
    }

    /// Returns the next byte that is no white space, and does not pass it.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        match self.text.as_bytes().get(self.at) {
            Some(&byte) if byte > b' ' => Some(byte),
            _ => self.pass_space(),
        }
    }

    #[inline(never)]
    fn pass_space(&mut self) -> Option<u8> {
        let text = self.text.as_bytes();
        while let b' ' | b'\n' | b'\r' | b'\t' = text.get(self.at)? {
            self.at += 1;
        }
        text.get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> Result<(), Unfit> {
        match self.peek() == Some(byte) {
            true => {
                self.at += 1;
                Ok(())
            }
            false => Err(Unfit),
        }
    }

    /// Checks that the text has ended.
    pub(crate) fn end(mut self) -> Result<(), Unfit> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Unfit),
        }
    }

    /// Passes `null`, if it is next.
    pub(crate) fn null(&mut self) -> Result<bool, Unfit> {
        match self.peek() {
            Some(b'n') => self.word("null").map(|()| true),
            _ => Ok(false),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Unfit> {
        match self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            true => {
                self.at += word.len();
                Ok(())
            }
            false => Err(Unfit),
        }
    }

    pub(crate) fn bool(&mut self) -> Result<bool, Unfit> {
        match self.peek() {
            Some(b't') => self.word("true").map(|()| true),
            Some(b'f') => self.word("false").map(|()| false),
            _ => Err(Unfit),
        }
    }

    /// Reads an integer.
    pub(crate) fn integer(&mut self) -> Result<i64, Unfit> {
        self.peek();
        let start = self.at;
        let text = self.text.as_bytes().get(start..).ok_or(Unfit)?;
        let (value, digits) = leading_digits(text);
        self.at += digits;
        match is_whole(text, digits) && !self.goes_on() {
            true => Ok(value),
            false => self.any_number(start),
        }
    }

    /// Reads a number.
    pub(crate) fn number(&mut self) -> Result<Number, Unfit> {
        self.peek();
        let start = self.at;
        let text = self.text.as_bytes().get(start..).ok_or(Unfit)?;
        let (whole, digits) = leading_digits(text);
        self.at += digits;
        if is_whole(text, digits) {
            if !self.goes_on() {
                return Ok(whole.into());
            }
            if let Some(fraction) = text[digits..].strip_prefix(b".") {
                let (part, places) = leading_digits(fraction);
                self.at += 1 + places;
                // Both are integers that a floating-point value has exactly, and so is what they are divided by: the only rounding is
                // that of the division, and the result is the nearest one, as `serde_json` has it.
                if places > 0 && digits + places < POWERS.len() && !self.goes_on() {
                    let (part, power) = (part as f64, POWERS[places]);
                    return Ok(Number::fraction((whole as f64 * power + part) / power));
                }
            }
        }
        self.any_number(start)
    }

    /// Returns whether the next byte could be of a number, too.
    #[inline]
    fn goes_on(&self) -> bool {
        self.text.as_bytes().get(self.at).is_some_and(is_of_number)
    }

    /// Reads the number that starts there.
    fn any_number<T: DeserializeOwned>(&mut self, start: usize) -> Result<T, Unfit> {
        while self.goes_on() {
            self.at += 1;
        }
        parse(self.text.get(start..self.at).ok_or(Unfit)?)
    }

    /// Reads a string, which is borrowed if it has no escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'t, str>, Unfit> {
        self.take(b'"')?;
        let (text, start) = (self.text.as_bytes(), self.at);
        let end = next_special(text, start);
        if text.get(end) == Some(&b'"') {
            self.at = end + 1;
            return self.text.get(start..end).map(Cow::Borrowed).ok_or(Unfit);
        }
        self.at = end_of_string(text, start - 1);
        let quoted = self.text.get(start - 1..self.at).ok_or(Unfit)?;
        parse(quoted).map(Cow::Owned)
    }

    /// Opens an object.
    pub(crate) fn object(&mut self) -> Result<Opened, Unfit> {
        self.open(b'{')
    }

    /// Opens a list.
    pub(crate) fn list(&mut self) -> Result<Opened, Unfit> {
        self.open(b'[')
    }

    fn open(&mut self, bracket: u8) -> Result<Opened, Unfit> {
        self.take(bracket)?;
        self.depth += 1;
        match self.depth <= Self::DEPTH {
            true => Ok(Opened { is_first: true }),
            false => Err(Unfit),
        }
    }

    /// Returns the name of the next member, whose value is next then, or closes the object.
    #[inline]
    pub(crate) fn member(&mut self, opened: &mut Opened) -> Result<Option<Cow<'t, str>>, Unfit> {
        if !self.has_member(opened)? {
            return Ok(None);
        }
        let name = self.string()?;
        self.colon()?;
        Ok(Some(name))
    }

    /// Returns whether there is another member, whose name is next then, or closes the object.
    #[inline]
    pub(crate) fn has_member(&mut self, opened: &mut Opened) -> Result<bool, Unfit> {
        self.go_on(opened, b'}')
    }

    /// Passes a string that is one of these names, and returns its number. `first` is the likeliest one. A string with escapes is none.
    #[inline]
    pub(crate) fn one_of(&mut self, names: Names, first: usize) -> Option<usize> {
        if self.peek() != Some(b'"') || !names.is_plain {
            return None;
        }
        let (index, length) = names.leading(&self.text.as_bytes()[self.at + 1..], first)?;
        self.at += length + 2;
        Some(index)
    }

    /// Passes what stands between a name and a value.
    #[inline]
    pub(crate) fn colon(&mut self) -> Result<(), Unfit> {
        self.take(b':')
    }

    /// Returns whether there is another item, which is next then, or closes the list.
    pub(crate) fn item(&mut self, opened: &mut Opened) -> Result<bool, Unfit> {
        self.go_on(opened, b']')
    }

    #[inline]
    fn go_on(&mut self, opened: &mut Opened, bracket: u8) -> Result<bool, Unfit> {
        let next = self.peek();
        if next == Some(bracket) {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if !std::mem::take(&mut opened.is_first) {
            if next != Some(b',') {
                return Err(Unfit);
            }
            self.at += 1;
        }
        Ok(true)
    }

    /// Passes the next value and returns its text, in which only strings and brackets were looked at.
    pub(crate) fn pass(&mut self) -> Result<&'t str, Unfit> {
        let first = self.peek().ok_or(Unfit)?;
        let (text, start) = (self.text.as_bytes(), self.at);
        match first {
            b'"' => self.at = end_of_string(text, start),
            b'{' | b'[' => self.at = self.end_of_brackets()?,
            _ => {
                let rest = &text[start..];
                let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t');
                self.at += rest.iter().position(is_end).unwrap_or(rest.len());
            }
        }
        self.text.get(start..self.at).ok_or(Unfit)
    }

    fn end_of_brackets(&self) -> Result<usize, Unfit> {
        let text = self.text.as_bytes();
        let (mut at, mut depth) = (self.at, self.depth);
        loop {
            match text.get(at).ok_or(Unfit)? {
                b'"' => {
                    at = end_of_string(text, at);
                    continue;
                }
                b'{' | b'[' => {
                    depth += 1;
                    if depth > Self::DEPTH {
                        return Err(Unfit);
                    }
                }
                b'}' | b']' => {
                    depth -= 1;
                    if depth == self.depth {
                        return Ok(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Passes a value that is not needed, but must be JSON.
    pub(crate) fn ignore(&mut self) -> Result<(), Unfit> {
        parse(self.pass()?).map(|IgnoredAny| ())
    }

    /// Reads a value of any type.
    pub(crate) fn value(&mut self) -> Result<Value, Unfit> {
        parse(self.pass()?)
    }

    /// Reads an object of no type.
    pub(crate) fn map(&mut self) -> Result<Map<String, Value>, Unfit> {
        parse(self.pass()?)
    }

    /// Goes into an object that is next, up to the value of a member, and returns whether that is the first. What is passed need not
    /// be JSON.
    pub(crate) fn find(&mut self, name: &str) -> Result<bool, Unfit> {
        let mut opened = self.object()?;
        let mut is_first = true;
        while let Some(found) = self.member(&mut opened)? {
            if found == name {
                return Ok(is_first);
            }
            is_first = false;
            self.pass()?;
        }
        Err(Unfit)
    }
}

/// An object or a list that is being read.
#[doc(hidden)]
#[derive(Debug)]
pub struct Opened {
    is_first: bool,
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Unfit> {
    serde_json::from_str(text).map_err(|_| Unfit)
}

fn is_of_number(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Returns whether a text starts with an integer of so many digits, which is no larger than [`leading_digits`] can say.
#[inline]
fn is_whole(text: &[u8], digits: usize) -> bool {
    matches!((text, digits), (_, 1) | ([b'1'..=b'9', ..], 2..=18))
}

/// The powers of ten up to the most digits of which a floating-point value has every integer.
const POWERS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// Returns the number that the digits at the start of a text are, and how many they are. The number is wrong if they are more than 18.
#[inline]
fn leading_digits(text: &[u8]) -> (i64, usize) {
    let (mut value, mut count) = (0_i64, 0);
    while let Some(digit @ b'0'..=b'9') = text.get(count) {
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
        count += 1;
    }
    (value, count)
}

/// Sets the highest bit of the first quote, backslash or control character, and of some bytes behind it.
fn special(eight: [u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    /// Sets the highest bit of each byte that is less than `limit`, and of some behind the first such byte.
    fn less_than(bytes: u64, limit: u8) -> u64 {
        bytes.wrapping_sub(ONES * u64::from(limit)) & !bytes
    }
    fn equal_to(bytes: u64, byte: u8) -> u64 {
        less_than(bytes ^ (ONES * u64::from(byte)), 1)
    }
    let bytes = u64::from_le_bytes(eight);
    (less_than(bytes, b' ') | equal_to(bytes, b'"') | equal_to(bytes, b'\\')) & (ONES * 0x80)
}

const fn is_special(byte: &u8) -> bool {
    matches!(byte, 0..b' ' | b'"' | b'\\')
}

/// Returns the position of the next quote, backslash or control character from `at` on, or the end of the text.
pub(super) fn next_special(text: &[u8], mut at: usize) -> usize {
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let special = special(*eight);
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += eight.len();
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Returns whether JSON has a text without escapes. It is for constants: `next_special` is faster.
pub(crate) const fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        if is_special(byte) {
            return false;
        }
        rest = behind;
    }
    true
}

/// Returns the end of the string that begins at `start`, its quotes included.
pub(crate) fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        at = next_special(text, at);
        match text.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for special in [b'"', b'\\', 0, 0x1f] {
            for length in 0..20 {
                let mut text = vec![b'x'; length];
                text.push(special);
                text.extend_from_slice("€ÿ\"\\\u{1} !#[]".as_bytes());
                assert_eq!(next_special(&text, 0), length);
                assert_eq!(next_special(&text[..length], 0), length);
            }
        }
        assert_eq!(next_special("plain ÿ €, longer than eight".as_bytes(), 0), 31);
    }

    #[test]
    fn what_needs_an_escape_is_not_plain() {
        assert!(is_plain("") && is_plain("plain ÿ €, !#[]"));
        for text in ["\"", "a\\", "\n", "long enough \u{1f} for eight"] {
            assert!(!is_plain(text), "{text:?}");
        }
    }

    #[test]
    fn integers_are_read_like_all_numbers() {
        let texts = [
            "0",
            "7",
            "-7",
            "1234567890",
            "999999999999999999",
            "1000000000000000000",
            "-9223372036854775808",
            "9223372036854775807",
            "",
            "00",
            "01",
            "-",
            "1+",
            "1.0",
            "1e3",
            "9223372036854775808",
            "123456789012345678901234567890",
        ];
        for text in texts {
            let expected = serde_json::from_str::<i64>(text).map_err(|_| Unfit);
            for (text, at) in [(text.to_owned(), text.len()), (format!("{text},1"), text.len())] {
                let mut cursor = Cursor::new(&text);
                assert_eq!(cursor.integer(), expected, "{text}");
                if expected.is_ok() {
                    assert_eq!(cursor.at, at, "{text}");
                }
            }
        }
    }

    #[test]
    fn fractions_are_read_as_serde_json_reads_them() {
        let texts = [
            "0.0",
            "1.0",
            "3.5",
            "0.1",
            "0.3",
            "2.675",
            "1.28",
            "0.000001",
            "1787045400.123",
            "123456789.012345",
            "1234567890.012345",
            "0.123456789012345",
            "0.1234567890123456",
            "99999999999999.9",
            "9007199254740993.1",
            "-1.5",
            "1.5e3",
            "1.5E-3",
            "1.",
            ".5",
            "01.5",
            "1.5.5",
            "1.5-",
            "1.-5",
            "1.e5",
            "",
        ];
        for text in texts {
            let expected = serde_json::from_str::<Number>(text).map_err(|_| Unfit);
            for (text, at) in [(text.to_owned(), text.len()), (format!("{text},1"), text.len())] {
                let mut cursor = Cursor::new(&text);
                let read = cursor.number();
                let shown =
                    |read: Result<Number, Unfit>| read.map(|number| (number.as_f64().to_bits(), number.to_string()));
                assert_eq!(shown(read), shown(expected), "{text}");
                if expected.is_ok() {
                    assert_eq!(cursor.at, at, "{text}");
                }
            }
        }
    }

    #[test]
    fn a_cursor_takes_what_json_is_and_nothing_else() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let texts = [
            "",
            " ",
            "null",
            "nul",
            "nullx",
            "tru",
            "true",
            "false ",
            "\"a\"",
            "\"a",
            "\"\\\"",
            "\"\\u00e9\"",
            "\"\\ud800\"",
            "\"\\x\"",
            "\"\u{1}\"",
            "0",
            "-0",
            "01",
            "1.",
            "1.5",
            "1e400",
            "1e",
            "-",
            "+1",
            "[]",
            "[1]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1",
            "]",
            "{}",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{,}",
            "{\"a\" 1}",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":[}]",
            "{\"a\":1}}",
            "[[[]]",
            "1 1",
            "\u{feff}1",
            "\u{a0}1",
            "[\"\\\\\"]",
            "/**/1",
            "[1]//",
            "NaN",
            "[\n\t\r 1 ]",
            &deep(127),
            &deep(128),
        ];
        for text in texts {
            // As a list of anything, as a map of anything, and as anything: structure by the cursor, and by `serde_json`.
            let mut list = Vec::<Value>::new();
            let mut map = std::collections::BTreeMap::<String, Value>::new();
            let mut any = Value::Null;
            let fields: [(&str, &mut dyn crate::model::Slot); 3] = [("[", &mut list), ("{", &mut map), ("", &mut any)];
            for (start, field) in fields {
                let mut cursor = Cursor::new(text);
                let read = field
                    .read(&mut cursor, crate::model::Mode::Direct { looks: 0 })
                    .and_then(|_| cursor.end());
                let is_json = serde_json::from_str::<Value>(text).is_ok();
                let is_kind = text.trim_start().starts_with(start);
                assert_eq!(read.is_ok(), is_json && is_kind, "{text} as {start}");
            }
        }
    }

    #[test]
    fn a_cursor_reads_what_is_there() {
        let mut cursor = Cursor::new(r#" { "a" : [ 1 , -2.5e3 ] , "b\n" : { } , "c" : null , "d" : true } "#);
        let mut object = cursor.object().unwrap();
        assert_eq!(cursor.member(&mut object).unwrap().unwrap(), "a");
        let mut list = cursor.list().unwrap();
        assert!(cursor.item(&mut list).unwrap());
        assert_eq!(cursor.integer().unwrap(), 1);
        assert!(cursor.item(&mut list).unwrap());
        assert_eq!(cursor.number().unwrap(), -2500);
        assert!(!cursor.item(&mut list).unwrap());
        assert_eq!(cursor.member(&mut object).unwrap().unwrap(), "b\n");
        assert_eq!(cursor.value().unwrap(), Value::Object(Map::new()));
        assert_eq!(cursor.member(&mut object).unwrap().unwrap(), "c");
        assert!(cursor.null().unwrap());
        assert_eq!(cursor.member(&mut object).unwrap().unwrap(), "d");
        assert!(cursor.bool().unwrap());
        assert_eq!(cursor.member(&mut object).unwrap(), None);
        cursor.end().unwrap();
    }
}
