//! Building the client crate beside this file with cargo, as a user of `vapi` does, and reading what cargo says of it.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Returns the repository that this test is of.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the document that describes a single operation.
pub fn seed_document() -> PathBuf {
    repository().join("tests/seed/openapi.json")
}

/// A copy of the client crate, with the `vapi` that it depends on.
pub struct Crate {
    directory: PathBuf,
}

/// The result of one run of cargo.
pub struct Build {
    pub succeeded: bool,
    /// The messages of cargo and the build scripts.
    pub stderr: String,
    /// The packages of which anything was compiled or run again.
    pub rebuilt: BTreeSet<String>,
    /// The directory that the build script of `vapi` wrote to.
    pub out_dir: Option<PathBuf>,
    /// The `cfg`s that the build script of `vapi` sets.
    pub cfgs: Vec<String>,
}

impl Crate {
    /// Returns the client crate under `name`, built against the repository at `vapi`. Dependencies are the same for all names, and
    /// compiled once.
    pub fn new(name: &str, vapi: &Path) -> Self {
        Self::of("client", name, vapi)
    }

    /// The same for another of the programs beside this file.
    pub fn of(program: &str, name: &str, vapi: &Path) -> Self {
        let directory = scratch().join(name);
        let original = repository().join("tests/seed").join(program);
        let manifest = fs::read_to_string(original.join("Cargo.toml")).unwrap();
        let path = format!("path = {:?}", vapi.display().to_string());
        let manifest = manifest.replace("path = \"../../..\"", &path);
        fs::create_dir_all(directory.join("src")).unwrap();
        write(&directory.join("Cargo.toml"), manifest.as_bytes());
        write(
            &directory.join("src/main.rs"),
            &fs::read(original.join("src/main.rs")).unwrap(),
        );
        // The versions that are known to be here: nothing is downloaded.
        write(
            &directory.join("Cargo.lock"),
            &fs::read(repository().join("Cargo.lock")).unwrap(),
        );
        Self { directory }
    }

    /// Builds it, generating from `document` or else from the snapshot.
    pub fn build(&self, document: Option<&str>, arguments: &[&str]) -> Build {
        let output = self
            .cargo("build", document)
            .args(["--message-format", "json-render-diagnostics"])
            .args(arguments)
            .output()
            .unwrap();
        Build::read(output)
    }

    /// Builds it and runs it with these variables.
    pub fn run(&self, document: &str, variables: &[(&str, &str)]) -> Output {
        self.cargo("run", Some(document))
            .arg("--quiet")
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    fn cargo(&self, subcommand: &str, document: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .args([subcommand, "--offline"])
            .current_dir(&self.directory)
            .env("CARGO_TARGET_DIR", target())
            // The same profile as that of build scripts, so that what both need is compiled once.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env_remove("VAPI_OPENAPI");
        for proxy in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env_remove(proxy).env_remove(proxy.to_lowercase());
        }
        if let Some(document) = document {
            command.env("VAPI_OPENAPI", document);
        }
        command
    }
}

impl Build {
    fn read(output: Output) -> Self {
        let mut build = Self {
            succeeded: output.status.success(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            rebuilt: BTreeSet::new(),
            out_dir: None,
            cfgs: Vec::new(),
        };
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: Value = serde_json::from_str(line).unwrap();
            let package = package_name(message["package_id"].as_str().unwrap_or_default());
            match message["reason"].as_str() {
                Some("compiler-artifact") if message["fresh"] == false => {
                    build.rebuilt.insert(package);
                }
                Some("build-script-executed") if package == "vapi" => {
                    build.out_dir = message["out_dir"].as_str().map(PathBuf::from);
                    let cfgs = message["cfgs"].as_array().into_iter().flatten();
                    build.cfgs = cfgs.filter_map(|cfg| cfg.as_str().map(str::to_owned)).collect();
                }
                _ => {}
            }
        }
        build
    }

    /// Returns the packages that were rebuilt, in alphabetical order.
    pub fn rebuilt(&self) -> Vec<&str> {
        self.rebuilt.iter().map(String::as_str).collect()
    }

    /// Returns the text of a file that the build script of `vapi` wrote.
    pub fn generated(&self, file: &str) -> String {
        fs::read_to_string(self.out_dir.as_ref().unwrap().join(file)).unwrap()
    }

    /// Says what went wrong where something should not have.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert!(self.succeeded, "{}", self.stderr);
        self
    }
}

/// `path+file:///home/vapi#0.1.0`, `path+file:///home/client#seed-client@0.1.0` and
/// `registry+https://…#serde@1.0.0` end in the name, unless the directory says it.
fn package_name(id: &str) -> String {
    let (source, fragment) = id.rsplit_once('#').unwrap_or(("", id));
    match fragment.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => source.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

/// Writes a file unless it is as it should be: what is not touched is not compiled again.
fn write(path: &Path, content: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == content) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Makes `to` a copy of the repository, but for what is no part of it.
pub fn copy_repository(to: &Path) {
    let mut files = BTreeSet::new();
    list(repository(), &mut files);
    for file in &files {
        write(
            &to.join(file.strip_prefix(repository()).unwrap()),
            &fs::read(file).unwrap(),
        );
    }
}

fn list(directory: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            list(&path, files);
        } else {
            files.insert(path);
        }
    }
}

/// Returns the target directory of these tests, which has most dependencies.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("..")
}

/// Returns a directory that is kept from one run of the tests to the next.
pub fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("seed")
}
