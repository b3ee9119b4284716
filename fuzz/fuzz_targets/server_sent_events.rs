//! Any bytes as server-sent events: the same events, however the network cuts them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vapi::fuzzing::server_sent_events;

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = server_sent_events(bytes, bytes.len());
    assert_eq!(server_sent_events(bytes, usize::from(size)), whole);
    assert_eq!(server_sent_events(bytes, 1), whole);
});
