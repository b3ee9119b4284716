//! Real payloads, decoded as the types they name and written again: nothing may be lost.
//!
//! `VAPI_PAYLOADS` names a directory of JSON files with an `index.tsv`; without it, that is `../shared/payloads`.

mod document;
mod fallback;
mod index;
mod refusal;
mod registry;
#[path = "../support/mod.rs"]
mod support;
mod webhook;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use index::Entry;
use registry::Target;

/// The result for one payload.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    Ok,
    /// Decoded and kept, though a union did not recognize what the document has a variant for.
    Unknown,
    /// Decoded and kept, though something in it is said not to be what the document says, which it is.
    Misfit,
    Lost,
    Error,
    Panic,
    /// The document has no type for it.
    NoType,
}

#[test]
#[ignore = "needs ../shared/payloads"]
fn real_payloads_decode_and_keep_all_they_say() {
    let directory = directory();
    let mut totals: BTreeMap<String, BTreeMap<Outcome, usize>> = BTreeMap::new();
    let mut broken = String::new();
    for entry in index::read(&directory) {
        let (outcome, findings) = examine(&directory, &entry);
        let line = format!("{:<8} {} ({})", format!("{outcome:?}"), entry.file, entry.origin);
        println!("{line}");
        for finding in &findings {
            println!("         {finding}");
        }
        let captured = entry.origin.starts_with("captured");
        // A request of the manual leaves out the discriminator of an update, which the types here require and always send.
        let is_request = entry.file.starts_with("request/");
        if outcome == Outcome::Panic
            || (outcome == Outcome::Misfit && !is_request)
            || (captured && !matches!(outcome, Outcome::Ok | Outcome::NoType))
        {
            let _ = writeln!(broken, "{line}\n    {}", findings.join("\n    "));
        }
        let origin = totals.entry(entry.origin).or_default();
        *origin.entry(outcome).or_default() += 1;
    }
    println!();
    for (origin, outcomes) in &totals {
        let counts: Vec<String> = outcomes.iter().map(|(o, count)| format!("{o:?} {count}")).collect();
        println!("{origin:<40} {}", counts.join(", "));
    }
    assert!(!totals.is_empty(), "no payload is in {}", directory.display());
    assert!(broken.is_empty(), "captured payloads did not come through:\n{broken}");
}

fn directory() -> PathBuf {
    match std::env::var_os("VAPI_PAYLOADS") {
        Some(directory) if !directory.is_empty() => directory.into(),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/payloads"),
    }
}

/// Sends one payload through every type that it names, and tells the worst that happened.
fn examine(directory: &Path, entry: &Entry) -> (Outcome, Vec<String>) {
    let text = match std::fs::read_to_string(directory.join(&entry.file)) {
        Ok(text) => text,
        Err(error) => return (Outcome::Error, vec![error.to_string()]),
    };
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => return (Outcome::Error, vec![format!("no JSON: {error}")]),
    };
    let targets = registry::targets(entry, &value);
    if targets.is_empty() && refusal::is_one(&value) {
        return refusal::check(&text, &value);
    }
    if targets.is_empty() {
        return (Outcome::NoType, vec![format!("{} as {}", entry.kind, entry.schema)]);
    }
    let mut worst = Outcome::Ok;
    let mut findings = Vec::new();
    for target in targets {
        let (outcome, finding) = send_through(&target, entry.is_valid);
        findings.extend(finding.map(|finding| format!("as {}: {finding}", target.name)));
        worst = worst.max(outcome);
    }
    (worst, findings)
}

fn send_through(target: &Target, is_valid: bool) -> (Outcome, Option<String>) {
    let text = target.value.to_string();
    match std::panic::catch_unwind(|| (target.decode)(&text)) {
        Err(_) => (Outcome::Panic, Some("panicked".to_owned())),
        Ok(Err(problem)) => (Outcome::Error, Some(problem)),
        Ok(Ok(decoded)) if decoded.written != target.value => {
            let mut lost = Vec::new();
            differences("", &target.value, &decoded.written, &mut lost);
            (Outcome::Lost, Some(lost.join("; ")))
        }
        Ok(Ok(decoded)) if is_valid && !decoded.misfits.is_empty() => {
            (Outcome::Misfit, Some(decoded.misfits.join("; ")))
        }
        Ok(Ok(decoded)) => match fallback::unrecognized(&decoded.debug, &target.value, target.name) {
            places if places.is_empty() => (Outcome::Ok, None),
            places => (Outcome::Unknown, Some(format!("unknown at {}", places.join(", ")))),
        },
    }
}

/// Lists the paths at which two values differ, with both values.
fn differences(at: &str, before: &Value, after: &Value, out: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a {
                let after = b.get(name).unwrap_or(&Value::Null);
                differences(&format!("{at}.{name}"), value, after, out);
            }
            out.extend(
                b.keys()
                    .filter(|name| !a.contains_key(*name))
                    .map(|name| format!("{at}.{name} was added")),
            );
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (before, after)) in a.iter().zip(b).enumerate() {
                differences(&format!("{at}[{index}]"), before, after, out);
            }
        }
        _ if before != after => out.push(format!("{at}: {before} became {after}")),
        _ => {}
    }
}
