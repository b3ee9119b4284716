//! Fuzz tests of the routes.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

/// Generates segments of real paths, and difficult ones.
fn segment(document: &Document) -> impl Strategy<Value = String> + use<> {
    let mut real: Vec<String> = document
        .operations()
        .iter()
        .flat_map(|operation| operation.path.split('/').map(str::to_owned))
        .collect();
    real.sort();
    real.dedup();
    prop_oneof![
        4 => prop::sample::select(real),
        1 => prop::sample::select(vec!["", ".", "..", "%2e%2e", "%2F", "%00", "%ff", "%", "%zz", "{id}", "{", "é"])
            .prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

#[test]
fn any_method_and_path_has_a_route_or_none() {
    let document = Arc::new(Document::parse(include_str!("../../../openapi.json")).expect("the document is sound"));
    let routes = Routes::of(&document);
    let path = prop::collection::vec(segment(&document), 0..8).prop_map(|segments| segments.join("/"));
    let method = prop_oneof![
        3 => prop::sample::select(vec!["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "CONNECT"])
            .prop_map(str::to_owned),
        1 => "[A-Z!#$%&'*+.^_`|~-]{1,10}",
    ];
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases: 5000,
            failure_persistence: None,
            ..Config::default()
        },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let asked = (method, any::<bool>(), path).prop_map(|(method, rooted, path)| {
        let method = Method::from_bytes(method.as_bytes()).expect("a token");
        (method, format!("{}{path}", if rooted { "/" } else { "" }))
    });
    let checked = runner.run(&asked, |(method, path)| {
        match routes.find(&method, &path) {
            Route::Operation { index, parameters } => {
                let operation = &document.operations()[index];
                prop_assert!(operation.method == method || (method == Method::HEAD && operation.method == Method::GET));
                let filled = crate::openapi::plan::concrete(&operation.path, &parameters);
                let asked: Vec<_> = split(&path)
                    .map(|s| percent_decode_str(s).decode_utf8_lossy().into_owned())
                    .collect();
                prop_assert_eq!(filled, format!("/{}", asked.join("/")));
            }
            Route::WrongMethod(allowed) => prop_assert!(!allowed.is_empty() && !allowed.contains(&method)),
            Route::Nothing => {}
        }
        Ok(())
    });
    checked.expect("a route or none");
}
