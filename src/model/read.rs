//! Reading a whole text: as fast as can be, and with care where something does not fit.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _};

use super::Field;
use super::cursor::{Cursor, Unfit};
use super::field::Slot;
use super::fit::{self, MemberPlan, Misfit, Misfits, Plan};

/// The way of reading a text.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Mode<'p> {
    /// In one pass. A value that does not fit makes the whole reading fail.
    Direct {
        /// The number of unions around the value that were looked through before they were read.
        looks: u8,
    },
    /// By the plan of the fit walk.
    Careful(&'p Plan),
}

impl<'p> Mode<'p> {
    /// Each look goes over all that is in a union. Documents have up to three levels of unions that are looked through. Beyond this
    /// limit the fit walk reads, which looks at each value once however deep it is.
    const LOOKS: u8 = 8;

    /// Returns the mode in which a union is read that was looked through.
    ///
    /// # Errors
    ///
    /// There are too many levels.
    pub(super) fn looked(looks: u8) -> Result<Self, Unfit> {
        match looks < Self::LOOKS {
            true => Ok(Mode::Direct { looks: looks + 1 }),
            false => Err(Unfit),
        }
    }

    /// Returns what becomes of the next member of an object.
    #[inline]
    pub(super) fn member(self) -> MemberPlan {
        match self {
            Mode::Direct { .. } => MemberPlan::Read,
            Mode::Careful(plan) => plan.take_member(),
        }
    }
}

/// A value that was read, and what did not fit.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    pub value: T,
    pub misfits: Misfits,
}

impl<T> From<T> for Decoded<T> {
    #[inline]
    fn from(value: T) -> Self {
        Decoded {
            value,
            misfits: Misfits::default(),
        }
    }
}

thread_local! {
    /// The misfits of generated types inside a type of the user's that is being read, or `None` outside of such a reading.
    static COLLECTED: RefCell<Option<Misfits>> = const { RefCell::new(None) };
}

impl<T> Decoded<T> {
    /// Hands the misfits to the reading of a response that this value is in. If there is none, emits an event about them.
    pub(super) fn report_misfits(&self) {
        if self.misfits.count == 0 {
            return;
        }
        COLLECTED.with_borrow_mut(|collected| match collected {
            Some(collected) => collected.add(self.misfits.clone()),
            None => trace_misfits("", &self.misfits),
        });
    }
}

/// Calls `read`, and returns the misfits of the generated types that it reads by `serde`.
fn collect_misfits<T>(read: impl FnOnce() -> T) -> (T, Misfits) {
    /// Ends the collecting, also if `read` panics.
    struct Reset;

    impl Drop for Reset {
        fn drop(&mut self) {
            COLLECTED.take();
        }
    }

    let _reset = Reset;
    COLLECTED.set(Some(Misfits::default()));
    let value = read();
    (value, COLLECTED.take().unwrap_or_default())
}

/// Emits one event at level `warn` that names the first misfits. `operation` is the one whose response they are in, if known.
#[cold]
pub(crate) fn trace_misfits(operation: &str, misfits: &Misfits) {
    /// The number of misfits in an event.
    const NAMED: usize = 5;
    let named: Vec<String> = misfits.listed.iter().take(NAMED).map(Misfit::to_string).collect();
    tracing::warn!(
        name: "vapi.misfits",
        operation = (!operation.is_empty()).then_some(operation),
        count = misfits.count,
        misfits = named.join("; "),
        "values are not what the document says"
    );
}

/// The reason why a text cannot be read.
#[doc(hidden)]
#[derive(Debug)]
pub struct Undecodable {
    pub cause: serde_json::Error,
    /// The JSON path of the culprit. Absent if `cause` has the position, or if the whole text is meant.
    pub json_path: Option<String>,
}

impl From<serde_json::Error> for Undecodable {
    fn from(cause: serde_json::Error) -> Self {
        Undecodable { cause, json_path: None }
    }
}

impl From<Misfit> for Undecodable {
    fn from(misfit: Misfit) -> Self {
        Undecodable {
            cause: serde_json::Error::custom(misfit.reason()),
            json_path: Some(misfit.json_path().to_owned()).filter(|path| !path.is_empty()),
        }
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.json_path {
            write!(f, "`{path}`: ")?;
        }
        self.cause.fmt(f)
    }
}

