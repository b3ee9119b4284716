//! Enums of strings that stay open: a value the document does not know is kept as it came.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};

use super::names::Names;

/// A generated enum, as a table.
#[doc(hidden)]
pub trait OpenEnum: Clone + 'static {
    /// The texts on the wire of the values that the document knows, sorted.
    const TEXTS: Names;

    /// Returns the value with this number, which the document knows.
    fn at(index: usize) -> Self;
    /// Returns the number of the value.
    ///
    /// # Errors
    ///
    /// The document does not know it. The error is its text.
    fn index(&self) -> Result<usize, &str>;
    /// Returns the value that keeps an unknown `text`.
    fn unknown(text: String) -> Self;

    /// Returns the value that stands for `text` on the wire.
    #[inline]
    fn of(text: impl AsRef<str> + Into<String>) -> Self {
        match Self::TEXTS.search(text.as_ref()) {
            Some(index) => Self::at(index),
            None => Self::unknown(text.into()),
        }
    }

    /// Returns a copy.
    #[inline]
    fn copied(&self) -> Self {
        match self.index() {
            Ok(index) => Self::at(index),
            Err(text) => Self::unknown(text.to_owned()),
        }
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
        Ok(T::of(text))
    }
}

/// Declares one open enum. Two values are equal when they are the same text on the wire.
///
/// # Grammar
///
/// ```text
/// NAME { NUMBER VARIANT "TEXT" … }    the values, sorted by their text on the wire, and numbered from 0
/// ```
///
/// Attributes and docs stand before the name and before each number.
///
/// # Example
///
/// ```text
/// open_enum! {
///     /// A size.
///     Size { 0 Large "large" 1 Small "small" }
/// }
/// ```
///
/// expands to
///
/// ```text
/// /// A size.
/// #[non_exhaustive]
/// pub enum Size { Large, Small, Unknown(String) }
///
/// impl Size {
///     pub fn as_str(&self) -> &str { … }
/// }
///
/// impl OpenEnum for Size {
///     const TEXTS: Names = names!["large" "small"];
///     fn at(index: usize) -> Self { match index { 0 => Self::Large, 1 => Self::Small, _ => … } }
///     fn index(&self) -> Result<usize, &str> { match self { Self::Large => Ok(0), Self::Small => Ok(1), Self::Unknown(text) => Err(text) } }
///     fn unknown(text: String) -> Self { Self::Unknown(text) }
/// }
/// ```
///
/// and to `Clone`, `From<&str>`, `From<String>`, `AsRef<str>`, `PartialEq`, `Eq`, `Hash`, `Display`, `Debug`, `Serialize`, `Deserialize`,
/// `Slot` and `Field`, all by way of the number or the text.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $index:literal $variant:ident $wire:literal)* }) => {
        $(#[$meta])*
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
                match $crate::model::OpenEnum::index(self) {
                    Ok(index) => <Self as $crate::model::OpenEnum>::TEXTS.get(index),
                    Err(text) => text,
                }
            }
        }

        impl $crate::model::OpenEnum for $name {
            const TEXTS: $crate::model::Names = $crate::model::names![$($wire)*];

            #[inline]
            fn at(index: usize) -> Self {
                match index {
                    $($index => Self::$variant,)*
                    _ => Self::Unknown(String::new()),
                }
            }
            #[inline]
            fn index(&self) -> Result<usize, &str> {
                match self {
                    $(Self::$variant => Ok($index),)*
                    Self::Unknown(text) => Err(text),
                }
            }
            #[inline]
            fn unknown(text: String) -> Self {
                Self::Unknown(text)
            }
        }

        $crate::model::open_enum!(@impls $name);
    };
    (@impls $name:ident) => {
        impl Clone for $name {
            #[inline]
            fn clone(&self) -> Self {
                $crate::model::OpenEnum::copied(self)
            }
        }
        impl From<&str> for $name {
            #[inline]
            fn from(text: &str) -> Self {
                $crate::model::OpenEnum::of(text)
            }
        }
        impl From<String> for $name {
            #[inline]
            fn from(text: String) -> Self {
                $crate::model::OpenEnum::of(text)
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
                $crate::model::overwrite(value, $crate::model::OpenEnum::of(cursor.string()?));
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
        Size { 0 Large "large" 1 Small "small" }
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
