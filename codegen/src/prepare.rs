//! Running the passes: from the document as it was published to one that progenitor can read.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use openapiv3::OpenAPI;
use serde_json::Value;

use crate::docs::Docs;
use crate::document::{for_each_operation, for_each_schema};
use crate::limits;
use crate::model::Model;
use crate::names::Names;
use crate::openapi;
use crate::operations::{self, Operation};
use crate::passes::additions::{Added, Additions};
use crate::passes::corrections::Corrections;
use crate::passes::{self, Changes};
use crate::slice::{self, Slice};

/// The hand-written decisions about the document: additions, names, corrections and sentences.
#[derive(Debug, Default, Clone)]
pub struct Config {
    /// `additions.json`
    pub additions: Additions,
    /// `names.toml`
    pub names: Names,
    /// `corrections.toml`
    pub corrections: Corrections,
    /// `docs.toml`
    pub docs: Docs,
    /// The part of the API to generate; all of it, if there is none.
    pub slice: Option<Slice>,
}

/// A file of the configuration cannot be read.
#[derive(Debug)]
pub struct ConfigError {
    path: PathBuf,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.cause)
    }
}

/// The files of the configuration, in the directory of the snapshot.
pub const CONFIG_FILES: [&str; 4] = ["additions.json", "names.toml", "corrections.toml", "docs.toml"];

impl Config {
    /// Reads `additions.json`, `names.toml`, `corrections.toml` and `docs.toml` from a directory.
    ///
    /// # Errors
    ///
    /// When one of them is missing or is not of its form; the error names the file.
    pub fn read(directory: &Path) -> Result<Self, ConfigError> {
        let [additions, names, corrections, docs] = CONFIG_FILES.map(|file| directory.join(file));
        Ok(Self {
            additions: read_file(additions, |text| serde_json::from_str(text))?,
            names: read_file(names, |text| toml::from_str(text))?,
            corrections: read_file(corrections, |text| toml::from_str(text))?,
            docs: read_file(docs, |text| toml::from_str(text))?,
            slice: None,
        })
    }
}

/// Reads a file of the configuration in the format that `parse` knows.
pub(crate) fn read_file<T, E>(path: PathBuf, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, ConfigError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let text = std::fs::read_to_string(&path).map_err(Into::into);
    text.and_then(|text| parse(&text).map_err(Into::into))
        .map_err(|cause| ConfigError { path, cause })
}

/// The changes of each pass, in the order in which the passes ran.
pub type Report = Vec<(&'static str, Changes)>;

/// A document that progenitor can read, and what was done to make it one.
#[derive(Debug)]
pub struct Prepared {
    document: Value,
    openapi: OpenAPI,
    model: Model,
    operations: Vec<Operation>,
    docs: Docs,
    report: Report,
}

impl Prepared {
    /// Returns the prepared document as JSON.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Returns the prepared document as progenitor reads it.
    pub fn openapi(&self) -> &OpenAPI {
        &self.openapi
    }

    /// Returns the types of the prepared document.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns the operations, in the document's order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Returns the sentences that the document was described with.
    pub fn docs(&self) -> &Docs {
        &self.docs
    }

    /// Returns the changes of each pass, in the order in which the passes ran.
    pub fn report(&self) -> &[(&'static str, Changes)] {
        &self.report
    }
}

/// No pass could make the document readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareError {
    /// JSON pointer into the document after the passes; empty if it is the document as a whole.
    pub pointer: String,
    /// The problem.
    pub problem: String,
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.pointer.as_str() {
            "" => "the document",
            pointer => pointer,
        };
        write!(f, "{place} cannot be read as OpenAPI 3.0: {}", self.problem)
    }
}

impl std::error::Error for PrepareError {}

/// Runs all passes over a document.
///
/// # Errors
///
/// When a document of OpenAPI 3.1 says what 3.0 cannot, or when what comes out of the passes is still no OpenAPI 3.0 document; the
/// error names the place.
pub fn prepare(mut document: Value, config: &Config) -> Result<Prepared, PrepareError> {
    let mut report = Report::new();
    let mut lowered = Changes::default();
    passes::openapi_3_1::run(&mut document, &mut lowered).map_err(|refusal| PrepareError {
        pointer: refusal.pointer,
        problem: refusal.problem,
    })?;
    report.push(("openapi_3_1", lowered));
    let mut added = Added::default();
    run(&mut document, &mut report, "additions", &mut |document, changes| {
        added = passes::additions::run(document, &config.additions, changes);
    });
    let limits = limits_of(&document, &config.corrections);
    repair(&mut document, &config.corrections, &mut report);

    // Preparations: each gives the generated code one of its properties.
    let names = &config.names;
    let mut original_names = BTreeMap::new();
    let mut run = |name, pass: &mut Pass<'_>| run(&mut document, &mut report, name, pass);
    run("type_names", &mut |document, changes| {
        original_names = passes::type_names::run(document, changes);
    });
    run("prune", &mut |document, changes| {
        passes::prune::run(document, &names.roots, changes)
    });
    run("nullability", &mut passes::nullability::run);
    run("open_strings", &mut passes::open_strings::run);
    run("discriminator_tags", &mut passes::discriminator_tags::run);
    run("constants", &mut passes::constants::run);
    run("aliases", &mut passes::aliases::run);
    run("received", &mut |document, changes| {
        passes::received::run(document, &names.sent, changes)
    });
    run("updates", &mut passes::updates::run);
    run("secrets", &mut passes::secrets::run);
    run("hoist", &mut |document, changes| {
        passes::hoist::run(document, names, changes)
    });
    run("descriptions", &mut |document, changes| {
        passes::descriptions::run(document, &config.docs, &added, &limits, changes);
    });
    // The report speaks of the document as it came.
    for (_, changes) in report.iter_mut().skip_while(|(pass, _)| *pass != "type_names").skip(1) {
        changes.relocate(&original_names);
    }

    let mut operations = operations::read(&document, names);
    if let Some(part) = &config.slice {
        let mut dropped = Changes::default();
        slice::run(&mut document, &mut operations, part, &names.roots, &mut dropped);
        dropped.relocate(&original_names);
        report.push(("slice", dropped));
    }
    let openapi = openapi::read(&document).map_err(|misfit| PrepareError {
        pointer: misfit.pointer,
        problem: misfit.problem,
    })?;
    Ok(Prepared {
        model: Model::read(&document, names),
        operations,
        docs: config.docs.clone(),
        openapi,
        document,
        report,
    })
}

