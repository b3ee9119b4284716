//! Server-sent events, out of bytes that come in pieces of any size. It knows the format alone, not what the events mean.
//!
//! Our own because an event has to have a longest size, and a line that comes in many pieces must not be read again from its
//! start with each of them; the parser crates did one or neither when this was written.

use bytes::{Buf, Bytes};
use http::{HeaderMap, header};

/// Longest event that is held in memory, counting the line that is being read.
pub(crate) const LONGEST_EVENT: usize = 8 << 20;

/// An event that had data. Its id and its wish for a reconnection delay are dropped: nothing here reconnects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// What `event:` said.
    pub name: Option<String>,
    /// What the `data:` lines said, with a line feed between them.
    pub data: String,
}

/// An event is longer than [`LONGEST_EVENT`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Whether an answer with these headers is a stream of events.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/event-stream")
    })
}

#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// The part of a line that came without its end.
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    name: Option<String>,
    /// A line ended in a carriage return, to which a line feed at the start of what comes next belongs.
    after_return: bool,
    begun: bool,
}

impl Parser {
    /// Takes bytes from the front of `bytes` up to the end of the next event; `None` when all are taken and more are needed.
    pub(crate) fn next(&mut self, bytes: &mut Bytes) -> Result<Option<Event>, TooLong> {
        loop {
            if self.after_return && !bytes.is_empty() {
                self.after_return = false;
                if bytes[0] == b'\n' {
                    bytes.advance(1);
                }
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.unwrap_or(bytes.len());
            let held = self.line.len() + self.data.as_ref().map_or(0, Vec::len);
            if held + taken > LONGEST_EVENT {
                return Err(TooLong);
            }
            let piece = bytes.split_to(taken);
            if end.is_none() {
                self.line.extend_from_slice(&piece);
                return Ok(None);
            }
            self.after_return = bytes[0] == b'\r';
            bytes.advance(1);
            let event = if self.line.is_empty() {
                self.take_line(&piece)
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&piece);
                let event = self.take_line(&line);
                line.clear();
                self.line = line;
                event
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// What was begun when the bytes ended: an event whose closing empty line did not come.
    pub(crate) fn finish(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.take_line(&line);
        }
        self.take_line(b"")
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Event> {
        let first = !std::mem::replace(&mut self.begun, true);
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if first => rest,
            _ => line,
        };
        if line.is_empty() {
            let name = self.name.take().filter(|name| !name.is_empty());
            let data = text(&self.data.take()?);
            return Some(Event { name, data });
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match (field, &mut self.data) {
            (b"data", None) => self.data = Some(value.to_vec()),
            (b"data", Some(data)) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            (b"event", _) => self.name = Some(text(value)),
            // A comment has an empty field name.
            _ => {}
        }
        None
    }
}

/// Whole lines only: a character that is split between two pieces is whole again here.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a text that comes in pieces of so many bytes, and what was left at its end.
    fn events(text: &str, size: usize) -> Vec<(Option<String>, String)> {
        let mut parser = Parser::default();
        let mut found = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            let mut bytes = Bytes::copy_from_slice(piece);
            while let Some(event) = parser.next(&mut bytes).unwrap() {
                found.push(event);
            }
            assert!(bytes.is_empty());
        }
        found.extend(parser.finish());
        found.into_iter().map(|event| (event.name, event.data)).collect()
    }

    /// The data of a text's events, which must not depend on how it is cut.
    #[track_caller]
    fn data(text: &str) -> Vec<String> {
        let whole = events(text, text.len().max(1));
        for size in 1..8 {
            assert_eq!(events(text, size), whole, "in pieces of {size}");
        }
        whole.into_iter().map(|(_, data)| data).collect()
    }

    #[test]
    fn lines_end_in_any_of_the_three_ways() {
        for text in [
            "data: a\n\ndata: b\n\n",
            "data: a\r\n\r\ndata: b\r\n\r\n",
            "data: a\r\rdata: b\r\r",
            "data: a\r\n\ndata: b\n\r\n",
        ] {
            assert_eq!(data(text), ["a", "b"], "{text:?}");
        }
    }

    #[test]
    fn one_space_after_the_colon_is_not_part_of_the_data() {
        assert_eq!(data("data:a\n\ndata:  b \n\n"), ["a", " b "]);
    }

    #[test]
    fn data_on_several_lines_is_one_event() {
        assert_eq!(data("data: {\ndata: }\n\n"), ["{\n}"]);
        assert_eq!(data("data\ndata\n\n"), ["\n"]);
    }

    #[test]
    fn comments_and_other_fields_are_no_events() {
        assert_eq!(
            data(": ping\n\nid: 7\nretry: 10\n\n:\ndata: a\n: in between\n\n"),
            ["a"]
        );
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_start_alone() {
        assert_eq!(data("\u{feff}data: \u{feff}a\n\n\u{feff}data: b\n\n"), ["\u{feff}a"]);
    }

    #[test]
    fn characters_that_are_cut_in_two_are_whole() {
        assert_eq!(data("data: né 你好 🎉\n\n"), ["né 你好 🎉"]);
    }

    #[test]
    fn a_name_belongs_to_its_own_event_alone() {
        let named = events("event: error\ndata: a\n\ndata: b\n\nevent: x\n\ndata: c\n\n", 64);
        assert_eq!(
            named,
            [
                (Some("error".to_owned()), "a".to_owned()),
                (None, "b".to_owned()),
                (None, "c".to_owned())
            ]
        );
    }

    #[test]
    fn what_was_begun_at_the_end_is_given() {
        assert_eq!(data("data: a\n\ndata: [DONE]"), ["a", "[DONE]"]);
        assert_eq!(data("data: [DONE]\n"), ["[DONE]"]);
        assert_eq!(data(": ping"), [""; 0]);
    }

    #[test]
    fn an_event_without_end_is_refused_at_the_limit() {
        for piece in ["x", "data: x\n"] {
            let mut parser = Parser::default();
            let piece = Bytes::from(piece.repeat(1 << 16));
            let mut fed = 0;
            loop {
                fed += piece.len();
                match parser.next(&mut piece.clone()) {
                    Ok(event) => assert_eq!(event, None),
                    Err(TooLong) => break,
                }
            }
            assert!((LONGEST_EVENT..64 << 20).contains(&fed), "{fed}");
        }
    }

    #[test]
    fn many_events_in_one_piece_are_not_one_long_event() {
        let mut parser = Parser::default();
        let mut bytes = Bytes::from("data: x\n\n".repeat(1 << 20));
        assert!(bytes.len() > LONGEST_EVENT);
        let mut count = 0;
        while parser.next(&mut bytes).unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 1 << 20);
    }
}
