//! The amount of generated code, beside numbers that are checked in: a change that makes much more of it is seen before it is felt.
//!
//! `UPDATE=1 cargo test -p vapi-codegen --test size` writes `expected.json` again. Compile times are no test, since they differ from
//! machine to machine: `benches/compile.sh` measures them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use vapi_codegen::prepare::{Config, prepare};
use vapi_codegen::rewrite::{Code, code};
use vapi_codegen::slice::Slice;
use vapi_codegen::source::Source;

/// The difference from a checked-in number that is no change, in percent.
const SLACK: u64 = 5;

type Counts = BTreeMap<String, u64>;

fn generate(slice: Option<Slice>) -> Code {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let document = Source::Path(spec.join("openapi.json")).load().unwrap();
    let config = Config {
        slice,
        ..Config::read(&spec).unwrap()
    };
    let prepared = prepare(document, &config).unwrap();
    code(&prepared).unwrap()
}

/// Counts the lines of each file, its calls of each macro, its functions, and the fields of objects: each is a setter as well.
fn count(slice: &str, code: &Code, counts: &mut Counts) {
    for (file, text) in [
        ("types.rs", &code.types),
        ("operations.rs", &code.operations),
        ("raw.rs", &code.raw),
    ] {
        for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
            let mut add = |what: &str| *counts.entry(format!("{slice}: {file}: {what}")).or_default() += 1;
            add("lines");
            let first = line.split([' ', '{', '(']).next().unwrap_or_default();
            if first.ends_with('!') {
                add(first);
            }
            if ["fn", "pub fn", "pub async fn", "async fn"]
                .iter()
                .any(|start| line.starts_with(&format!("{start} ")))
            {
                add("functions");
            }
            if file == "types.rs" && line.starts_with(|c: char| c.is_ascii_digit()) && line.ends_with(';') {
                add("fields");
            }
        }
    }
}

#[test]
fn the_amount_of_generated_code_is_as_expected() {
    let mut counts = Counts::new();
    count("full", &generate(None), &mut counts);
    let calls = Slice {
        handles: ["calls".to_owned()].into(),
        messages: false,
    };
    count("calls", &generate(Some(calls)), &mut counts);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/size/expected.json");
    if std::env::var_os("UPDATE").is_some() {
        let text = serde_json::to_string_pretty(&counts).unwrap();
        return fs::write(&path, text + "\n").unwrap();
    }
    let expected: Counts = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let names = counts.keys().chain(expected.keys());
    let mut differences: Vec<String> = names
        .filter_map(|name| {
            let [found, expected] = [&counts, &expected].map(|counts| counts.get(name).copied().unwrap_or_default());
            let differs = found.abs_diff(expected) * 100 > expected * SLACK;
            differs.then(|| format!("{name}: {found}, expected {expected}"))
        })
        .collect();
    differences.dedup();
    assert!(
        differences.is_empty(),
        "the generated code differs by more than {SLACK} %; if that is meant, `UPDATE=1` writes expected.json again:\n{}",
        differences.join("\n")
    );
}
