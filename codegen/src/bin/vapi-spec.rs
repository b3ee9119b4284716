//! `vapi-spec`: takes snapshots of OpenAPI documents, checks them, generates from them, and validates files by them.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use clap::{ArgGroup, Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::Value;
use vapi_codegen::collection::{http_file, postman};
use vapi_codegen::diff::{Diff, revision};
use vapi_codegen::document::for_each_operation;
use vapi_codegen::embedded;
use vapi_codegen::export::{Examples, Options, Version, export, to_yaml};
use vapi_codegen::facts::{facts, to_text};
use vapi_codegen::prepare::{CONFIG_FILES, Config, Prepared, prepare};
use vapi_codegen::report::Report;
use vapi_codegen::rewrite::{Code, code};
use vapi_codegen::source::{Limits, Source};
use vapi_codegen::validate::{self, Repairs, Target};

/// The file with the date of the snapshot, beside it.
const DATE_FILE: &str = "date.txt";

/// The addresses at which the vendor publishes the document: first that of its own SDK builds, then that of its manual.
const PUBLISHED: [&str; 2] = ["https://api.vapi.ai/api-json", "https://api.vapi.ai/api/openapi.json"];

/// Takes snapshots of the Vapi OpenAPI document, checks documents, and generates the client's code from them.
#[derive(Parser)]
#[command(name = env!("CARGO_BIN_NAME"), version = version())]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show what changed in a document, ask, and write its interface facts, without prose and in canonical order.
    Pull(Pull),
    /// Tell what changed between two documents, and what that breaks.
    ///
    /// The exit code is 0 if nothing breaks, 1 if something does, and 2 if the documents cannot be compared.
    Diff(Compare),
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
    /// Write the document as any tool can read it: valid, described, with examples.
    Export(Export),
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
    /// Write the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the manual pages.
    Man {
        /// The directory to write the pages of all subcommands to, instead of the first page to the standard output.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Returns the version of this program, with the date of the document that it was made with.
fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| format!("{} (document of {})", env!("CARGO_PKG_VERSION"), embedded::DATE))
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
    /// The directory of additions.json and corrections.toml, instead of those that this version was made with.
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Args)]
struct Compare {
    /// The old document. A revision of git stands for `spec/openapi.json` in it; `main:other.json` is another file.
    #[arg(value_name = "URL|PATH|REVISION")]
    old: String,
    /// The new document.
    #[arg(value_name = "URL|PATH|REVISION")]
    new: String,
    /// The directory of additions.json, names.toml, corrections.toml and docs.toml.
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
    /// Write Markdown.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Pull {
    /// The document. Without it, the addresses at which the vendor publishes it are read in turn.
    #[arg(value_name = "URL|PATH")]
    source: Option<Source>,
    /// The snapshot to write.
    #[arg(long, value_name = "FILE", default_value = revision::SNAPSHOT)]
    out: PathBuf,
    /// The date of the document, for the file `date.txt` beside the snapshot. Without it, that is today.
    #[arg(long, value_name = "DATE")]
    date: Option<NaiveDate>,
    /// Write without asking.
    #[arg(long, short)]
    yes: bool,
    /// Add the changes to the section `[Unreleased]` of a changelog, or at its end if it has none.
    #[arg(long, value_name = "FILE")]
    changelog: Option<PathBuf>,
    /// The directory of additions.json, names.toml, corrections.toml and docs.toml.
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
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
    /// The document. Without it, that is spec/openapi.json; where there is none, the snapshot that this version was made with.
    #[arg(value_name = "URL|PATH")]
    source: Option<Source>,
    /// The directory of additions.json, names.toml, corrections.toml, docs.toml and examples.json.
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
        Command::Diff(compare) => return compare.run(),
        Command::Check {
            source,
            spec,
            verbose,
            json,
        } => check(&source, spec.as_deref(), verbose, json),
        Command::Export(export) => export.run(),
        Command::Generate { source, spec, out } => generate(&source, spec.as_deref(), &out),
        Command::Completions { shell } => completions(shell),
        Command::Man { out } => man(out.as_deref()),
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

fn completions(shell: Shell) -> Result<(), Box<dyn Error>> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), env!("CARGO_BIN_NAME"), &mut script);
    Ok(print(&String::from_utf8(script)?)?)
}

