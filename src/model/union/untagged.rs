//! Looking at the text of an object before its type is known: what its members are called, and what the strings among them say.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Shape;

/// The members of an object: names, and the values that are strings.
pub(super) struct Members<'de>(Vec<(Cow<'de, str>, Option<Cow<'de, str>>)>);

impl Members<'_> {
    fn get(&self, name: &str) -> Option<&Option<Cow<'_, str>>> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// Returns a score of how well the members fit, or `None` if they cannot be of this shape.
    pub(super) fn score(&self, shape: &Shape) -> Option<Score> {
        let mut agreeing = 0;
        let mut choices = 0;
        for (tag, values) in shape.tags {
            match self.get(tag) {
                Some(Some(value)) if values.contains(&value.as_ref()) => {
                    agreeing += 1;
                    choices += values.len();
                }
                // An enum of several values may have grown; a constant does not change.
                Some(_) if values.len() == 1 => return None,
                _ => {}
            }
        }
        if shape.required.iter().any(|name| self.get(name).is_none()) {
            return None;
        }
        let known = |name: &str| shape.fields.contains(&name) || shape.required.contains(&name);
        Some(Score {
            agreeing,
            known: self.0.iter().filter(|(name, _)| known(name)).count(),
            required: shape.required.len(),
            choices: Reverse(choices),
        })
    }
}

/// Greater is likelier: the most tags that agree, then the most known properties; of two that are equal in both, the one
/// that demands more.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score {
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

/// Finds the string value of `tag` in the object `text`, reading no further than there.
pub(super) fn find_tag<'a>(text: &'a str, tag: &str) -> Option<Cow<'a, str>> {
    struct TagVisitor<'t, 'de> {
        tag: &'t str,
        found: &'t mut Option<Cow<'de, str>>,
    }

    impl<'de> Visitor<'de> for TagVisitor<'_, 'de> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(Text(name)) = map.next_key()? {
                if name.is_some_and(|name| name == self.tag) {
                    *self.found = map.next_value::<StringOnly<'de>>()?.0;
                    break;
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut found = None;
    // Stopping early is an error to `serde_json`, and the text is known to be JSON: the result is in `found` alone.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(TagVisitor { tag, found: &mut found });
    found
}

/// A string, borrowed where it has no escapes.
pub(super) struct Text<'de>(pub(super) Option<Cow<'de, str>>);

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
