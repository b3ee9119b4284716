//! From progenitor's tokens to the files that the `vapi` crate includes.
//!
//! progenitor and typify decide what there is: which methods, which fields, of which Rust types. What is done here is how
//! it is written: types as calls of the `vapi` crate's macros (see [`types`]), progenitor's client without what the crate
//! does itself (see [`raw`]), and resource handles over both (see [`facade`]).

mod conversions;
pub mod facade;
mod lists;
pub mod raw;
pub mod registry;
pub mod rust_type;
mod shared_properties;
mod size;
pub mod types;

use std::fmt;
use std::io;
use std::path::Path;

use proc_macro2::TokenStream;

use crate::document::pointer;
use crate::generate;
use crate::model::{Model, Type};
use crate::operations::{Operation, Transfer};
use crate::prepare::Prepared;

/// The generated files.
#[derive(Debug)]
pub struct Code {
    /// The types of requests, responses and messages.
    pub types: String,
    /// progenitor's client.
    pub raw: String,
    /// The resource handles.
    pub operations: String,
    /// A list of all types, of operations and of the document's schemas, for tests.
    pub registry: String,
    /// The endings of the names of secrets, as an array.
    pub secret_endings: String,
    /// A list of all methods of the resource handles and what they take, for tests.
    pub calls: String,
    /// A list of the conversions between types, for tests.
    pub conversions: String,
    /// The ids of the operations, for `cfg`.
    pub operation_ids: Vec<String>,
    /// The ids of those that download, for `cfg`.
    pub downloads: Vec<String>,
    /// The names of the types, for `cfg`.
    pub type_names: Vec<String>,
}

impl Code {
    /// Writes the files to a directory. A file that would not change is not touched.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written to.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        std::fs::create_dir_all(directory)?;
        for (name, text) in [
            ("types.rs", &self.types),
            ("raw.rs", &self.raw),
            ("operations.rs", &self.operations),
            ("registry.rs", &self.registry),
            ("secret_endings.rs", &self.secret_endings),
            ("calls.rs", &self.calls),
            ("conversions.rs", &self.conversions),
        ] {
            let path = directory.join(name);
            if std::fs::read_to_string(&path).is_ok_and(|old| old == *text) {
                continue;
            }
            std::fs::write(path, text)?;
        }
        Ok(())
    }
}

/// progenitor's output is not what this crate knows how to rewrite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewriteError {
    /// The type or method.
    pub item: String,
    /// JSON pointer of the schema or operation that it is made of; empty if there is no such thing in the document.
    pub pointer: String,
    /// The unexpected thing about it.
    pub problem: String,
}

impl RewriteError {
    fn new(item: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            item: item.into(),
            pointer: String::new(),
            problem: problem.into(),
        }
    }

    /// Finds what the item is made of: its name begins with an operation's id or a type's name.
    fn locate(mut self, prepared: &Prepared) -> Self {
        let name = self.item.split([' ', '.', ':']).next().unwrap_or_default();
        let operation = prepared
            .operations()
            .iter()
            .find(|operation| [&self.item, name].contains(&operation.id.as_str()));
        self.pointer = match (operation, prepared.model().types.get(name)) {
            (Some(operation), _) => pointer(&pointer("/paths", &operation.path), &operation.method.to_lowercase()),
            (None, Some(Type::Object(object))) => {
                pointer("/components/schemas", object.document_name.as_deref().unwrap_or(name))
            }
            (None, Some(_)) => pointer("/components/schemas", name),
            (None, None) => String::new(),
        };
        self
    }
}

