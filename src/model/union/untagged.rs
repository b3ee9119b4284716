//! Looking at the text of an object before its type is known: what its members are called, and what the strings among them say.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Shape;

/// The members of an object: names, and the values that are strings.
pub(in crate::model) struct Members<'de>(Vec<(Cow<'de, str>, Option<Cow<'de, str>>)>);

impl<'a> Members<'a> {
    /// Takes names and the values that are strings.
    pub(in crate::model) fn of(members: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let members = members.map(|(name, text)| (Cow::Borrowed(name), text.map(Cow::Borrowed)));
        Members(members.collect())
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
                Some(Some(value)) if values.contains(&value.as_ref()) => {
                    agreeing += 1;
                    choices += values.len();
                }
                // An enum of several values may have grown; a constant does not change.
                Some(_) if values.len() == 1 => return None,
                _ => {}
            }
        }
        let mut is_possible = true;
        for name in shape.required {
            is_possible &= takes(name, self.position(name)?);
        }
        let known = |name: &str| shape.fields.contains(&name) || shape.required.contains(&name);
        let members = self.0.iter().enumerate();
        let known = members.filter(|(index, (name, _))| known(name) && takes(name, *index));
        Some(Score {
            is_possible,
            agreeing,
            known: known.count(),
            required: shape.required.len(),
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

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(Text(name)) = map.next_key()? {
                    let StringOnly(value) = map.next_value()?;
                    members.push((name.unwrap_or_default(), value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A string, borrowed where it has no escapes.
pub(in crate::model) struct Text<'de>(pub(in crate::model) Option<Cow<'de, str>>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(StringVisitor).map(Self)
    }
}

/// A string, or nothing for a value of another kind.
pub(super) struct StringOnly<'de>(pub(super) Option<Cow<'de, str>>);

impl<'de> Deserialize<'de> for StringOnly<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StringVisitor).map(Self)
    }
}

struct StringVisitor;

impl<'de> Visitor<'de> for StringVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(map).map(|_| None)
    }
}
