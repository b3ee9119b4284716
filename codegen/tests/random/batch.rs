//! A copy of the `vapi` crate that contains the code of many documents, each as a module.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use vapi_codegen::prepare::{Config, prepare};
use vapi_codegen::rewrite::{Code, code};

use crate::directory;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The package. It lies in the target directory, since it is made anew in each run.
pub struct Batch {
    package: PathBuf,
    modules: String,
}

/// Generates what a build generates from the document.
pub fn generate(document: Value, config: &Config) -> Result<Code, String> {
    let prepared = prepare(document, config).map_err(|error| error.to_string())?;
    code(&prepared).map_err(|error| error.to_string())
}

impl Batch {
    /// Copies the hand-written code of the crate, and gives it a small document of its own.
    pub fn new(name: &str) -> Self {
        let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&package);
        directory::copy(&repository().join("src"), &package.join("src"));
        fs::copy(repository().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
        fs::copy(repository().join("README.md"), package.join("README.md")).unwrap();
        let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
        fs::write(package.join("Cargo.toml"), without_development(&manifest)).unwrap();
        fs::write(package.join("build.rs"), BUILD).unwrap();
        let document = fs::read(repository().join("tests/seed/openapi.json")).unwrap();
        let own = generate(serde_json::from_slice(&document).unwrap(), &Config::default()).unwrap();
        own.write(&package.join("generated")).unwrap();
        Self {
            package,
            modules: String::from("#![allow(warnings, clippy::all)]\n"),
        }
    }

    /// Adds the code of a document, and keeps the document beside it.
    pub fn add(&mut self, name: &str, document: &Value, code: &Code) {
        let directory = self.package.join("src/documents").join(name);
        code.write(&directory).unwrap();
        let text = serde_json::to_string_pretty(document).unwrap();
        fs::write(directory.join("openapi.json"), text).unwrap();
        let local = |text: &str| text.replace("crate::types", &format!("crate::documents::{name}::types"));
        for file in ["types.rs", "raw.rs", "operations.rs"] {
            let mut text = local(&fs::read_to_string(directory.join(file)).unwrap());
            if file == "operations.rs" {
                text = text
                    .replace("\nimpl Client {", "\nimpl super::Handles {")
                    .replace("client: self.clone() }", "client: self.0.clone() }");
            }
            fs::write(directory.join(file), text).unwrap();
        }
        let hand_written = |file: &str| {
            let text = fs::read_to_string(self.package.join("src").join(file)).unwrap();
            let text: String = text
                .lines()
                .filter(|line| !line.starts_with("//!"))
                .fold(String::new(), |text, line| text + line + "\n");
            local(&text)
                .replace("Timestamp, types};", "Timestamp};\nuse super::types;")
                .replace(
                    "concat!(env!(\"OUT_DIR\"), ",
                    &format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src/documents/{name}\", "),
                )
        };
        let module = format!(
            "pub mod types {{\n{}}}\n\npub mod resources {{\n{}}}\n\n{RAW}",
            hand_written("types.rs"),
            hand_written("resources.rs"),
        );
        fs::write(directory.join("mod.rs"), module.replace("DOCUMENT", name)).unwrap();
        let _ = writeln!(self.modules, "pub mod {name};");
    }

    /// Compiles the crate, as far as the compiler finds errors. Returns the errors.
    ///
    /// # Errors
    ///
    /// Something does not compile.
    pub fn check(self) -> Result<(), String> {
        fs::write(self.package.join("src/documents/mod.rs"), &self.modules).unwrap();
        let root = self.package.join("src/lib.rs");
        let text = fs::read_to_string(&root).unwrap();
        fs::write(root, text + "\npub mod documents;\n").unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--lib", "--no-default-features", "--offline", "--quiet"])
            .args(["--message-format", "short"])
            .current_dir(&self.package)
            .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/documents"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<&str> = errors.lines().filter(|line| line.contains("error")).collect();
        match output.status.success() {
            true => Ok(()),
            false => Err(errors.join("\n")),
        }
    }
}

const BUILD: &str = r#"
fn main() {
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    for entry in std::fs::read_dir("generated").unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), out.join(entry.file_name())).unwrap();
    }
    for name in ["vapi_op", "vapi_download", "vapi_type"] {
        println!("cargo::rustc-check-cfg=cfg({name}, values(any()))");
    }
}
"#;

/// progenitor's client as `src/raw.rs` includes it, and the methods that it calls. `Handles` stands for the client with the handles
/// of one document; the handles of all documents could not be methods of one type.
const RAW: &str = r#"
pub mod raw {
    mod generated {
        use super::super::types;

        include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documents/DOCUMENT/raw.rs"));
    }

    use progenitor_client::{ClientHooks, OperationInfo};

    pub use generated::{Client, Error, ResponseValue};

    impl ClientHooks<crate::raw::Shared> for Client {}

    impl Client {
        async fn exec_and_decode<T: serde::de::DeserializeOwned>(
            &self,
            _: reqwest::Request,
            _: &'static str,
        ) -> Result<ResponseValue<T>, Error<()>> {
            loop {}
        }
    }
}

pub struct Handles(pub crate::Client);
"#;

/// The manifest without what only the repository's own build and tests need.
fn without_development(manifest: &str) -> String {
    let mut out = String::new();
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let is_member = [
            "members",
            "default-members",
            "fetch",
            "validate",
            "vapi-validator",
            "yaml",
        ]
        .iter()
        .any(|key| line.split(' ').next() == Some(key));
        if !is_member && !["[[bench]]", "[dev-dependencies]", "[build-dependencies]"].contains(&section) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
