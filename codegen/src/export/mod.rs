//! The document as any tool can read it: valid OpenAPI, with our sentences and with examples.
//!
//! The passes of the build repair what the document gets wrong ([`mend`](crate::prepare)). The passes of this folder come after
//! them, and say what the generator has no use for: which bodies are closed, which values can be `null`, what an error looks like.

mod closed;
mod discriminators;
mod examples;
mod null;
mod overlaps;
mod responses;
mod selection;
mod sentences;
mod sides;
mod surroundings;
mod theirs;
mod undocumented;
mod version;
mod yaml;

use std::fmt;

use serde_json::Value;

pub use examples::{Examples, FILE as EXAMPLES_FILE};
pub(crate) use undocumented::PUBLIC_KEY;
pub use version::Version;
pub use yaml::to_yaml;

use crate::document::schema_names;
use crate::passes::additions::Added;
use crate::passes::{self, Changes};
use crate::prepare::{self, Config, Limits, Pass, PrepareError, Report};

/// The mark of an operation or schema that the vendor's document does not have. It stays in the export.
pub const UNDOCUMENTED: &str = "x-vapi-undocumented";

/// The choices for an export.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// The additions, names, corrections and sentences.
    pub config: Config,
    /// The examples that a person wrote.
    pub examples: Examples,
    /// Tags whose operations are exported.
    pub tags: Vec<String>,
    /// Ids of operations that are exported. Without any, and without tags, all are.
    pub operations: Vec<String>,
    /// The version of OpenAPI.
    pub version: Version,
}

/// A document cannot be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// It says what OpenAPI 3.0 cannot.
    Unreadable(PrepareError),
    /// It has no operation of the tag.
    UnknownTag {
        /// The tag that was asked for.
        tag: String,
        /// The tags of the document.
        known: Vec<String>,
    },
    /// It has no operation of the id.
    UnknownOperation {
        /// The id that was asked for.
        id: String,
        /// Ids that look like it.
        similar: Vec<String>,
    },
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::UnknownTag { tag, known } => {
                write!(f, "no operation has the tag {tag:?}; tags: {}", known.join(", "))
            }
            Self::UnknownOperation { id, similar } if similar.is_empty() => write!(f, "no operation has the id {id:?}"),
            Self::UnknownOperation { id, similar } => {
                write!(f, "no operation has the id {id:?}; similar ids: {}", similar.join(", "))
            }
        }
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

/// Returns the document, or the selected part of it, as valid OpenAPI.
///
/// # Errors
///
/// When the document says what OpenAPI 3.0 cannot, or has no operation of a selected tag or id.
pub fn export(document: &Value, options: &Options) -> Result<Value, ExportError> {
    let mut document = document.clone();
    let config = &options.config;
    let names = &config.names;
    let mut report = Report::new();
    passes::openapi_3_1::run(&mut document, &mut Changes::default()).map_err(|refusal| {
        ExportError::Unreadable(PrepareError {
            pointer: refusal.pointer,
            problem: refusal.problem,
        })
    })?;
    let documented = schema_names(&document);
    let mut added = Added::default();
    prepare::run(&mut document, &mut report, "additions", &mut |document, changes| {
        added = passes::additions::run(document, &config.additions, changes);
    });
    prepare::run(&mut document, &mut report, "words", &mut theirs::words);
    prepare::mend(&mut document, &config.corrections, Limits::Keep, &mut report);
    let mut run = |name, pass: &mut Pass<'_>| prepare::run(&mut document, &mut report, name, pass);
    run("parameters", &mut passes::parameters::run);
    run("defaults", &mut theirs::defaults);
    run("whole_numbers", &mut passes::whole_numbers::run);
    run("delete_bodies", &mut passes::delete_bodies::run);
    run("operation_ids", &mut passes::operation_ids::run);

    undocumented::tag(&mut document, names);
    let is_whole = selection::cut(&mut document, &options.tags, &options.operations)?;
    let roots: &[String] = if is_whole { &names.roots } else { &[] };
    let mut run = |name, pass: &mut Pass<'_>| prepare::run(&mut document, &mut report, name, pass);
    run("prune", &mut |document, changes| {
        passes::prune::run(document, roots, changes)
    });
    run("successes", &mut responses::run);
    run("sides", &mut |document, changes| {
        sides::run(document, &names.sent, changes)
    });
    let usual = examples::usual(&document);
    let mut run = |name, pass: &mut Pass<'_>| prepare::run(&mut document, &mut report, name, pass);
    run("received", &mut |document, changes| {
        passes::received::run(document, &names.sent, changes)
    });
    run("discriminators", &mut discriminators::run);
    run("updates", &mut passes::updates::run);
    run("received_nulls", &mut |document, changes| {
        null::received(document, &names.sent, changes)
    });
    run("closed", &mut closed::run);
    run("overlaps", &mut overlaps::run);
    run("sentences", &mut |document, _| sentences::run(document, &config.docs));
    run("undocumented", &mut |document, _| {
        undocumented::mark(document, &documented, &added, &config.additions);
    });
    run("nulls", &mut null::run);
    run("references", &mut theirs::separate);

    surroundings::run(&mut document, &config.docs, is_whole);
    examples::run(&mut document, &options.examples, &usual);
    version::run(&mut document, options.version);
    Ok(document)
}
