//! The operations of a prepared document, with the handle and method that each becomes.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::{Map, Value};

use crate::document::for_each_operation;
use crate::names::{Names, plural, singular, snake_name};

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The id in the document, or the one made for it.
    pub id: String,
    /// Upper case.
    pub method: String,
    /// With the names of its parameters in braces.
    pub path: String,
    /// The text of its rustdoc.
    pub description: Option<String>,
    /// Set if the document marks it as deprecated.
    pub deprecated: bool,
    /// The beginning of its id: the key of its handle's documentation.
    pub controller: String,
    /// The resource handle: `calls`.
    pub handle: String,
    /// The method on the handle: `create`.
    pub name: String,
    /// In the order of the path.
    pub path_parameters: Vec<String>,
    /// Query and header parameters.
    pub parameters: Vec<Parameter>,
    /// The JSON body, if there is one: required or optional.
    pub body: Option<Body>,
    /// The form of the response.
    pub content: Content,
    /// The transfer of something that is not JSON, if it has one.
    pub transfer: Option<Transfer>,
}

/// A query or header parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// Set for a header. All others are part of the query.
    pub header: bool,
    /// Set if the parameter is required.
    pub required: bool,
    /// The form in the query.
    pub style: QueryStyle,
    /// The text of its rustdoc.
    pub description: Option<String>,
}

/// The form of a query parameter that is a list or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryStyle {
    /// `a=1&a=2`
    Repeated,
    /// `a=1,2`
    Comma,
    /// `a=1%202`
    Space,
    /// `a=1|2`
    Pipe,
    /// `a[x]=1&a[y]=2`
    DeepObject,
    /// `x=1&y=2`
    Properties,
}

impl QueryStyle {
    /// Returns the style that [`parameters`](crate::passes::parameters) marks a parameter with.
    fn of(mark: Option<&str>) -> Self {
        match mark {
            Some("comma") => Self::Comma,
            Some("space") => Self::Space,
            Some("pipe") => Self::Pipe,
            Some("deepObject") => Self::DeepObject,
            Some("properties") => Self::Properties,
            _ => Self::Repeated,
        }
    }
}

/// A JSON request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// It must be sent.
    Required,
    /// It can be left out.
    Optional,
}

/// The form of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// JSON, or nothing.
    Json,
    /// Text of any media type.
    Text,
    /// Content that is neither JSON nor text.
    Bytes,
}

/// A transfer of something that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// A multipart form to the server.
    Upload,
    /// Bytes from the server or from where it redirects to.
    Download,
}

impl Operation {
    /// Returns the name of the type that stands for the operation.
    pub fn type_name(&self) -> String {
        format!("{} {}", self.handle, self.name).to_pascal_case()
    }
}

/// Reads the operations in the document's order. Handle and method together are unique, as methods and as a type.
pub fn read(document: &Value, names: &Names) -> Vec<Operation> {
    let mut operations = Vec::new();
    // `for_each_operation` can change what it visits; this reads a copy.
    let mut document = document.clone();
    for_each_operation(&mut document, &mut |path, method, _, operation| {
        operations.push(read_operation(path, method, operation, names));
    });
    let mut handles: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for operation in &mut operations {
        // Handles that are the same type are the same handle.
        let handle = handles
            .entry(operation.handle.to_pascal_case())
            .or_insert_with(|| operation.handle.clone());
        operation.handle = handle.clone();
        operation.name = snake_name(&operation.name);
        let original = snake_name(operation.id.rsplit("Controller_").next().unwrap_or_default());
        let version = version(&operation.path).map(|v| format!("{}_{v}", operation.name));
        let wanted = [Some(operation.name.clone()), version, Some(original.clone())];
        let numbered = (2..).map(|n| format!("{original}{n}"));
        for name in wanted.into_iter().flatten().chain(numbered) {
            operation.name = name;
            if taken.insert(operation.type_name()) {
                break;
            }
        }
    }
    operations
}

