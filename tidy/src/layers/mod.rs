//! Layers: which file may import which.
//!
//! ARCHITECTURE.md has a list for each crate, in a fenced block whose info string is `layers` and the folder of the sources:
//!
//! ````text
//! ```layers src
//! lib.rs
//! pages/ wait/    # each line is a layer, the highest first
//! model/
//! ```
//! ````
//!
//! A name is a file, or a folder with a slash at its end; of several names that match a file, the longest counts. A file may import
//! the files of its own line and of the lines below. Names of one line may not import each other in a circle. Inside a folder that is
//! one name, everything is allowed.
//!
//! An import is a path of a `use`, of code, or of the arguments of a macro. Imports of test code do not count. A path through a
//! re-export imports the file that has the item and the one that re-exports it, except when that is the root of the crate: `crate::Error`
//! is an import of `error/mod.rs`.

mod imports;
mod list;
mod modules;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::imports::{Import, imports};
use self::list::{DOCUMENT, Layers};
use crate::{Finding, Repository};

/// Checks the imports of each of the `folders`, such as `emulator/src`, by its list in ARCHITECTURE.md.
pub fn check(repository: &Repository, folders: &[&str]) -> Vec<Finding> {
    folders
        .iter()
        .flat_map(|folder| check_folder(repository, folder))
        .collect()
}

fn check_folder(repository: &Repository, folder: &str) -> Vec<Finding> {
    let text = repository.document(DOCUMENT).unwrap_or_default();
    let Some(layers) = Layers::parse(text, folder) else {
        return vec![Finding::new(
            DOCUMENT,
            0,
            format!("there is no block `layers {folder}`"),
        )];
    };
    let (imports, mut findings) = imports(repository, folder);
    findings.extend(check_names(repository, &layers));
    findings.extend(check_directions(&layers, &imports));
    findings.extend(check_circles(&layers, &imports));
    findings
}

/// Finds files without a layer, and names without a file.
fn check_names(repository: &Repository, layers: &Layers) -> Vec<Finding> {
    let prefix = format!("{}/", layers.folder());
    let mut unused: BTreeSet<usize> = (0..layers.names().len()).collect();
    let mut findings = Vec::new();
    for source in repository.sources() {
        if !source.path().starts_with(&prefix) {
            continue;
        }
        match layers.find(source.path()) {
            Some(name) => {
                unused.remove(&name);
            }
            None => findings.push(Finding::new(
                source.path(),
                0,
                format!("no layer in {DOCUMENT} names this file"),
            )),
        }
    }
    findings.extend(unused.into_iter().map(|name| {
        let name = &layers.names()[name];
        Finding::new(DOCUMENT, name.line, format!("no file is named by `{}`", name.path))
    }));
    findings
}

/// Finds imports from a lower layer to a higher one.
fn check_directions(layers: &Layers, imports: &[Import]) -> Vec<Finding> {
    let layer = |path: &str| Some(layers.names()[layers.find(path)?].layer);
    imports
        .iter()
        .filter(|import| {
            layer(&import.from)
                .zip(layer(&import.to))
                .is_some_and(|(from, to)| to < from)
        })
        .map(|import| {
            let message = format!("imports upwards, from {}: `{}`", import.to, import.path);
            Finding::new(&import.from, import.line, message)
        })
        .collect()
}

/// Finds circles of imports between the names of one line: one circle, the shortest, of all that share a name.
fn check_circles(layers: &Layers, imports: &[Import]) -> Vec<Finding> {
    let mut edges: BTreeMap<usize, BTreeMap<usize, &Import>> = BTreeMap::new();
    for import in imports {
        if let (Some(from), Some(to)) = (layers.find(&import.from), layers.find(&import.to))
            && from != to
            && layers.names()[from].layer == layers.names()[to].layer
        {
            edges.entry(from).or_default().entry(to).or_insert(import);
        }
    }
    let mut findings = Vec::new();
    let mut reported = BTreeSet::new();
    for start in edges.keys() {
        if reported.contains(start) {
            continue;
        }
        let Some(circle) = shortest_circle(*start, &edges) else {
            continue;
        };
        let steps: Vec<_> = circle
            .iter()
            .map(|import| format!("{}:{} imports {}", import.from, import.line, import.to))
            .collect();
        reported.extend(circle.iter().filter_map(|import| layers.find(&import.from)));
        let message = format!("names of one layer import each other in a circle: {}", steps.join(", "));
        findings.push(Finding::new(&circle[0].from, circle[0].line, message));
    }
    findings
}

