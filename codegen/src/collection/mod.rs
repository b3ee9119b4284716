//! An exported document as requests to send: in an order in which they succeed, with ids taken from earlier responses.

mod http_file;
mod postman;

use std::collections::{BTreeMap, BTreeSet};

use heck::ToLowerCamelCase;
use serde_json::{Map, Value};

pub use http_file::http_file;
pub use postman::postman;

use crate::document::for_each_operation;
use crate::export::{Examples, PUBLIC_KEY};
use crate::names::{Names, singular};
use crate::operations::{self, Operation};

/// The separator of the parts of a form.
const BOUNDARY: &str = "a-part-of-the-form";

/// The requests of one tag.
struct Folder {
    name: String,
    description: String,
    requests: Vec<Request>,
}

/// One request, with variables in braces: `{{assistantId}}`.
struct Request {
    id: String,
    name: String,
    description: String,
    method: String,
    /// The variable of its key.
    key: &'static str,
    /// `/assistant/{{assistantId}}`
    path: String,
    query: Vec<Query>,
    body: Option<Body>,
    /// The variable that gets an id from the response.
    saves: Option<Saved>,
    /// The variable whose resource is gone afterwards.
    ends: Option<String>,
    /// Properties of a finished resource.
    until: Map<String, Value>,
    /// Variables that the body has.
    needs: BTreeSet<String>,
}

struct Query {
    name: String,
    value: String,
    required: bool,
    description: String,
}

#[derive(Clone)]
enum Body {
    Json(Value),
    /// A multipart form, by its fields; true for a file.
    Form(Vec<(String, String, bool)>),
}

/// The place of an id in a response.
enum Saved {
    Id(String),
    /// In the first element of a list, or of the results of a page.
    FirstId(String),
}

/// The folders of a document, and the requests that create what a variable names.
struct Plan {
    folders: Vec<Folder>,
    /// The paths and bodies by variable.
    creators: BTreeMap<String, (String, Body)>,
    /// Variables that no response sets, with values to begin with.
    given: BTreeMap<String, String>,
}

/// The order of requests about one resource.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Rank {
    Create,
    List,
    Get,
    Update,
    Other,
    Delete,
}

impl Rank {
    fn of(operation: &Operation, family: &str) -> Self {
        let is_family = operation.path == family;
        match (operation.method.as_str(), operation.path_parameters.len()) {
            ("POST", _) if is_family => Self::Create,
            ("GET", _) if is_family => Self::List,
            ("GET", _) if is_item(&operation.path, family) => Self::Get,
            ("PATCH" | "PUT", _) if is_item(&operation.path, family) && operation.name.starts_with("update") => {
                Self::Update
            }
            ("DELETE", _) if is_item(&operation.path, family) => Self::Delete,
            _ => Self::Other,
        }
    }
}

/// Returns whether the path is that of one resource of the family.
fn is_item(path: &str, family: &str) -> bool {
    path.strip_prefix(family)
        .and_then(|rest| rest.strip_prefix("/{"))
        .is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'))
}

