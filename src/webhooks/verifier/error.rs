//! The reasons for which a request is not from Vapi.

use std::fmt;
use std::time::Duration;

use http::HeaderName;

/// The reason for which a [`Verifier`](super::Verifier) refuses a request. It names what did not match and has no secrets.
///
/// It is for the log of the server. A response that repeats it helps whoever guesses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationError {
    /// The request lacks a header, or has it without a value.
    Missing {
        /// The header.
        header: HeaderName,
    },
    /// The value of a header cannot be what it should be.
    Malformed {
        /// The header.
        header: HeaderName,
        /// The problem.
        problem: &'static str,
    },
    /// The secret or token is another one, or the signature is not of this body, time and secret.
    Mismatch {
        /// The header.
        header: HeaderName,
    },
    /// The request was signed too long ago, or in the future. If that is not a replay, then one of the clocks is wrong.
    Stale {
        /// The header.
        header: HeaderName,
        /// The difference of the two clocks.
        difference: Duration,
        /// The difference that is tolerated.
        tolerance: Duration,
    },
    /// The same signed request was accepted before.
    Replayed,
    /// None of several verifiers accepts the request. These are the reasons, in their order.
    NoneOf(Vec<VerificationError>),
    /// A check of the program's own refuses the request.
    Custom(String),
}

impl fmt::Display for VerificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { header } => write!(f, "the header `{header}` is missing or empty"),
            Self::Malformed { header, problem } => write!(f, "the header `{header}` {problem}"),
            Self::Mismatch { header } => write!(f, "the value of the header `{header}` does not match"),
            Self::Stale {
                header,
                difference,
                tolerance,
            } => {
                let (difference, tolerance) = (difference.as_secs(), tolerance.as_secs());
                write!(
                    f,
                    "the time in the header `{header}` differs by {difference} s, and {tolerance} s are tolerated"
                )
            }
            Self::Replayed => f.write_str("the same request was accepted before"),
            Self::NoneOf(reasons) => {
                f.write_str("no verifier accepts the request")?;
                for (index, reason) in reasons.iter().enumerate() {
                    write!(f, "{} {reason}", if index == 0 { ":" } else { ";" })?;
                }
                Ok(())
            }
            Self::Custom(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for VerificationError {}
