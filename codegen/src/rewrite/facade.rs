//! Writes the resource handles: `client.calls().create(…)` for every operation.

use super::raw::Signature;
use crate::docs::{Docs, comment};
use crate::names::{progenitor_name, snake_name};
use crate::operations::{Body, Operation, Parameter, Transfer};
use heck::ToPascalCase;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What every prepared operation can do already.
const METHODS_OF_OPERATION: [&str; 14] = [
    "body",
    "form",
    "header",
    "json",
    "max_retries",
    "new",
    "open",
    "pages",
    "path",
    "query",
    "query_value",
    "stream",
    "timeout",
    "with_response",
];

/// The text of `operations.rs`.
pub fn write(operations: &[Operation], signatures: &BTreeMap<String, Signature>, docs: &Docs) -> String {
    let mut handles: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        handles.entry(&operation.handle).or_default().push(operation);
    }
    let mut out = String::new();
    for (handle, operations) in &handles {
        write_handle(&mut out, handle, operations, signatures, docs);
    }
    out.push_str("/// What the document says of each operation, as types.\npub mod endpoint {\n    use super::*;\n\n");
    for operation in operations {
        if operation.transfer != Some(Transfer::Download) {
            write_endpoint(&mut out, operation, &signatures[&operation.id]);
        }
    }
    out.push_str("}\n\n");
    for operation in operations {
        write_setters(&mut out, operation, &signatures[&operation.id]);
    }
    write_table(&mut out, operations);
    out
}

fn write_handle(
    out: &mut String,
    handle: &str,
    operations: &[&Operation],
    signatures: &BTreeMap<String, Signature>,
    docs: &Docs,
) {
    let name = handle.to_pascal_case();
    let text = operations
        .iter()
        .find_map(|operation| docs.handles.get(&operation.controller))
        .cloned()
        .unwrap_or_else(|| format!("The operations on `{handle}`."));
    out.push_str(&comment("", &text));
    let _ = writeln!(
        out,
        "#[derive(Clone, Copy, Debug)]\npub struct {name}<'c> {{\n    pub(crate) client: &'c Client,\n}}\n"
    );
    out.push_str("impl Client {\n");
    out.push_str(&comment("    ", &text));
    let _ = writeln!(
        out,
        "    pub fn {handle}(&self) -> {name}<'_> {{\n        {name} {{ client: self }}\n    }}\n}}\n"
    );
    let _ = writeln!(out, "impl<'c> {name}<'c> {{");
    for operation in operations {
        write_method(out, operation, &signatures[&operation.id]);
    }
    out.push_str("}\n\n");
}

fn write_method(out: &mut String, operation: &Operation, signature: &Signature) {
    out.push_str(&comment("    ", operation.description.as_deref().unwrap_or_default()));
    if operation.deprecated {
        out.push_str("    ///\n    /// Deprecated by the API.\n");
    }
    let mut arguments = String::new();
    let mut calls = String::new();
    let mut taken = vec!["body".to_owned(), "upload".to_owned()];
    for parameter in &operation.path_parameters {
        let argument = distinct(&snake_name(parameter), &mut taken);
        let _ = write!(arguments, ", {argument}: impl AsRef<str>");
        let _ = write!(calls, ".path({parameter:?}, {argument}.as_ref())");
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        let argument = distinct(&snake_name(&parameter.name), &mut taken);
        let _ = write!(
            arguments,
            ", {argument}: impl Into<{}>",
            parameter_type(parameter, signature)
        );
        let _ = write!(calls, ".{}", say(parameter, &argument, signature));
    }
    match (operation.body, operation.transfer) {
        (_, Some(Transfer::Upload)) => {
            arguments.push_str(", upload: crate::Upload");
            calls.push_str(".form(upload)");
        }
        (Some(Body::Required), _) => {
            let _ = write!(arguments, ", body: impl Into<{}>", body_type(signature));
            calls.push_str(".body(&body.into())");
        }
        _ => {}
    }
    let name = &operation.name;
    if operation.transfer == Some(Transfer::Download) {
        let _ = writeln!(
            out,
            "    pub fn {name}(&self{arguments}) -> crate::Download<'c> {{\n        \
             crate::Download::new(self.client, {:?}, {:?}){calls}\n    }}\n",
            operation.id, operation.path
        );
    } else {
        let endpoint = operation.type_name();
        let _ = writeln!(
            out,
            "    pub fn {name}(&self{arguments}) -> Operation<'c, endpoint::{endpoint}> {{\n        \
             Operation::new(self.client){calls}\n    }}\n"
        );
    }
}