impl Plan {
    fn new(document: &Value, names: &Names, examples: &Examples) -> Self {
        let operations = operations::read(document, names);
        let paths: Vec<&str> = operations.iter().map(|operation| operation.path.as_str()).collect();
        let variables = Variables::new(&paths);
        let mut details: BTreeMap<(String, String), Map<String, Value>> = BTreeMap::new();
        // `for_each_operation` can change what it visits; this reads a copy.
        for_each_operation(&mut document.clone(), &mut |path, method, _, operation| {
            details.insert((path.to_owned(), method.to_uppercase()), operation.clone());
        });

        let mut plan = Self {
            folders: Vec::new(),
            creators: BTreeMap::new(),
            given: BTreeMap::new(),
        };
        let tags = document.get("tags").and_then(Value::as_array);
        for tag in tags.into_iter().flatten() {
            let text = |key: &str| tag.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut of_tag: Vec<(&Operation, &Map<String, Value>)> = operations
                .iter()
                .filter_map(|operation| {
                    let details = details.get(&(operation.path.clone(), operation.method.clone()))?;
                    (details.get("tags")?.get(0)? == &tag["name"]).then_some((operation, details))
                })
                .collect();
            let families: Vec<String> = of_tag
                .iter()
                .map(|(operation, _)| variables.family(&operation.path))
                .collect();
            of_tag.sort_by_key(|(operation, _)| {
                let family = variables.family(&operation.path);
                let position = families.iter().position(|known| *known == family);
                let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
                let method = methods.iter().position(|method| *method == operation.method);
                let rank = Rank::of(operation, &family);
                (position, rank, method, operation.path_parameters.len())
            });
            let requests: Vec<Request> = of_tag
                .into_iter()
                .map(|(operation, details)| plan.request(operation, details, &variables, examples))
                .collect();
            if !requests.is_empty() {
                plan.folders.push(Folder {
                    name: text("name"),
                    description: text("description"),
                    requests,
                });
            }
        }
        plan.bind();
        plan
    }

    fn request(
        &mut self,
        operation: &Operation,
        details: &Map<String, Value>,
        variables: &Variables,
        examples: &Examples,
    ) -> Request {
        let text = |key: &str| details.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let family = variables.family(&operation.path);
        let rank = Rank::of(operation, &family);
        let own = variables.of_family(&family);
        let body = body(details);
        if let (Rank::Create, Some(body)) = (rank, &body) {
            self.creators
                .insert(own.clone(), (operation.path.clone(), body.clone()));
        }
        let mut path = operation.path.clone();
        for name in &operation.path_parameters {
            let variable = variables.of_parameter(&operation.path, name);
            if variable == *name
                && !name.ends_with("Id")
                && let Some(value) = examples.values.get(name).and_then(Value::as_str)
            {
                self.given.insert(variable.clone(), value.to_owned());
            }
            path = path.replace(&format!("{{{name}}}"), &format!("{{{{{variable}}}}}"));
        }
        let listed = variables.listed(&operation.path);
        Request {
            name: text("summary"),
            description: text("description"),
            method: operation.method.clone(),
            key: key(details),
            query: query(details),
            saves: match (rank, listed) {
                (Rank::Create, _) => Some(Saved::Id(own.clone())),
                (_, Some(variable)) if operation.method == "GET" => Some(Saved::FirstId(variable)),
                _ => None,
            },
            ends: (rank == Rank::Delete).then_some(own),
            until: examples
                .operations
                .get(&operation.id)
                .map(|known| known.until.clone())
                .unwrap_or_default(),
            needs: BTreeSet::new(),
            id: operation.id.clone(),
            path,
            body,
        }
    }

    /// Puts variables into the bodies, in the places of ids whose resource some request creates.
    fn bind(&mut self) {
        let known: BTreeSet<String> = self
            .folders
            .iter()
            .flat_map(|folder| &folder.requests)
            .filter_map(|request| match request.saves.as_ref()? {
                Saved::Id(variable) => Some(variable.clone()),
                Saved::FirstId(_) => None,
            })
            .collect();
        for request in self.folders.iter_mut().flat_map(|folder| &mut folder.requests) {
            if let Some(Body::Json(body)) = &mut request.body {
                bind(body, &known, &mut request.needs);
            }
            if let Some(Saved::FirstId(variable)) = &request.saves
                && known.contains(variable)
            {
                request.saves = None;
            }
        }
        for (_, body) in self.creators.values_mut() {
            if let Body::Json(body) = body {
                bind(body, &known, &mut BTreeSet::new());
            }
        }
    }

