//! One of the two documents: its facts, its generated code, and the uses of its schemas.

use serde_json::Value;

use super::change::{Owner, Place, SUCCESS};
use super::surface::Surface;
use super::usage::Usage;
use crate::facts::facts as snapshot;
use crate::passes::{Changes, null_types, openapi_3_1};
use crate::prepare::{Config, PrepareError, prepare};

/// One of two documents.
#[derive(Debug)]
pub struct Side {
    /// The facts that are compared.
    pub facts: Value,
    /// The generated code as its users see it.
    pub surface: Surface,
    /// The uses of the schemas.
    pub usage: Usage,
}

impl Side {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`prepare`].
    pub fn read(document: &Value, config: &Config) -> Result<Self, PrepareError> {
        // The code is that of the snapshot, since that is what a build reads.
        let snapshot = snapshot(document);
        let mut facts = snapshot.clone();
        let version = facts.get("openapi").and_then(Value::as_str).unwrap_or_default();
        let is_3_1 = version.starts_with("3.1");
        let mut unnoted = Changes::default();
        openapi_3_1::run(&mut facts, &mut unnoted).map_err(|refusal| PrepareError {
            pointer: refusal.pointer,
            problem: refusal.problem,
        })?;
        if is_3_1 {
            null_types::run(&mut facts, &mut unnoted);
        }
        let prepared = prepare(snapshot, config)?;
        Ok(Self {
            surface: Surface::read(&prepared),
            usage: Usage::read(&facts, &config.names),
            facts,
        })
    }

    /// Returns the Rust type at a place, if code is generated of it.
    pub fn rust_type(&self, place: &Place) -> Option<String> {
        match (&place.owner, &place.part) {
            (Owner::Schema(schema), None) => self.surface.type_of(schema).map(str::to_owned),
            (Owner::Schema(schema), Some(part)) => self.surface.field(schema, part).map(|field| field.ty.clone()),
            (Owner::Operation(key), Some(part)) => {
                let method = self.surface.methods.get(key)?;
                match part.as_str() {
                    SUCCESS => Some(method.output.clone()),
                    part => method.arguments.get(part).cloned(),
                }
            }
            _ => None,
        }
    }
}