fn distinct(name: &str, taken: &mut Vec<String>) -> String {
    let mut name = name.to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    taken.push(name.clone());
    name
}

fn body_type(signature: &Signature) -> String {
    signature
        .arguments
        .get("body")
        .cloned()
        .unwrap_or_else(|| "Value".to_owned())
}

/// Query and header parameters by the type that progenitor gave them.
fn parameter_type(parameter: &Parameter, signature: &Signature) -> String {
    signature
        .arguments
        .get(&progenitor_name(&parameter.name))
        .cloned()
        .unwrap_or_else(|| "String".to_owned())
}

fn say(parameter: &Parameter, value: &str, signature: &Signature) -> String {
    let ty = parameter_type(parameter, signature);
    match parameter.header {
        true => format!("header({:?}, &Into::<{ty}>::into({value}).to_string())", parameter.name),
        false => format!("query_value::<{ty}>({:?}, {value}.into())", parameter.name),
    }
}

fn write_endpoint(out: &mut String, operation: &Operation, signature: &Signature) {
    let (macro_name, output) = match signature.output.as_str() {
        "()" => ("empty_endpoint", String::new()),
        output => ("endpoint", format!(" -> {output}")),
    };
    let _ = writeln!(
        out,
        "    {macro_name}!({} {:?} {} {:?}{output});",
        operation.type_name(),
        operation.id,
        operation.method,
        operation.path
    );
}

/// Optional parameters and bodies are setters on the prepared operation.
fn write_setters(out: &mut String, operation: &Operation, signature: &Signature) {
    if operation.transfer == Some(Transfer::Download) {
        return;
    }
    let mut setters = String::new();
    let mut taken = METHODS_OF_OPERATION.map(str::to_owned).to_vec();
    for parameter in operation.parameters.iter().filter(|parameter| !parameter.required) {
        let name = distinct(&snake_name(&parameter.name), &mut taken);
        setters.push_str(&comment("    ", parameter.description.as_deref().unwrap_or_default()));
        let _ = writeln!(
            setters,
            "    pub fn {name}(self, {name}: impl Into<{}>) -> Self {{\n        self.{}\n    }}\n",
            parameter_type(parameter, signature),
            say(parameter, &name, signature)
        );
    }
    if operation.body == Some(Body::Optional) {
        let name = distinct("with_body", &mut taken);
        let _ = writeln!(
            setters,
            "    /// The optional request body.\n    pub fn {name}(self, body: impl Into<{}>) -> Self {{\n        \
             self.body(&body.into())\n    }}\n",
            body_type(signature)
        );
    }
    if !setters.is_empty() {
        let endpoint = operation.type_name();
        let _ = writeln!(out, "/// `{}().{}()`", operation.handle, operation.name);
        let _ = writeln!(out, "impl Operation<'_, endpoint::{endpoint}> {{\n{setters}}}\n");
    }
}

/// The operations as data, for tests and tools.
fn write_table(out: &mut String, operations: &[Operation]) {
    out.push_str("/// Every operation: its id, method, path, and the names of its methods here.\n#[doc(hidden)]\n");
    out.push_str("pub const OPERATIONS: &[OperationNames] = &[\n");
    for operation in operations {
        let _ = writeln!(
            out,
            "    OperationNames {{ id: {:?}, method: {:?}, path: {:?}, handle: {:?}, name: {:?}, raw: {:?} }},",
            operation.id,
            operation.method,
            operation.path,
            operation.handle,
            operation.name,
            progenitor_name(&operation.id)
        );
    }
    out.push_str("];\n");
}
