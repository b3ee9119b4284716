//! Access tokens for servers behind OAuth 2.

use std::collections::HashMap;

/// Access tokens by credential.
#[derive(Default)]
pub(crate) struct OauthTokens(HashMap<String, Token>);

struct Token {
    /// The value of `Authorization`.
    authorization: String,
    /// The time after which it is not used, in milliseconds since 1970.
    until: i64,
}

impl OauthTokens {
    /// Returns the token of a credential, if there is one that is good at this time.
    pub fn get(&self, credential: &str, now: i64) -> Option<String> {
        let token = self.0.get(credential).filter(|token| now < token.until)?;
        Some(token.authorization.clone())
    }

    pub fn insert(&mut self, credential: &str, authorization: String, until: i64) {
        self.0.insert(credential.to_owned(), Token { authorization, until });
    }

    /// Removes the token of a credential after a refusal or a change of the credential.
    pub fn remove(&mut self, credential: &str) {
        self.0.remove(credential);
    }
}
