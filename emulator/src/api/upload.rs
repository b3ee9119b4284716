//! Uploads: `POST /file` with multipart form data.

use bytes::Bytes;
use memchr::memmem;
use serde_json::{Map, Value, json};

use crate::api::context::RequestContext;
use crate::api::resources::{add, new_resource};
use crate::http::response::Response;
use crate::openapi::validator;

pub(crate) fn create(context: &RequestContext<'_>, content_type: &str, body: &Bytes) -> Response {
    let Some(boundary) = boundary(content_type) else {
        return Response::bad_request("Multipart: Boundary not found");
    };
    let Some(parts) = parts(body, &boundary) else {
        return Response::bad_request("Unexpected end of form");
    };
    // The schema requires a string for the file; any string fits.
    let text = |part: &Part| {
        json!(if part.filename.is_some() {
            "".into()
        } else {
            String::from_utf8_lossy(&part.content)
        })
    };
    let fields: Map<String, Value> = parts.iter().map(|part| (part.name.clone(), text(part))).collect();
    let rules = context
        .operation
        .request
        .as_ref()
        .filter(|_| !context.state.settings.lenient);
    let problems = rules
        .map(|rules| validator::problems(&context.state.validators, &rules.schema, &Value::Object(fields.clone())));
    if let Some(problems) = problems.filter(|problems| !problems.is_empty()) {
        return Response::bad_request(problems);
    }
    let Some(file) = parts.iter().find(|part| part.name == "file") else {
        return Response::bad_request("No file uploaded");
    };
    let mut resource = new_resource(context, describe(file, &fields));
    let id = resource["id"].as_str().unwrap_or_default().to_owned();
    resource["url"] = json!(context.state.links.signed(&format!("/{id}/upload.bin")));
    context
        .state
        .uploads
        .lock()
        .insert(id, (file.content_type.clone(), file.content.clone()));
    add(context, &mut context.state.store.lock(), resource.clone());
    context.success(&resource)
}

fn describe(file: &Part, fields: &Map<String, Value>) -> Map<String, Value> {
    let name = file.filename.as_deref().unwrap_or("file");
    let mut described = Map::from_iter([
        ("object".to_owned(), json!("file")),
        ("status".to_owned(), json!("processing")),
        ("name".to_owned(), json!(name)),
        ("originalName".to_owned(), json!(name)),
        ("bytes".to_owned(), json!(file.content.len())),
        ("mimetype".to_owned(), json!(file.content_type)),
        ("bucket".to_owned(), json!("vapi-emulator")),
        ("path".to_owned(), json!(name)),
    ]);
    if let Some(purpose) = fields.get("purpose") {
        described.insert("purpose".into(), purpose.clone());
    }
    let metadata = fields.get("metadata").and_then(Value::as_str);
    if let Some(metadata) = metadata.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok()) {
        described.insert("metadata".into(), Value::Object(metadata));
    }
    described
}

struct Part {
    name: String,
    filename: Option<String>,
    content_type: String,
    content: Bytes,
}

fn boundary(content_type: &str) -> Option<String> {
    let mut parameters = content_type.split(';').map(str::trim);
    parameters
        .next()
        .filter(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))?;
    let boundary = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    (!boundary.is_empty()).then(|| boundary.to_owned())
}

/// Returns the parts of a form; `None` if the body is truncated.
fn parts(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n{opening}");
    let mut rest = body.slice(memmem::find(body, opening.as_bytes())? + opening.len()..);
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let headers_end = memmem::find(&rest, b"\r\n\r\n")?;
        let content_end = headers_end + 2 + memmem::find(rest.get(headers_end + 2..)?, delimiter.as_bytes())?;
        // In an empty part the delimiter starts with the line break that ends the headers.
        let content = rest.slice((headers_end + 4).min(content_end)..content_end);
        parts.extend(part(&String::from_utf8_lossy(rest.get(..headers_end)?), content));
        rest = rest.slice(content_end + delimiter.len()..);
    }
    Some(parts)
}

/// Reads one part; `None` if its headers have no name.
fn part(headers: &str, content: Bytes) -> Option<Part> {
    let header = |wanted: &str| {
        let mut headers = headers.lines().filter_map(|line| line.split_once(':'));
        headers
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
    };
    let disposition = header("content-disposition")?;
    let parameter = |wanted: &str| {
        let start = disposition.find(&format!(" {wanted}=\""))? + wanted.len() + 3;
        let value = disposition.get(start..)?;
        Some(value.get(..value.find('"')?)?.to_owned())
    };
    Some(Part {
        name: parameter("name")?,
        filename: parameter("filename"),
        content_type: header("content-type").unwrap_or("application/octet-stream").to_owned(),
        content,
    })
}
