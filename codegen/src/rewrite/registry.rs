//! Writes the list by which tests find a type: by its own name, by the schema's name, by operation.

use super::raw::Signature;
use crate::model::{Model, Type};
use crate::operations::{Body, Operation, Transfer};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The text of `registry.rs`: one call of a macro `registry!` that the test defines, with `types` in scope.
///
/// Each line is `kind "name" Type;`, where the kind is `type` (by Rust name), `schema` (by the document's name),
/// `request` or `response` (by operation id).
pub fn write(operations: &[Operation], signatures: &BTreeMap<String, Signature>, model: &Model) -> String {
    let mut out = String::from("registry! {\n");
    for (name, ty) in &model.types {
        let _ = writeln!(out, "    type {name:?} types::{name};");
        if let Type::Object(object) = ty
            && let Some(original) = &object.document_name
        {
            let _ = writeln!(out, "    schema {original:?} types::{name};");
        }
    }
    for operation in operations {
        let Some(signature) = signatures.get(&operation.id) else {
            continue;
        };
        if let (Some(Body::Required | Body::Optional), Some(body)) = (operation.body, signature.arguments.get("body")) {
            let _ = writeln!(out, "    request {:?} {body};", operation.id);
        }
        if operation.transfer != Some(Transfer::Download) && signature.output != "()" {
            let _ = writeln!(out, "    response {:?} {};", operation.id, signature.output);
        }
    }
    out.push_str("}\n");
    out
}
