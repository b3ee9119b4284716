//! The regions of the API.

use std::fmt;
use std::str::FromStr;

/// The region of an account. A key works in one region only; another responds with 401.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// `https://api.vapi.ai`, the default.
    #[default]
    Us,
    /// `https://api.eu.vapi.ai`.
    Eu,
}

impl Region {
    /// Returns the address of the API in this region.
    pub fn base_url(self) -> &'static str {
        match self {
            Region::Us => "https://api.vapi.ai",
            Region::Eu => "https://api.eu.vapi.ai",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Region::Us => "us",
            Region::Eu => "eu",
        })
    }
}

/// Parses `us` or `eu`, in upper or lower case.
impl FromStr for Region {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name.eq_ignore_ascii_case("us") {
            Ok(Region::Us)
        } else if name.eq_ignore_ascii_case("eu") {
            Ok(Region::Eu)
        } else {
            Err(format!("`{name}` is not a region: give `us` or `eu`"))
        }
    }
}
