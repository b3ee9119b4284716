//! The order of a list, and its cursors.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::http::query::{Query, parameter};
use crate::text::timestamp;

/// The order of a list: by a property, or by creation.
pub(crate) struct Order<'q> {
    property: Option<&'q str>,
    pub ascending: bool,
}

/// A position in an order, between two resources. Added and deleted resources do not move it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cursor {
    /// The value of the sort property; `None` for the order of creation, and for resources without the property.
    value: Option<f64>,
    place: u64,
}

impl<'q> Order<'q> {
    pub fn of(query: &'q Query) -> Order<'q> {
        Order {
            property: parameter(query, "sortBy").filter(|property| *property != "createdAt"),
            ascending: parameter(query, "sortOrder") == Some("ASC"),
        }
    }

    pub fn is_newest_first(&self) -> bool {
        self.property.is_none() && !self.ascending
    }

    /// Sorts resources that are ordered newest first.
    pub fn sort(&self, newest_first: &mut [(u64, &Value)]) {
        if self.property.is_some() {
            newest_first.sort_by(|a, b| self.compare(&self.cursor(a.0, a.1), &self.cursor(b.0, b.1)));
        } else if self.ascending {
            newest_first.reverse();
        }
    }

    /// Returns the cursor after a resource.
    pub fn cursor(&self, place: u64, resource: &Value) -> Cursor {
        Cursor {
            value: self.property.and_then(|property| sort_value(property, resource)),
            place,
        }
    }

    pub fn is_after(&self, cursor: &Cursor, place: u64, resource: &Value) -> bool {
        self.compare(&self.cursor(place, resource), cursor) == Ordering::Greater
    }

    fn compare(&self, a: &Cursor, b: &Cursor) -> Ordering {
        let by_value = match (a.value, b.value) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        let ascending = by_value.then(a.place.cmp(&b.place));
        if self.ascending { ascending } else { ascending.reverse() }
    }
}

fn sort_value(property: &str, resource: &Value) -> Option<f64> {
    let milliseconds = |name: &str| resource[name].as_str().and_then(timestamp::parse);
    match property {
        // Resources have no `duration`; it follows from two other properties.
        "duration" if resource["duration"].is_null() => {
            Some((milliseconds("endedAt")? - milliseconds("startedAt")?) as f64)
        }
        _ => resource[property].as_f64(),
    }
}

/// Formats as `p12` or `p12v3ff0000000000000`.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{:x}", self.place)?;
        match self.value {
            Some(value) => write!(f, "v{:x}", value.to_bits()),
            None => Ok(()),
        }
    }
}

impl Cursor {
    pub fn read(text: &str) -> Option<Cursor> {
        let (place, value) = match text.strip_prefix('p')?.split_once('v') {
            Some((place, value)) => (place, Some(value)),
            None => (text.strip_prefix('p')?, None),
        };
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        Some(Cursor {
            value: match value {
                Some(value) => Some(f64::from_bits(hex(value)?)),
                None => None,
            },
            place: hex(place)?,
        })
    }
}