fn read_operation(path: &str, method: &str, operation: &Map<String, Value>, names: &Names) -> Operation {
    let text = |key: &str| operation.get(key).and_then(Value::as_str).map(str::to_owned);
    let id = text("operationId").unwrap_or_default();
    let (controller, action) = split(&id, path);
    let handle = names
        .handles
        .get(&controller)
        .cloned()
        .unwrap_or_else(|| handle(&controller));
    let handle = handle_name(&handle);
    let name = names
        .methods
        .get(&id)
        .cloned()
        .unwrap_or_else(|| method_name(&controller, &action));
    let body = operation.get("requestBody");
    let is_json = |content: &Map<String, Value>| content.keys().any(|key| key.starts_with("application/json"));
    let body = body
        .filter(|body| body.get("content").and_then(Value::as_object).is_some_and(is_json))
        .map(|body| match body.get("required") {
            Some(Value::Bool(true)) => Body::Required,
            _ => Body::Optional,
        });
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        description: [text("description"), text("x-example")]
            .into_iter()
            .flatten()
            .reduce(|description, example| format!("{description}\n\n{example}")),
        deprecated: operation.get("deprecated") == Some(&Value::Bool(true)),
        controller,
        handle,
        name,
        path_parameters: template_parameters(path),
        parameters: parameters(operation),
        body,
        content: content(operation),
        transfer: match text("x-vapi-transfer").as_deref() {
            Some("upload") => Some(Transfer::Upload),
            Some("download") => Some(Transfer::Download),
            _ => None,
        },
        id,
    }
}

/// Returns the form of the one response that a prepared operation has.
fn content(operation: &Map<String, Value>) -> Content {
    let responses = operation.get("responses").and_then(Value::as_object);
    let media_type = responses
        .into_iter()
        .flat_map(Map::values)
        .filter_map(|response| response.get("content")?.as_object()?.keys().next())
        .next();
    match media_type {
        Some(media_type) if media_type.starts_with("text/") => Content::Text,
        Some(media_type) if media_type.starts_with("application/json") => Content::Json,
        Some(_) => Content::Bytes,
        None => Content::Json,
    }
}

fn parameters(operation: &Map<String, Value>) -> Vec<Parameter> {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters
        .into_iter()
        .flatten()
        .filter_map(|parameter| {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str);
            let place = text("in")?;
            matches!(place, "query" | "header").then(|| Parameter {
                name: text("name").unwrap_or_default().to_owned(),
                header: place == "header",
                style: QueryStyle::of(text(crate::passes::parameters::STYLE)),
                required: parameter.get("required") == Some(&Value::Bool(true)),
                description: text("description").map(str::to_owned),
            })
        })
        .collect()
}

/// Returns the names in braces, in order.
pub fn template_parameters(path: &str) -> Vec<String> {
    path.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// `CallController_findOne` is `CallController` and `findOne`; an id of another form belongs to its path's first word.
fn split(id: &str, path: &str) -> (String, String) {
    match id.split_once('_') {
        Some((controller, action)) if controller.starts_with(char::is_uppercase) && !action.is_empty() => {
            (controller.to_owned(), action.to_owned())
        }
        _ => {
            let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok());
            let first = path
                .split('/')
                .find(|part| !part.is_empty() && !part.starts_with('{') && !is_version(part));
            (first.unwrap_or("api").to_pascal_case(), id.to_owned())
        }
    }
}

fn handle(controller: &str) -> String {
    let noun = controller.strip_suffix("Controller").unwrap_or(controller);
    let words = snake_name(noun);
    match words.rsplit_once("_v") {
        Some((noun, version)) if version.parse::<u32>().is_ok() => format!("{}_v{version}", plural(noun)),
        _ => plural(&words),
    }
}

/// A handle's name that is no keyword, and neither a method that the client has by hand nor a type beside the handles.
fn handle_name(name: &str) -> String {
    let name = snake_name(name);
    let of_the_client = [
        "base_url", "builder", "clone", "from_env", "new", "raw", "request", "settings",
    ];
    match of_the_client.contains(&name.as_str()) || name == "operation_names" {
        true => format!("{name}_"),
        false => name,
    }
}

fn method_name(controller: &str, action: &str) -> String {
    let noun = controller.strip_suffix("Controller").unwrap_or(controller);
    let (action, version) = match action.strip_suffix("V2") {
        Some(action) => (action, "_v2"),
        None => (action, ""),
    };
    // `createChat` of the chats is `create`.
    let action = action.replace(&plural(noun), "").replace(noun, "");
    let name = match action.as_str() {
        "findAll" | "findAllPaginated" | "getPaginated" | "list" => "list".to_owned(),
        "findOne" | "get" => "get".to_owned(),
        "remove" => "delete".to_owned(),
        other if other.starts_with("delete") && !other.contains("All") => "delete".to_owned(),
        other => other_method(other),
    };
    format!("{name}{version}")
}

/// `getRunsPaginated` is `list_runs`, `findItem` is `get_item` and `findItems` is `list_items`.
fn other_method(action: &str) -> String {
    let words = action.to_snake_case();
    if let Some(rest) = words
        .strip_prefix("get_")
        .and_then(|rest| rest.strip_suffix("_paginated"))
    {
        return format!("list_{rest}");
    }
    if let Some(rest) = words.strip_prefix("remove_") {
        return format!("delete_{rest}");
    }
    match words.strip_prefix("find_") {
        Some(rest) if singular(rest) != rest => format!("list_{rest}"),
        Some(rest) => format!("get_{rest}"),
        None => snake_name(&words),
    }
}

