//! Enums of strings that stay open: a value the document does not know is kept as it came.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};

/// A generated enum, as a table.
#[doc(hidden)]
pub trait OpenEnum: Clone + 'static {
    /// The values that the document knows, sorted by their text on the wire.
    const KNOWN: &'static [Self];
    /// Their texts, in the same order.
    const TEXTS: &'static [&'static str];

    /// Returns the value that keeps an unknown `text`.
    fn unknown(text: String) -> Self;

    /// Returns the value that stands for `text` on the wire, if the document knows it.
    fn known(text: &str) -> Option<Self> {
        Self::KNOWN.get(Self::TEXTS.binary_search(&text).ok()?).cloned()
    }
}

pub(crate) fn decode<'de, T: OpenEnum, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(EnumVisitor(PhantomData))
}

struct EnumVisitor<T>(PhantomData<T>);

impl<T: OpenEnum> Visitor<'_> for EnumVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::known(text).unwrap_or_else(|| T::unknown(text.to_owned())))
    }
}

/// Declares one open enum. Two values are equal when they are the same text on the wire.
///
/// # Grammar
///
/// ```text
/// NAME { VARIANT "TEXT" … }    the values, sorted by their text on the wire
/// ```
///
/// Attributes and docs stand before the name and before each variant.
///
/// # Example
///
/// ```text
/// open_enum! {
///     /// A size.
///     Size { Large "large" Small "small" }
/// }
/// ```
///
/// expands to
///
/// ```text
/// /// A size.
/// #[derive(Clone)]
/// #[non_exhaustive]
/// pub enum Size { Large, Small, Unknown(String) }
///
/// impl Size {
///     pub fn as_str(&self) -> &str { match self { Self::Large => "large", Self::Small => "small", Self::Unknown(text) => text } }
/// }
///
/// impl OpenEnum for Size {
///     const KNOWN: &'static [Self] = &[Self::Large, Self::Small];
///     const TEXTS: &'static [&'static str] = &["large", "small"];
///     fn unknown(text: String) -> Self { Self::Unknown(text) }
/// }
/// ```
///
/// and to `From<&str>`, `From<String>`, `AsRef<str>`, `PartialEq`, `Eq`, `Hash`, `Display`, `Debug`, `Serialize`, `Deserialize`,
/// `Slot` and `Field`,
/// all by way of the text.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $wire:literal)* }) => {
        $(#[$meta])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $wire, "`")] $(#[$doc])* $variant,)*
            /// A value that this version of the crate does not know, as it came.
            Unknown(String),
        }

        impl $name {
            /// Returns the value as it is on the wire.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl $crate::model::OpenEnum for $name {
            const KNOWN: &'static [Self] = &[$(Self::$variant),*];
            const TEXTS: &'static [&'static str] = &[$($wire),*];

            #[inline]
            fn unknown(text: String) -> Self {
                Self::Unknown(text)
            }
        }

        $crate::model::open_enum!(@impls $name);
    };
    (@impls $name:ident) => {
        impl From<&str> for $name {
            #[inline]
            fn from(text: &str) -> Self {
                <Self as $crate::model::OpenEnum>::known(text).unwrap_or_else(|| Self::Unknown(text.to_owned()))
            }
        }
        impl From<String> for $name {
            #[inline]
            fn from(text: String) -> Self {
                <Self as $crate::model::OpenEnum>::known(&text).unwrap_or(Self::Unknown(text))
            }
        }
        impl AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }
        impl Eq for $name {}
        impl ::std::hash::Hash for $name {
            fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state)
            }
        }
        impl ::std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl ::std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(self.as_str(), f)
            }
        }
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::open_enum::decode(deserializer)
            }
        }
        $crate::model::field_type! {
            $name: $crate::model::Expected::String, Self::Unknown(String::new());
            |value, cursor, _| {
                *value = Self::from(&*cursor.string()?);
                Ok($crate::model::FieldRead::Value)
            };
            |value, out| out.string(value.as_str())
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    use serde_json::json;

    open_enum! {
        /// A size.
        Size { Large "large" Small "small" }
    }

    #[test]
    fn a_known_text_is_read_as_its_variant() {
        let size: Size = serde_json::from_value(json!("small")).unwrap();
        assert!(matches!(size, Size::Small));
        assert!(matches!(Size::from("large"), Size::Large));
        assert!(matches!(Size::from("small".to_owned()), Size::Small));
    }

    #[test]
    fn an_unknown_text_is_kept_and_written() {
        let size: Size = serde_json::from_value(json!("huge")).unwrap();
        assert!(matches!(&size, Size::Unknown(text) if text == "huge"));
        assert_eq!(serde_json::to_value(&size).unwrap(), json!("huge"));
        assert_eq!(format!("{size} {size:?} {size:>6}"), "huge \"huge\"   huge");
    }

    #[test]
    fn values_with_one_text_are_equal() {
        assert_eq!(Size::Unknown("large".to_owned()), Size::Large);
        assert_ne!(Size::Large, Size::Small);
    }

    #[test]
    fn what_is_not_a_string_is_an_error() {
        let error = serde_json::from_value::<Size>(json!(1)).unwrap_err();
        assert_eq!(error.to_string(), "invalid type: integer `1`, expected a string");
    }
}
