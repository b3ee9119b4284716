//! A file of requests as editors send them: the REST Client of Visual Studio Code, and others that read `.http`.

use serde_json::Value;

use super::{Plan, Request, Saved};
use crate::export::Examples;
use crate::names::Names;

/// Makes a file of requests of an exported document.
pub fn http_file(document: &Value, names: &Names, examples: &Examples) -> String {
    let plan = Plan::new(document, names, examples);
    let base_url = document
        .pointer("/servers/0/url")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut out = format!("@baseUrl = {base_url}\n");
    for key in plan.keys() {
        out.push_str(&format!("@{key} = \n"));
    }
    for (name, value) in &plan.given {
        out.push_str(&format!("@{name} = {value}\n"));
    }
    for folder in &plan.folders {
        out.push_str(&format!("\n### {}\n# {}\n", folder.name, one_line(&folder.description)));
        for request in &folder.requests {
            out.push_str(&self::request(request));
        }
    }
    out
}

fn request(request: &Request) -> String {
    let query: Vec<String> = request
        .query
        .iter()
        .filter(|query| query.required)
        .map(|query| format!("{}={}", query.name, query.value))
        .collect();
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let mut out = format!(
        "\n### {}\n# @name {}\n{} {{{{baseUrl}}}}{}{query}\nAuthorization: Bearer {{{{{}}}}}\n",
        one_line(&request.name),
        request.id,
        request.method,
        request.path,
        request.key
    );
    if let Some(body) = &request.body {
        let (content_type, text) = body.text();
        let text = text.replace("\r\n", "\n");
        out.push_str(&format!("Content-Type: {content_type}\n\n{}\n", text.trim_end()));
    }
    // The editor looks it up when a later request needs it.
    match &request.saves {
        Some(Saved::Id(variable)) => {
            out.push_str(&format!(
                "\n###\n@{variable} = {{{{{}.response.body.$.id}}}}\n",
                request.id
            ));
        }
        Some(Saved::FirstId(variable)) => {
            out.push_str(&format!(
                "\n###\n@{variable} = {{{{{}.response.body.$[0].id}}}}\n",
                request.id
            ));
        }
        None => {}
    }
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