/// Returns the limits that a document has before the passes drop them, as they are on the wire.
fn limits_of(document: &Value, corrections: &Corrections) -> limits::Limits {
    let mut document = document.clone();
    let mut changes = Changes::default();
    passes::corrections::run(&mut document, corrections, &mut changes);
    passes::patterns::run(&mut document, &mut changes);
    limits::Limits::read(&document)
}

/// Returns the document that requests and responses are judged by: without its prose, and with what is known to be wrong in it
/// corrected. What it says of values stays as it is, in its order.
///
/// # Errors
///
/// When a document of OpenAPI 3.1 says what 3.0 cannot; the error names the place.
pub fn for_validation(
    mut document: Value,
    additions: &Additions,
    corrections: &Corrections,
) -> Result<Value, PrepareError> {
    let mut changes = Changes::default();
    passes::openapi_3_1::run(&mut document, &mut changes).map_err(|refusal| PrepareError {
        pointer: refusal.pointer,
        problem: refusal.problem,
    })?;
    passes::additions::run(&mut document, additions, &mut changes);
    passes::shared_parts::run(&mut document, &mut changes);
    passes::structure::run(&mut document, &mut changes);
    passes::paths::run(&mut document, &mut changes);
    passes::corrections::run(&mut document, corrections, &mut changes);
    corrections.accept(&mut document);
    for_each_schema(&mut document, &mut |_, schema| {
        if let Some(schema) = schema.as_object_mut() {
            schema.retain(|key, _| !PROSE.contains(&key.as_str()));
        }
    });
    for_each_operation(&mut document, &mut |_, _, _, operation| {
        operation.retain(|key, _| !PROSE.contains(&key.as_str()));
    });
    Ok(document)
}

/// The keys of schemas and operations that say nothing about values.
const PROSE: [&str; 8] = [
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "summary",
    "title",
];

/// Makes each kind of defect into what the document meant, and appends to `report` what was done.
///
/// [`prepare`] begins with this; alone it is the least that progenitor needs.
pub fn repair(document: &mut Value, corrections: &Corrections, report: &mut Report) {
    mend(document, corrections, Limits::Drop, report);
    let mut run = |name, pass: &mut Pass<'_>| run(document, report, name, pass);
    run("additional_properties", &mut passes::additional_properties::run);
    run("parameters", &mut passes::parameters::run);
    run("transfers", &mut passes::transfers::run);
    run("responses", &mut passes::responses::run);
    run("delete_bodies", &mut passes::delete_bodies::run);
    run("request_bodies", &mut passes::request_bodies::run);
    run("operation_ids", &mut passes::operation_ids::run);
    run("property_names", &mut passes::property_names::run);
}

/// The fate of what only limits values: lengths, ranges, patterns and formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limits {
    /// Stays, for who judges values.
    #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "the export keeps them"))]
    Keep,
    /// Goes, so that no generated type refuses a response.
    Drop,
}

/// The part of [`repair`] that says what the document meant, and nothing about what progenitor lacks. The export begins with it.
pub(crate) fn mend(document: &mut Value, corrections: &Corrections, limits: Limits, report: &mut Report) {
    let mut run = |name, pass: &mut Pass<'_>| run(document, report, name, pass);
    run("shared_parts", &mut passes::shared_parts::run);
    run("structure", &mut passes::structure::run);
    run("paths", &mut passes::paths::run);
    run("schema_shapes", &mut passes::schema_shapes::run);
    // Before the corrections, which are then of the added schemas too.
    run("corrections", &mut |document, changes| {
        passes::corrections::run(document, corrections, changes);
    });
    run("null_types", &mut passes::null_types::run);
    run("unknown_types", &mut passes::unknown_types::run);
    run("array_enums", &mut passes::array_enums::run);
    run("object_enums", &mut passes::object_enums::run);
    run("enums", &mut passes::enums::run);
    run("enum_beside_union", &mut passes::enum_beside_union::run);
    run("required_flags", &mut passes::required_flags::run);
    run("patterns", &mut passes::patterns::run);
    match limits {
        Limits::Keep => run("open_unions", &mut passes::open_unions::run),
        Limits::Drop => run("constraints", &mut passes::constraints::run),
    }
    run("dangling_refs", &mut passes::dangling_refs::run);
    run("reference_aliases", &mut passes::reference_aliases::run);
    run("all_of", &mut passes::all_of::run);
    run("unions", &mut passes::unions::run);
    run("discriminators", &mut passes::discriminators::run);
}

/// A pass, as [`run`] calls it.
pub(crate) type Pass<'a> = dyn FnMut(&mut Value, &mut Changes) + 'a;

pub(crate) fn run(document: &mut Value, report: &mut Report, name: &'static str, pass: &mut Pass<'_>) {
    let mut changes = Changes::default();
    pass(document, &mut changes);
    report.push((name, changes));
}