fn man(out: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let Some(out) = out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        return Ok(print(&String::from_utf8(page)?)?);
    };
    fs::create_dir_all(out)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), out))
        .map_err(|error| format!("`{}` cannot be written: {error}", out.display()))?;
    Ok(())
}

/// The place of a configuration.
enum Place {
    /// A directory with its files.
    Directory(PathBuf),
    /// This program.
    Embedded,
    /// None: all names are chosen by rule.
    Nowhere,
}

impl Place {
    /// Returns `spec`; where none is named, the working directory's or the directory of the document, if it has a configuration; else
    /// that of this program, if it is about the document.
    fn of(document: &Value, source: Option<&Source>, spec: Option<&Path>) -> Self {
        if let Some(spec) = spec {
            return Self::Directory(spec.to_owned());
        }
        let beside = source.and_then(Source::path).and_then(Path::parent);
        let places = [Some(Path::new("spec")), beside];
        let holds_config = |place: &&Path| CONFIG_FILES.iter().any(|file| place.join(file).exists());
        match places.into_iter().flatten().find(holds_config) {
            Some(spec) => Self::Directory(spec.to_owned()),
            None if embedded::fits(document) => Self::Embedded,
            None => {
                eprintln!(
                    "note: there is no configuration in `spec` or beside the document, so all names are chosen by rule; \
                     `--spec DIR` says where additions.json, names.toml, corrections.toml and docs.toml are"
                );
                Self::Nowhere
            }
        }
    }

    fn config(&self) -> Result<Config, Box<dyn Error>> {
        match self {
            Self::Directory(spec) => Ok(Config::read(spec)?),
            Self::Embedded => embedded::config(),
            Self::Nowhere => Ok(Config::default()),
        }
    }

    fn examples(&self) -> Result<Examples, Box<dyn Error>> {
        match self {
            Self::Directory(spec) => Ok(Examples::read(spec)?),
            Self::Embedded => Ok(Examples::embedded()?),
            Self::Nowhere => Ok(Examples::default()),
        }
    }
}

