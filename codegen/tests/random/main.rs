//! Random documents: the code that is generated from each compiles.
//!
//! The documents are always the same. `VAPI_DOCUMENTS` is how many to try, and `VAPI_DOCUMENTS_SEED` which.

mod batch;
mod cases;
mod directory;
mod document;

use std::collections::BTreeMap;
use std::thread;

use proptest::prelude::ProptestConfig;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{RngSeed, TestRunner};
use vapi_codegen::prepare::Config;

use batch::{Batch, generate};

/// More than this many modules at once need more memory than a small machine has.
const MOST: usize = 250;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
#[ignore = "compiles a crate: .ci/run asks for it"]
fn a_random_document_compiles() {
    // The strategies are nested deeper than the stack of a test allows.
    let thread = thread::Builder::new().stack_size(256 * 1024 * 1024);
    thread.spawn(compile_all).unwrap().join().unwrap();
}

fn compile_all() {
    let count = number("VAPI_DOCUMENTS").map_or(60, |count| count.try_into().unwrap());
    let mut runner = TestRunner::new(ProptestConfig {
        rng_seed: RngSeed::Fixed(number("VAPI_DOCUMENTS_SEED").unwrap_or(1)),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = document::document();
    let config = Config::default();
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut compiled = 0;
    let numbers: Vec<usize> = (0..count).collect();
    for (index, numbers) in numbers.chunks(MOST).enumerate() {
        let mut batch = Batch::new("random-documents");
        for (name, document) in cases::cases().into_iter().filter(|_| index == 0) {
            let code = generate(document.clone(), &config).unwrap_or_else(|error| panic!("{name}: {error}"));
            batch.add(name, &document, &code);
        }
        for number in numbers {
            let document = strategy.new_tree(&mut runner).unwrap().current();
            let name = format!("d{number}");
            match generate(document.clone(), &config) {
                Ok(code) => {
                    batch.add(&name, &document, &code);
                    compiled += 1;
                }
                Err(error) => drop(refused.insert(name, error)),
            }
        }
        failed.extend(batch.check().err());
    }
    for (name, error) in &refused {
        println!("{name} is refused: {error}");
    }
    println!("{compiled} compiled, {} refused", refused.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(
        refused.is_empty(),
        "the generator makes no document that OpenAPI 3.0 forbids"
    );
}
