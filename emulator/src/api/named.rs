//! Operations that no rule describes, by their ids.

use crate::api::context::RequestContext;
use crate::api::jobs::{campaigns, evals, simulations};
use crate::api::{
    analytics, boards, improvements, insights, knowledge_bases, phone_numbers, scenarios, structured_outputs,
};
use crate::http::response::Response;

/// Responds to an operation with a behavior of its own; `None` for all others.
pub(crate) fn respond(context: &RequestContext<'_>) -> Option<Response> {
    Some(match context.operation.behaves_as.as_str() {
        "AnalyticsController_query" => analytics::query(context),
        "CampaignController_create" | "CampaignController_createV2" => campaigns::create(context),
        "CampaignController_update" | "CampaignController_updateV2" => campaigns::update(context),
        "BoardController_metricsOverviewEnsure" => boards::metrics_overview(context),
        "EvalController_run" => evals::create(context),
        "InsightController_preview" => insights::preview(context),
        "InsightController_run" => insights::run(context),
        "KnowledgeBaseV2Controller_fileAttach" => knowledge_bases::add_file(context),
        "KnowledgeBaseV2Controller_fileRetry" => knowledge_bases::retry(context),
        "PhoneNumberController_create" => phone_numbers::create(context),
        "SimulationController_getConcurrency" => simulations::concurrency(context),
        "SimulationGenerateController_generate" => scenarios::generate(context),
        "SimulationRunController_create" => simulations::create(context),
        "SimulationRunController_cancelGroup" => simulations::cancel(context),
        "SimulationRunController_cancelItem" => simulations::cancel_item(context),
        "SimulationRunController_generateSuggestions" => improvements::generate(context),
        "StructuredOutputController_run" => structured_outputs::run(context),
        _ => return None,
    })
}