fn generated(source: &Source, spec: Option<&Path>) -> Result<(Prepared, Code), Box<dyn Error>> {
    let document = source.load()?;
    let config = Place::of(&document, Some(source), spec).config()?;
    let prepared = prepare(document, &config)?;
    let code = code(&prepared)?;
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

impl Export {
    fn run(&self) -> Result<(), Box<dyn Error>> {
        let (document, place) = self.load()?;
        let options = Options {
            config: place.config()?,
            examples: place.examples()?,
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
            print(&text)?;
            return Ok(());
        };
        replace(out, text.as_bytes()).map_err(|error| format!("`{}` cannot be written: {error}", out.display()))?;
        Ok(())
    }

    /// Returns the document, and the place of its configuration.
    fn load(&self) -> Result<(Value, Place), Box<dyn Error>> {
        let spec = self.spec.as_deref();
        let snapshot = Source::Path(revision::SNAPSHOT.into());
        let is_here = snapshot.path().is_some_and(Path::exists);
        let source = self.source.as_ref().or(is_here.then_some(&snapshot));
        let document = match source {
            Some(source) => source.load()?,
            None => embedded::document()?,
        };
        let place = Place::of(&document, source, spec);
        Ok((document, place))
    }
}

impl Validate {
    fn run(&self) -> Result<ExitCode, Box<dyn Error>> {
        let repairs = match &self.spec {
            Some(spec) => {
                let Config {
                    additions, corrections, ..
                } = Config::read(spec)?;
                Repairs { additions, corrections }
            }
            None => Repairs::embedded()?,
        };
        let document = self.document.as_ref().map(Source::load).transpose()?;
        let validator = validate::validator(document, &repairs)?;
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

impl Compare {
    fn run(&self) -> ExitCode {
        match self.compare() {
            Ok(false) => ExitCode::SUCCESS,
            Ok(true) => ExitCode::from(1),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::from(2)
            }
        }
    }

    /// Writes the changes, and returns whether they break anything.
    fn compare(&self) -> Result<bool, Box<dyn Error>> {
        let old = revision::load(&self.old, Limits::default())?;
        let new = revision::load(&self.new, Limits::default())?;
        let [old_name, new_name] =
            [&self.old, &self.new].map(|name| Source::parse(name).map(|source| source.to_string()));
        let config = Place::of(&new, Some(&Source::parse(&self.new)?), self.spec.as_deref()).config()?;
        let diff = Diff::new((&old_name?, old), (&new_name?, new), &config)?;
        match (self.json, self.markdown) {
            (true, _) => print(&format!("{:#}\n", diff.json()))?,
            (false, true) => print(&diff.markdown(1))?,
            (false, false) => print(&diff.text())?,
        }
        Ok(diff.is_breaking())
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
            let diff = self.diff(source, snapshot)?;
            if let Some(diff) = &diff {
                print(&diff.text())?;
            }
            self.ask()?;
            replace(&self.out, text.as_bytes()).map_err(|error| format!("`{out}` cannot be written: {error}"))?;
            self.write_date()?;
            if let (Some(changelog), Some(diff)) = (&self.changelog, diff) {
                add_to_changelog(changelog, &diff)?;
            }
            "wrote"
        };
        let bytes = text.len();
        eprintln!("{verb} {out}: {operations} operations, {schemas} schemas, {bytes} bytes, from {source}");
        Ok(())
    }

    /// Compares the snapshot with the one that it is to replace, if there is one that can be read.
    fn diff(&self, source: &Source, snapshot: Value) -> Result<Option<Diff>, Box<dyn Error>> {
        if !self.out.is_file() {
            return Ok(None);
        }
        let out = Source::Path(self.out.clone());
        let old = match out.load() {
            Ok(old) => old,
            Err(error) => {
                eprintln!("note: there is nothing to compare with: {error}");
                return Ok(None);
            }
        };
        let config = Place::of(&snapshot, Some(&out), self.spec.as_deref()).config()?;
        match Diff::new((&out.to_string(), old), (&source.to_string(), snapshot), &config) {
            Ok(diff) => Ok(Some(diff)),
            // A snapshot holds what a document says, whether code can be generated from it or not.
            Err(error) => {
                eprintln!("note: the documents cannot be compared: {error}");
                Ok(None)
            }
        }
    }

    /// Writes the date of the snapshot to the file that has it, if there is one.
    fn write_date(&self) -> Result<(), Box<dyn Error>> {
        let path = self.out.with_file_name(DATE_FILE);
        if path.is_file() {
            let date = self.date.unwrap_or_else(|| Utc::now().date_naive());
            replace(&path, format!("{date}\n").as_bytes())
                .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
        }
        Ok(())
    }

    /// Asks whether to replace the snapshot.
    fn ask(&self) -> Result<(), Box<dyn Error>> {
        if self.yes || !self.out.exists() {
            return Ok(());
        }
        let out = self.out.display();
        if !io::stdin().is_terminal() {
            return Err(
                format!("`{out}` was not written: there is no terminal to ask on, and `--yes` was not given").into(),
            );
        }
        eprint!("Write `{out}`? [y/N] ");
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(format!("`{out}` was not written").into()),
        }
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

/// Adds a diff to a changelog.
fn add_to_changelog(path: &Path, diff: &Diff) -> Result<(), Box<dyn Error>> {
    let problem = |error: io::Error| format!("`{}` cannot be written: {error}", path.display());
    let old = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?,
    };
    let new = with_entry(&old, &diff.markdown(3));
    replace(path, new.as_bytes()).map_err(problem)?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// Returns a changelog with `entry` at the end of its section `[Unreleased]`, or of the whole if it has no such section.
fn with_entry(changelog: &str, entry: &str) -> String {
    let unreleased = changelog.find("## [Unreleased]");
    let next = unreleased.and_then(|start| {
        let after = start + 1;
        Some(after + changelog[after..].find("\n## ")? + 1)
    });
    let (before, after) = changelog.split_at(next.unwrap_or(changelog.len()));
    let before = before.trim_end();
    let gap = if before.is_empty() { "" } else { "\n\n" };
    let entry = entry.trim_end();
    match after {
        "" => format!("{before}{gap}{entry}\n"),
        after => format!("{before}{gap}{entry}\n\n{after}"),
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

#[cfg(test)]
mod tests {
    use super::with_entry;

    #[test]
    fn an_entry_ends_the_section_of_what_is_unreleased() {
        let changelog = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A.\n\n## [0.1.0]\n\n- B.\n";
        assert_eq!(
            with_entry(changelog, "### New\n"),
            "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A.\n\n### New\n\n## [0.1.0]\n\n- B.\n"
        );
        assert_eq!(with_entry("# Changes\n", "### New\n"), "# Changes\n\n### New\n");
        assert_eq!(with_entry("", "### New\n"), "### New\n");
    }
}
