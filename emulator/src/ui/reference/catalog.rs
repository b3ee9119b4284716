//! The list of operations in the order in which a person would look for them.

use serde_json::{Value, json};

use crate::openapi::document::Operation;
use crate::openapi::plan::{Plan, Role};
use crate::state::State;
use crate::ui::reference::sentences;

/// The controllers by how often their operations are looked for. Others follow in the order of the document.
const ORDER: [&str; 29] = [
    "AssistantController",
    "CallController",
    "CallArtifactController",
    "PhoneNumberController",
    "ToolController",
    "SquadController",
    "ChatController",
    "SessionController",
    "FileController",
    "KnowledgeBaseV2Controller",
    "StructuredOutputController",
    "CampaignController",
    "EvalController",
    "SimulationController",
    "ScenarioController",
    "SimulationGenerateController",
    "PersonalityController",
    "SimulationSuiteController",
    "SimulationRunController",
    "ScorecardController",
    "AnalyticsController",
    "InsightController",
    "BoardController",
    "CredentialController",
    "ProviderResourceController",
    "MonitorController",
    "MonitorPolicyController",
    "MonitorIssueController",
    "OrgController",
];

/// Returns all operations in groups.
pub(super) fn catalog(state: &State) -> Value {
    let mut groups: Vec<(&str, Vec<(&Operation, &Plan)>)> = Vec::new();
    for (operation, plan) in state.document.operations().iter().zip(&state.plans) {
        let controller = controller(operation);
        match groups.iter_mut().find(|(name, _)| *name == controller) {
            Some((_, operations)) => operations.push((operation, plan)),
            None => groups.push((controller, vec![(operation, plan)])),
        }
    }
    let place = |controller: &str| ORDER.iter().position(|known| *known == controller);
    groups.sort_by_key(|(controller, _)| place(controller).unwrap_or(ORDER.len()));
    let groups = groups.into_iter().map(|(controller, mut operations)| {
        // An operation of a newer version follows the older ones.
        operations.sort_by_key(|(operation, plan)| (depth(operation), rank(plan.role)));
        let operations = operations.into_iter().map(|(operation, plan)| {
            json!({
                "id": operation.id,
                "method": operation.method.as_str(),
                "path": operation.path,
                "title": title(operation, plan),
                "documented": operation.documented,
            })
        });
        json!({
            "name": group_name(controller),
            "about": sentences::of_group(controller),
            "operations": operations.collect::<Vec<Value>>(),
        })
    });
    json!({ "groups": groups.collect::<Vec<Value>>() })
}

/// Returns the title of an operation: that of its sentence, or one that its role and its path give.
pub(super) fn title(operation: &Operation, plan: &Plan) -> String {
    if let Some(sentence) = sentences::of_operation(&operation.id) {
        return sentences::title(sentence);
    }
    let noun = noun(&plan.collection);
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    match plan.role {
        Role::Create | Role::PlaceCall | Role::Chat | Role::ChatResponse | Role::Upload => {
            format!("Create {article} {noun}")
        }
        Role::Get => format!("Get {article} {noun}"),
        Role::List(_) => format!("List {}", plural(&noun)),
        Role::Update => format!("Change {article} {noun}"),
        Role::Delete => format!("Delete {article} {noun}"),
        Role::Duplicate => format!("Copy {article} {noun}"),
        Role::Action | Role::Download => format!("{} {}", operation.method, operation.path),
    }
}

/// Returns what the id of an operation starts with; else the first word of its path.
fn controller(operation: &Operation) -> &str {
    match operation.id.split_once('_') {
        Some((controller, _)) if controller.ends_with("Controller") => controller,
        _ => operation
            .path
            .split('/')
            .find(|word| !word.is_empty())
            .unwrap_or("other"),
    }
}

/// Returns the name of a group: `PhoneNumberController` has phone numbers.
fn group_name(controller: &str) -> String {
    let noun = controller.trim_end_matches("Controller").trim_end_matches("V2");
    if noun == "SimulationGenerate" {
        return "Drafts of scenarios".to_owned();
    }
    let mut name = String::new();
    for letter in noun.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push(' ');
            name.extend(letter.to_lowercase());
        } else if name.is_empty() {
            name.extend(letter.to_uppercase());
        } else {
            name.push(if letter == '-' { ' ' } else { letter });
        }
    }
    plural(&name)
}

/// Returns the noun of a collection: `/eval/simulation/suite` has suites.
fn noun(collection: &str) -> String {
    let last = collection.rsplit('/').find(|word| !word.starts_with('{'));
    last.unwrap_or("resource").replace('-', " ")
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if noun.ends_with('s') => noun.to_owned(),
        _ => format!("{noun}s"),
    }
}

/// Returns the number of words in a path, and whether it is of a second version.
fn depth(operation: &Operation) -> (bool, usize) {
    let words = operation.path.split('/').filter(|word| !word.is_empty());
    let is_newer = operation.path.starts_with("/v2/") && !operation.id.starts_with("KnowledgeBase");
    (is_newer, words.filter(|word| !word.starts_with('{')).count())
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Create | Role::PlaceCall | Role::Chat | Role::ChatResponse | Role::Upload => 0,
        Role::List(_) => 1,
        Role::Get => 2,
        Role::Update => 3,
        Role::Delete => 4,
        Role::Duplicate | Role::Action => 5,
        Role::Download => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_by_their_controllers() {
        for (controller, name) in [
            ("AssistantController", "Assistants"),
            ("PhoneNumberController", "Phone numbers"),
            ("KnowledgeBaseV2Controller", "Knowledge bases"),
            ("AnalyticsController", "Analytics"),
            ("PersonalityController", "Personalities"),
            ("things", "Things"),
        ] {
            assert_eq!(group_name(controller), name);
        }
    }
}
