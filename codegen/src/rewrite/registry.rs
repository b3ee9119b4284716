//! Writes the lists by which tests find a type (by its own name, by the schema's name, by operation), and call every method.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::raw::Signature;
use crate::model::{Model, Type};
use crate::names::progenitor_name;
use crate::operations::{Body, Content, Operation, Transfer};

/// Returns the text of `registry.rs`: one call of a macro `registry!` that the test defines, with `types` in scope.
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
        let is_json = operation.content == Content::Json && signature.output != "()";
        if operation.transfer != Some(Transfer::Download) && is_json {
            let _ = writeln!(out, "    response {:?} {};", operation.id, signature.output);
        }
    }
    out.push_str("}\n");
    out
}

/// Returns the text of `calls.rs`: one call of a macro `calls!` that the test defines.
///
/// Each line is `"Id" handle method arguments outcome;`. The arguments are `[path "id"]`, `[parameter "name" Type]`, `[upload]` and
/// `[body Type]`, in the order of the method's own, and the outcome is `value`, `nothing` or `download`.
pub fn write_calls(operations: &[Operation], signatures: &BTreeMap<String, Signature>) -> String {
    let mut out = String::from("calls! {\n");
    for operation in operations {
        let Some(signature) = signatures.get(&operation.id) else {
            continue;
        };
        let paths = operation.path_parameters.iter().map(|name| format!("path {name:?}"));
        let required = operation.parameters.iter().filter(|parameter| parameter.required);
        let required = required.map(|parameter| {
            let ty = signature.arguments.get(&progenitor_name(&parameter.name));
            format!("parameter {:?} {}", parameter.name, ty.map_or("String", String::as_str))
        });
        let sent = match (operation.transfer, operation.body, signature.arguments.get("body")) {
            (Some(Transfer::Upload), ..) => Some("upload".to_owned()),
            (_, Some(Body::Required), Some(ty)) => Some(format!("body {ty}")),
            _ => None,
        };
        let arguments = paths
            .chain(required)
            .chain(sent)
            .map(|argument| format!("[{argument}]"));
        let outcome = match (operation.transfer, signature.output.as_str()) {
            (Some(Transfer::Download), _) => "download",
            (_, "()") => "nothing",
            _ => "value",
        };
        let _ = writeln!(
            out,
            "    {:?} {} {} {} {outcome};",
            operation.id,
            operation.handle,
            operation.name,
            arguments.collect::<Vec<_>>().join(" ")
        );
    }
    out.push_str("}\n");
    out
}
