//! Looking at the text of an object before its type is known: what its members are called, and what the strings among them say.

use std::borrow::Cow;
use std::cmp::Reverse;

use super::Shape;
use crate::model::cursor::{Cursor, Unfit};

/// The members of an object: names, and the values that are strings.
pub(in crate::model) struct Members<'a>(Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>);

impl<'a> Members<'a> {
    /// Takes names and the values that are strings.
    pub(in crate::model) fn of(members: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let members = members.map(|(name, text)| (Cow::Borrowed(name), text.map(Cow::Borrowed)));
        Members(members.collect())
    }

    /// Looks at an object, whose values need not be JSON.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Unfit> {
        let mut members = Vec::new();
        let mut object = cursor.object()?;
        while let Some(name) = cursor.member(&mut object)? {
            let text = match cursor.peek() {
                Some(b'"') => Some(cursor.string()?),
                _ => cursor.pass().map(|_| None)?,
            };
            members.push((name, text));
        }
        Ok(Members(members))
    }

    /// Returns the index of the last member with this name, which is the one that counts.
    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().rposition(|(member, _)| member == name)
    }

    /// Returns how well the members fit, or `None` if they cannot be of this shape. `takes` says whether the value of a member,
    /// which has this name and index, is of the kind that the shape has there.
    pub(in crate::model) fn score(&self, shape: &Shape, mut takes: impl FnMut(&str, usize) -> bool) -> Option<Score> {
        let mut agreeing = 0;
        let mut choices = 0;
        for (tag, values) in shape.tags {
            match self.position(tag).map(|index| &self.0[index].1) {
                Some(Some(value)) if values.contains(value) => {
                    agreeing += 1;
                    choices += values.len();
                }
                // An enum of several values may have grown; a constant does not change.
                Some(_) if values.len() == 1 => return None,
                _ => {}
            }
        }
        let mut is_possible = true;
        let mut required = 0;
        for name in shape.required() {
            is_possible &= takes(name, self.position(name)?);
            required += 1;
        }
        let members = self.0.iter().enumerate();
        let known = members.filter(|(index, (name, _))| shape.knows(name) && takes(name, *index));
        Some(Score {
            is_possible,
            agreeing,
            known: known.count(),
            required,
            choices: Reverse(choices),
        })
    }
}

/// Greater is likelier: what can be at all, then the most tags that agree, then the most known properties; of two that are equal
/// in these, the one that demands more.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::model) struct Score {
    /// No required property has a value of another kind.
    is_possible: bool,
    agreeing: usize,
    known: usize,
    required: usize,
    /// The number of values that the agreeing tags could have had.
    choices: Reverse<usize>,
}
