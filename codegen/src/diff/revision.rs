//! Reading one of the documents of a diff: a path, a URL, or a revision of git.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::source::{Limits, Source, SourceError};

/// The snapshot within a repository.
pub const SNAPSHOT: &str = "spec/openapi.json";

/// Reads what `text` names: a URL, a file if there is one of that name, else a revision of git (`v1.0`, `HEAD~2`), in which
/// [`SNAPSHOT`] is read, or a file in a revision (`main:other.json`).
///
/// # Errors
///
/// When it cannot be read, or is not an OpenAPI document.
pub fn load(text: &str, limits: Limits) -> Result<Value, SourceError> {
    let source = Source::parse(text)?;
    if source.path().is_some_and(|path| !path.exists())
        && let Some(object) = object(text)
        && let Some(bytes) = git(&["cat-file", "blob", &object])
    {
        return Source::Path(Path::new(&object).into()).decode(&bytes);
    }
    source.load_within(limits)
}

/// Returns the name by which git knows the file.
fn object(text: &str) -> Option<String> {
    if text.starts_with('-') {
        return None;
    }
    if text.contains(':') {
        return Some(text.to_owned());
    }
    // The name alone could be that of a tree or a tag of something else.
    git(&["rev-parse", "--verify", "--quiet", &format!("{text}^{{commit}}")])?;
    Some(format!("{text}:{SNAPSHOT}"))
}

/// Returns what a command of git writes, if it succeeds.
fn git(arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("git")
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}
