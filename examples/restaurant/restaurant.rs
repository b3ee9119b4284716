//! The restaurant: who answers its phone, and what that assistant can do.

use schemars::JsonSchema;
use serde::Deserialize;
use vapi::types::{
    CreateAssistantDto, CreateWebhookCredentialDto, HmacAuthenticationPlan, HmacAuthenticationPlanAlgorithm,
    OpenAiMessage, OpenAiMessageRole, OpenAiModel, OpenAiModelName, Server, UpdateVapiPhoneNumberDto,
};
use vapi::webhooks::{AssistantResponse, ToolContext, ToolError, Verifier, Webhooks};
use vapi::{Client, tools};

/// A table for some people. The comments tell the model what to fill in.
#[derive(Deserialize, JsonSchema)]
struct BookTable {
    /// The number of guests.
    guests: u32,
    /// The time of their arrival, such as 19:30.
    time: String,
}

async fn book_table(table: BookTable, _: ToolContext) -> Result<String, ToolError> {
    if table.guests > 12 {
        return Err(ToolError::new("There is no table for more than 12 guests.")); // the model reads it
    }
    Ok(format!("Table 7 is booked for {} at {}.", table.guests, table.time))
}

fn front_desk() -> CreateAssistantDto {
    let prompt = "You answer the phone of a restaurant. Book a table with the tool, then say goodbye.".to_owned();
    let model = OpenAiModel::new(OpenAiModelName::Gpt4o)
        .messages([OpenAiMessage::new(OpenAiMessageRole::System).content(prompt)])
        .tools([tools::function::<BookTable>("book_table", "Books a table.")]);
    CreateAssistantDto::new()
        .first_message("Trattoria Ada, good evening!")
        .model(model)
}

/// Has calls to a number answered by the server at `url`, which is the one that is returned. Each request to it is signed.
pub async fn open(vapi: &Client, number_id: &str, url: &str, secret: &str) -> vapi::Result<Webhooks> {
    let plan = HmacAuthenticationPlan::new(HmacAuthenticationPlanAlgorithm::Sha256, secret);
    let verifier = Verifier::from_plan(&plan.clone().into())?;
    let credential = vapi.credentials().create(CreateWebhookCredentialDto::new(plan)).await?;
    let server = Server::new().url(url).credential_id(credential.id);
    let number = UpdateVapiPhoneNumberDto::new().server(server);
    vapi.phone_numbers().update(number_id, number).await?;
    Ok(Webhooks::new(verifier)
        .on_assistant_request(|_| async { AssistantResponse::assistant(front_desk()) })
        .on_tool("book_table", book_table)
        .on_end_of_call_report(|report| async move {
            println!("{}", report.message().transcript().unwrap_or_default());
        }))
}
