//! The header that identifies the caller: of a key, or of a token that is renewed before it expires.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header};
use tokio::sync::Mutex;

use super::retry_policy::AttemptOutcome;
use super::settings::Settings;
use super::token_source::{BearerToken, TokenError, TokenSource};
use crate::error::{Error, IssuedTokens, Result, Secrets};

/// A token is renewed this long before it expires, or in the last quarter of its life if that is shorter.
const LONGEST_MARGIN: Duration = Duration::from_secs(60);

/// A token source of any type.
pub(crate) trait ErasedTokenSource: Send + Sync {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<BearerToken, TokenError>> + Send + '_>>;
}

impl<T: TokenSource> ErasedTokenSource for T {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<BearerToken, TokenError>> + Send + '_>> {
        Box::pin(TokenSource::token(self))
    }
}

/// The credentials of a client.
pub(crate) enum Credentials {
    /// A key, as the header has it.
    Key(HeaderValue),
    /// Tokens that expire.
    Tokens(TokenCache),
}

impl Credentials {
    /// Checks a key, and returns the credentials and what must not be shown.
    ///
    /// # Errors
    ///
    /// The key is one that no header can have.
    pub(crate) fn of_key(key: &str) -> Result<(Self, Secrets)> {
        let value = bearer("API key", key)?;
        Ok((Credentials::Key(value), Secrets::new(key)))
    }

    /// Returns the credentials of a source, and what must not be shown.
    pub(crate) fn of_source(source: Arc<dyn ErasedTokenSource>) -> (Self, Secrets) {
        let issued = IssuedTokens::default();
        let secrets = Secrets::of_tokens(issued.clone());
        let cache = TokenCache {
            source,
            cached: Mutex::new(None),
            issued,
        };
        (Credentials::Tokens(cache), secrets)
    }

    /// Returns the value of the header.
    ///
    /// # Errors
    ///
    /// The source has no token.
    pub(crate) async fn authorization(&self) -> Result<HeaderValue> {
        match self {
            Credentials::Key(value) => Ok(value.clone()),
            Credentials::Tokens(cache) => cache.authorization().await,
        }
    }
}

/// The current token of a source.
pub(crate) struct TokenCache {
    source: Arc<dyn ErasedTokenSource>,
    /// Locked while a token is renewed, so that all who need one wait for the same.
    cached: Mutex<Option<CachedToken>>,
    issued: IssuedTokens,
}

struct CachedToken {
    value: HeaderValue,
    renew_at: Option<SystemTime>,
    expires_at: Option<SystemTime>,
}

impl CachedToken {
    fn new(value: HeaderValue, now: SystemTime, expires_at: Option<SystemTime>) -> Self {
        let renew_at = expires_at.map(|expires_at| {
            let lifetime = expires_at.duration_since(now).unwrap_or_default();
            expires_at
                .checked_sub(LONGEST_MARGIN.min(lifetime / 4))
                .unwrap_or(expires_at)
        });
        CachedToken {
            value,
            renew_at,
            expires_at,
        }
    }

    fn is_fresh(&self, now: SystemTime) -> bool {
        self.renew_at.is_none_or(|renew_at| now < renew_at)
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

impl TokenCache {
    async fn authorization(&self) -> Result<HeaderValue> {
        let mut cached = self.cached.lock().await;
        if let Some(token) = &*cached
            && token.is_fresh(SystemTime::now())
        {
            return Ok(token.value.clone());
        }
        let error = match self.renewed().await {
            Ok(token) => return Ok(cached.insert(token).value.clone()),
            Err(error) => error,
        };
        match &*cached {
            Some(token) if token.is_valid(SystemTime::now()) => {
                tracing::warn!(%error, "the token could not be renewed yet; the current one is still valid");
                Ok(token.value.clone())
            }
            _ => Err(error),
        }
    }

    async fn renewed(&self) -> Result<CachedToken> {
        let now = SystemTime::now();
        let token = self.source.token().await.map_err(Error::no_token)?;
        let value = bearer("token of the token source", token.expose())?;
        self.issued.add(token.expose());
        tracing::debug!("got a new token");
        Ok(CachedToken::new(value, now, token.expires_at()))
    }

    /// Forgets a token that the server refuses, unless it has been renewed meanwhile.
    async fn forget(&self, refused: &HeaderValue) {
        let mut cached = self.cached.lock().await;
        if cached.as_ref().is_some_and(|token| token.value == *refused) {
            *cached = None;
        }
    }
}

/// The authorization of one request, over all its attempts.
pub(super) struct Authorization<'a> {
    /// Absent if the request goes without, or the caller has given a header.
    credentials: Option<&'a Credentials>,
    /// Set after the server has refused a token of this request.
    was_refused: bool,
}

impl<'a> Authorization<'a> {
    pub(super) fn new(settings: &'a Settings, headers: &mut HeaderMap, anonymous: bool) -> Self {
        let given = headers.get_mut(header::AUTHORIZATION).filter(|_| !anonymous);
        let is_given = given.map(|value| value.set_sensitive(true)).is_some();
        Authorization {
            credentials: Some(&settings.credentials).filter(|_| !anonymous && !is_given),
            was_refused: false,
        }
    }

