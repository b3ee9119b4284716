//! `vapi-spec`: takes snapshots of OpenAPI documents, checks them, generates from them, and validates files by them.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand};
use serde_json::Value;
use vapi_codegen::document::for_each_operation;
use vapi_codegen::facts::{facts, to_text};
use vapi_codegen::generate::guarded;
use vapi_codegen::prepare::{CONFIG_FILES, Config, Prepared, prepare};
use vapi_codegen::report::Report;
use vapi_codegen::rewrite::{Code, rewrite};
use vapi_codegen::source::{Limits, Source};
use vapi_codegen::validate::{self, Target};

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
        /// The directory of additions.json, names.toml, corrections.toml and docs.toml.
        #[arg(long, value_name = "DIR")]
        spec: Option<PathBuf>,
        /// List every place that was repaired, and not only the first few of each kind.
        #[arg(long, short)]
        verbose: bool,
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the code that a build of `vapi` would generate.
    Generate {
        /// The document.
        #[arg(value_name = "URL|PATH")]
        source: Source,
        /// The directory of additions.json, names.toml, corrections.toml and docs.toml.
        #[arg(long, value_name = "DIR")]
        spec: Option<PathBuf>,
        /// The directory to write to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Tell what is wrong with requests, responses, queries or webhooks in files, without sending them.
    ///
    /// Files are JSON, JSON lines or YAML; `-` is the standard input. The exit code is 0 if nothing is wrong, 1 if something is, and
    /// 2 if a file cannot be read or the document has no such operation, schema or message.
    Validate(Validate),
}

#[derive(Args)]
#[command(group(ArgGroup::new("target").required(true).args(["operation", "schema", "webhook"])))]
struct Validate {
    /// An operation of the document, `AssistantController_create`. The files are bodies of its requests.
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// The files are bodies of requests: the default.
    #[arg(long, requires = "operation", conflicts_with_all = ["response", "query"])]
    request: bool,
    /// The files are bodies of responses with this status.
    #[arg(long, value_name = "STATUS", requires = "operation", conflicts_with = "query")]
    response: Option<u16>,
    /// The files are queries: an object of parameters, or text as in a URL.
    #[arg(long, requires = "operation")]
    query: bool,
    /// A schema of the document, `CreateAssistantDTO`.
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    /// A type of message, `end-of-call-report`. The files are bodies of webhooks, or the messages in them.
    #[arg(long, value_name = "TYPE")]
    webhook: Option<String>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
    /// The document, instead of the snapshot that this version was made with.
    #[arg(long, value_name = "URL|PATH")]
    document: Option<Source>,
    /// The directory of corrections.toml, instead of the corrections that this version was made with.
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
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

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Pull(pull) => pull.run(),
        Command::Check {
            source,
            spec,
            verbose,
            json,
        } => check(&source, spec.as_deref(), verbose, json),
        Command::Generate { source, spec, out } => generate(&source, spec.as_deref(), &out),
        Command::Validate(validate) => {
            return validate.run().unwrap_or_else(|error| {
                eprintln!("error: {error}");
                ExitCode::from(2)
            });
        }
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
    if let Some(spec) = spec {
        return Ok(Config::read(spec)?);
    }
    let beside = source.path().and_then(Path::parent);
    let places = [Some(Path::new("spec")), beside];
    let holds_config = |place: &&Path| CONFIG_FILES.iter().any(|file| place.join(file).exists());
    match places.into_iter().flatten().find(holds_config) {
        Some(spec) => Ok(Config::read(spec)?),
        None => {
            eprintln!(
                "note: there is no configuration in `spec` or beside the document, so all names are chosen by rule; \
                 `--spec DIR` says where additions.json, names.toml, corrections.toml and docs.toml are"
            );
            Ok(Config::default())
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
    let shown = match (json, verbose) {
        (true, _) => format!("{}\n", report.json()),
        (false, true) => report.verbose().to_string(),
        (false, false) => report.to_string(),
    };
    Ok(print(&shown)?)
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

impl Validate {
    fn run(&self) -> Result<ExitCode, Box<dyn Error>> {
        let corrections = match &self.spec {
            Some(spec) => Config::read(spec)?.corrections,
            None => validate::corrections()?,
        };
        let document = self.document.as_ref().map(Source::load).transpose()?;
        let validator = validate::validator(document, &corrections)?;
        let target = self.target();
        let mut report = validate::Report::default();
        for file in &self.files {
            for input in validate::read(file, self.query)? {
                report.values += 1;
                for problem in validate::judge(&validator, &target, &input)? {
                    report.findings.push(validate::Finding {
                        file: input.file.clone(),
                        line: input.line,
                        problem,
                    });
                }
            }
        }
        let shown = if self.json {
            report.json() + "\n"
        } else {
            report.to_string()
        };
        print(&shown)?;
        if !self.json {
            eprintln!("{}", report.summary());
        }
        Ok(ExitCode::from(u8::from(!report.findings.is_empty())))
    }

    fn target(&self) -> Target {
        match (&self.operation, &self.schema, &self.webhook) {
            (_, Some(schema), _) => Target::Schema(schema.clone()),
            (_, _, Some(kind)) => Target::Webhook(kind.clone()),
            (operation, ..) => {
                // clap demands one of the three.
                let operation = operation.clone().unwrap_or_default();
                match self.response {
                    Some(status) => Target::Response(operation, status),
                    None if self.query => Target::Query(operation),
                    None => Target::Request(operation),
                }
            }
        }
    }
}

/// Writes to the standard output.
///
/// # Errors
///
/// It cannot be written to, unless whoever reads has seen enough: `vapi-spec check … | head`.
fn print(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
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
