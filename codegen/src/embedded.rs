//! The snapshot and its configuration as they were when this version was made: an installed `vapi-spec` has no repository around it.

use std::error::Error;

use serde_json::Value;

use crate::passes::additions::Additions;
use crate::passes::corrections::Corrections;
use crate::prepare::Config;

static SNAPSHOT: &str = include_str!("../openapi.json");
static ADDITIONS: &str = include_str!("../additions.json");
static NAMES: &str = include_str!("../names.toml");
static CORRECTIONS: &str = include_str!("../corrections.toml");
static DOCS: &str = include_str!("../docs.toml");

/// The examples by hand, as their file has them.
pub static EXAMPLES: &str = include_str!("../examples.json");

/// The date of the snapshot.
pub const DATE: &str = include_str!("../date.txt").trim_ascii();

/// The host of the API; those of its regions lie below it.
const HOST: &str = "vapi.ai";

/// Returns the snapshot.
///
/// # Errors
///
/// Never, unless the package is damaged.
pub fn document() -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(SNAPSHOT)?)
}

/// Returns what the document forgets.
///
/// # Errors
///
/// Never, unless the package is damaged.
pub fn additions() -> Result<Additions, Box<dyn Error>> {
    Ok(serde_json::from_str(ADDITIONS)?)
}

/// Returns what the document gets wrong.
///
/// # Errors
///
/// Never, unless the package is damaged.
pub fn corrections() -> Result<Corrections, Box<dyn Error>> {
    Ok(toml::from_str(CORRECTIONS)?)
}

/// Returns all decisions about the document.
///
/// # Errors
///
/// Never, unless the package is damaged.
pub fn config() -> Result<Config, Box<dyn Error>> {
    Ok(Config {
        additions: additions()?,
        names: toml::from_str(NAMES)?,
        corrections: corrections()?,
        docs: toml::from_str(DOCS)?,
        slice: None,
    })
}

/// Returns whether a document describes the API that the configuration is about, by the hosts of its servers.
pub fn fits(document: &Value) -> bool {
    let servers = document.get("servers").and_then(Value::as_array);
    servers
        .into_iter()
        .flatten()
        .filter_map(|server| server.get("url")?.as_str())
        .any(|url| {
            let (_, rest) = url.split_once("://").unwrap_or(("", url));
            let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
            host.strip_suffix(HOST)
                .is_some_and(|label| label.is_empty() || label.ends_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_snapshot_has_a_configuration_that_fits() {
        let document = document().expect("it is sound");
        assert!(fits(&document));
        let config = config().expect("it is sound");
        assert!(config.docs.types.contains_key("CreateAssistantDTO"));
    }

    #[test]
    fn a_host_of_another_name_does_not_fit() {
        let of = |url: &str| fits(&json!({"servers": [{"url": url}]}));
        for url in [
            "https://api.vapi.ai",
            "https://api.eu.vapi.ai:443/v1",
            "https://vapi.ai/",
        ] {
            assert!(of(url), "{url}");
        }
        for url in [
            "https://api.notvapi.ai",
            "https://vapi.ai.example.com",
            "/vapi.ai",
            "http://localhost/vapi.ai",
        ] {
            assert!(!of(url), "{url}");
        }
        assert!(!fits(&json!({"paths": {}})));
    }
}
