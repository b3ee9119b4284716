//! Readers that are private, for the targets in `fuzz/`.

use bytes::Bytes;

use crate::audio::CallEvent;
use crate::live::LiveEvent;
use crate::transport::EventParser;

/// Reads server-sent events in pieces of this size, and returns their names and data; `None` if one is too long.
pub fn server_sent_events(bytes: &[u8], size: usize) -> Option<Vec<(Option<String>, String)>> {
    let mut parser = EventParser::default();
    let mut events = Vec::new();
    for piece in bytes.chunks(size.max(1)) {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(event) = parser.next(&mut piece).ok()? {
            events.push((event.name, event.data));
        }
    }
    events.extend(parser.finish().map(|event| (event.name, event.data)));
    Some(events)
}

/// Reads an event of a call over audio and one of a listener, and what is in them.
pub fn web_socket_event(text: &str) {
    let _ = format!("{:?}", CallEvent::read(text.to_owned()));
    let event = LiveEvent::new(text.to_owned());
    assert_eq!(event.text(), text);
    let _ = (event.type_name(), event.message().map_err(|error| error.to_string()));
}
