//! The secrets of a request, and their removal from what a server sends.
//!
//! A server may repeat the key: in a message, in a header, in a page that excerpts are taken from. Errors, traces and `Debug`
//! output never show it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderValue, header};
use reqwest::Url;

/// The shortest text that is taken for a secret. Shorter keys are those of tests, and are part of many words.
const SHORTEST: usize = 8;
/// The shortest beginning of a secret that is removed from the end of a text that was cut.
const SHORTEST_BEGINNING: usize = 4;
const REDACTED: &str = "[redacted]";

/// The number of tokens of a source that are remembered: the current one, and those that requests under way were sent with.
const TOKENS: usize = 8;

/// The texts that must not be shown: the key or the tokens, and what the caller gives in a header in their place.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    texts: Arc<[String]>,
    /// The tokens of the client's source. A request may be sent with one that comes later than these secrets.
    issued: Option<IssuedTokens>,
}

/// The latest tokens of a source.
#[derive(Clone, Default)]
pub(crate) struct IssuedTokens(Arc<Mutex<VecDeque<String>>>);

impl IssuedTokens {
    pub(crate) fn add(&self, token: &str) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.iter().any(|known| known == token) {
            return;
        }
        if tokens.len() == TOKENS {
            tokens.pop_front();
        }
        tokens.push_back(token.to_owned());
    }

    fn all(&self) -> Vec<String> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.iter().cloned().collect()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    pub(crate) fn new(key: &str) -> Self {
        Secrets {
            texts: [key.to_owned()].into(),
            issued: None,
        }
    }

    /// Returns the secrets of a client whose tokens change.
    pub(crate) fn of_tokens(issued: IssuedTokens) -> Self {
        Secrets {
            texts: Arc::default(),
            issued: Some(issued),
        }
    }

    /// Returns these secrets and more.
    fn and(&self, more: Vec<String>) -> Self {
        Secrets {
            texts: self.texts.iter().cloned().chain(more).collect(),
            issued: self.issued.clone(),
        }
    }

    /// Returns these secrets and those in the headers of a request.
    pub(crate) fn with_headers(&self, headers: &HeaderMap) -> Self {
        let given: Vec<String> = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE]
            .iter()
            .flat_map(|name| headers.get_all(name))
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split([' ', ';', ',']))
            .map(str::to_owned)
            .collect();
        match given.is_empty() {
            true => self.clone(),
            false => self.and(given),
        }
    }

    /// Returns these secrets and the path of a URL, which by itself gives access.
    pub(crate) fn with_url(&self, url: &Url) -> Self {
        let path = url.path().to_owned();
        self.and([path].into_iter().chain(url.query().map(str::to_owned)).collect())
    }

    fn texts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let issued = self.issued.iter().flat_map(IssuedTokens::all).map(Cow::Owned);
        let texts = self.texts.iter().map(|text| Cow::Borrowed(text.as_str()));
        texts.chain(issued).filter(|text| text.len() >= SHORTEST)
    }

    /// Returns a text without the secrets in it.
    pub(crate) fn conceal(&self, mut text: String) -> String {
        for secret in self.texts() {
            if text.contains(&*secret) {
                text = text.replace(&*secret, REDACTED);
            }
        }
        text
    }

    /// Returns the start of a longer text without the secrets in it, a secret that the cut has divided included.
    pub(crate) fn conceal_start(&self, text: String) -> String {
        let mut text = self.conceal(text);
        for secret in self.texts() {
            let divided = (SHORTEST_BEGINNING..secret.len())
                .rev()
                .filter_map(|length| secret.get(..length))
                .find(|beginning| text.ends_with(beginning));
            if let Some(beginning) = divided {
                text.truncate(text.len() - beginning.len());
                text.push_str(REDACTED);
            }
        }
        text
    }

    /// Returns bytes without the secrets in them.
    pub(crate) fn conceal_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.conceal(text.to_owned()).into_bytes(),
            Err(_) => self.conceal(String::from_utf8_lossy(bytes).into_owned()).into_bytes(),
        }
    }

    /// Marks the headers of a response whose values `Debug` must not show: those with a secret in them, cookies, and the
    /// target of a redirect, which may be a presigned address.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        for (name, value) in headers.iter_mut() {
            let is_private = *name == header::SET_COOKIE || *name == header::LOCATION || self.is_in(value);
            if is_private {
                value.set_sensitive(true);
            }
        }
    }

    fn is_in(&self, value: &HeaderValue) -> bool {
        let value = value.as_bytes();
        self.texts()
            .any(|secret| value.windows(secret.len()).any(|part| part == secret.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-a-secret-key";

    #[test]
    fn a_key_is_removed_wherever_it_stands() {
        let secrets = Secrets::new(KEY);
        assert_eq!(secrets.conceal(format!("a {KEY}{KEY}!")), "a [redacted][redacted]!");
        assert_eq!(
            secrets.conceal_bytes(b"\xff sk-a-secret-key"),
            "\u{fffd} [redacted]".as_bytes()
        );
    }

    #[test]
    fn a_key_that_a_cut_divides_is_removed() {
        let secrets = Secrets::new(KEY);
        for length in SHORTEST_BEGINNING..=KEY.len() {
            let text = format!("no such key: {}", &KEY[..length]);
            assert_eq!(secrets.conceal_start(text), "no such key: [redacted]");
        }
    }

    #[test]
    fn a_short_key_is_part_of_other_words() {
        assert_eq!(Secrets::new("key").conceal("no such key".to_owned()), "no such key");
    }

    #[test]
    fn a_key_in_a_header_is_a_secret() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer another-secret"));
        let secrets = Secrets::new(KEY).with_headers(&headers);
        let text = secrets.conceal(format!("{KEY} another-secret"));
        assert_eq!(text, "[redacted] [redacted]");
    }

    #[test]
    fn tokens_that_come_later_are_removed_too() {
        let issued = IssuedTokens::default();
        let secrets = Secrets::of_tokens(issued.clone());
        for number in 0..20 {
            issued.add(&format!("a-token-{number:02}"));
            let text = secrets.conceal(format!("no such token: a-token-{number:02}"));
            assert_eq!(text, "no such token: [redacted]");
        }
        assert_eq!(issued.all().len(), TOKENS);
    }

    #[test]
    fn headers_with_a_secret_are_marked() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-request-id", "r-sk-a-secret-key"),
            ("x-other", "plain"),
            ("location", "https://storage.example/?signature=private"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Secrets::new(KEY).mark(&mut headers);
        let shown = format!("{headers:?}");
        assert!(
            shown.contains("plain") && !shown.contains("secret") && !shown.contains("private"),
            "{shown}"
        );
    }
}
