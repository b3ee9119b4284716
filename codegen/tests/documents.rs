//! Every document of a directory, from its bytes to a `vapi` crate that compiles.
//!
//! The directory is `VAPI_UPSTREAM`, or `../shared/upstream` beside the repository. A document that fails does not keep the others from being
//! compiled.

#[path = "random/directory.rs"]
mod directory;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Returns the documents, oldest first.
fn documents() -> Vec<PathBuf> {
    let directory =
        std::env::var_os("VAPI_UPSTREAM").map_or_else(|| repository().join("../shared/upstream"), PathBuf::from);
    let mut documents: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.canonicalize().unwrap())
        .collect();
    documents.sort();
    assert!(!documents.is_empty(), "no document in {}", directory.display());
    documents
}

fn name(document: &Path) -> String {
    document.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A workspace with a copy of `vapi` for each document, which cargo compiles side by side.
struct Copies(PathBuf);

impl Copies {
    fn of(documents: &[PathBuf]) -> Self {
        let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies");
        let _ = fs::remove_dir_all(&workspace);
        let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
        let (shared, package) = manifest.split_once("[package]\nname = \"vapi\"\n").unwrap();
        let (package, _) = package.split_once("[dev-dependencies]\n").unwrap();
        for document in documents {
            let copy = workspace.join(name(document));
            directory::copy(&repository().join("src"), &copy.join("src"));
            directory::copy(&repository().join("spec"), &copy.join("spec"));
            for file in ["README.md", "build.rs"] {
                fs::copy(repository().join(file), copy.join(file)).unwrap();
            }
            fs::copy(document, copy.join("spec/openapi.json")).unwrap();
            let package = package.replace("path = \"", &format!("path = \"{}/", repository().display()));
            let own = format!("[package]\nname = \"vapi-{}\"\n{package}", name(document));
            fs::write(copy.join("Cargo.toml"), own + "\n[lib]\nname = \"vapi\"\n").unwrap();
        }
        let lists = ["members", "default-members", "exclude"];
        let shared = shared
            .lines()
            .filter(|line| !lists.iter().any(|list| line.starts_with(list)));
        let shared: Vec<&str> = shared.collect();
        let shared = shared
            .join("\n")
            .replace("[workspace]", "[workspace]\nmembers = [\"*\"]");
        fs::write(workspace.join("Cargo.toml"), shared).unwrap();
        // The versions that are known to be here: nothing is downloaded.
        fs::copy(repository().join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();
        Copies(workspace)
    }

    /// Compiles all copies, as far as the compiler finds errors.
    fn check(&self) {
        let output = Command::new(env!("CARGO"))
            .args(["check", "--workspace", "--lib", "--keep-going"])
            .args(["--offline", "--quiet", "--message-format", "short"])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", target())
            .env_remove("VAPI_OPENAPI")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Returns the directory in which the other tests have their dependencies.
fn target() -> &'static str {
    concat!(env!("CARGO_TARGET_TMPDIR"), "/..")
}

/// Runs cargo as the other tests do, whose dependencies it shares, with `vapi` built from the document.
fn cargo(document: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(repository())
        .env("CARGO_TARGET_DIR", target())
        .env("RUSTDOCFLAGS", "--deny warnings")
        .env("VAPI_OPENAPI", document)
        .output()
        .unwrap();
    if output.status.success() {
        return;
    }
    let said = [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let first: Vec<&str> = said.iter().flat_map(|text| text.lines()).take(40).collect();
    panic!("cargo {} failed:\n{}", arguments.join(" "), first.join("\n"));
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn every_document_gives_a_crate_that_compiles() {
    let documents = documents();
    let started = Instant::now();
    Copies::of(&documents).check();
    println!(
        "{} documents compile: {:.1} s",
        documents.len(),
        started.elapsed().as_secs_f32()
    );
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn the_vendors_prose_is_sound_rustdoc() {
    let documents = documents();
    // The newest comes last: the next test builds it too.
    for document in [&documents[0], &documents[documents.len() - 1]] {
        let started = Instant::now();
        cargo(document, &["doc", "--no-deps", "--lib"]);
        cargo(document, &["test", "--doc"]);
        println!(
            "{}: {:.1} s for rustdoc and its tests",
            name(document),
            started.elapsed().as_secs_f32()
        );
    }
}
