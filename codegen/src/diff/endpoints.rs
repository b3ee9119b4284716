//! Comparing the operations of two documents, and what the documents say as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::change::{Action, Change, Kind, Owner, Place, SUCCESS};
use super::node::{Comparison, describe, members};
use super::usage::resolve;
use crate::document::{METHODS, pointer};

/// An operation of a document as it stands there.
struct Endpoint<'d> {
    pointer: String,
    operation: &'d Value,
    /// By place and name, those of the path included.
    parameters: BTreeMap<(String, String), Parameter<'d>>,
}

/// A parameter and its position.
struct Parameter<'d> {
    pointer: String,
    facts: &'d Value,
}

impl<'d> Comparison<'d> {
    /// Compares the operations.
    pub fn operations(&mut self) {
        let (old, new) = (endpoints(self.old), endpoints(self.new));
        for (name, endpoint) in &old {
            if !new.contains_key(name) {
                let mut change = whole(Action::Removed, name, endpoint);
                change.breaks.requests = true;
                change.breaks.rust = true;
                self.changes.push(change);
            }
        }
        for (name, endpoint) in &new {
            match old.get(name) {
                Some(old) => self.operation(name, old, endpoint),
                None => self.changes.push(whole(Action::Added, name, endpoint)),
            }
        }
    }

    fn operation(&mut self, name: &str, old: &Endpoint<'d>, new: &Endpoint<'d>) {
        let mut place = Place::of(Owner::Operation(name.to_owned()), &new.pointer);
        place.old.clone_from(&old.pointer);
        for (key, kind) in [
            ("operationId", Kind::OperationId),
            ("deprecated", Kind::Deprecated),
            ("security", Kind::Security),
            ("servers", Kind::Server),
        ] {
            let is_off = |value: &&Value| **value == Value::Bool(false);
            let [was, is] = [old.operation, new.operation].map(|operation| operation.get(key).filter(|v| !is_off(v)));
            if was != is {
                let mut change = Change::new(kind, Action::Changed, place.clone(), key);
                change.breaks.rust = kind == Kind::OperationId;
                change.breaks.requests = matches!(kind, Kind::Security | Kind::Server) && is.is_some();
                self.changes.push(change.facts(was.cloned(), is.cloned()));
            }
        }
        self.parameters(&place, old, new);
        self.body(&place, old.operation, new.operation);
        self.responses(&place, old.operation, new.operation);
    }

    fn parameters(&mut self, operation: &Place, old: &Endpoint<'d>, new: &Endpoint<'d>) {
        let place = |(location, name): &(String, String), old: &str, new: &str| Place {
            at: format!("{location} {name}"),
            part: Some(name.clone()),
            old: old.to_owned(),
            new: new.to_owned(),
            ..operation.clone()
        };
        let is_required = |parameter: &Parameter<'_>| parameter.facts.get("required") == Some(&Value::Bool(true));
        for (key, parameter) in &old.parameters {
            let Some(other) = new.parameters.get(key) else {
                let place = place(key, &parameter.pointer, "");
                let mut change = Change::new(Kind::Parameter, Action::Removed, place, &key.1);
                change.old = Some(fact(parameter.facts));
                change.breaks.requests = true;
                self.changes.push(change);
                continue;
            };
            let place = place(key, &parameter.pointer, &other.pointer);
            let (was, is) = (is_required(parameter), is_required(other));
            if was != is {
                let mut change = Change::new(Kind::Required, Action::Changed, place.clone(), "required");
                change.breaks.requests = is;
                self.changes.push(change.facts(Some(was.into()), Some(is.into())));
            }
            self.keywords(&place, parameter.facts, other.facts);
            self.content(&place, parameter.facts, other.facts);
            if let (Some(was), Some(is)) = (parameter.facts.get("schema"), other.facts.get("schema")) {
                self.schemas(&place.below("", &["schema"], &["schema"]), was, is);
            }
        }
        for (key, parameter) in &new.parameters {
            if !old.parameters.contains_key(key) {
                let place = place(key, "", &parameter.pointer);
                let mut change = Change::new(Kind::Parameter, Action::Added, place, &key.1);
                change.new = Some(fact(parameter.facts));
                change.breaks.requests = is_required(parameter);
                self.changes.push(change);
            }
        }
    }