/// Returns the imports that lead from `start` back to it.
fn shortest_circle<'a>(start: usize, edges: &BTreeMap<usize, BTreeMap<usize, &'a Import>>) -> Option<Vec<&'a Import>> {
    let mut queue = VecDeque::from([(start, Vec::new())]);
    let mut seen = BTreeSet::new();
    while let Some((name, path)) = queue.pop_front() {
        for (next, import) in edges.get(&name).into_iter().flatten() {
            if seen.insert(*next) {
                let mut path = path.clone();
                path.push(*import);
                if *next == start {
                    return Some(path);
                }
                queue.push_back((*next, path));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARCHITECTURE: &str = "# A\n\n```layers src\nlib.rs\npages/ wait.rs batch.rs\nhttp/\nmodel/ error.rs\n```\n";
    const LIB: (&str, &str) = (
        "src/lib.rs",
        "mod batch; mod error; mod http; mod model; mod pages; mod wait; pub use error::Error; pub fn version() {}",
    );
    const EMPTY: [(&str, &str); 6] = [
        ("src/batch.rs", ""),
        ("src/error.rs", ""),
        ("src/http/mod.rs", ""),
        ("src/model/mod.rs", ""),
        ("src/pages/mod.rs", ""),
        ("src/wait.rs", ""),
    ];

    /// Checks a crate whose files are empty, except the given ones.
    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let mut all: BTreeMap<_, _> = EMPTY.into_iter().collect();
        all.extend([("ARCHITECTURE.md", ARCHITECTURE), LIB]);
        all.extend(files.iter().copied());
        let findings = check(&Repository::from_texts(all), &["src"]);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn imports_downwards_are_allowed() {
        let pages = "use crate::{Error, http::{self, Request}, model};\nuse std::fmt;";
        let http = "pub struct Request;\nuse crate::error::Error;";
        assert_eq!(
            findings(&[("src/pages/mod.rs", pages), ("src/http/mod.rs", http)]),
            [""; 0]
        );
    }

    #[test]
    fn an_import_upwards_names_both_files_and_the_line() {
        assert_eq!(
            findings(&[("src/http/mod.rs", "\nuse crate::{error::Error, pages::Page};")]),
            ["src/http/mod.rs:2: imports upwards, from src/pages/mod.rs: `crate::pages::Page`"]
        );
    }

    #[test]
    fn each_way_of_importing_counts() {
        for text in [
            "use crate::wait::A;",
            "use crate::wait;",
            "use crate::wait as later;",
            "use crate::{error::E, wait::{self, A}};",
            "use crate::wait::*;",
            "pub use super::wait::A;",
            "fn a() { use crate::wait::A; }",
            "fn a() { crate::wait::b() }",
            "fn a(a: Option<crate::wait::A>) {}",
            "impl crate::wait::A for B {}",
            "fn a() { println!(\"{}\", crate::wait::A) }",
            "macro_rules! a { () => { $crate::wait::A } }",
            "crate::wait::a! {}",
            "#[serde(with = \"crate::wait\")] struct A;",
            "mod inner { use super::super::wait::A; }",
            "#[cfg(any(test, unix))] use crate::wait::A;",
        ] {
            let found = findings(&[("src/http/mod.rs", text)]);
            let expected = "src/http/mod.rs:1: imports upwards, from src/wait.rs: `";
            let is_found = !found.is_empty() && found.iter().all(|finding| finding.starts_with(expected));
            assert!(is_found, "{text}: {found:?}");
        }
    }

    #[test]
    fn imports_of_tests_do_not_count() {
        for text in [
            "#[cfg(test)] mod tests { use crate::wait::A; }",
            "#[cfg(test)] use crate::wait::A;",
            "#[cfg(all(test, unix))] fn a() { crate::wait::b() }",
            "impl A { #[cfg(test)] fn a() { crate::wait::b() } }",
        ] {
            assert_eq!(findings(&[("src/http/mod.rs", text)]), [""; 0], "{text}");
        }
        let tests = [
            ("src/http/mod.rs", "#[cfg(test)] mod tests;"),
            ("src/http/tests.rs", "use crate::wait::A;"),
        ];
        assert_eq!(findings(&tests), [""; 0]);
    }

    #[test]
    fn other_paths_are_not_imports() {
        let text =
            "use ::wait::A;\nuse std::wait::B;\npub(super) fn a(wait: u8) { B::wait(); quote! { crate::wait::A } }";
        assert_eq!(findings(&[("src/http/mod.rs", text)]), [""; 0]);
    }

    #[test]
    fn a_re_export_of_the_root_imports_its_origin() {
        assert_eq!(findings(&[("src/model/mod.rs", "use crate::Error;")]), [""; 0]);
        assert_eq!(
            findings(&[("src/model/mod.rs", "use crate::version;")]),
            ["src/model/mod.rs:1: imports upwards, from src/lib.rs: `crate::version`"]
        );
        let lib = LIB.1.replace("error::Error", "wait::Poller as Error");
        assert_eq!(
            findings(&[("src/lib.rs", &lib), ("src/model/mod.rs", "use crate::Error;")]),
            ["src/model/mod.rs:1: imports upwards, from src/wait.rs: `crate::Error`"]
        );
    }

    #[test]
    fn a_re_export_elsewhere_imports_both_files() {
        let files = [
            ("src/http/mod.rs", "pub use crate::error::Error;"),
            ("src/model/mod.rs", "use crate::http::Error;"),
        ];
        assert_eq!(
            findings(&files),
            ["src/model/mod.rs:1: imports upwards, from src/http/mod.rs: `crate::http::Error`"]
        );
        let globbed = [
            ("src/error.rs", "pub use crate::wait::*;"),
            ("src/wait.rs", "pub struct A;"),
            ("src/http/mod.rs", "use crate::error::A;"),
        ];
        assert_eq!(
            findings(&globbed),
            [
                "src/error.rs:1: imports upwards, from src/wait.rs: `crate::wait::*`",
                "src/http/mod.rs:1: imports upwards, from src/wait.rs: `crate::error::A`",
            ]
        );
    }

    #[test]
    fn names_bound_by_imports_are_followed() {
        let files = [
            ("src/pages/mod.rs", "pub mod a;"),
            ("src/pages/a.rs", "use crate::model;\nfn a() { model::b() }"),
            ("src/model/mod.rs", "pub use self::c::b;\nmod c;"),
            (
                "src/model/c.rs",
                "use super::super as root;\nfn b() { root::wait::c() }",
            ),
        ];
        assert_eq!(
            findings(&files),
            [
                "src/model/c.rs:1: imports upwards, from src/lib.rs: `super::super`",
                "src/model/c.rs:2: imports upwards, from src/wait.rs: `root::wait::c`",
            ]
        );
    }

    #[test]
    fn uses_of_an_imported_name_are_not_reported_again() {
        assert_eq!(
            findings(&[("src/http/mod.rs", "use crate::wait::A;\nfn a() { A::new() }")]),
            ["src/http/mod.rs:1: imports upwards, from src/wait.rs: `crate::wait::A`"]
        );
    }

    #[test]
    fn circles_between_names_of_a_layer_are_found() {
        let files = [
            ("src/pages/mod.rs", "mod a;"),
            ("src/pages/a.rs", "use crate::wait::A;"),
            ("src/wait.rs", "\nuse crate::batch::B;"),
            ("src/batch.rs", "use crate::pages::C;"),
        ];
        assert_eq!(
            findings(&files),
            [
                "src/pages/a.rs:1: names of one layer import each other in a circle: src/pages/a.rs:1 imports src/wait.rs, \
                 src/wait.rs:2 imports src/batch.rs, src/batch.rs:1 imports src/pages/mod.rs"
            ]
        );
        assert_eq!(findings(&files[..3]), [""; 0]);
    }

    #[test]
    fn files_of_one_folder_may_import_each_other() {
        let files = [
            ("src/pages/mod.rs", "mod a; mod b;"),
            ("src/pages/a.rs", "use super::b::B;"),
            ("src/pages/b.rs", "use crate::pages::a::A;"),
        ];
        assert_eq!(findings(&files), [""; 0]);
    }

    #[test]
    fn the_longest_name_of_a_file_counts() {
        let architecture = "```layers src\nlib.rs model/read.rs\nmodel/\n```\n";
        let files = [
            ("ARCHITECTURE.md", architecture),
            ("src/lib.rs", "mod model;"),
            ("src/model/mod.rs", "mod read; use self::read::A;"),
            ("src/model/read.rs", "use super::B;"),
        ];
        assert_eq!(
            check(&Repository::from_texts(files), &["src"])[0].to_string(),
            "src/model/mod.rs:1: imports upwards, from src/model/read.rs: `self::read::A`"
        );
    }

    #[test]
    fn files_and_layers_name_each_other() {
        let lib = format!("{} mod chat;", LIB.1);
        assert_eq!(
            findings(&[("src/lib.rs", &lib), ("src/chat.rs", "")]),
            ["src/chat.rs: no layer in ARCHITECTURE.md names this file"]
        );
        let architecture = ARCHITECTURE.replace("http/", "http/ sockets.rs");
        assert_eq!(
            findings(&[("ARCHITECTURE.md", &architecture)]),
            ["ARCHITECTURE.md:6: no file is named by `sockets.rs`"]
        );
    }

    #[test]
    fn a_crate_without_a_list_is_a_finding() {
        let repository = Repository::from_texts([LIB, ("ARCHITECTURE.md", "# A\n")]);
        let findings = check(&repository, &["src"]);
        assert_eq!(
            findings[0].to_string(),
            "ARCHITECTURE.md: there is no block `layers src`"
        );
    }

    #[test]
    fn a_file_outside_the_module_tree_is_found() {
        assert_eq!(
            findings(&[("src/http/lost.rs", "use crate::wait::A;")]),
            ["src/http/lost.rs: no `mod` leads to this file"]
        );
    }

    #[test]
    fn binaries_import_the_library_by_its_name() {
        let architecture = "```layers tool/src\nlib.rs\nbin/\nmodel.rs\n```\n";
        let files = [
            ("ARCHITECTURE.md", architecture),
            ("tool/src/lib.rs", "pub mod model; pub fn run() {}"),
            ("tool/src/model.rs", ""),
            ("tool/src/bin/tool.rs", "use vapi_tool::{model, run};\nfn main() {}"),
        ];
        let findings = check(&Repository::from_texts(files), &["tool/src"]);
        let findings: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            findings,
            ["tool/src/bin/tool.rs:1: imports upwards, from tool/src/lib.rs: `vapi_tool::run`"]
        );
    }
}
