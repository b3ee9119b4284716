//! progenitor's own client: one method per operation, positional arguments, its own error type.
//!
//! It sends through the same transport as everything else, so authentication, retries and timeouts are the same. Use it
//! where a method per operation id is wanted; the [resource handles](crate::resources) are more comfortable.

use crate::transport;
use progenitor_client::{ClientHooks, OperationInfo};
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;

#[allow(clippy::all, missing_docs, rustdoc::all)]
mod generated {
    use crate::types;

    include!(concat!(env!("OUT_DIR"), "/raw.rs"));
}

pub use generated::{ByteStream, Client, Error, ResponseValue};

/// What the raw client shares with the [`Client`](crate::Client) that made it.
#[derive(Clone)]
pub struct Shared(pub(crate) Arc<transport::Shared>);

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shared")
    }
}

impl crate::Client {
    /// progenitor's own client for the same API, with the same key, retries and timeouts.
    pub fn raw(&self) -> Client {
        let shared = self.shared();
        Client::new_with_client(&shared.base_url, shared.http.clone(), Shared(shared.clone()))
    }
}

impl ClientHooks<Shared> for Client {
    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        transport::execute_raw(&self.inner.0, request, info.operation_id).await
    }
}

impl Client {
    /// Sends a prepared request and reads the JSON of its answer: what most methods end in.
    async fn answer<T: DeserializeOwned>(
        &self,
        mut request: reqwest::Request,
        operation_id: &'static str,
    ) -> Result<ResponseValue<T>, Error<()>> {
        let info = OperationInfo { operation_id };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200..=299 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
}

/// An id as a path segment, refused where it could lead the request elsewhere.
#[expect(clippy::result_large_err, reason = "progenitor's error is what its methods return")]
pub(crate) fn checked_id<E>(id: &str) -> Result<String, Error<E>> {
    match transport::refuse_path_value("id", id) {
        Some(problem) => Err(Error::InvalidRequest(problem)),
        None => transport::fill_path("{id}", &[("id", id.to_owned())]).map_err(Error::InvalidRequest),
    }
}