    /// Compares how a parameter is written.
    fn keywords(&mut self, place: &Place, old: &Value, new: &Value) {
        for key in ["deprecated", "style", "explode", "allowReserved", "allowEmptyValue"] {
            let (was, is) = (old.get(key), new.get(key));
            if was != is {
                let kind = match key {
                    "deprecated" => Kind::Deprecated,
                    _ => Kind::Keyword,
                };
                let mut change = Change::new(kind, Action::Changed, place.clone(), key);
                change.breaks.requests = matches!(key, "style" | "explode");
                self.changes.push(change.facts(was.cloned(), is.cloned()));
            }
        }
    }

    fn body(&mut self, operation: &Place, old: &'d Value, new: &'d Value) {
        let mut place = operation.below("body", &["requestBody"], &["requestBody"]);
        place.part = Some("body".to_owned());
        let [was, is] = [(self.old, old), (self.new, new)]
            .map(|(document, operation)| operation.get("requestBody").map(|body| resolve(document, body)));
        let is_required = |body: &Value| body.get("required") == Some(&Value::Bool(true));
        match (was, is) {
            (None, None) => {}
            (Some(_), None) => {
                let mut change = Change::new(Kind::RequestBody, Action::Removed, place, "body");
                change.breaks.requests = true;
                self.changes.push(change);
            }
            (None, Some(is)) => {
                let mut change = Change::new(Kind::RequestBody, Action::Added, place, "body");
                change.breaks.requests = is_required(is);
                self.changes.push(change);
            }
            (Some(was), Some(is)) => {
                let required = [was, is].map(is_required);
                if required[0] != required[1] {
                    let mut change = Change::new(Kind::Required, Action::Changed, place.clone(), "required");
                    change.breaks.requests = required[1];
                    self.changes
                        .push(change.facts(Some(required[0].into()), Some(required[1].into())));
                }
                self.content(&place, was, is);
            }
        }
    }

    fn responses(&mut self, operation: &Place, old: &'d Value, new: &'d Value) {
        let (was, is) = (members(old, "responses"), members(new, "responses"));
        let is_success = |status: &str| status.starts_with('2');
        let place = |status: &str| {
            let steps = ["responses", status];
            let mut place = operation.below(&format!("response {status}"), &steps, &steps);
            place.part = Some(match is_success(status) {
                true => SUCCESS.to_owned(),
                false => place.at.clone(),
            });
            place
        };
        for (status, response) in was {
            let response = resolve(self.old, response);
            match is.get(status) {
                Some(other) => self.content(&place(status), response, resolve(self.new, other)),
                None => {
                    let mut change = Change::new(Kind::Response, Action::Removed, place(status), status);
                    // Any success is read alike, so one that says the same under another status is none to miss.
                    let same = is.iter().any(|(other, facts)| {
                        is_success(other) && resolve(self.new, facts).get("content") == response.get("content")
                    });
                    change.breaks.responses = is_success(status) && !same;
                    self.changes.push(change);
                }
            }
        }
        for status in is.keys().filter(|status| !was.contains_key(*status)) {
            self.changes
                .push(Change::new(Kind::Response, Action::Added, place(status), status));
        }
    }

    /// Compares the media types of a body, a response or a parameter, and their schemas.
    fn content(&mut self, place: &Place, old: &'d Value, new: &'d Value) {
        let (was, is) = (members(old, "content"), members(new, "content"));
        let below = |media_type: &str| {
            let steps = ["content", media_type];
            place.below("", &steps, &steps)
        };
        for (media_type, entry) in was {
            let Some(other) = is.get(media_type) else {
                let mut change = Change::new(Kind::MediaType, Action::Removed, below(media_type), media_type);
                change.breaks.requests = true;
                change.breaks.responses = true;
                self.changes.push(change);
                continue;
            };
            let none = &Value::Null;
            let [was, is] = [entry, other].map(|entry| entry.get("schema").unwrap_or(none));
            self.schemas(&below(media_type).below("", &["schema"], &["schema"]), was, is);
        }
        for media_type in is.keys().filter(|media_type| !was.contains_key(*media_type)) {
            let change = Change::new(Kind::MediaType, Action::Added, below(media_type), media_type);
            self.changes.push(change);
        }
    }

