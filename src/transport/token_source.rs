//! Tokens that expire, and the sources of new ones.

use std::fmt;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// An error of a token source, of any type.
pub type TokenError = Box<dyn std::error::Error + Send + Sync>;

/// A token that is sent as `Authorization: Bearer`, and the time at which it expires.
///
/// ```
/// use std::time::Duration;
/// use vapi::BearerToken;
///
/// let token = BearerToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln").expires_in(Duration::from_secs(600));
/// assert!(token.expires_at().is_some());
/// assert!(!format!("{token:?}").contains("eyJ"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct BearerToken {
    text: String,
    expires_at: Option<SystemTime>,
}

impl BearerToken {
    /// Creates a token that does not expire.
    pub fn new(text: impl Into<String>) -> Self {
        BearerToken {
            text: text.into(),
            expires_at: None,
        }
    }

    /// Sets the time at which the token expires, from now. A time that no clock can reach means never.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expires_at = SystemTime::now().checked_add(lifetime);
        self
    }

    /// Sets the time at which the token expires.
    pub fn expires_on(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Returns the time at which the token expires, if it does.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Returns the token itself. Take care where it goes.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Returns the token itself. Take care where it goes.
    pub fn into_string(self) -> String {
        self.text
    }
}

/// Shows the time, not the token.
impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A source of tokens for a client that must not, or cannot, hold a key: [`ClientBuilder::token_source`].
///
/// The client asks for a token when it needs one, keeps it until shortly before it expires, and asks once at a time. Closures that return
/// a future are sources too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vapi::{BearerToken, TokenError, TokenSource};
///
/// struct FromBackend;
///
/// impl TokenSource for FromBackend {
///     async fn token(&self) -> Result<BearerToken, TokenError> {
///         // A request to a server of your own.
///         Ok(BearerToken::new("a-token-of-an-hour").expires_in(Duration::from_secs(3600)))
///     }
/// }
///
/// # fn main() -> vapi::Result<()> {
/// let vapi = vapi::Client::builder().token_source(FromBackend).build()?;
/// # Ok(())
/// # }
/// ```
///
/// [`ClientBuilder::token_source`]: crate::ClientBuilder::token_source
pub trait TokenSource: Send + Sync {
    /// Returns a new token.
    ///
    /// The future is dropped when the time limit of the operation passes that needs the token.
    fn token(&self) -> impl Future<Output = Result<BearerToken, TokenError>> + Send;
}

impl<F, Fut, E> TokenSource for F
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<BearerToken, E>> + Send,
    E: Into<TokenError>,
{
    async fn token(&self) -> Result<BearerToken, TokenError> {
        self().await.map_err(Into::into)
    }
}
