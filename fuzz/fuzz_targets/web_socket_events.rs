//! Any text as an event of a listener, and of a call over audio.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| vapi::fuzzing::web_socket_event(text));
