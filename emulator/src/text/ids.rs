//! Identifiers in the API's format, and the organization of a token. The crate `uuid` is not used: version 4 is one
//! line, and its version 5 needs SHA-1 for what only has to spread.

/// Returns a random UUID (version 4).
pub(crate) fn uuid() -> String {
    formatted(fastrand::u128(..))
}

/// Returns the organization of a token. It is the same for the same token in every run.
pub(crate) fn organization(token: &str) -> String {
    // FNV-1a is the same in every version of Rust, which data files rely on.
    let hash = token
        .bytes()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
    formatted(hash)
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
