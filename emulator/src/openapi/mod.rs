//! The OpenAPI document that drives the emulator: its operations, schemas, and the checks made of them.

pub(crate) mod document;
mod json_schema;
pub(crate) mod list_style;
mod messages;
pub(crate) mod plan;
pub(crate) mod references;
pub(crate) mod routes;
pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod validator;