impl fmt::Display for RewriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot rewrite the generated `{}`", self.item)?;
        if !self.pointer.is_empty() {
            write!(f, " ({})", self.pointer)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for RewriteError {}

/// Generates the code of a prepared document, as a build of `vapi` does: by progenitor, whose tokens are rewritten.
///
/// # Errors
///
/// When progenitor fails, or [`rewrite`] does.
pub fn code(prepared: &Prepared) -> Result<Code, Box<dyn std::error::Error>> {
    let tokens = generate::guarded(prepared, |openapi, settings| {
        progenitor::Generator::new(settings).generate_tokens(openapi)
    })?;
    Ok(rewrite(tokens, prepared)?)
}

/// Rewrites progenitor's tokens for a prepared document.
///
/// # Errors
///
/// When a type or method that the document calls for is missing from the tokens, or has an unexpected form; the error
/// names the operation or schema.
pub fn rewrite(tokens: TokenStream, prepared: &Prepared) -> Result<Code, RewriteError> {
    write(tokens, prepared).map_err(|error| error.locate(prepared))
}

fn write(tokens: TokenStream, prepared: &Prepared) -> Result<Code, RewriteError> {
    let file: syn::File = syn::parse2(tokens).map_err(|error| RewriteError::new("client", error.to_string()))?;
    let (type_items, client_items) = split(file);
    let model: &Model = prepared.model();
    let operations: &[Operation] = prepared.operations();
    let signatures = raw::signatures(&client_items, operations)?;
    let lists = lists::write(operations, &signatures, prepared.document(), &type_items);
    let (mut types, fields) = types::write(&type_items, model)?;
    types.push_str(&shared_properties::write(model, &fields));
    let conversions = conversions::find(operations, &signatures, model, &fields);
    types.push_str(&conversions.write());
    Ok(Code {
        types,
        conversions: conversions.registry(),
        secret_endings: crate::passes::secrets::endings(),
        raw: raw::write(client_items, operations)?,
        operations: facade::write(operations, &signatures, prepared.docs(), prepared.document(), &lists) + &lists,
        registry: registry::write(operations, &signatures, model),
        calls: registry::write_calls(operations, &signatures),
        operation_ids: operations.iter().map(|operation| operation.id.clone()).collect(),
        downloads: operations
            .iter()
            .filter(|operation| operation.transfer == Some(Transfer::Download))
            .map(|operation| operation.id.clone())
            .collect(),
        type_names: model.types.keys().cloned().collect(),
    })
}

/// Returns the items of `mod types`, and the others.
fn split(file: syn::File) -> (Vec<syn::Item>, Vec<syn::Item>) {
    let mut types = Vec::new();
    let mut client = Vec::new();
    for item in file.items {
        match item {
            syn::Item::Mod(module) if module.ident == "types" => {
                types.extend(module.content.into_iter().flat_map(|(_, items)| items));
            }
            item => client.push(item),
        }
    }
    (types, client)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::prepare::{Config, prepare};

    fn error(document: serde_json::Value, tokens: TokenStream) -> String {
        let prepared = prepare(document, &Config::default()).unwrap();
        rewrite(tokens, &prepared).unwrap_err().to_string()
    }

    #[test]
    fn a_missing_method_is_an_error_naming_its_operation() {
        let document = json!({"paths": {"/call/{id}": {"get": {"operationId": "CallController_findOne"}}}});
        assert_eq!(
            error(document, TokenStream::new()),
            "cannot rewrite the generated `CallController_findOne` (/paths/~1call~1{id}/get): progenitor made no method \
             of this operation"
        );
    }

    #[test]
    fn a_missing_type_is_an_error_naming_its_schema() {
        let document = json!({
            "paths": {"/call": {"get": {"operationId": "list", "responses": {"200": {"description": "", "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/CallDTO"}}
            }}}}}},
            "components": {"schemas": {"CallDTO": {"type": "object", "properties": {"id": {"type": "string"}}}}}
        });
        let tokens = quote::quote! {
            impl Client {
                pub async fn list(&self) -> Result<ResponseValue<types::CallDto>, Error<()>> {}
            }
        };
        assert_eq!(
            error(document, tokens),
            "cannot rewrite the generated `CallDto` (/components/schemas/CallDTO): typify made no struct of this object"
        );
    }
}
