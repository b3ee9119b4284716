//! The careful reading: it finds what does not fit, so that it costs no more than itself.
//!
//! The first reading of a text decodes as it goes and stops at the first value that is not what the document says. Then the text
//! is parsed into a tree, the walk decides what becomes of each value, and the same decoders read the text again by that plan.
//! ARCHITECTURE.md has the reasons.

mod expected;
mod misfit;
mod plan;
mod surrogates;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use expected::Expected;
pub use misfit::{Misfit, Misfits};
pub use plan::{MemberPlan, Plan};

use super::read::Undecodable;
use tree::Tree;
use walk::Walk;

/// A text and how to read it.
pub(super) struct Careful<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) plan: Plan,
    pub(super) misfits: Misfits,
}

/// Plans how to read a text that the first reading refused.
///
/// # Errors
///
/// The text is not JSON, or it cannot be a value of the type at all.
#[cold]
pub(super) fn plan(text: &str, expected: Expected) -> Result<Careful<'_>, Undecodable> {
    let repaired = surrogates::replace(text);
    let (text, strings) = match repaired {
        Some(repaired) => (Cow::Owned(repaired.text), repaired.strings),
        None => (Cow::Borrowed(text), Vec::new()),
    };
    let tree = Tree::parse(&text)?;
    let mut walk = Walk::default();
    walk.surrogates(&tree, &strings);
    if let Err(culprit) = walk.value(&tree, expected, 0) {
        return Err(walk.write(culprit).into());
    }
    let (plan, misfits) = walk.finish();
    drop(tree);
    Ok(Careful { text, plan, misfits })
}

/// Replaces lone surrogates in a text that is read as a type of the user's. Returns `None` if there are none.
#[cold]
pub(super) fn replace_surrogates(text: &str) -> Option<(String, Misfits)> {
    let repaired = surrogates::replace(text)?;
    let misfits = {
        let tree = Tree::parse(&repaired.text).ok()?;
        let mut walk = Walk::default();
        walk.surrogates(&tree, &repaired.strings);
        walk.finish().1
    };
    Some((repaired.text, misfits))
}
