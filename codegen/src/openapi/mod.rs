//! The prepared document as progenitor reads it: [`openapiv3::OpenAPI`], made without serde's parsers of it.
//!
//! What progenitor ignores is checked and left out, as are extensions: typify takes a schema with one for another schema.

pub(crate) mod expected;
pub(crate) mod grammar;
mod schema;
#[cfg(test)]
mod tests;

use openapiv3::{
    Components, CookieStyle, HeaderStyle, Info, MediaType, OpenAPI, Operation, Parameter, ParameterData,
    ParameterSchemaOrContent, PathItem, PathStyle, Paths, QueryStyle, ReferenceOr, RequestBody, Response, Responses,
};
use serde_json::Value;

use self::expected::Misfit;

/// Reads a document.
///
/// # Errors
///
/// When openapiv3 would refuse it; the error names the smallest part that is wrong.
pub(crate) fn read(document: &Value) -> Result<OpenAPI, Misfit> {
    grammar::DOCUMENT.check(document)?;
    Ok(OpenAPI {
        openapi: string(&document["openapi"]),
        info: info(&document["info"]),
        paths: Paths {
            paths: entries(&document["paths"], |item| reference_or(item, path_item))
                .filter(|(path, _)| path.starts_with('/'))
                .collect(),
            ..Paths::default()
        },
        components: present(&document["components"]).map(components),
        ..OpenAPI::default()
    })
}

fn info(info: &Value) -> Info {
    Info {
        title: string(&info["title"]),
        description: text(&info["description"]),
        terms_of_service: text(&info["termsOfService"]),
        version: string(&info["version"]),
        ..Info::default()
    }
}

fn components(components: &Value) -> Components {
    Components {
        schemas: entries(&components["schemas"], schema::schema_or_reference).collect(),
        responses: entries(&components["responses"], |value| reference_or(value, response)).collect(),
        parameters: entries(&components["parameters"], |value| reference_or(value, parameter)).collect(),
        request_bodies: entries(&components["requestBodies"], |value| reference_or(value, request_body)).collect(),
        ..Components::default()
    }
}

fn path_item(item: &Value) -> PathItem {
    let method = |name: &str| present(&item[name]).map(operation);
    PathItem {
        get: method("get"),
        put: method("put"),
        post: method("post"),
        delete: method("delete"),
        options: method("options"),
        head: method("head"),
        patch: method("patch"),
        trace: method("trace"),
        parameters: parameters(item),
        ..PathItem::default()
    }
}

fn operation(operation: &Value) -> Operation {
    let responses = &operation["responses"];
    let response: fn(&Value) -> _ = |value| reference_or(value, response);
    Operation {
        tags: list(&operation["tags"], string),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        operation_id: text(&operation["operationId"]),
        parameters: parameters(operation),
        request_body: present(&operation["requestBody"]).map(|body| reference_or(body, request_body)),
        responses: Responses {
            default: present(&responses["default"]).map(response),
            responses: entries(responses, response)
                .filter_map(|(key, response)| Some((grammar::status(&key)?, response)))
                .collect(),
            ..Responses::default()
        },
        deprecated: flag(&operation["deprecated"]),
        // progenitor reads two of them.
        extensions: entries(operation, Value::clone)
            .filter(|(key, _)| key.starts_with("x-"))
            .collect(),
        ..Operation::default()
    }
}

fn request_body(body: &Value) -> RequestBody {
    RequestBody {
        description: text(&body["description"]),
        content: content(body),
        required: flag(&body["required"]),
        ..RequestBody::default()
    }
}

fn response(response: &Value) -> Response {
    Response {
        description: string(&response["description"]),
        content: content(response),
        ..Response::default()
    }
}

fn content(holder: &Value) -> openapiv3::Content {
    entries(&holder["content"], media_type).collect()
}

fn media_type(media_type: &Value) -> MediaType {
    MediaType {
        schema: present(&media_type["schema"]).map(schema::schema_or_reference),
        ..MediaType::default()
    }
}

fn parameters(holder: &Value) -> Vec<ReferenceOr<Parameter>> {
    list(&holder["parameters"], |value| reference_or(value, parameter))
}

fn parameter(parameter: &Value) -> Parameter {
    let mut keys = parameter.as_object().into_iter().flat_map(|object| object.keys());
    let parameter_data = ParameterData {
        name: string(&parameter["name"]),
        description: text(&parameter["description"]),
        required: flag(&parameter["required"]),
        deprecated: parameter["deprecated"].as_bool(),
        format: match keys.find(|key| *key == "schema" || *key == "content") {
            Some(key) if key == "content" => ParameterSchemaOrContent::Content(content(parameter)),
            _ => ParameterSchemaOrContent::Schema(schema::schema_or_reference(&parameter["schema"])),
        },
        example: present(&parameter["example"]).cloned(),
        examples: Default::default(),
        explode: parameter["explode"].as_bool(),
        extensions: Default::default(),
    };
    let style = parameter["style"].as_str();
    match parameter["in"].as_str() {
        Some("header") => Parameter::Header {
            parameter_data,
            style: HeaderStyle::Simple,
        },
        Some("path") => Parameter::Path {
            parameter_data,
            style: match style {
                Some("matrix") => PathStyle::Matrix,
                Some("label") => PathStyle::Label,
                _ => PathStyle::Simple,
            },
        },
        Some("cookie") => Parameter::Cookie {
            parameter_data,
            style: CookieStyle::Form,
        },
        _ => Parameter::Query {
            parameter_data,
            allow_reserved: flag(&parameter["allowReserved"]),
            style: match style {
                Some("spaceDelimited") => QueryStyle::SpaceDelimited,
                Some("pipeDelimited") => QueryStyle::PipeDelimited,
                Some("deepObject") => QueryStyle::DeepObject,
                _ => QueryStyle::Form,
            },
            allow_empty_value: parameter["allowEmptyValue"].as_bool(),
        },
    }
}

fn reference_or<T>(value: &Value, read: fn(&Value) -> T) -> ReferenceOr<T> {
    match value.get("$ref") {
        Some(Value::String(reference)) => ReferenceOr::Reference {
            reference: reference.clone(),
        },
        _ => ReferenceOr::Item(read(value)),
    }
}

fn entries<T>(table: &Value, read: fn(&Value) -> T) -> impl Iterator<Item = (String, T)> {
    let entries = table.as_object().into_iter().flatten();
    entries.map(move |(key, value)| (key.clone(), read(value)))
}

fn list<T>(list: &Value, read: fn(&Value) -> T) -> Vec<T> {
    list.as_array().into_iter().flatten().map(read).collect()
}

/// Returns a value that is there: an index gives `null` for a key that is missing, and openapiv3 takes `null` for that.
fn present(value: &Value) -> Option<&Value> {
    Some(value).filter(|value| !value.is_null())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn string(value: &Value) -> String {
    text(value).unwrap_or_default()
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or_default()
}
