//! Plans of operations: their roles, derived from the form of their path and their schemas when the document is loaded.

use http::Method;
use serde_json::Value;

use crate::openapi::document::{Document, Operation};
use crate::openapi::list_style;
use crate::openapi::list_style::ListStyle;
use crate::openapi::routes::PathParameters;

pub(crate) struct Plan {
    pub role: Role,
    /// The collection of the resources, `/v2/knowledge-base/{id}/file`.
    pub collection: String,
    /// The path parameter that names the resource: `id`, `fileId`.
    pub item_key: String,
    /// Resources that must exist first: their collection and the parameter that names them.
    pub parents: Vec<(String, String)>,
    /// The schema of the resource: that of the response of its get operation.
    pub resource: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Create,
    Get,
    List(ListStyle),
    Update,
    Delete,
    /// A copy of a resource in its collection.
    Duplicate,
    /// The response follows from the success schema alone.
    Action,
    PlaceCall,
    Chat,
    ChatResponse,
    Upload,
    Download,
}

impl Plan {
    pub fn of(document: &Document, operation: &Operation) -> Plan {
        let role = role(document, operation);
        let (above, last) = operation.path.rsplit_once('/').unwrap_or(("", &operation.path));
        let (owner, item_key) = match (role, parameter_name(last)) {
            (Role::Duplicate, _) => above.rsplit_once('/').map_or((above, "id"), |(owner, item)| {
                (owner, parameter_name(item).unwrap_or("id"))
            }),
            (Role::Get | Role::Update | Role::Delete, Some(name)) => (above, name),
            // Responds in OpenAI's format and is stored as a chat. `/call/web` places a call like any other.
            (Role::ChatResponse, _) => (above, "id"),
            _ if operation.behaves_as != operation.id => (above, "id"),
            _ => (operation.path.as_str(), "id"),
        };
        let collection = canonical(document, owner);
        let item = item_operation(document, owner);
        let resource = item
            .or(Some(operation))
            .and_then(|operation| operation.success.schema.clone());
        Plan {
            role,
            item_key: item_key.to_owned(),
            parents: parents(document, operation),
            resource,
            collection,
        }
    }
}

/// Returns the path of a collection with its parameters filled in.
pub(crate) fn concrete(template: &str, parameters: &PathParameters) -> String {
    let mut path = String::with_capacity(template.len() + 32);
    for segment in template.split('/').skip(1) {
        path.push('/');
        let value = parameter_name(segment).and_then(|name| parameters.iter().find(|(n, _)| n == name));
        path.push_str(value.map_or(segment, |(_, value)| value));
    }
    path
}

fn role(document: &Document, operation: &Operation) -> Role {
    match operation.behaves_as.as_str() {
        "CallController_create" => return Role::PlaceCall,
        "ChatController_createChat" => return Role::Chat,
        "ChatController_createOpenAIChat" => return Role::ChatResponse,
        _ => {}
    }
    let multipart = operation
        .request
        .as_ref()
        .is_some_and(|body| body.content_type.starts_with("multipart/"));
    let names_one = operation.path.ends_with('}');
    let is_collection = || {
        let listed = document
            .operation(&Method::GET, &operation.path)
            .and_then(|list| list_style(document, list));
        listed.is_some() || item_operation(document, &operation.path).is_some()
    };
    match operation.method {
        Method::GET if operation.redirects => Role::Download,
        Method::GET => match list_style(document, operation) {
            Some(style) => Role::List(style),
            None if names_one => Role::Get,
            None => Role::Action,
        },
        Method::PATCH | Method::PUT if names_one => Role::Update,
        Method::DELETE if names_one => Role::Delete,
        Method::POST if multipart => Role::Upload,
        Method::POST if operation.path.ends_with("}/duplicate") => Role::Duplicate,
        Method::POST if is_collection() => Role::Create,
        _ => Role::Action,
    }
}

fn list_style(document: &Document, operation: &Operation) -> Option<ListStyle> {
    list_style::style(document, operation.success.schema.as_ref()?)
}

/// Returns the operation `GET <collection>/{anything}`.
fn item_operation<'a>(document: &'a Document, collection: &str) -> Option<&'a Operation> {
    // `/v2/phone-number` only lists the resources of `/phone-number/{id}`.
    let unversioned = canonical(document, collection);
    let below = |operation: &&Operation, collection: &str| {
        let rest = operation
            .path
            .strip_prefix(collection)
            .and_then(|rest| rest.strip_prefix('/'));
        operation.method == Method::GET && rest.and_then(parameter_name).is_some()
    };
    let find = |collection: &str| {
        document
            .operations()
            .iter()
            .find(|operation| below(operation, collection))
    };
    find(&unversioned).or_else(|| find(collection))
}

/// Returns the collection behind an alias: `/v2/campaign` and `/campaign` have the same resources.
fn canonical(document: &Document, path: &str) -> String {
    let mut segments = path.splitn(4, '/').skip(1);
    let version = segments.next().and_then(|segment| segment.strip_prefix('v'));
    if let (Some(version), Some(first)) = (version, segments.next()) {
        let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        if is_version && document.has_path(&format!("/{first}")) {
            return path.chars().skip(version.len() + 2).collect();
        }
    }
    path.to_owned()
}

fn parents(document: &Document, operation: &Operation) -> Vec<(String, String)> {
    let path = operation.path.as_str();
    let ends = path
        .match_indices('}')
        .map(|(at, _)| at + 1)
        .filter(|end| *end < path.len());
    ends.filter_map(|end| {
        let prefix = path.get(..end)?;
        let (above, last) = prefix.rsplit_once('/')?;
        let get = document.operation(&Method::GET, prefix);
        // `/provider/{provider}/{resourceName}` ends in a parameter, but is a collection.
        let names_one = document.has_path(prefix) && get.is_none_or(|get| list_style(document, get).is_none());
        names_one.then_some(())?;
        Some((canonical(document, above), parameter_name(last)?.to_owned()))
    })
    .collect()
}

fn parameter_name(segment: &str) -> Option<&str> {
    segment
        .strip_prefix('{')?
        .strip_suffix('}')
        .filter(|name| !name.contains('/'))
}
