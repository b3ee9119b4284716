//! Reads YAML 1.2 as the JSON value that it stands for.
//!
//! The parser gives events. A loader of a library would copy what aliases name without a limit, or keep numbers and dates that
//! JSON does not have; here each alias counts, and every scalar follows the core schema.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Number, Value};

/// The deepest nesting that is read, the same as `serde_json` has for JSON.
const DEEPEST: usize = 128;

/// More values than any document has. Aliases of aliases reach it quickly.
const MOST_VALUES: usize = 5_000_000;

/// Reads the one document in `text`.
///
/// # Errors
///
/// When the text is not YAML, has several documents, or has what JSON does not have; the error is the rest of a sentence.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text.trim_start_matches('\u{feff}')),
        line: 1,
        anchors: BTreeMap::new(),
        values: 0,
    };
    let mut document = None;
    loop {
        match reader.next()? {
            Event::StreamEnd => return document.ok_or_else(|| "it is empty".to_owned()),
            Event::DocumentStart(_) if document.is_some() => return Err("it has more than one document".to_owned()),
            Event::DocumentStart(_) => {
                let first = reader.next()?;
                document = Some(reader.value(first, 0)?);
            }
            _ => {}
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    line: usize,
    /// The values that have an anchor, each with the number of values in it.
    anchors: BTreeMap<usize, (Value, usize)>,
    values: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, String> {
        match self.parser.next() {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(event)
            }
            Some(Err(error)) => Err(format!("line {}: {}", error.marker().line(), error.info())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn problem(&self, problem: &str) -> String {
        format!("line {}: {problem}", self.line)
    }

    fn count(&mut self, values: usize) -> Result<(), String> {
        self.values += values;
        match self.values > MOST_VALUES {
            true => Err(self.problem("aliases make more values than any document has")),
            false => Ok(()),
        }
    }

    fn value(&mut self, event: Event<'t>, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err(self.problem("it is nested too deeply"));
        }
        let before = self.values;
        self.count(1)?;
        let (value, anchor) = match event {
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let (value, size) = known.ok_or_else(|| self.problem("an alias inside what it names"))?;
                self.count(size)?;
                (value, 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                let value = match is_text {
                    true => Value::String(text.into_owned()),
                    false => scalar(&text),
                };
                (value, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => items.push(self.value(event, depth + 1)?),
                    }
                }
                (Value::Array(items), anchor)
            }
            Event::MappingStart(anchor, _) => (self.mapping(depth)?, anchor),
            _ => return Err(self.problem("a value is missing")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), self.values - before));
        }
        Ok(value)
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut members = Map::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Value::Object(members)),
                Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
                    return Err(self.problem("a merge key, which YAML 1.2 does not have"));
                }
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(self.problem("a key that is not text")),
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            if members.contains_key(&key) {
                return Err(self.problem(&format!("the key {key:?} stands twice")));
            }
            members.insert(key, value);
        }
    }
}

/// Reads a scalar without quotes by the core schema: null, a boolean, a number, or else text.
fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    let digits = text.trim_start_matches(['+', '-']);
    let begins = digits.strip_prefix('.').unwrap_or(digits);
    let has_digit = begins.starts_with(|first: char| first.is_ascii_digit());
    if !has_digit || text.len() > digits.len() + 1 {
        return None;
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.into());
    }
    Number::from_f64(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_follow_the_core_schema() {
        assert_eq!(
            parse("{a: 1, b: -2.5, c: true, d: ~, e: '1', f: no, g: 3.0.3, h: 2024-10-10, i: 0x1F, j: .5, k: +1}")
                .unwrap(),
            json!({"a": 1, "b": -2.5, "c": true, "d": null, "e": "1", "f": "no", "g": "3.0.3", "h": "2024-10-10", "i": 31,
                "j": 0.5, "k": 1})
        );
        assert_eq!(parse("+-1").unwrap(), json!("+-1"));
    }

    #[test]
    fn keys_are_text_and_blocks_keep_their_lines() {
        assert_eq!(
            parse("responses:\n  200:\n    description: |\n      a\n      b\n  true: [x, {y: z}]\n").unwrap(),
            json!({"responses": {"200": {"description": "a\nb\n"}, "true": ["x", {"y": "z"}]}})
        );
    }

    #[test]
    fn an_alias_is_what_its_anchor_names() {
        assert_eq!(
            parse("a: &x {b: 1}\nc: *x\n").unwrap(),
            json!({"a": {"b": 1}, "c": {"b": 1}})
        );
    }

    #[test]
    fn aliases_of_aliases_end_in_an_error() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..30 {
            let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
            text += &format!("a{n}: &a{n} [{aliases}]\n");
        }
        assert!(parse(&text).unwrap_err().contains("aliases make more values"));
    }

    #[test]
    fn what_json_does_not_have_is_refused_with_its_line() {
        assert_eq!(parse("a: 1\na: 2\n").unwrap_err(), "line 2: the key \"a\" stands twice");
        assert!(
            parse("a: 1\n---\nb: 2\n")
                .unwrap_err()
                .contains("more than one document")
        );
        assert!(parse("a: [1\nb: 2").unwrap_err().starts_with("line "));
        assert!(parse("<<: {a: 1}").unwrap_err().contains("merge key"));
        assert!(parse(&"[".repeat(1000)).unwrap_err().starts_with("line "));
        assert_eq!(parse("").unwrap_err(), "it is empty");
    }
}