impl std::error::Error for Undecodable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// A function that reads a body.
pub(crate) type Decode<T> = fn(&[u8]) -> Result<Decoded<T>, Undecodable>;

/// Reads a body as a type of the user's, in which ours may be. The paths of misfits inside ours begin there: `serde` does not say
/// where in the body they are.
pub(crate) fn from_body<T: DeserializeOwned>(body: &[u8]) -> Result<Decoded<T>, Undecodable> {
    let text = as_text(body)?;
    let cause = match collect_misfits(|| serde_json::from_str::<T>(text)) {
        (Ok(value), misfits) => return Ok(Decoded { value, misfits }),
        (Err(cause), _) => cause,
    };
    if cause.is_data() {
        return Err(cause.into());
    }
    let Some((text, mut misfits)) = fit::replace_surrogates(text) else {
        return Err(cause.into());
    };
    let (value, inner) = collect_misfits(|| serde_json::from_str(&text));
    misfits.add(inner);
    Ok(Decoded { value: value?, misfits })
}

/// Reads a body as a generated type, or a list or map of one. Public for tests.
///
/// # Errors
///
/// The body is not JSON, or it cannot be of this type at all.
#[doc(hidden)]
#[inline]
pub fn read_body<T: Field>(body: &[u8]) -> Result<Decoded<T>, Undecodable> {
    read_text(as_text(body)?)
}

/// All is read from text, as captured unions are: one copy of each type's decoder is compiled instead of two.
fn as_text(body: &[u8]) -> Result<&str, serde_json::Error> {
    std::str::from_utf8(body).map_err(serde_json::Error::custom)
}

/// Reads a text, and again with more care if something in it did not fit.
#[inline]
pub(super) fn read_text<T: Field>(text: &str) -> Result<Decoded<T>, Undecodable> {
    let mut value = T::blank();
    if read_once(&mut value, text, Mode::Direct { looks: 0 }).is_ok() {
        return Ok(value.into());
    }
    let careful = fit::plan(text, T::EXPECTED)?;
    value = T::blank();
    // The walk has seen all that can fail.
    read_once(&mut value, &careful.text, Mode::Careful(&careful.plan))
        .map_err(|Unfit| serde_json::Error::custom("the text was not read as planned"))?;
    Ok(Decoded {
        value,
        misfits: careful.misfits,
    })
}

fn read_once(value: &mut dyn Slot, text: &str, mode: Mode<'_>) -> Result<(), Unfit> {
    let mut cursor = Cursor::new(text);
    value.read(&mut cursor, mode)?;
    cursor.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_read_at_once() {
        let at_once = |text: &str| {
            let mut value = crate::types::CreateAssistantDto::blank();
            read_once(&mut value, text, Mode::Direct { looks: 0 })
        };
        for text in [
            r#"{"name":"a","firstMessage":"b\n","silenceTimeoutSeconds":30,"maxDurationSeconds":1.5e2,"metadata":{"a":[null]}}"#,
            r#"{"model":{"provider":"openai","model":"gpt-4o","temperature":0.5,"messages":[{"role":"system","content":"c"}]}}"#,
            r#"{"model":{"messages":[],"model":"gpt-4o","provider":"openai","toolIds":["a"],"tools":[{"type":"endCall"}]}}"#,
            r#"{"voice":{"provider":"11labs","voiceId":"a"},"transcriber":{"provider":"deepgram","keywords":["a:1"]}}"#,
            r#"{"hooks":[{"on":"call.ending","do":[{"type":"tool","toolId":"a"}]}],"clientMessages":["hang"],"hipaa":null}"#,
        ] {
            assert_eq!(at_once(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn unions_are_looked_through_up_to_the_limit() {
        let mut looks = 0;
        let mut readings = 0;
        while let Ok(Mode::Direct { looks: inner }) = Mode::looked(looks) {
            (looks, readings) = (inner, readings + 1);
        }
        assert_eq!(readings, Mode::LOOKS);
    }
}
