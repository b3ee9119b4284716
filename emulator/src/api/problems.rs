//! The problems of a request, in the order and the words of the API.

use serde_json::{Value, json};
use vapi_validator::{Problem, Undeclared};

use crate::api::context::RequestContext;
use crate::api::list;
use crate::openapi::plan::Role;
use crate::openapi::validator;

/// Returns the problems of a request: of its path, its query and its body.
pub(crate) fn problems(context: &RequestContext<'_>, body: &Value) -> Vec<String> {
    let validator = context.state.document.validator();
    let path = validator.path(&context.operation.id, context.parameters);
    let mut problems = told(context, path.unwrap_or_default());
    problems.extend(list::problems(
        &context.state.validators,
        context.operation,
        context.query,
    ));
    if let Some(request) = &context.operation.request {
        problems.extend(told(context, of_body(context, &request.schema, body)));
        if problems.is_empty() && !body.is_object() {
            problems.push("body must be an object".to_owned());
        }
    }
    problems
}

/// Returns the sentences of problems. Where unknown ids are allowed, an id may look like anything.
fn told(context: &RequestContext<'_>, mut problems: Vec<Problem>) -> Vec<String> {
    if context.state.settings.allow_unknown_ids {
        problems.retain(|problem| !problem.message.ends_with(" must be a UUID"));
    }
    validator::messages(problems)
}

fn of_body(context: &RequestContext<'_>, schema: &Value, body: &Value) -> Vec<Problem> {
    let validator = context.state.document.validator();
    let check = |body: &Value| validator.check(schema, body, Undeclared::Refused);
    match context.plan.role {
        Role::PlaceCall => {
            let mut problems = check(body);
            // A batch places the calls that it can, and reports the numbers of the others.
            problems.retain(|problem| !is_number_of_a_batch(problem));
            problems
        }
        Role::Update => match stored_tag(context, schema).filter(|_| body.is_object()) {
            None => check(body),
            Some((name, tag)) => {
                let mut meant = body.clone();
                meant[name] = tag.clone();
                let mut problems = check(&meant);
                if body.get(name).is_some_and(|given| *given != tag) {
                    // A change is of the variant that the resource is. What should not exist comes first.
                    let mut wrong = validator.check(
                        &json!({ "properties": { name: { "enum": [tag] } } }),
                        body,
                        Undeclared::Allowed,
                    );
                    let last = problems.partition_point(|problem| problem.message.ends_with(" should not exist"));
                    problems.splice(last..last, wrong.drain(..));
                }
                problems
            }
        },
        _ => check(body),
    }
}

/// Returns the discriminator of a union, and its value in the stored resource.
fn stored_tag<'a>(context: &RequestContext<'a>, schema: &'a Value) -> Option<(&'a str, Value)> {
    let schema = context.state.document.resolve(schema)?;
    let name = schema["discriminator"]["propertyName"].as_str()?;
    let id = json!(context.parameter(&context.plan.item_key));
    let stored = context.state.stored(context.organization, &context.collection(), &id)?;
    Some((name, stored.get(name)?.clone()))
}

fn is_number_of_a_batch(problem: &Problem) -> bool {
    let customer = problem
        .path
        .strip_prefix("/customers/")
        .and_then(|rest| rest.split_once('/'));
    customer.is_some_and(|(_, property)| property == "number") && problem.message.contains("E.164")
}