    /// Returns what must be created before a request, in order: `(variable, path, body)`.
    fn prerequisites<'a>(&'a self, request: &Request) -> Vec<(&'a str, &'a str, &'a Body)> {
        let mut found = Vec::new();
        for variable in &request.needs {
            self.add_prerequisite(variable, &mut found, &mut BTreeSet::new());
        }
        found
    }

    fn add_prerequisite<'a>(
        &'a self,
        variable: &str,
        found: &mut Vec<(&'a str, &'a str, &'a Body)>,
        open: &mut BTreeSet<String>,
    ) {
        let Some((variable, (path, body))) = self.creators.get_key_value(variable) else {
            return;
        };
        if found.iter().any(|(known, _, _)| known == variable) || !open.insert(variable.clone()) {
            return;
        }
        let mut needed = BTreeSet::new();
        if let Body::Json(body) = body {
            used(body, &mut needed);
        }
        for other in &needed {
            self.add_prerequisite(other, found, open);
        }
        found.push((variable, path, body));
    }

    /// Returns the variables of keys.
    fn keys(&self) -> BTreeSet<&'static str> {
        let requests = self.folders.iter().flat_map(|folder| &folder.requests);
        requests.map(|request| request.key).collect()
    }

    /// Returns the names of all variables.
    fn variables(&self) -> BTreeSet<String> {
        let mut variables: BTreeSet<String> = self.given.keys().cloned().collect();
        for request in self.folders.iter().flat_map(|folder| &folder.requests) {
            variables.extend(
                request
                    .path
                    .split("{{")
                    .skip(1)
                    .filter_map(|part| Some(part.split_once("}}")?.0.to_owned())),
            );
            variables.extend(request.needs.iter().cloned());
            match &request.saves {
                Some(Saved::Id(variable) | Saved::FirstId(variable)) => {
                    variables.insert(variable.clone());
                }
                None => {}
            }
        }
        variables
    }
}

/// The names of variables: those of resources by the path at which they are created, `assistantId` for `/assistant`.
struct Variables {
    /// Paths below which resources have ids.
    families: BTreeMap<String, String>,
}

impl Variables {
    fn new(paths: &[&str]) -> Self {
        let mut collections: BTreeSet<&str> = BTreeSet::new();
        for path in paths {
            for (at, _) in path.match_indices("/{") {
                let family = &path[..at];
                if paths.contains(&family) {
                    collections.insert(family);
                }
            }
        }
        let words = |family: &str| -> Vec<String> {
            let is_version =
                |part: &str| part.len() > 1 && part.starts_with('v') && part[1..].bytes().all(|b| b.is_ascii_digit());
            family
                .split('/')
                .filter(|part| !part.is_empty() && !part.starts_with('{') && !is_version(part))
                .map(str::to_owned)
                .collect()
        };
        let name = |words: &[String], count: usize| {
            let from = words.len().saturating_sub(count);
            format!("{}Id", words[from..].join(" ").to_lower_camel_case())
        };
        let mut families = BTreeMap::new();
        for family in &collections {
            let own = words(family);
            // Twins under another version are one resource; others with the same last word are not.
            let is_ambiguous = collections.iter().any(|other| {
                let other = words(other);
                other != own && other.last() == own.last()
            });
            families.insert((*family).to_owned(), name(&own, if is_ambiguous { 2 } else { 1 }));
        }
        Self { families }
    }

