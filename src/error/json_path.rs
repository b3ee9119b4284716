//! Where in a body a decoder stopped, as a path: from the line and column that `serde_json` gives, by walking over the text.
//!
//! Decoding a second time with a deserializer that keeps a path would be less code here, and another copy of every type's
//! decoder in every program.

use crate::model::end_of_string;

/// The path of the value that `cause` is about, such as `messages[1].time`; `None` for the whole body, or if it is not known.
pub(crate) fn of(body: &[u8], cause: &serde_json::Error) -> Option<String> {
    let path = Walk::new(body, offset(body, cause)?).find();
    (!path.is_empty()).then_some(path)
}

/// The path of something within a value that has a path.
pub(crate) fn join(outer: &str, inside: Option<String>) -> String {
    match inside {
        None => outer.to_owned(),
        Some(inside) if inside.starts_with('[') => outer.to_owned() + &inside,
        Some(inside) => format!("{outer}.{inside}"),
    }
}

/// How many bytes were read when it happened.
fn offset(body: &[u8], cause: &serde_json::Error) -> Option<usize> {
    let lines_before = cause.line().checked_sub(1)?;
    let newlines = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let line = match lines_before.checked_sub(1) {
        None => 0,
        Some(last) => newlines.map(|(at, _)| at + 1).nth(last)?,
    };
    Some(line + cause.column())
}

/// An object or array that is open.
enum Open {
    /// With the name of the member whose value is next or under way.
    Object(Option<String>),
    /// With the index of the item that is next or under way.
    Array(usize),
}

struct Walk<'a> {
    body: &'a [u8],
    at: usize,
    offset: usize,
    open: Vec<Open>,
}

impl<'a> Walk<'a> {
    fn new(body: &'a [u8], offset: usize) -> Self {
        Walk {
            body,
            at: 0,
            offset,
            open: Vec::new(),
        }
    }

    /// `serde_json` stops behind what it has read, or before an object or array that it did not expect. Anywhere else, what is meant
    /// is what is open there.
    fn find(mut self) -> String {
        while let Some(byte) = self.body.get(self.at).filter(|_| self.at <= self.offset) {
            let start = self.at;
            match byte {
                b'{' | b'[' if start == self.offset => return self.path(),
                b'{' => self.enter(Open::Object(None)),
                b'[' => self.enter(Open::Array(0)),
                b'}' | b']' => {
                    self.open.pop();
                    self.at += 1;
                    if self.at == self.offset {
                        return self.path();
                    }
                    self.finish_value();
                }
                b'"' if matches!(self.open.last(), Some(Open::Object(None))) => {
                    self.at = end_of_string(self.body, self.at);
                    let name = serde_json::from_slice(&self.body[start..self.at]).unwrap_or_default();
                    if let Some(Open::Object(member)) = self.open.last_mut() {
                        *member = Some(name);
                    }
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                other => {
                    self.at = if *other == b'"' {
                        end_of_string(self.body, self.at)
                    } else {
                        self.end_of_word()
                    };
                    if self.at >= self.offset {
                        return self.path();
                    }
                    self.finish_value();
                }
            }
        }
        self.path()
    }

    fn enter(&mut self, container: Open) {
        self.open.push(container);
        self.at += 1;
    }

    fn finish_value(&mut self) {
        match self.open.last_mut() {
            Some(Open::Object(member)) => *member = None,
            Some(Open::Array(index)) => *index += 1,
            None => {}
        }
    }

    fn end_of_word(&self) -> usize {
        let rest = &self.body[self.at + 1..];
        let ends = |byte: &u8| b",:]}{[\" \t\r\n".contains(byte);
        self.at + 1 + rest.iter().position(ends).unwrap_or(rest.len())
    }

    /// The value that is under way.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match open {
                Open::Object(None) => {}
                Open::Object(Some(name)) if path.is_empty() => path.push_str(name),
                Open::Object(Some(name)) => {
                    path.push('.');
                    path.push_str(name);
                }
                Open::Array(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::of;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Message {
        time: u64,
        text: Option<String>,
        parts: Option<Vec<Message>>,
    }

    fn place<T: DeserializeOwned + std::fmt::Debug>(body: &str) -> Option<String> {
        of(body.as_bytes(), &serde_json::from_str::<T>(body).unwrap_err())
    }

    type Calls = BTreeMap<String, Vec<Message>>;

    #[test]
    fn a_value_of_another_kind_is_named() {
        for wrong in [
            "\"soon\"",
            "-1",
            "1.5",
            "true",
            "null",
            "{}",
            "[1]",
            "\"a \\\" }, { b\"",
        ] {
            let body = format!(
                "{{\"a\": [],\n \"messages\" : [ {{\"time\": 1}},\n\n{{\"text\":\"x\",\n \"time\" : {wrong} , \"y\": 2 }}]}}"
            );
            assert_eq!(place::<Calls>(&body).as_deref(), Some("messages[1].time"), "{body}");
        }
    }

    #[test]
    fn an_object_that_lacks_something_is_named() {
        let body = r#"{"messages": [{"time": 1, "parts": [{"time": 2}, {"text": "}"}]}]}"#;
        assert_eq!(place::<Calls>(body).as_deref(), Some("messages[0].parts[1]"));
        assert_eq!(place::<Vec<Message>>("[ {} ]").as_deref(), Some("[0]"));
    }

    #[test]
    fn the_whole_body_has_no_path() {
        assert_eq!(place::<Message>("{}"), None);
        assert_eq!(place::<Message>("[]"), None);
        assert_eq!(place::<Message>("  \"text\" "), None);
        assert_eq!(place::<Message>(""), None);
        assert_eq!(place::<Message>("<html>"), None);
    }

    #[test]
    fn what_breaks_off_is_named_by_where_it_does() {
        assert_eq!(
            place::<Calls>(r#"{"messages": [{"time": 1}, {"time""#).as_deref(),
            Some("messages[1].time")
        );
        assert_eq!(
            place::<Calls>(r#"{"messages": [{"time": 1}, {"text": "half"#).as_deref(),
            Some("messages[1].text")
        );
        assert_eq!(place::<Calls>(r#"{"messages": ["#).as_deref(), Some("messages[0]"));
    }

    #[test]
    fn a_name_with_escapes_is_shown_as_it_is_meant() {
        assert_eq!(
            place::<BTreeMap<String, u8>>(r#"{"a\"\u00e9": "x"}"#).as_deref(),
            Some("a\"é")
        );
    }
}
