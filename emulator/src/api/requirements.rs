//! Requirements of the API that its document does not say: referenced resources exist, and a call has a number and an assistant.

use vapi_validator::is_uuid;

use crate::api::context::RequestContext;
use crate::http::response::Response;
use crate::openapi::plan::Role;
use crate::openapi::references::Reference;

/// The properties that say which assistant a call or a campaign has.
const ASSISTANTS: [&str; 6] = ["assistant", "assistantId", "squad", "squadId", "workflow", "workflowId"];

const NO_ASSISTANT: &str = "Couldn't Get Assistant. Need Either `assistant`, `assistantId`, `squad`, Or `squadId`.";
const NO_STRUCTURED_OUTPUT: &str =
    "Couldn't Get Structured Output. Need Either `structuredOutputId` Or `structuredOutput`.";
const NO_PHONE_NUMBER: &str = "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`.";

/// Returns the 400 for a request that the API refuses although it follows the document.
pub(crate) fn refusal(context: &RequestContext<'_>) -> Option<Response> {
    let settings = &context.state.settings;
    if settings.lenient {
        return None;
    }
    let references = references(context);
    if !settings.allow_unknown_ids {
        let malformed: Vec<String> = references
            .iter()
            .filter(|reference| !is_uuid(reference.id))
            .map(|reference| format!("{} must be a UUID", reference.path))
            .collect();
        if !malformed.is_empty() {
            return Some(Response::bad_request(malformed));
        }
    }
    if !settings.allow_incomplete_calls
        && let Some(response) = incomplete(context)
    {
        return Some(response);
    }
    if settings.allow_unknown_ids {
        return None;
    }
    let store = context.state.store.lock();
    let unknown = references.iter().find(|reference| {
        let collection = store.collection(context.organization, reference.collection);
        collection
            .and_then(|collection| collection.get("id", reference.id))
            .is_none()
    })?;
    Some(Response::bad_request(does_not_exist(unknown)))
}

fn references<'a>(context: &RequestContext<'a>) -> Vec<Reference<'a>> {
    let state = context.state;
    match &context.operation.request {
        Some(request) => state.references.find(&state.document, &request.schema, context.body),
        None => Vec::new(),
    }
}

fn does_not_exist(reference: &Reference<'_>) -> String {
    match reference.property {
        // The API names this one differently.
        "credentialId" => format!("Credential with ID {} not found", reference.id),
        property => format!("`{property}` {} Does Not Exist.", reference.id),
    }
}

/// Returns the 400 for a call, chat or campaign that says too little.
fn incomplete(context: &RequestContext<'_>) -> Option<Response> {
    let body = context.body;
    let has = |names: &[&str]| names.iter().any(|name| !body[*name].is_null());
    let refuse = |sentence: &str| Some(Response::bad_request(sentence));
    match context.plan.role {
        Role::PlaceCall => {
            let over_websocket = body["transport"]["provider"] == "vapi.websocket";
            let has_number = has(&["phoneNumber", "phoneNumberId"]);
            if over_websocket && has_number {
                let given = ["phoneNumber", "phoneNumberId"].into_iter().filter(|name| has(&[name]));
                let sentences: Vec<String> = given.map(|name| format!("property {name} should not exist")).collect();
                return Some(Response::bad_request(sentences));
            }
            if !context.operation.wants_public_key && !over_websocket && !has_number {
                return refuse(NO_PHONE_NUMBER);
            }
            (!has(&ASSISTANTS)).then(|| Response::bad_request(NO_ASSISTANT))
        }
        Role::Chat | Role::ChatResponse if !has(&ASSISTANTS) && !has(&["sessionId", "previousChatId"]) => {
            refuse(NO_ASSISTANT)
        }
        Role::Create if context.plan.collection == "/campaign" && !has(&["duplicateFromCampaignId"]) => {
            if !has(&["phoneNumberId", "dialPlan"]) {
                return refuse(NO_PHONE_NUMBER);
            }
            (!has(&ASSISTANTS)).then(|| Response::bad_request(NO_ASSISTANT))
        }
        Role::Action if context.operation.id == "StructuredOutputController_run" => {
            (!has(&["structuredOutput", "structuredOutputId"])).then(|| Response::bad_request(NO_STRUCTURED_OUTPUT))
        }
        _ => None,
    }
}
