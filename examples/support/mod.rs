//! Values that the examples take from the environment.

/// Returns the environment variable `name`. Its absence is an error that gives the `meaning`.
///
/// Examples that place calls need these variables, so that no example dials a number by accident.
pub fn variable(name: &str, meaning: &str) -> Result<String, String> {
    std::env::var(name)
        .map_err(|_| format!("set {name} to {meaning}; examples/README.md shows values for a local server"))
}
