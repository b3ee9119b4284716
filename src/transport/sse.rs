//! Server-sent events, parsed from bytes that come in pieces of any size. The meaning of an event is not known here.
//!
//! No crate is used: an event needs a size limit, and a line that comes in many pieces must not be read again from its start
//! for each piece. The parser crates did one or neither when this was written.

use bytes::{Buf, Bytes};
use http::{HeaderMap, header};

/// Longest event that is held in memory, with the line that is being read.
pub(crate) const LONGEST_EVENT: usize = 8 << 20;

/// An event with data. Its id and its reconnection delay are dropped: nothing here reconnects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServerSentEvent {
    /// The value of `event:`.
    pub name: Option<String>,
    /// The values of the `data:` lines, with a line feed between them.
    pub data: String,
}

/// The error for an event that is longer than [`LONGEST_EVENT`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventTooLong;

/// Returns whether a response with these headers is a stream of events.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/event-stream")
    })
}

/// A parser that keeps the event that is not complete yet.
#[derive(Debug, Default)]
pub(crate) struct EventParser {
    /// The start of a line whose end has not come yet.
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    name: Option<String>,
    /// True if the last line ended in a carriage return: a line feed at the start of the next piece belongs to it.
    after_return: bool,
    begun: bool,
}

impl EventParser {
    /// Takes bytes from the front of `bytes` up to the end of the next event. Returns `None` if all are taken and more are needed.
    pub(crate) fn next(&mut self, bytes: &mut Bytes) -> Result<Option<ServerSentEvent>, EventTooLong> {
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
                return Err(EventTooLong);
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

    /// Returns the event that had begun when the bytes ended, without its closing empty line.
    pub(crate) fn finish(&mut self) -> Option<ServerSentEvent> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.take_line(&line);
        }
        self.take_line(b"")
    }

    fn take_line(&mut self, line: &[u8]) -> Option<ServerSentEvent> {
        let first = !std::mem::replace(&mut self.begun, true);
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if first => rest,
            _ => line,
        };
        if line.is_empty() {
            let name = self.name.take().filter(|name| !name.is_empty());
            let data = text(&self.data.take()?);
            return Some(ServerSentEvent { name, data });
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

/// Decodes a whole line, in which no character is split between two pieces.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the events of a text that comes in pieces of `size` bytes, with the one that is left at its end.
    fn events(text: &str, size: usize) -> Vec<(Option<String>, String)> {
        let mut parser = EventParser::default();
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

    /// Returns the data of the events in a text, which must not depend on the size of the pieces.
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
    fn one_space_after_the_colon_is_skipped() {
        assert_eq!(data("data:a\n\ndata:  b \n\n"), ["a", " b "]);
    }

    #[test]
    fn data_on_several_lines_is_one_event() {
        assert_eq!(data("data: {\ndata: }\n\n"), ["{\n}"]);
        assert_eq!(data("data\ndata\n\n"), ["\n"]);
    }

    #[test]
    fn comments_and_other_fields_are_not_events() {
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
    fn characters_that_are_split_are_read_whole() {
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
    fn an_unfinished_event_is_given_at_the_end() {
        assert_eq!(data("data: a\n\ndata: [DONE]"), ["a", "[DONE]"]);
        assert_eq!(data("data: [DONE]\n"), ["[DONE]"]);
        assert_eq!(data(": ping"), [""; 0]);
    }

    #[test]
    fn an_event_without_end_is_refused_at_the_limit() {
        for piece in ["x", "data: x\n"] {
            let mut parser = EventParser::default();
            let piece = Bytes::from(piece.repeat(1 << 16));
            let mut fed = 0;
            loop {
                fed += piece.len();
                match parser.next(&mut piece.clone()) {
                    Ok(event) => assert_eq!(event, None),
                    Err(EventTooLong) => break,
                }
            }
            assert!((LONGEST_EVENT..64 << 20).contains(&fed), "{fed}");
        }
    }

    #[test]
    fn many_events_in_one_piece_are_not_one_long_event() {
        let mut parser = EventParser::default();
        let mut bytes = Bytes::from("data: x\n\n".repeat(1 << 20));
        assert!(bytes.len() > LONGEST_EVENT);
        let mut count = 0;
        while parser.next(&mut bytes).unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 1 << 20);
    }
}
