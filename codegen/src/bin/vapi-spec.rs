//! `vapi-spec`: takes snapshots of OpenAPI documents, checks them and generates from them.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use serde_json::Value;
use vapi_codegen::collection::{http_file, postman};
use vapi_codegen::document::for_each_operation;
use vapi_codegen::export::{Examples, Options, Version, export, to_yaml};
use vapi_codegen::facts::{facts, to_text};
use vapi_codegen::generate::guarded;
use vapi_codegen::prepare::{CONFIG_FILES, Config, Prepared, prepare};
use vapi_codegen::report::Report;
use vapi_codegen::rewrite::{Code, rewrite};
use vapi_codegen::source::{Limits, Source};

/// The addresses at which the vendor publishes the document: first that of its own SDK builds, then that of its manual.
const PUBLISHED: [&str; 2] = ["https://api.vapi.ai/api-json", "https://api.vapi.ai/api/openapi.json"];

/// Takes snapshots of the Vapi OpenAPI document, checks documents, and generates the client's code from them.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a document's interface facts, without prose and in canonical order.
    Pull(Pull),
    /// Tell what the generator repairs in a document, and whether code can be generated from it.
    Check {
        /// The document.
        #[arg(value_name = "URL|PATH")]
        source: Source,
        /// The directory of names.toml, corrections.toml and docs.toml.
        #[arg(long, value_name = "DIR")]
        spec: Option<PathBuf>,
        /// List every place that was repaired, and not only the first few of each kind.
        #[arg(long, short)]
        verbose: bool,
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the document as any tool can read it: valid, described, with examples.
    Export(Export),
    /// Write the code that a build of `vapi` would generate.
    Generate {
        /// The document.
        #[arg(value_name = "URL|PATH")]
        source: Source,
        /// The directory of names.toml, corrections.toml and docs.toml.
        #[arg(long, value_name = "DIR")]
        spec: Option<PathBuf>,
        /// The directory to write to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Args)]
struct Pull {
    /// The document. Without it, the addresses at which the vendor publishes it are read in turn.
    #[arg(value_name = "URL|PATH")]
    source: Option<Source>,
    /// The snapshot to write.
    #[arg(long, value_name = "FILE", default_value = "spec/openapi.json")]
    out: PathBuf,
    /// Instead of the vendor's places.
    #[arg(long, hide = true, default_values = PUBLISHED)]
    published: Vec<Source>,
    /// Seconds for the whole fetch.
    #[arg(long, hide = true, value_parser = seconds, default_value = "60")]
    timeout: Duration,
    /// The largest document.
    #[arg(long, hide = true, default_value_t = Limits::default().bytes)]
    max_bytes: u64,
}

#[derive(Args)]
struct Export {
    /// The document.
    #[arg(value_name = "URL|PATH", default_value = "spec/openapi.json")]
    source: Source,
    /// The directory of names.toml, corrections.toml, docs.toml and examples.json.
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
    /// Only the operations with this tag, and the schemas that they reach.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only the operation with this id, and the schemas that it reaches.
    #[arg(long, value_name = "ID")]
    operation: Vec<String>,
    /// The version of OpenAPI.
    #[arg(long, value_name = "VERSION", value_parser = ["3.0", "3.1"], default_value = "3.0")]
    openapi: String,
    /// Write YAML.
    #[arg(long, group = "format")]
    yaml: bool,
    /// Write a Postman collection 2.1, whose requests run in their order.
    #[arg(long, group = "format")]
    postman: bool,
    /// Write a file of requests for editors (.http).
    #[arg(long, group = "format")]
    http: bool,
    /// The file to write, instead of to the standard output.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Pull(pull) => pull.run(),
        Command::Check {
            source,
            spec,
            verbose,
            json,
        } => check(&source, spec.as_deref(), verbose, json),
        Command::Export(export) => export.run(),
        Command::Generate { source, spec, out } => generate(&source, spec.as_deref(), &out),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the configuration in `spec`; where none is named, that of the working directory or the one beside the document.
fn config(source: &Source, spec: Option<&Path>) -> Result<Config, Box<dyn Error>> {
    Ok(config_and_place(source, spec)?.0)
}

/// Like [`config`], with the directory that it was read from.
fn config_and_place(source: &Source, spec: Option<&Path>) -> Result<(Config, Option<PathBuf>), Box<dyn Error>> {
    if let Some(spec) = spec {
        return Ok((Config::read(spec)?, Some(spec.to_owned())));
    }
    let beside = source.path().and_then(Path::parent);
    let places = [Some(Path::new("spec")), beside];
    let holds_config = |place: &&Path| CONFIG_FILES.iter().any(|file| place.join(file).exists());
    match places.into_iter().flatten().find(holds_config) {
        Some(spec) => Ok((Config::read(spec)?, Some(spec.to_owned()))),
        None => {
            eprintln!(
                "note: there is no configuration in `spec` or beside the document, so all names are chosen by rule; \
                 `--spec DIR` says where names.toml, corrections.toml and docs.toml are"
            );
            Ok((Config::default(), None))
        }
    }
}

fn generated(source: &Source, spec: Option<&Path>) -> Result<(Prepared, Code), Box<dyn Error>> {
    let document = source.load()?;
    let prepared = prepare(document, &config(source, spec)?)?;
    let tokens = guarded(&prepared, |openapi, settings| {
        progenitor::Generator::new(settings).generate_tokens(openapi)
    })?;
    let code = rewrite(tokens, &prepared)?;
    Ok((prepared, code))
}

fn check(source: &Source, spec: Option<&Path>, verbose: bool, json: bool) -> Result<(), Box<dyn Error>> {
    let (prepared, _) = generated(source, spec)?;
    let report = Report::new(&prepared);
    print(&match (json, verbose) {
        (true, _) => format!("{}\n", report.json()),
        (false, true) => report.verbose().to_string(),
        (false, false) => report.to_string(),
    })
}

/// Writes to the standard output.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has seen enough: `vapi-spec check … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn generate(source: &Source, spec: Option<&Path>, out: &Path) -> Result<(), Box<dyn Error>> {
    let (prepared, code) = generated(source, spec)?;
    code.write(out)
        .map_err(|error| format!("`{}` cannot be written: {error}", out.display()))?;
    let operations = prepared.operations().len();
    eprintln!(
        "wrote {}: {operations} operations, {} types, from {source}",
        out.display(),
        code.type_names.len()
    );
    Ok(())
}

impl Export {
    fn run(&self) -> Result<(), Box<dyn Error>> {
        let document = self.source.load()?;
        let (config, spec) = config_and_place(&self.source, self.spec.as_deref())?;
        let options = Options {
            config,
            examples: spec.map_or_else(|| Ok(Examples::default()), |spec| Examples::read(&spec))?,
            tags: self.tag.clone(),
            operations: self.operation.clone(),
            version: match self.openapi.as_str() {
                "3.1" => Version::V3_1,
                _ => Version::V3_0,
            },
        };
        let exported = export(&document, &options)?;
        let (names, examples) = (&options.config.names, &options.examples);
        let text = if self.postman {
            format!("{:#}\n", postman(&exported, names, examples))
        } else if self.http {
            http_file(&exported, names, examples)
        } else if self.yaml {
            to_yaml(&exported)
        } else {
            format!("{exported:#}\n")
        };
        let Some(out) = &self.out else {
            return print(&text);
        };
        replace(out, text.as_bytes()).map_err(|error| format!("`{}` cannot be written: {error}", out.display()))?;
        Ok(())
    }
}

impl Pull {
    fn run(&self) -> Result<(), Box<dyn Error>> {
        let (source, document) = self.load()?;
        let mut snapshot = facts(&document);
        let mut operations = 0;
        for_each_operation(&mut snapshot, &mut |_, _, _, _| operations += 1);
        if operations == 0 {
            return Err(format!("`{source}` has no operations: no snapshot was written").into());
        }
        let schemas = snapshot
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .map_or(0, |schemas| schemas.len());

        let text = to_text(&snapshot);
        let out = self.out.display();
        let verb = if fs::read(&self.out).is_ok_and(|old| old == text.as_bytes()) {
            "unchanged"
        } else {
            replace(&self.out, text.as_bytes()).map_err(|error| format!("`{out}` cannot be written: {error}"))?;
            "wrote"
        };
        let bytes = text.len();
        eprintln!("{verb} {out}: {operations} operations, {schemas} schemas, {bytes} bytes, from {source}");
        Ok(())
    }

    /// Returns the document that was asked for, or the first that is published, and where it is from.
    fn load(&self) -> Result<(&Source, Value), Box<dyn Error>> {
        let limits = Limits {
            total: self.timeout,
            bytes: self.max_bytes,
            ..Limits::default()
        };
        if let Some(source) = &self.source {
            return Ok((source, source.load_within(limits)?));
        }
        for source in &self.published {
            match source.load_within(limits) {
                Ok(document) => return Ok((source, document)),
                Err(error) => eprintln!("note: {error}"),
            }
        }
        Err("the document was not found where it is published: give a URL or a path".into())
    }
}

/// Writes `bytes` beside `path` and renames, so that `path` is whole at any time: the old file or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays one: what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = fs::File::create_new(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The first error is the one to tell; what is left behind is only a stray `.tmp`.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
