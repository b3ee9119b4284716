//! Values that are not what the document says.

use std::borrow::Cow;
use std::fmt;

/// A value in a response that is not what the document says.
///
/// It costs no more than itself. An optional property that does not fit is kept in `extra`, a value of a union becomes its
/// `Unknown`, and the rest of the response is read as usual. [`Response::misfits`](crate::Response::misfits) lists them.
///
/// # Examples
///
/// ```no_run
/// # async fn example(vapi: vapi::Client, get: vapi::operation::Operation<impl vapi::operation::Endpoint>) -> vapi::Result<()> {
/// let response = get.with_response().await?;
/// for misfit in response.misfits() {
///     eprintln!("{misfit}"); // `cost`: expected a number, found a string
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    pub(super) json_path: String,
    pub(super) expected: Cow<'static, str>,
    pub(super) found: &'static str,
}

impl Misfit {
    /// Returns the JSON path of the value, such as `artifact.transfers[0]`. The whole response has an empty path.
    pub fn json_path(&self) -> &str {
        &self.json_path
    }

    /// Returns the kind of value that the document says, such as `a number`.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// Returns the kind of value that was received, such as `a string`. The value itself may be a secret.
    pub fn found(&self) -> &str {
        self.found
    }

    pub(crate) fn set_path(&mut self, json_path: String) {
        self.json_path = json_path;
    }

    /// Returns the sentence without the path.
    pub(crate) fn reason(&self) -> String {
        format!("expected {}, found {}", self.expected, self.found)
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.json_path.is_empty() {
            // A key of a map can have any character in it.
            write!(f, "`{}`: ", self.json_path.escape_debug())?;
        }
        f.write_str(&self.reason())
    }
}

/// The misfits of one text.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Misfits {
    /// The first of them.
    pub(crate) listed: Vec<Misfit>,
    /// The number of all.
    pub(crate) count: usize,
}

impl Misfits {
    /// Returns those that are listed.
    pub fn iter(&self) -> std::slice::Iter<'_, Misfit> {
        self.listed.iter()
    }

    /// Adds the misfits of another text.
    pub(crate) fn add(&mut self, other: Misfits) {
        self.count += other.count;
        let room = Self::LISTED.saturating_sub(self.listed.len());
        self.listed.extend(other.listed.into_iter().take(room));
    }

    /// The number of misfits that are listed. A path can be as long as the text, and there can be as many misfits: all of them
    /// would take time and memory of another order than the text.
    pub(crate) const LISTED: usize = 100;
}
