//! Identifiers as the API makes them, and the organization a token belongs to.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    formatted(fastrand::u128(..))
}

/// The organization of a token: the same token, the same organization, in every run.
pub(crate) fn organization(token: &str) -> String {
    let half = |salt: u8| {
        // Keyed with zeros, so stable; it only has to spread.
        let mut hasher = DefaultHasher::new();
        (salt, token).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    formatted(half(0) << 64 | half(1))
}

fn formatted(random: u128) -> String {
    let bits = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let part = |shift: u32, digits: u32| (bits >> shift) & ((1 << (4 * digits)) - 1);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 8),
        part(80, 4),
        part(64, 4),
        part(48, 4),
        part(0, 12)
    )
}
