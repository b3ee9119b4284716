//! One of the two documents: its facts, its generated code, and the uses of its schemas.

use serde_json::Value;

use super::DiffError;
use super::change::{Owner, Place, SUCCESS};
use super::surface::Surface;
use super::usage::Usage;
use crate::facts::facts;
use crate::passes::{Changes, openapi_3_1};
use crate::prepare::{Config, prepare};

/// One of two documents.
#[derive(Debug)]
pub struct Side {
    /// The facts that are compared.
    pub facts: Value,
    /// The generated code as its users see it.
    pub surface: Surface,
    /// The uses of the schemas.
    pub usage: Usage,
    /// The reason why no code can be generated, if there is one.
    pub problem: Option<String>,
}

impl Side {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// When a document of OpenAPI 3.1 says what 3.0 cannot.
    pub fn read(mut document: Value, config: &Config) -> Result<Self, DiffError> {
        openapi_3_1::run(&mut document, &mut Changes::default()).map_err(|refusal| DiffError {
            pointer: refusal.pointer,
            problem: refusal.problem,
        })?;
        let facts = facts(&document);
        let (surface, problem) = match prepare(facts.clone(), config) {
            Ok(prepared) => (Surface::read(&prepared), None),
            Err(error) => (Surface::default(), Some(error.to_string())),
        };
        Ok(Self {
            usage: Usage::read(&facts, &config.names),
            facts,
            surface,
            problem,
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
