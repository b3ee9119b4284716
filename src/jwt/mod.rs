//! Tokens for browsers and other places that must not have a private key.
//!
//! A [`Token`] is signed with a private key and says what its bearer may do: start web calls and chats only ([`Token::public`]), with
//! certain assistants, from certain pages, for a while. It is a JSON Web Token, signed with HS256.
//!
//! # Examples
//!
//! ```
//! # fn main() -> vapi::Result<()> {
//! use std::time::Duration;
//! use vapi::jwt::Token;
//!
//! let token = Token::public("id of the organization")
//!     .allow_assistant("id of an assistant")
//!     .origin("https://example.com")
//!     .expires_in(Duration::from_secs(600))
//!     .sign("the private key")?;
//! println!("{}", token.expose()); // for the page
//! # Ok(())
//! # }
//! ```
//!
//! A program of your own renews its token by itself:
//!
//! ```
//! # fn main() -> vapi::Result<()> {
//! use vapi::jwt::Token;
//!
//! let source = Token::private("id of the organization").source("the private key");
//! let vapi = vapi::Client::builder().token_source(source).build()?;
//! # Ok(())
//! # }
//! ```

mod claims;
mod signature;

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::{Error, Result};
use crate::{BearerToken, Secret, TokenError, TokenSource};

pub use claims::{Claims, Restrictions, TokenTag};

/// The lifetime of a token that says none.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// A token to be signed: the organization, the tag, and what the bearer may do.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Token {
    org_id: String,
    tag: TokenTag,
    restrictions: Option<Restrictions>,
    lifetime: Duration,
}

impl Token {
    /// Begins a public token, which can create web calls and web chats, and nothing else.
    pub fn public(org_id: impl Into<String>) -> Self {
        Token::new(org_id.into(), TokenTag::Public)
    }

    /// Begins a private token, which can do what the private key can. It is not for browsers.
    pub fn private(org_id: impl Into<String>) -> Self {
        Token::new(org_id.into(), TokenTag::Private)
    }

    fn new(org_id: String, tag: TokenTag) -> Self {
        Token {
            org_id,
            tag,
            restrictions: None,
            lifetime: DEFAULT_LIFETIME,
        }
    }

    /// Allows a saved assistant. With one or more of these, no other assistant is allowed, and none that is sent along.
    pub fn allow_assistant(mut self, id: impl Into<String>) -> Self {
        let restrictions = self.restricted();
        restrictions.allowed_assistant_ids.push(id.into());
        restrictions.allow_transient_assistant = Some(false);
        self
    }

    /// Sets whether an assistant may be sent along in place of the id of a saved one.
    pub fn allow_transient_assistant(mut self, allowed: bool) -> Self {
        self.restricted().allow_transient_assistant = Some(allowed);
        self
    }

    /// Allows the pages of an origin, such as `https://example.com`. With one or more of these, no other origin is allowed.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.restricted().allowed_origins.push(origin.into());
        self
    }

    /// Sets the lifetime of the token. The default is an hour. Parts of a second are cut off.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    fn restricted(&mut self) -> &mut Restrictions {
        self.restrictions.get_or_insert_with(Restrictions::enabled)
    }

    /// Signs the token with the private key of the organization.
    ///
    /// # Errors
    ///
    /// The id of the organization or the key is empty, or the lifetime is shorter than a second or longer than a clock can tell.
    pub fn sign(&self, private_key: impl AsRef<str>) -> Result<BearerToken> {
        self.sign_at(private_key.as_ref(), SystemTime::now())
    }

    /// Returns a source that signs a new token whenever the client needs one.
    pub fn source(self, private_key: impl Into<Secret>) -> SigningSource {
        SigningSource {
            token: self,
            private_key: private_key.into(),
        }
    }

    fn sign_at(&self, private_key: &str, now: SystemTime) -> Result<BearerToken> {
        let refuse = |why: &str| Err(Error::input(format!("the token cannot be signed: {why}")));
        if self.org_id.trim().is_empty() {
            return refuse("the id of the organization is empty");
        }
        if private_key.trim().is_empty() {
            return refuse("the private key is empty");
        }
        let seconds = self.lifetime.as_secs();
        let issued_at = claims::unix_seconds(now);
        let expires_at = issued_at.checked_add(seconds).filter(|_| seconds > 0);
        let Some((expires_at, time)) = expires_at.and_then(|at| Some((at, claims::time(at)?))) else {
            return refuse("its lifetime is shorter than a second, or longer than a clock can tell");
        };
        let claims = Claims {
            org_id: self.org_id.clone(),
            tag: self.tag.clone(),
            restrictions: self.restrictions.clone(),
            issued_at: Some(issued_at),
            expires_at: Some(expires_at),
        };
        let text = signature::sign(&claims.encoded(), private_key)?;
        Ok(BearerToken::new(text).expires_on(time))
    }
}

/// A [`TokenSource`] that signs tokens with a private key: [`Token::source`].
#[derive(Clone)]
pub struct SigningSource {
    token: Token,
    private_key: Secret,
}

/// Shows the token to be signed, not the key.
impl fmt::Debug for SigningSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningSource")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl TokenSource for SigningSource {
    async fn token(&self) -> Result<BearerToken, TokenError> {
        Ok(self.token.sign(self.private_key.expose())?)
    }
}

impl BearerToken {
    /// Reads when a JSON Web Token expires, such as one that a server of your own has signed. The signature is not checked.
    ///
    /// # Errors
    ///
    /// The text is not a JSON Web Token of this API.
    pub fn from_jwt(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let expires_at = Claims::unverified(&text)?.expires_at.and_then(claims::time);
        let token = BearerToken::new(text);
        Ok(match expires_at {
            Some(time) => token.expires_on(time),
            None => token,
        })
    }
}

#[cfg(test)]
mod tests;
