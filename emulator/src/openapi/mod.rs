//! The OpenAPI document that drives the emulator: its operations, their plans, and the checks of requests.

pub(crate) mod document;
#[cfg(test)]
mod fuzz;
pub(crate) mod instance;
pub(crate) mod list_style;
pub(crate) mod plan;
pub(crate) mod references;
pub(crate) mod routes;
pub(crate) mod sample;
pub(crate) mod validator;
