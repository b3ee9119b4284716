//! Successful responses: one body for all of them, and downloads that say what they are.

use serde_json::{Value, json};

use crate::document::for_each_operation;
use crate::passes::Changes;
use crate::passes::responses::choose;

/// Gives every success the body of the one that says most, and describes redirects and files.
pub(super) fn run(document: &mut Value, changes: &mut Changes) {
    for_each_operation(document, &mut |_, method, base, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            return;
        };
        let content = choose(responses)
            .and_then(|(_, response)| response.get("content"))
            .cloned();
        let mut redirects = false;
        for (status, response) in responses.iter_mut() {
            let at = format!("{base}/responses/{status}");
            if status.starts_with('3') {
                redirects = true;
                response["description"] = json!("The file is at the address in `Location`, for a short time.");
                response["headers"] = json!({"Location": {
                    "description": "Address of the file. It is fetched without the API key.",
                    "required": true,
                    "schema": {"type": "string", "format": "uri"}
                }});
            } else if status.starts_with('2')
                && status != "204"
                && let Some(content) = content
                    .as_ref()
                    .filter(|content| response.get("content") != Some(*content))
            {
                response["content"] = content.clone();
                changes.note(at, "has the body of the other success");
            }
        }
        // Whoever follows the redirect, as most HTTP clients do, sees the file.
        if let Some(response) = responses
            .get_mut("200")
            .filter(|_| method == "get" && redirects && content.is_none())
        {
            response["description"] = json!("The file.");
            response["content"] = json!({"*/*": {"schema": {"type": "string", "format": "binary"}}});
            changes.note(format!("{base}/responses/200"), "a file");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(responses: Value) -> Value {
        let mut document = json!({"paths": {"/a": {"get": {"responses": responses}}}});
        run(&mut document, &mut Changes::default());
        document["paths"]["/a"]["get"]["responses"].take()
    }

    #[test]
    fn a_vague_success_gets_the_body_of_the_other() {
        let body = |schema: Value| json!({"application/json": {"schema": schema}});
        let known = body(json!({"$ref": "#/components/schemas/A"}));
        let after = after(json!({
            "200": {"description": "", "content": known},
            "201": {"description": "", "content": body(json!({"type": "object"}))}
        }));
        assert_eq!(after["201"]["content"], known);
    }

    #[test]
    fn a_redirect_leads_to_a_file() {
        let after = after(json!({"200": {"description": ""}, "302": {"description": ""}}));
        assert!(after["200"]["content"]["*/*"].is_object());
        assert_eq!(after["302"]["headers"]["Location"]["required"], json!(true));
    }
}
