//! One of the two documents: its facts, its generated code, and the uses of its schemas.

use serde_json::Value;

use super::change::{Owner, Place, SUCCESS};
use super::surface::Surface;
use super::usage::Usage;
use crate::facts::facts;
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
    pub fn read(mut document: Value, config: &Config) -> Result<Self, PrepareError> {
        let is_3_1 = document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"));
        let mut unnoted = Changes::default();
        openapi_3_1::run(&mut document, &mut unnoted).map_err(|refusal| PrepareError {
            pointer: refusal.pointer,
            problem: refusal.problem,
        })?;
        if is_3_1 {
            null_types::run(&mut document, &mut unnoted);
        }
        let facts = facts(&document);
        let prepared = prepare(document, config)?;
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
