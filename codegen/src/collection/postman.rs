//! A Postman collection, in the format 2.1, which other programs read as well.

use serde_json::{Value, json};

use super::{Body, Folder, Plan, Request, Saved};
use crate::export::Examples;
use crate::names::Names;

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

const DESCRIPTION: &str = "Requests for each operation of the API. Set `apiKey` to a private key, and \
`publicKey` to a public one for what browsers send. Requests save the ids that they \
create in variables, and later ones use them, so a folder runs from top to bottom.";

/// The largest number of times that a run asks for a resource until it is finished, a second apart.
const MOST_READINGS: u32 = 120;

/// Makes a collection of an exported document.
pub fn postman(document: &Value, names: &Names, examples: &Examples) -> Value {
    let plan = Plan::new(document, names, examples);
    let base_url = document.pointer("/servers/0/url").cloned().unwrap_or_default();
    let mut variables = vec![json!({"key": "baseUrl", "value": base_url, "type": "string"})];
    variables.extend(
        plan.keys()
            .iter()
            .map(|key| json!({"key": key, "value": "", "type": "string"})),
    );
    for name in plan.variables() {
        let value = plan.given.get(&name).cloned().unwrap_or_default();
        variables.push(json!({"key": name, "value": value, "type": "string"}));
    }
    json!({
        "info": {
            "name": document.pointer("/info/title"),
            "description": DESCRIPTION,
            "version": document.pointer("/info/version"),
            "schema": SCHEMA,
        },
        "auth": bearer("apiKey"),
        "variable": variables,
        "item": plan.folders.iter().map(|folder| self::folder(folder, &plan)).collect::<Vec<_>>(),
    })
}

fn folder(folder: &Folder, plan: &Plan) -> Value {
    json!({
        "name": folder.name,
        "description": folder.description,
        "item": folder.requests.iter().map(|request| item(request, plan)).collect::<Vec<_>>(),
    })
}

fn item(request: &Request, plan: &Plan) -> Value {
    let sent: Vec<String> = request
        .query
        .iter()
        .filter(|query| query.required)
        .map(|query| format!("{}={}", query.name, query.value))
        .collect();
    let raw = match sent.is_empty() {
        true => format!("{{{{baseUrl}}}}{}", request.path),
        false => format!("{{{{baseUrl}}}}{}?{}", request.path, sent.join("&")),
    };
    let query: Vec<Value> = request
        .query
        .iter()
        .map(|query| {
            json!({
                "key": query.name, "value": query.value, "description": query.description, "disabled": !query.required
            })
        })
        .collect();
    let mut url = json!({
        "raw": raw,
        "host": ["{{baseUrl}}"],
        "path": request.path.trim_start_matches('/').split('/').collect::<Vec<_>>(),
    });
    if !query.is_empty() {
        url["query"] = Value::Array(query);
    }
    let mut sent = json!({
        "method": request.method,
        "header": [],
        "url": url,
        "description": request.description,
    });
    if request.key != "apiKey" {
        sent["auth"] = bearer(request.key);
    }
    if let Some(body) = &request.body {
        // A form is text as well, so that no file of the user's is needed.
        let (content_type, text) = body.text();
        let language = if matches!(body, Body::Json(_)) { "json" } else { "text" };
        sent["header"] = json!([{"key": "Content-Type", "value": content_type}]);
        sent["body"] = json!({"mode": "raw", "raw": text, "options": {"raw": {"language": language}}});
    }
    let mut events = vec![script("test", &test(request))];
    if let Some(before) = before(request, plan) {
        events.insert(0, script("prerequest", &before));
    }
    json!({"id": request.id, "name": request.name, "event": events, "request": sent, "response": []})
}

/// The token that a variable has.
fn bearer(variable: &str) -> Value {
    json!({"type": "bearer", "bearer": [{"key": "token", "value": format!("{{{{{variable}}}}}"), "type": "string"}]})
}

fn script(listen: &str, text: &str) -> Value {
    json!({"listen": listen, "script": {"type": "text/javascript", "exec": text.lines().collect::<Vec<_>>()}})
}

/// Checks the status, and keeps or forgets the id.
fn test(request: &Request) -> String {
    let mut script = "pm.test(\"succeeds\", () => pm.expect(pm.response.code).to.be.within(200, 299));\n".to_owned();
    match &request.saves {
        Some(Saved::Id(variable)) => script.push_str(&format!(
            "if (pm.response.code < 300) {{\n    const body = pm.response.json();\n    if (body && body.id) \
             pm.collectionVariables.set(\"{variable}\", body.id);\n}}\n"
        )),
        Some(Saved::FirstId(variable)) => script.push_str(&format!(
            "if (pm.response.code < 300) {{\n    const body = pm.response.json();\n    const list = body.results || body;\n    \
             if (list.length) pm.collectionVariables.set(\"{variable}\", list[0].id);\n}}\n"
        )),
        None => {}
    }
    if let Some(variable) = &request.ends {
        script.push_str(&format!(
            "if (pm.response.code < 300) pm.collectionVariables.unset(\"{variable}\");\n"
        ));
    }
    if !request.until.is_empty() {
        let until = Value::Object(request.until.clone());
        script.push_str(&format!(
            "// A run asks again until the resource is finished.\n\
             const until = {until};\n\
             const readings = Number(pm.variables.get(\"readings\") || 0) + 1;\n\
             const finished = pm.response.code >= 300 || Object.entries(until).every(([name, value]) => pm.response.json()[name] === value);\n\
             pm.variables.set(\"readings\", finished ? 0 : readings);\n\
             if (!finished && readings < {MOST_READINGS}) {{\n    pm.execution.setNextRequest(pm.info.requestId);\n    setTimeout(() => {{}}, 1000);\n}}\n"
        ));
    }
    script
}

/// Creates what the body names and no variable has. A phone number costs money, so none is bought from Vapi in passing.
fn before(request: &Request, plan: &Plan) -> Option<String> {
    let needs: Vec<Value> = plan
        .prerequisites(request)
        .into_iter()
        .filter(|(variable, _, _)| request.ends.as_deref() != Some(*variable))
        .map(|(variable, path, body)| {
            let (content_type, text) = body.text();
            json!({"variable": variable, "path": path, "type": content_type, "text": text})
        })
        .collect();
    if needs.is_empty() {
        return None;
    }
    let needs = Value::Array(needs);
    Some(format!(
        r#"// The body names resources. Those that no variable has are created.
const needs = {needs:#};
const baseUrl = pm.variables.replaceIn("{{{{baseUrl}}}}");
function create(index) {{
    if (index === needs.length) return;
    const need = needs[index];
    if (pm.variables.get(need.variable)) return create(index + 1);
    if (need.path === "/phone-number" && baseUrl.includes("vapi.ai")) {{
        throw new Error("Set the variable " + need.variable + ": a phone number is not bought in passing.");
    }}
    pm.sendRequest({{
        url: baseUrl + need.path,
        method: "POST",
        header: {{"Content-Type": need.type, "Authorization": "Bearer " + pm.variables.get("apiKey")}},
        body: {{mode: "raw", raw: pm.variables.replaceIn(need.text)}}
    }}, (error, response) => {{
        if (error || response.code >= 300) {{
            throw new Error("POST " + need.path + " failed: " + (error || response.text()));
        }}
        pm.collectionVariables.set(need.variable, response.json().id);
        create(index + 1);
    }});
}}
create(0);
"#
    ))
}
