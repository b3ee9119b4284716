//! Bearer tokens: keys, public keys and signed tokens, and whom they belong to.

use std::collections::HashMap;

use http::HeaderMap;
use http::header::{AUTHORIZATION, ORIGIN};
use serde_json::Value;

use crate::http::jwt;
use crate::text::ids;

/// The prefix of a public key, which may create web calls and web chats only. The rest is the private key that it
/// belongs to.
pub(crate) const PUBLIC_KEY_PREFIX: &str = "public-";

/// The words of the API about a key that is not valid, or not valid here.
pub(crate) const INVALID_KEY: &str =
    "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.";

/// The number of keys whose tokens are recognized. A client that takes another key for each request gets no further.
const MOST_KEYS: usize = 4096;

/// The private keys in use: that of the emulator, and those that requests came with.
#[derive(Debug)]
pub(crate) struct KeyRing {
    /// The keys by their organizations.
    keys: HashMap<String, String>,
    /// True if no other key is accepted.
    strict: bool,
}

impl KeyRing {
    /// Creates a ring with one key. A strict one keeps to it.
    pub fn new(key: &str, strict: bool) -> KeyRing {
        KeyRing {
            keys: HashMap::from([(ids::organization(key), key.to_owned())]),
            strict,
        }
    }

    /// Returns the organization of a key, if the key is accepted.
    fn organization(&mut self, key: &str) -> Option<String> {
        let organization = ids::organization(key);
        match self.keys.get(&organization) {
            Some(known) => (known == key).then_some(organization),
            None if self.strict => None,
            None => {
                if self.keys.len() < MOST_KEYS {
                    self.keys.insert(organization.clone(), key.to_owned());
                }
                Some(organization)
            }
        }
    }
}

/// The sender of a request, as its bearer token says.
pub(crate) struct Caller {
    pub organization: String,
    is_public: bool,
    /// The restrictions of a signed token; null without any.
    restrictions: Value,
}

impl Caller {
    /// Reads a bearer token: a key, or a token that a key in use has signed for its organization.
    ///
    /// # Errors
    ///
    /// The key is not accepted, or the token is not valid; the message of the response.
    pub fn read(token: &str, keys: &mut KeyRing) -> Result<Caller, &'static str> {
        if !jwt::is_jwt(token) {
            let (key, is_public) = match token.strip_prefix(PUBLIC_KEY_PREFIX) {
                Some(private) if !private.is_empty() => (private, true),
                _ => (token, false),
            };
            return Ok(Caller {
                organization: keys.organization(key).ok_or(INVALID_KEY)?,
                is_public,
                restrictions: Value::Null,
            });
        }
        let organization = jwt::organization(token)?;
        let key = keys.keys.get(&organization).ok_or(INVALID_KEY)?;
        let claims = jwt::claims(token, key)?;
        Ok(Caller {
            organization,
            is_public: claims["token"]["tag"] == "public",
            restrictions: claims["token"]["restrictions"].clone(),
        })
    }

    /// Returns the message of the 401 for a private key where a public one belongs, or the reverse.
    pub fn wrong_key(&self, wants_public_key: bool) -> Option<&'static str> {
        (wants_public_key != self.is_public).then_some(INVALID_KEY)
    }

    /// Returns the message of the 403 for a request that the restrictions of the token forbid. Only a request that starts a call or
    /// a chat chooses an assistant.
    pub fn forbidden(&self, headers: &HeaderMap, starts: bool, body: &Value) -> Option<&'static str> {
        let restrictions = &self.restrictions;
        if restrictions.is_null() || restrictions["enabled"] == false {
            return None;
        }
        let listed = |name: &str| restrictions[name].as_array().filter(|list| !list.is_empty());
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        if let Some(origins) = listed("allowedOrigins")
            && !origins.iter().any(|allowed| allowed.as_str() == origin)
        {
            return Some("Origin Not Allowed");
        }
        if !starts {
            return None;
        }
        let assistants = listed("allowedAssistantIds");
        let is_transient = body["assistant"].is_object();
        let transient_allowed = restrictions["allowTransientAssistant"] != false && assistants.is_none();
        let is_listed = assistants.is_none_or(|assistants| assistants.contains(&body["assistantId"]));
        (is_transient && !transient_allowed || !is_transient && !is_listed).then_some("Assistant Not Allowed")
    }
}

/// Returns the bearer token of a request, if it has one.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