    /// Sets the header for the next attempt.
    ///
    /// # Errors
    ///
    /// The source has no token within the limit, which is `None` for no limit.
    pub(super) async fn set(&self, headers: &mut HeaderMap, limit: Option<Duration>) -> Result<()> {
        let Some(credentials) = self.credentials else {
            return Ok(());
        };
        let value = match limit {
            None => credentials.authorization().await?,
            Some(limit) => match tokio::time::timeout(limit, credentials.authorization()).await {
                Ok(value) => value?,
                Err(_) => return Err(Error::no_token("no token came within the time limit")),
            },
        };
        headers.insert(header::AUTHORIZATION, value);
        Ok(())
    }

    /// Takes note of the outcome of an attempt with these headers. Returns whether a token was refused that can be renewed, for the
    /// first time.
    pub(super) async fn is_renewable(&mut self, outcome: Option<AttemptOutcome>, headers: &HeaderMap) -> bool {
        let (Some(Credentials::Tokens(cache)), Some(AttemptOutcome::Status(401)), Some(sent)) =
            (self.credentials, outcome, headers.get(header::AUTHORIZATION))
        else {
            return false;
        };
        cache.forget(sent).await;
        !std::mem::replace(&mut self.was_refused, true)
    }
}

/// Returns the value of the header for a key or token, marked as sensitive.
///
/// # Errors
///
/// The text is one that no header can have, or looks as if it was copied with something beside it. `noun` names it.
fn bearer(noun: &str, text: &str) -> Result<HeaderValue> {
    let refuse = |why: &str| Err(Error::config(format!("the {noun} {why}")));
    if text.is_empty() {
        return refuse("is empty");
    }
    if text.trim() != text {
        return refuse("has white space at its start or end, perhaps a line break from a file");
    }
    if is_quoted(text) {
        return refuse("has quotes around it: give the key alone");
    }
    if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        return refuse("starts with `Bearer `: give the key alone");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse("has a character that no key has (a space, a line break, or not ASCII)");
    }
    let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {text}")) else {
        return refuse("cannot be sent in a header");
    };
    value.set_sensitive(true);
    Ok(value)
}

/// Returns whether a text has quotes around it, such as a value from an `.env` file that nothing has unquoted.
fn is_quoted(text: &str) -> bool {
    ['"', '\'', '`']
        .iter()
        .any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Returns the header and the number of tokens that a failing source was asked for, if the current token has these seconds left.
    async fn bridged(seconds: u64) -> (Result<HeaderValue>, usize) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let source = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Err::<BearerToken, _>("the backend is away") }
        };
        let (credentials, _) = Credentials::of_source(Arc::new(source));
        let Credentials::Tokens(cache) = &credentials else {
            panic!("a source has tokens");
        };
        let now = SystemTime::now();
        let current = CachedToken {
            value: HeaderValue::from_static("Bearer current"),
            renew_at: Some(now),
            expires_at: Some(now + Duration::from_secs(seconds)),
        };
        *cache.cached.lock().await = Some(current);
        let header = credentials.authorization().await;
        (header, asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_valid_token_bridges_a_failing_renewal() {
        let (header, asked) = bridged(30).await;
        assert_eq!(
            (header.unwrap(), asked),
            (HeaderValue::from_static("Bearer current"), 1)
        );
        let (header, asked) = bridged(0).await;
        assert!(header.unwrap_err().is_no_token());
        assert_eq!(asked, 1);
    }

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let after = |seconds: u64| now + Duration::from_secs(seconds);
        for (lifetime, renewed) in [(3600, 3540), (240, 180), (100, 75), (0, 0)] {
            let token = CachedToken::new(HeaderValue::from_static("t"), now, Some(after(lifetime)));
            assert_eq!(token.renew_at, Some(after(renewed)), "{lifetime} s");
            assert!(renewed == 0 || token.is_fresh(after(renewed - 1)));
            assert!(!token.is_fresh(after(renewed)) && !token.is_valid(after(lifetime)));
        }
        let forever = CachedToken::new(HeaderValue::from_static("t"), now, None);
        assert!(forever.is_fresh(after(1 << 40)) && forever.is_valid(after(1 << 40)));
    }
}