    /// Returns the collection that a path belongs to: the longest that leads to it, and itself where it has none.
    fn family(&self, path: &str) -> String {
        // What stands below one resource belongs to the resource.
        let top = path.find("/{").map_or(path, |at| &path[..at]);
        let leads = |family: &&String| {
            let rest = top.strip_prefix(family.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let found = self.families.keys().filter(leads).max_by_key(|family| family.len());
        found.cloned().unwrap_or_else(|| path.to_owned())
    }

    fn of_family(&self, family: &str) -> String {
        self.families.get(family).cloned().unwrap_or_else(|| "id".to_owned())
    }

    /// Returns the variable for a parameter of a path.
    fn of_parameter(&self, path: &str, name: &str) -> String {
        if name != "id" {
            return name.to_owned();
        }
        let before = path.split("/{id}").next().unwrap_or_default();
        match self.families.get(before) {
            Some(variable) => variable.clone(),
            None => self.of_family(&self.family(path)),
        }
    }

    /// Returns the variable that an element of the list at a path gives its id to, where nothing creates one.
    fn listed(&self, path: &str) -> Option<String> {
        let is_nested = path.contains("{id}");
        let words = path.rsplit('/').next()?;
        (is_nested && self.families.contains_key(path)).then(|| format!("{}Id", words.to_lower_camel_case()))
    }
}

/// Replaces ids by variables: those of properties called like one, in the singular for lists.
fn bind(value: &mut Value, known: &BTreeSet<String>, needs: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let of_list = singular(name);
                let variable = if known.contains(name) { name } else { &of_list };
                let reference = || Value::String(format!("{{{{{variable}}}}}"));
                match member {
                    Value::String(_) if known.contains(variable) => {
                        *member = reference();
                        needs.insert(variable.clone());
                    }
                    Value::Array(items) if known.contains(variable) && items.iter().all(Value::is_string) => {
                        *member = Value::Array(vec![reference()]);
                        needs.insert(variable.clone());
                    }
                    member => bind(member, known, needs),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| bind(item, known, needs)),
        _ => {}
    }
}

/// Collects the variables in a body.
fn used(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| used(member, found)),
        Value::Array(items) => items.iter().for_each(|item| used(item, found)),
        Value::String(text) => {
            let name = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
            found.extend(name.map(str::to_owned));
        }
        _ => {}
    }
}

impl Body {
    /// Returns the content type and the text that is sent.
    fn text(&self) -> (String, String) {
        match self {
            Self::Json(body) => ("application/json".to_owned(), format!("{body:#}")),
            Self::Form(fields) => (format!("multipart/form-data; boundary={BOUNDARY}"), form_text(fields)),
        }
    }
}

fn body(details: &Map<String, Value>) -> Option<Body> {
    let content = details.get("requestBody")?.get("content")?.as_object()?;
    if let Some(entry) = content.get("application/json") {
        return Some(Body::Json(entry.get("example").cloned().unwrap_or_default()));
    }
    let entry = content.get("multipart/form-data")?;
    let example = entry.get("example")?.as_object()?;
    let fields = example.iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), text, name == "file")
    });
    Some(Body::Form(fields.collect()))
}

/// Returns the variable of the key that an operation takes.
fn key(details: &Map<String, Value>) -> &'static str {
    let takes_public = details
        .get("security")
        .is_some_and(|schemes| schemes[0].get(PUBLIC_KEY).is_some());
    if takes_public { PUBLIC_KEY } else { "apiKey" }
}

fn query(details: &Map<String, Value>) -> Vec<Query> {
    let parameters = details.get("parameters").and_then(Value::as_array);
    let in_query = parameters
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "query");
    in_query
        .map(|parameter| {
            let example = &parameter["example"];
            Query {
                name: parameter["name"].as_str().unwrap_or_default().to_owned(),
                value: match example {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                },
                required: parameter["required"] == Value::Bool(true),
                description: parameter["description"].as_str().unwrap_or_default().to_owned(),
            }
        })
        .collect()
}

/// Returns a form as the text that is sent, between lines of [`BOUNDARY`].
fn form_text(fields: &[(String, String, bool)]) -> String {
    let mut text = String::new();
    for (name, value, is_file) in fields {
        text.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\""
        ));
        if *is_file {
            text.push_str("; filename=\"menu.txt\"\r\nContent-Type: text/plain");
        }
        text.push_str(&format!("\r\n\r\n{value}\r\n"));
    }
    text.push_str(&format!("--{BOUNDARY}--\r\n"));
    text
}

#[cfg(test)]
mod tests;
