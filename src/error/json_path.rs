//! The path in a body at which a decoder stopped, found from the line and column that `serde_json` gives.
//!
//! `serde_path_to_error` is not used: it decodes with a deserializer of its own, which would be a second copy of the decoder of
//! every type in every program.

use crate::model::end_of_string;

/// Returns the path of the value that `cause` is about, such as `messages[1].time`. Returns `None` for the whole body, or if the
/// path is not known.
pub(crate) fn of(body: &[u8], cause: &serde_json::Error) -> Option<String> {
    let path = PathFinder::new(body, offset(body, cause)?).find();
    (!path.is_empty()).then_some(path)
}

/// Returns the path of a value that is at `inner` within the value at `outer`. The whole body has an empty `outer`.
pub(crate) fn join(outer: &str, inner: Option<String>) -> Option<String> {
    match inner {
        inner if outer.is_empty() => inner,
        None => Some(outer.to_owned()),
        Some(inner) if inner.starts_with('[') => Some(outer.to_owned() + &inner),
        Some(inner) => Some(format!("{outer}.{inner}")),
    }
}

/// Returns the number of bytes that were read when the decoder stopped.
fn offset(body: &[u8], cause: &serde_json::Error) -> Option<usize> {
    let lines_before = cause.line().checked_sub(1)?;
    let newlines = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let line = match lines_before.checked_sub(1) {
        None => 0,
        Some(last) => newlines.map(|(at, _)| at + 1).nth(last)?,
    };
    Some(line + cause.column())
}

/// An object or array that has begun and not ended.
enum Container {
    /// With the name of the member whose value is next or being read.
    Object(Option<String>),
    /// With the index of the item that is next or being read.
    Array(usize),
}

/// A walk over the text of a body up to an offset.
struct PathFinder<'a> {
    body: &'a [u8],
    at: usize,
    offset: usize,
    open: Vec<Container>,
}

impl<'a> PathFinder<'a> {
    fn new(body: &'a [u8], offset: usize) -> Self {
        PathFinder {
            body,
            at: 0,
            offset,
            open: Vec::new(),
        }
    }

    /// Returns the path at the offset.
    ///
    /// `serde_json` stops behind the value that it has read, or before an object or array that it did not expect. At any other
    /// offset the innermost open value is meant.
    fn find(mut self) -> String {
        while let Some(byte) = self.body.get(self.at).filter(|_| self.at <= self.offset) {
            let start = self.at;
            match byte {
                b'{' | b'[' if start == self.offset => return self.path(),
                b'{' => self.enter(Container::Object(None)),
                b'[' => self.enter(Container::Array(0)),
                b'}' | b']' => {
                    self.open.pop();
                    self.at += 1;
                    if self.at == self.offset {
                        return self.path();
                    }
                    self.finish_value();
                }
                b'"' if matches!(self.open.last(), Some(Container::Object(None))) => {
                    self.at = end_of_string(self.body, self.at);
                    let name = serde_json::from_slice(&self.body[start..self.at]).unwrap_or_default();
                    if let Some(Container::Object(member)) = self.open.last_mut() {
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

    fn enter(&mut self, container: Container) {
        self.open.push(container);
        self.at += 1;
    }

    fn finish_value(&mut self) {
        match self.open.last_mut() {
            Some(Container::Object(member)) => *member = None,
            Some(Container::Array(index)) => *index += 1,
            None => {}
        }
    }

    fn end_of_word(&self) -> usize {
        let rest = &self.body[self.at + 1..];
        let ends = |byte: &u8| b",:]}{[\" \t\r\n".contains(byte);
        self.at + 1 + rest.iter().position(ends).unwrap_or(rest.len())
    }

    /// Returns the path of the value that is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match open {
                Container::Object(None) => {}
                Container::Object(Some(name)) if path.is_empty() => path.push_str(name),
                Container::Object(Some(name)) => {
                    path.push('.');
                    path.push_str(name);
                }
                Container::Array(index) => path.push_str(&format!("[{index}]")),
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
    #[allow(dead_code, reason = "only the paths of errors are looked at")]
    struct Message {
        time: u64,
        text: Option<String>,
        parts: Option<Vec<Message>>,
    }

    fn path<T: DeserializeOwned + std::fmt::Debug>(body: &str) -> Option<String> {
        of(body.as_bytes(), &serde_json::from_str::<T>(body).unwrap_err())
    }

    type Calls = BTreeMap<String, Vec<Message>>;

    #[test]
    fn a_value_of_another_type_is_named() {
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
            assert_eq!(path::<Calls>(&body).as_deref(), Some("messages[1].time"), "{body}");
        }
    }

    #[test]
    fn an_object_that_lacks_something_is_named() {
        let body = r#"{"messages": [{"time": 1, "parts": [{"time": 2}, {"text": "}"}]}]}"#;
        assert_eq!(path::<Calls>(body).as_deref(), Some("messages[0].parts[1]"));
        assert_eq!(path::<Vec<Message>>("[ {} ]").as_deref(), Some("[0]"));
    }

    #[test]
    fn the_whole_body_has_no_path() {
        assert_eq!(path::<Message>("{}"), None);
        assert_eq!(path::<Message>("[]"), None);
        assert_eq!(path::<Message>("  \"text\" "), None);
        assert_eq!(path::<Message>(""), None);
        assert_eq!(path::<Message>("<html>"), None);
    }

    #[test]
    fn a_body_that_breaks_off_is_named_by_its_end() {
        assert_eq!(
            path::<Calls>(r#"{"messages": [{"time": 1}, {"time""#).as_deref(),
            Some("messages[1].time")
        );
        assert_eq!(
            path::<Calls>(r#"{"messages": [{"time": 1}, {"text": "half"#).as_deref(),
            Some("messages[1].text")
        );
        assert_eq!(path::<Calls>(r#"{"messages": ["#).as_deref(), Some("messages[0]"));
    }

    #[test]
    fn a_name_with_escapes_is_shown_unescaped() {
        assert_eq!(
            path::<BTreeMap<String, u8>>(r#"{"a\"\u00e9": "x"}"#).as_deref(),
            Some("a\"é")
        );
    }
}
