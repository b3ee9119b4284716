//! One request for an operation of the API, with all that its behavior needs.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use crate::api::undocumented;
use crate::http::query::Query;
use crate::http::response::Response;
use crate::openapi::document::Operation;
use crate::openapi::plan::{Plan, concrete};
use crate::openapi::routes::PathParameters;
use crate::openapi::sample;
use crate::state::State;

/// One request for an operation, with all that its behavior needs.
pub(crate) struct RequestContext<'a> {
    pub state: &'a Arc<State>,
    pub operation: &'a Operation,
    pub plan: &'a Plan,
    pub organization: &'a str,
    pub parameters: &'a PathParameters,
    pub query: &'a Query,
    /// The JSON body; null without one.
    pub body: &'a Value,
}

impl<'a> RequestContext<'a> {
    /// Returns the context of an operation that no client asked for, but a job.
    pub fn in_background(
        state: &'a Arc<State>,
        organization: &'a str,
        (operation, plan): (&'a Operation, &'a Plan),
        body: &'a Value,
    ) -> RequestContext<'a> {
        const NO_PARAMETERS: &PathParameters = &Vec::new();
        RequestContext {
            state,
            operation,
            plan,
            organization,
            parameters: NO_PARAMETERS,
            query: &[],
            body,
        }
    }

    pub fn collection(&self) -> String {
        concrete(&self.plan.collection, self.parameters)
    }

    pub fn parameter(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }

    pub fn success(&self, value: &Value) -> Response {
        let status = StatusCode::from_u16(self.operation.success.status).unwrap_or(StatusCode::OK);
        if self.operation.hides.is_empty() {
            return Response::json(status, value);
        }
        Response::json(status, &undocumented::without(value, &self.operation.hides))
    }

    pub fn responds_with_the_resource(&self) -> bool {
        let schema = self.operation.success.schema.as_ref();
        schema.is_none() || schema == self.plan.resource.as_ref()
    }

    /// Returns the response of an operation that may show the resource with another schema.
    pub fn shaped(&self, mut resource: Value) -> Response {
        if let Some(schema) = self.operation.success.schema.as_ref()
            && !self.responds_with_the_resource()
        {
            sample::reshape(&self.state.validators, schema, &mut resource, self.state.clock.now());
        }
        self.success(&resource)
    }

    pub fn item_not_found(&self) -> Response {
        missing(&self.plan.collection, self.parameter(&self.plan.item_key))
    }
}

/// Returns the 404 for a resource that does not exist.
pub(crate) fn missing(collection: &str, id: &str) -> Response {
    // The name of the resource is read from the path: `/v2/knowledge-base`.
    let kind = last_literal(collection).replace('-', " ");
    let mut letters = kind.chars();
    let kind = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>());
    Response::not_found(&format!("{} {id}", kind.unwrap_or_default()))
}

/// Returns the last segment of a collection that is no parameter.
fn last_literal(collection: &str) -> &str {
    collection
        .rsplit('/')
        .find(|segment| !segment.starts_with('{'))
        .unwrap_or_default()
}
