//! JSON numbers that stay what they were: `100` is not sent as `100.0`, and 64-bit integers keep every digit.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A number as JSON has them: an integer or a fraction.
///
/// ```
/// use vapi::Number;
///
/// assert_eq!(Number::from(100.0).to_string(), "100");
/// assert_eq!(Number::from(0.25).as_f64(), 0.25);
/// assert_eq!(Number::from(u64::MAX).as_i64(), None);
/// assert!(Number::from(3) < 3.5);
/// ```
#[derive(Clone, Copy)]
pub struct Number(Repr);

#[derive(Clone, Copy)]
enum Repr {
    Int(i64),
    /// Only what does not fit in `Int`.
    Large(u64),
    Float(f64),
}

/// Up to here every integer has a floating-point value of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Number {
    /// Returns a number that came with a fraction. What came as `100.0` goes back as `100.0`.
    pub(super) fn fraction(value: f64) -> Self {
        Number(Repr::Float(value))
    }

    /// Returns the number as a floating-point value, rounded if it is an integer of more than 53 bits.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Int(value) => value as f64,
            Repr::Large(value) => value as f64,
            Repr::Float(value) => value,
        }
    }

    /// Returns the number as an integer, if it is one and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Int(value) => Some(value),
            Repr::Large(_) => None,
            Repr::Float(value) => (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64),
        }
    }

    /// Returns the number as an unsigned integer, if it is one and fits.
    pub fn as_u64(self) -> Option<u64> {
        match self.0 {
            Repr::Large(value) => Some(value),
            _ => self.as_i64().and_then(|value| value.try_into().ok()),
        }
    }
}

impl From<f64> for Number {
    /// A value without a fraction becomes an integer, as it would in JavaScript's JSON.
    fn from(value: f64) -> Self {
        if value.fract() == 0.0 && value.abs() <= EXACT {
            Self(Repr::Int(value as i64))
        } else {
            Self(Repr::Float(value))
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).map_or(Repr::Large(value), Repr::Int))
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

impl From<f32> for Number {
    fn from(value: f32) -> Self {
        Self::from(f64::from(value))
    }
}

macro_rules! from_integer {
    ($($type:ty),*) => {
        $(impl From<$type> for Number {
            fn from(value: $type) -> Self {
                Self(Repr::Int(i64::from(value)))
            }
        })*
    };
}

from_integer!(i8, i16, i32, i64, u8, u16, u32);

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        number.as_f64()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Int(value) => fmt::Display::fmt(&value, f),
            Repr::Large(value) => fmt::Display::fmt(&value, f),
            Repr::Float(value) => fmt::Display::fmt(&value, f),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self.as_i64(), other.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => match (self.as_u64(), other.as_u64()) {
                (Some(a), Some(b)) => a == b,
                _ => self.as_f64() == other.as_f64(),
            },
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.as_i64(), other.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

impl<T: Copy + Into<Number>> PartialEq<T> for Number
where
    T: NotNumber,
{
    fn eq(&self, other: &T) -> bool {
        *self == (*other).into()
    }
}

impl<T: Copy + Into<Number>> PartialOrd<T> for Number
where
    T: NotNumber,
{
    fn partial_cmp(&self, other: &T) -> Option<Ordering> {
        self.partial_cmp(&(*other).into())
    }
}

/// The primitive numbers, which compare with [`Number`].
#[doc(hidden)]
pub trait NotNumber {}
impl NotNumber for f64 {}
impl NotNumber for i32 {}
impl NotNumber for i64 {}
impl NotNumber for u32 {}
impl NotNumber for u64 {}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Repr::Int(value) => serializer.serialize_i64(value),
            Repr::Large(value) => serializer.serialize_u64(value),
            Repr::Float(value) => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;

        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(value.into())
            }

            fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
                Ok(Number::fraction(value))
            }
        }

        deserializer.deserialize_any(NumberVisitor)
    }
}