fn version(path: &str) -> Option<&str> {
    let first = path.split('/').find(|part| !part.is_empty())?;
    let number = first.strip_prefix('v')?;
    (number != "1" && number.parse::<u32>().is_ok()).then_some(first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name_of(id: &str, path: &str) -> String {
        let document = json!({"paths": {path: {"get": {"operationId": id}}}});
        let read = read(&document, &Names::default());
        format!("{}().{}", read[0].handle, read[0].name)
    }

    #[test]
    fn handles_and_methods_follow_the_operation_id() {
        assert_eq!(name_of("CallController_create", "/call"), "calls().create");
        assert_eq!(name_of("CallController_findAll", "/call"), "calls().list");
        assert_eq!(name_of("EvalController_getPaginated", "/eval"), "evals().list");
        assert_eq!(
            name_of("EvalController_getRunsPaginated", "/eval/run"),
            "evals().list_runs"
        );
        assert_eq!(
            name_of("EvalController_removeRun", "/eval/run/{id}"),
            "evals().delete_run"
        );
        assert_eq!(name_of("ChatController_listChats", "/chat"), "chats().list");
        assert_eq!(
            name_of("CampaignController_findAllV2", "/v2/campaign"),
            "campaigns().list_v2"
        );
        assert_eq!(name_of("CallController_deleteCallData", "/call/{id}"), "calls().delete");
        assert_eq!(
            name_of("PersonalityController_findOne", "/p/{id}"),
            "personalities().get"
        );
        assert_eq!(name_of("AnalyticsController_query", "/analytics"), "analytics().query");
        assert_eq!(
            name_of("SimulationRunController_findItems", "/r/{id}/item"),
            "simulation_runs().list_items"
        );
        assert_eq!(
            name_of("SimulationRunController_findItem", "/r/{id}/item/{i}"),
            "simulation_runs().get_item"
        );
    }

    #[test]
    fn handles_and_methods_are_never_keywords_or_taken() {
        assert_eq!(name_of("AController_get", "/a"), "as_().get");
        assert_eq!(name_of("CallController_type", "/call"), "calls().type_");
        assert_eq!(name_of("CallController_findType½", "/call"), "calls().get_type");
        assert_eq!(name_of("SettingsController_get", "/settings"), "settings_().get");
    }

    #[test]
    fn the_content_of_the_response_is_json_text_or_bytes() {
        let content_of = |content: Value| {
            let document = json!({"paths": {"/a": {"post": {"operationId": "a", "responses": {"2XX": content}}}}});
            read(&document, &Names::default())[0].content
        };
        assert_eq!(content_of(json!({})), Content::Json);
        assert_eq!(content_of(json!({"content": {"application/json": {}}})), Content::Json);
        assert_eq!(content_of(json!({"content": {"text/event-stream": {}}})), Content::Text);
        assert_eq!(content_of(json!({"content": {"audio/wav": {}}})), Content::Bytes);
    }

    #[test]
    fn an_id_of_another_form_belongs_to_its_path() {
        assert_eq!(name_of("getThings", "/v1/things/{id}"), "things().get");
        assert_eq!(name_of("ping", "/{id}"), "apis().ping");
    }

    #[test]
    fn methods_that_would_be_the_same_type_have_different_names() {
        let document = json!({"paths": {
            "/a": {"get": {"operationId": "TeamController_list1"}},
            "/b": {"get": {"operationId": "TeamController_list_1"}},
            "/c": {"get": {"operationId": "TeamController_listOne"}},
            "/d": {"get": {"operationId": "TeamController_list_one"}}
        }});
        let read = read(&document, &Names::default());
        let names: Vec<_> = read.iter().map(|o| format!("{}().{}", o.handle, o.name)).collect();
        assert_eq!(
            names,
            [
                "teams().list1",
                "teams().list_12",
                "teams().list_one",
                "teams().list_one2"
            ]
        );
    }

    #[test]
    fn a_twin_under_another_version_gets_its_own_name() {
        let document = json!({"paths": {
            "/number": {"get": {"operationId": "NumberController_findAll"}},
            "/v2/number": {"get": {"operationId": "NumberController_findAllPaginated"}}
        }});
        let names: Vec<_> = read(&document, &Names::default()).into_iter().map(|o| o.name).collect();
        assert_eq!(names, ["list", "list_v2"]);
    }
}
