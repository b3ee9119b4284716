//! The requests of the vendor's manual are valid, but for those that are known to be wrong.
//!
//! `VAPI_PAYLOADS` names a directory of JSON files with an `index.tsv`; without it, that is `../shared/payloads`.

use std::path::{Path, PathBuf};

use vapi_codegen::validate::{Target, corrections, judge, read, validator};

/// Requests of the manual that the document refuses: the start of the file's name, the first problem, and why it stays one.
const REFUSED: [(&str, &str, &str); 7] = [
    (
        "Assistant-update-inbound-support-821",
        "/model/provider",
        "an update replaces the whole model, which needs its provider",
    ),
    (
        "PhoneNumber-create-",
        "/provider",
        "it does not say whose number it is, and has settings older than any document",
    ),
    (
        "Scenario-update-simulations-advanced-242",
        "/evaluations/0/structuredOutputId",
        "a placeholder stands for the id",
    ),
    (
        "SimulationRun-create-simulations-manage-86",
        "/simulations/0/simulationSuiteId",
        "placeholders stand for the ids",
    ),
    (
        "Squad-create-ecommerce-order-management-21",
        "/members/0/assistant/toolIds",
        "tools of an assistant belong to its model",
    ),
    (
        "Squad-create-legacy-migration-139",
        "/memberOverrides",
        "the document calls it `membersOverrides`",
    ),
    (
        "Tool-create-",
        "/serverUrl",
        "the older form of `server.url`, which the document dropped",
    ),
];

fn directory() -> PathBuf {
    match std::env::var_os("VAPI_PAYLOADS") {
        Some(directory) if !directory.is_empty() => directory.into(),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/payloads"),
    }
}

#[test]
#[ignore = "needs ../shared/payloads"]
fn the_requests_of_the_manual_are_valid() {
    let directory = directory();
    let index = std::fs::read_to_string(directory.join("index.tsv")).unwrap();
    let validator = validator(None, &corrections().unwrap()).unwrap();
    let (mut valid, mut refused, mut unexpected) = (0, Vec::new(), Vec::new());
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (file, kind, origin) = (columns[0], columns[1], columns[4]);
        let Some(operation) = kind.strip_prefix("request:").filter(|_| origin == "documented") else {
            continue;
        };
        let path = directory.join(file);
        let input = &read(path.to_str().unwrap(), false).unwrap()[0];
        let problems = judge(&validator, &Target::Request(operation.to_owned()), input).unwrap();
        let name = file.trim_start_matches("request/");
        let known = REFUSED.iter().find(|(start, path, _)| {
            name.starts_with(start) && problems.first().is_some_and(|problem| problem.path == *path)
        });
        match (problems.as_slice(), known) {
            ([], _) => valid += 1,
            (_, Some((start, _, reason))) => {
                println!("{name}: {}; {reason}", problems[0]);
                refused.push(*start);
            }
            (problems, None) => unexpected.push(format!("{name}: {problems:#?}")),
        }
    }
    println!("{valid} requests are valid");
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    assert!(valid > 40, "{valid}");
    let unused: Vec<_> = REFUSED.iter().filter(|(start, ..)| !refused.contains(start)).collect();
    assert!(unused.is_empty(), "these are no longer refused: {unused:?}");
}
