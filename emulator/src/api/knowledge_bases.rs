//! Files of knowledge bases, which are indexed on the emulator's clock.

use serde_json::{Value, json};

use crate::api::context::RequestContext;
use crate::api::jobs;
use crate::api::resources::{add, new_resource};
use crate::http::response::Response;
use crate::text::timestamp;

/// Adds an uploaded file to a knowledge base.
pub(super) fn add_file(context: &RequestContext<'_>) -> Response {
    let state = context.state;
    let mut sent = context.body.as_object().cloned().unwrap_or_default();
    let file = state
        .stored(context.organization, "/file", &context.body["fileId"])
        .unwrap_or_default();
    for (name, of_file) in [("fileName", "name"), ("bytes", "bytes"), ("mimetype", "mimetype")] {
        if !file[of_file].is_null() {
            sent.insert(name.into(), file[of_file].clone());
        }
    }
    sent.insert("knowledgeBaseV2Id".into(), json!(context.parameter("id")));
    sent.insert("status".into(), json!("indexing"));
    let resource = new_resource(context, sent);
    add(context, &mut state.store.lock(), resource.clone());
    context.success(&resource)
}

/// Indexes a file again.
pub(super) fn retry(context: &RequestContext<'_>) -> Response {
    let (state, organization) = (context.state, context.organization);
    let collection = format!("/v2/knowledge-base/{}/file", context.parameter("id"));
    let now = timestamp::format(state.clock.stamp());
    let mut store = state.store.lock();
    let files = store.collection_mut(organization, &collection);
    let Some(file) = files.get_mut("fileId", context.parameter("fileId")) else {
        return Response::not_found(&format!("File {}", context.parameter("fileId")));
    };
    file["status"] = json!("indexing");
    file["updatedAt"] = json!(now);
    let file: Value = file.clone();
    drop(store);
    jobs::ready(state, organization, &collection, &file);
    context.success(&file)
}