    /// Compares the servers, the authentication and the components.
    pub fn document(&mut self) {
        let place = |at: &str| Place::of(Owner::Document, at);
        let urls = |document: &Value| -> BTreeSet<String> {
            let servers = document.get("servers").and_then(Value::as_array);
            let urls = servers.into_iter().flatten().filter_map(|server| server.get("url"));
            urls.filter_map(|url| url.as_str().map(str::to_owned)).collect()
        };
        let (was, is) = (urls(self.old), urls(self.new));
        for (urls, others, action) in [(&was, &is, Action::Removed), (&is, &was, Action::Added)] {
            for url in urls.difference(others) {
                let mut change = Change::new(Kind::Server, action, place("/servers"), url);
                change.breaks.requests = action == Action::Removed;
                self.changes.push(change);
            }
        }
        for at in ["/security", "/components/securitySchemes"] {
            let (was, is) = (self.old.pointer(at), self.new.pointer(at));
            if was != is {
                let mut change = Change::new(Kind::Security, Action::Changed, place(at), "security");
                change.breaks.requests = true;
                self.changes.push(change.facts(was.cloned(), is.cloned()));
            }
        }
        self.components();
    }

    fn components(&mut self) {
        let schemas = |document: &'d Value| {
            document
                .get("components")
                .map(|components| members(components, "schemas"))
        };
        let empty = || -> &'d Map<String, Value> { members(&Value::Null, "") };
        let was = schemas(self.old).unwrap_or_else(empty);
        let is = schemas(self.new).unwrap_or_else(empty);
        let place = |name: &String| Place::of(Owner::Schema(name.clone()), &pointer("/components/schemas", name));
        let whole = |action, name: &String, schema: &Value| {
            let mut change = Change::new(Kind::Schema, action, place(name), name);
            change.contains = Some(members(schema, "properties").len());
            change
        };
        for (name, schema) in was {
            match is.get(name) {
                Some(other) => self.schemas(&place(name), schema, other),
                None => {
                    let mut change = whole(Action::Removed, name, schema);
                    change.old = Some(describe(schema).into());
                    self.changes.push(change);
                }
            }
        }
        for (name, schema) in is {
            if !was.contains_key(name) {
                let mut change = whole(Action::Added, name, schema);
                change.new = Some(describe(schema).into());
                self.changes.push(change);
            }
        }
    }
}

/// Returns the operations by method and path.
fn endpoints(document: &Value) -> BTreeMap<String, Endpoint<'_>> {
    let mut found = BTreeMap::new();
    for (path, item) in members(document, "paths") {
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else {
                continue;
            };
            let at = pointer("/paths", path);
            let own = pointer(&at, method);
            let mut parameters = BTreeMap::new();
            // Those of the operation stand above those of its path, and of two declarations the first counts.
            for (base, holder) in [(&own, operation), (&at, item)] {
                let listed = holder.get("parameters").and_then(Value::as_array);
                for (index, parameter) in listed.into_iter().flatten().enumerate() {
                    let facts = resolve(document, parameter);
                    let text = |key: &str| facts.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                    let pointer = format!("{base}/parameters/{index}");
                    parameters
                        .entry((text("in"), text("name")))
                        .or_insert(Parameter { pointer, facts });
                }
            }
            let endpoint = Endpoint {
                pointer: own,
                operation,
                parameters,
            };
            found.insert(format!("{} {path}", method.to_uppercase()), endpoint);
        }
    }
    found
}

fn whole(action: Action, name: &str, endpoint: &Endpoint<'_>) -> Change {
    let place = Place::of(Owner::Operation(name.to_owned()), &endpoint.pointer);
    let mut change = Change::new(Kind::Operation, action, place, name);
    let id = endpoint.operation.get("operationId").cloned();
    change = match action {
        Action::Removed => change.facts(id, None),
        _ => change.facts(None, id),
    };
    change.contains = Some(endpoint.parameters.len());
    change
}

/// Returns the facts that are told of a parameter that came or went.
fn fact(parameter: &Value) -> Value {
    let schema = parameter.get("schema").unwrap_or(&Value::Null);
    let required = parameter.get("required") == Some(&Value::Bool(true));
    serde_json::json!({"type": describe(schema), "required": required})
}
