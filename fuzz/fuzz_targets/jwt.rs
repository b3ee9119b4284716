//! Any text as a token. None is one that was signed here.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vapi::BearerToken;
use vapi::jwt::Claims;

fuzz_target!(|text: &str| {
    let _ = Claims::unverified(text).map_err(|error| error.to_string());
    let _ = BearerToken::from_jwt(text).map_err(|error| error.to_string());
    assert!(Claims::verified(text, "a key that nobody guesses: 5e0c9f81b7d24a63").is_err());
});
