//! From a document with a single operation to a program that makes its call.

#[path = "seed/cargo.rs"]
mod cargo;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use serde_json::{Map, Value, json};

/// A request as it came.
struct Request {
    line: String,
    headers: String,
    body: Value,
}

/// Responds to one request with a created call, and returns the request.
fn serve_once(listener: TcpListener) -> JoinHandle<Request> {
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let request = read(&stream);
        let body = json!({
            "id": "call-1",
            "createdAt": "2026-02-14T09:30:00.000Z",
            "status": "queued",
            "cost": 0.25
        })
        .to_string();
        let head = format!("content-type: application/json\r\ncontent-length: {}", body.len());
        write!(
            &stream,
            "HTTP/1.1 201 Created\r\n{head}\r\nconnection: close\r\n\r\n{body}"
        )
        .unwrap();
        request
    })
}

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut headers = String::new();
    while reader.read_line(&mut headers).unwrap() > 2 {}
    let headers = headers.to_lowercase();
    let length = headers
        .lines()
        .find_map(|header| header.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Request {
        line: line.trim_end().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap(),
    }
}

#[test]
fn a_crate_built_from_the_seed_document_places_a_call() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let program = cargo::Crate::new("client", cargo::repository());
    let document = cargo::seed_document();
    let document = document.to_str().unwrap();
    program.build(Some(document), &[]).expect_success();

    let server = serve_once(listener);
    let output = program.run(document, &[("VAPI_API_KEY", "key-1"), ("VAPI_BASE_URL", &url)]);

    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "call-1 of 2026-02-14T09:30:00.000Z, waits: true, costs: 0.25\n"
    );
    let request = server.join().unwrap();
    assert_eq!(request.line, "POST /v1/calls HTTP/1.1");
    assert!(
        request.headers.contains("\nauthorization: bearer key-1\r\n"),
        "{}",
        request.headers
    );
    assert_eq!(
        request.body,
        json!({
            "assistantId": "assistant-1",
            "phoneNumberId": "line-1",
            "customer": {"number": "+15555550123"}
        })
    );
}

#[test]
fn cfgs_name_the_operations_and_types_of_the_document() {
    let program = cargo::Crate::new("gated", cargo::repository());
    let build = program.build(cargo::seed_document().to_str(), &[]).expect_success();
    assert_eq!(
        build.cfgs,
        [
            "vapi_op=\"CallController_create\"",
            "vapi_type=\"CallCustomer\"",
            "vapi_type=\"CallDto\"",
            "vapi_type=\"CallStatus\"",
            "vapi_type=\"CreateCallDto\"",
        ]
    );
}

/// Schema names that Rust, the generated code or the generator use for something else, or that are no names at all.
#[rustfmt::skip]
const TYPES: [&str; 30] = [
    "Option", "String", "Vec", "Box", "Value", "Result", "From", "Into", "Default", "Clone", "Self", "Some", "Err", "Iterator",
    "Kind", "Shape", "Number", "Secret", "Nullable", "Map", "Client", "Operation", "Unknown", "U8E", "aB", "11", "日本", "crate",
    "types", "",
];

/// The same for properties, parameters, operations and the values of enums.
#[rustfmt::skip]
const NAMES: [&str; 42] = [
    "new", "extra", "self", "Self", "itself", "type", "gen", "async", "crate", "super", "fn", "_", "", " ", "1", "11labs", "a-b",
    "a_b", "A B", "@id", "日本", "é", "a'b", "\"", "\\", "{}", "*/", "//", "\n", "\r", "path", "query", "header", "form", "open",
    "timeout", "json", "stream", "body", "client", "read", "show",
];

/// The seed document with schemas of all these names, as objects, enums and unions, and an operation on each.
fn awkward() -> Value {
    let mut document: Value = serde_json::from_slice(&fs::read(cargo::seed_document()).unwrap()).unwrap();
    let refer = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let string = json!({"type": "string", "description": "*/ a\rb \u{202e} [x] <y> `z"});
    let values = json!({"type": "string", "enum": NAMES.to_vec()});
    for (index, name) in TYPES.iter().enumerate() {
        let other = TYPES[(index + 1) % TYPES.len()];
        document["components"]["schemas"][*name] = match index % 3 {
            0 => json!({
                "type": "object",
                "properties": NAMES.iter().map(|name| (name.to_string(), string.clone())).collect::<Map<_, _>>(),
                "required": NAMES[..9].to_vec()
            }),
            1 => json!({"oneOf": [refer(other), refer(TYPES[index - 1]), values, {"type": "number"}]}),
            _ => values.clone(),
        };
        let parameters: Vec<Value> = NAMES
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let place = ["query", "header"][index % 2];
                json!({"name": name, "in": place, "required": index % 3 == 0, "schema": string})
            })
            .collect();
        let content = json!({"application/json": {"schema": refer(name)}});
        let response = match index % 4 {
            0 => json!({"302": {"description": ""}}),
            _ => json!({"200": {"description": "", "content": content}}),
        };
        // What cannot be filled in is no path, whatever the name.
        let parameter = if NAMES[index].contains(|c: char| "/{".contains(c) || c.is_control()) {
            "id"
        } else {
            NAMES[index]
        };
        document["paths"][format!("/{index}/{{{parameter}}}")] = json!({
            "get": {"operationId": NAMES[index], "parameters": parameters, "responses": response},
            "patch": {"operationId": format!("{}Controller_{}", TYPES[index], NAMES[index]),
                      "requestBody": {"required": index % 2 == 0, "content": content}, "responses": {}}
        });
    }
    document
}

#[test]
fn no_name_in_a_document_keeps_it_from_compiling() {
    let program = cargo::Crate::new("awkward", cargo::repository());
    let document = cargo::scratch().join("awkward.json");
    fs::write(&document, awkward().to_string()).unwrap();
    let build = program.build(document.to_str(), &[]).expect_success();
    let operations = build.cfgs.iter().filter(|cfg| cfg.starts_with("vapi_op=")).count();
    assert_eq!(operations, 1 + 2 * TYPES.len());
}
