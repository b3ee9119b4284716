//! Writes the resource handles: `client.calls().create(…)` for every operation, and a type alias for each that rustdoc gives a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use heck::ToPascalCase;
use serde_json::Value;

use super::raw::Signature;
use crate::docs::{Docs, comment};
use crate::names::{progenitor_name, snake_name};
use crate::operations::{Body, Content, Operation, Parameter, QueryStyle, Transfer};

/// The methods that every prepared operation has: no setter can take one of these names.
const METHODS_OF_OPERATION: [&str; 17] = [
    "body",
    "form",
    "header",
    "into_repeatable",
    "json",
    "max_retries",
    "new",
    "open",
    "open_events",
    "pages",
    "path",
    "query",
    "query_styled",
    "query_value",
    "stream",
    "timeout",
    "with_response",
];

/// The operations for which the `vapi` crate has a hand-written `stream`. The document does not declare their streams.
const EVENT_STREAMS: [&str; 3] = [
    "ChatController_createChat",
    "ChatController_createOpenAIChat",
    "ChatController_createWebChat",
];

/// Returns the text of `operations.rs`, except for `lists`, the text that follows it: its calls of `list!` tell which operations
/// list.
pub fn write(
    operations: &[Operation],
    signatures: &BTreeMap<String, Signature>,
    docs: &Docs,
    document: &Value,
    lists: &str,
) -> String {
    let mut handles: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        handles.entry(&operation.handle).or_default().push(operation);
    }
    let mut out = String::new();
    for (handle, operations) in &handles {
        write_handle(&mut out, handle, operations, signatures, docs);
    }
    out.push_str("/// The operations as types, each with what the document says of it.\npub mod endpoint {\n    use super::*;\n\n");
    for operation in operations {
        if operation.transfer != Some(Transfer::Download) {
            write_endpoint(&mut out, operation, &signatures[&operation.id]);
        }
    }
    out.push_str("}\n\n");
    out.push_str("/// The operations as the methods of the resources return them: prepared, and sent when they are awaited.\n///\n/// Each page lists the parameters, the response and the errors of one operation.\npub mod prepared {\n    use super::*;\n\n");
    for operation in operations {
        if operation.transfer != Some(Transfer::Download) {
            write_alias(&mut out, operation, &signatures[&operation.id], document, lists);
        }
    }
    out.push_str("}\n\n");
    for operation in operations {
        if operation.transfer != Some(Transfer::Download) {
            write_setters(&mut out, operation, &signatures[&operation.id]);
        }
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
        "#[derive(Clone, Debug)]\npub struct {name} {{\n    pub(crate) client: Client,\n}}\n"
    );
    out.push_str("impl Client {\n");
    out.push_str(&comment("    ", &text));
    let _ = writeln!(
        out,
        "    pub fn {handle}(&self) -> {name} {{\n        {name} {{ client: self.clone() }}\n    }}\n}}\n"
    );
    let _ = writeln!(out, "impl {name} {{");
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
            "    pub fn {name}(&self{arguments}) -> crate::Download {{\n        \
             crate::Download::new(&self.client, {:?}, {:?}){calls}\n    }}\n",
            operation.id, operation.path
        );
    } else {
        let alias = operation.type_name();
        let _ = writeln!(
            out,
            "    ///\n    /// [`{alias}`](prepared::{alias}) has the response, the errors and the optional parameters.\n    \
             #[inline]\n    pub fn {name}(&self{arguments}) -> prepared::{alias} {{\n        \
             Operation::new(&self.client){calls}\n    }}\n"
        );
    }
}

/// The alias of an operation. On its page, rustdoc lists the methods that this one operation has.
fn write_alias(out: &mut String, operation: &Operation, signature: &Signature, document: &Value, lists: &str) {
    let name = operation.type_name();
    let mut text = format!(
        "The operation [`vapi.{handle}().{method}(…)`]({type_name}::{method}): `{verb} {path}`.\n\n\
         | id | `{id}` |\n| --- | --- |\n| response | {response} |\n",
        handle = operation.handle,
        method = operation.name,
        type_name = operation.handle.to_pascal_case(),
        verb = operation.method,
        path = operation.path,
        id = operation.id,
        response = linked(&signature.output),
    );
    let optional = operation.parameters.iter().filter(|parameter| !parameter.required);
    let optional: Vec<String> = optional.map(|parameter| format!("`{}`", parameter.name)).collect();
    if !optional.is_empty() {
        let _ = writeln!(text, "| optional parameters | {} |", optional.join(", "));
    }
    let declared = declared_errors(document, operation);
    let declared = match declared.is_empty() {
        true => String::new(),
        false => format!("; the document names {}", declared.join(", ")),
    };
    let _ = writeln!(
        text,
        "| errors | an [`Error`](crate::Error) for every status but 2xx{declared} |"
    );
    let retried = match operation.method.as_str() {
        "GET" | "HEAD" | "DELETE" | "PUT" => "after 408, 429, 5xx, and a connection that failed or broke",
        _ => "after 429, and if no connection was made: never when it may have been done",
    };
    let _ = writeln!(text, "| retries | {retried} |");
    if lists.contains(&format!("list!({name} ")) {
        text.push_str("| streams | `stream()` for the items, `pages()` for the pages: see [`pages`](crate::pages) |\n");
    } else if EVENT_STREAMS.contains(&operation.id.as_str()) {
        text.push_str("| streams | `stream()` for the events: see [`chat`](crate::chat) |\n");
    }
    out.push_str(&comment("    ", text.trim_end()));
    let _ = writeln!(out, "    pub type {name} = Operation<endpoint::{name}>;\n");
}

/// Returns a type as code, linked if it is one of ours: ``[`Vec<Call>`](types::Call)``.
fn linked(ty: &str) -> String {
    let Some((_, rest)) = ty.split_once("types::") else {
        return match ty {
            "()" => "none".to_owned(),
            ty => format!("`{ty}`"),
        };
    };
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    format!("[`{}`](types::{name})", ty.replace("types::", ""))
}

/// Returns the error statuses that the document declares for an operation.
fn declared_errors(document: &Value, operation: &Operation) -> Vec<String> {
    let responses = document
        .get("paths")
        .and_then(|paths| paths.get(&operation.path))
        .and_then(|path| path.get(operation.method.to_lowercase()))
        .and_then(|operation| operation.get("responses"))
        .and_then(Value::as_object);
    let statuses = responses.into_iter().flatten().map(|(status, _)| status);
    statuses
        .filter(|status| status.starts_with(['4', '5']))
        .cloned()
        .collect()
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

/// Returns the type that progenitor gave to a query or header parameter.
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
        false if parameter.style == QueryStyle::Repeated => {
            format!("query_value::<{ty}>({:?}, {value}.into())", parameter.name)
        }
        false => format!(
            "query_styled::<{ty}>({:?}, {value}.into(), crate::operation::QueryStyle::{:?})",
            parameter.name, parameter.style
        ),
    }
}

fn write_endpoint(out: &mut String, operation: &Operation, signature: &Signature) {
    let (macro_name, output) = match (operation.content, signature.output.as_str()) {
        (Content::Text, _) => ("text_endpoint", String::new()),
        (Content::Bytes, _) => ("bytes_endpoint", String::new()),
        (Content::Json, "()") => ("empty_endpoint", String::new()),
        (Content::Json, output) => ("endpoint", format!(" -> {output}")),
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
        let alias = operation.type_name();
        let _ = writeln!(out, "impl prepared::{alias} {{\n{setters}}}\n");
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
