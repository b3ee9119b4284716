//! progenitor's own client: one method per operation id, positional arguments, its own error type.
//!
//! It sends through the same transport as everything else, so authentication, retries and timeouts are the same. The
//! [resource handles](crate::resources) are easier to use.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use progenitor_client::{ClientHooks, OperationInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{RequestContext, without_bom};
use crate::model::{Misfits, from_body, trace_misfits};
use crate::operation::QueryStyle;
use crate::resources::OPERATIONS;
use crate::transport::{self, Settings};

#[allow(clippy::all, missing_docs, rustdoc::all)]
mod generated {
    use crate::types;

    include!(concat!(env!("OUT_DIR"), "/raw.rs"));
}

pub use generated::{ByteStream, Client, Error, ResponseValue};

/// The settings that a raw client shares with the [`Client`](crate::Client) that made it.
#[derive(Clone)]
pub struct Shared(Arc<Settings>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl crate::Client {
    /// Returns progenitor's own client for the same API, with the same key, retries and timeouts.
    pub fn raw(&self) -> Client {
        let settings = self.settings();
        Client::new_with_client(&settings.base_url, settings.http.clone(), Shared(settings.clone()))
    }
}

impl ClientHooks<Shared> for Client {
    /// Has a token ready: sending can report no error of a token source.
    async fn pre<E>(&self, _request: &mut reqwest::Request, info: &OperationInfo) -> Result<(), Error<E>> {
        let authorization = self.inner.0.credentials.authorization().await;
        let context = context_of(info.operation_id);
        match authorization {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::Custom(error.for_request(&context).to_string())),
        }
    }

    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        transport::execute_raw(&self.inner.0, request, context_of(info.operation_id)).await
    }
}

/// Returns the id and path of an operation by its method name, which is all that progenitor passes on.
fn context_of(method: &'static str) -> RequestContext {
    match OPERATIONS.iter().find(|operation| operation.raw == method) {
        Some(operation) => RequestContext {
            operation: operation.id.into(),
            path: operation.path.into(),
            ..RequestContext::default()
        },
        None => RequestContext {
            operation: method.into(),
            ..RequestContext::default()
        },
    }
}

/// Returns the pairs of a query parameter that has a style. Generated methods call it.
#[allow(dead_code, reason = "a document may have no parameter with a style")]
pub(crate) fn styled<T: Serialize>(name: &str, value: T, style: QueryStyle) -> Vec<(String, String)> {
    // The values are of generated types, which always serialize.
    let value = serde_json::to_value(value).unwrap_or_default();
    crate::transport::styled_pairs(name, value, style)
}

impl Client {
    /// Sends a request and decodes its JSON response. Most generated methods end in a call of this.
    async fn exec_and_decode<T: DeserializeOwned>(
        &self,
        request: reqwest::Request,
        operation_id: &'static str,
    ) -> Result<ResponseValue<T>, Error<()>> {
        let (status, headers, body) = self.exec_and_read(request, operation_id).await?;
        match from_body(without_bom(&body)) {
            Ok(decoded) => {
                self.report(&decoded.misfits, &body, operation_id)?;
                Ok(ResponseValue::new(decoded.value, status, headers))
            }
            Err(failure) => Err(self.undecodable(&body, failure.cause)),
        }
    }

    /// Sends a request and reads its successful response to the end. It is not generic, so it is compiled once.
    async fn exec_and_read(
        &self,
        mut request: reqwest::Request,
        operation_id: &'static str,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Error<()>> {
        let settings = &*self.inner.0;
        let info = OperationInfo { operation_id };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let mut response = result?;
        if !response.status().is_success() {
            return Err(Error::UnexpectedResponse(response));
        }
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        match transport::read_raw(settings, response).await {
            Ok(Some(body)) => Ok((status, headers, body)),
            Ok(None) => {
                let error = crate::Error::response_too_long(status, &headers, settings.max_response_bytes);
                Err(Error::Custom(error.to_string()))
            }
            Err(cause) => Err(Error::ResponseBodyError(cause)),
        }
    }

    /// Emits an event about misfits, if there are any. For a strict client they are an error.
    #[expect(clippy::result_large_err, reason = "progenitor's error is the error of its methods")]
    fn report(&self, misfits: &Misfits, body: &[u8], operation_id: &'static str) -> Result<(), Error<()>> {
        match misfits.listed.first() {
            None => Ok(()),
            Some(first) if self.inner.0.strict_decoding => Err(self.undecodable(body, serde::de::Error::custom(first))),
            Some(_) => {
                trace_misfits(operation_id, misfits);
                Ok(())
            }
        }
    }

    /// Returns the error for a body that does not decode, without the key: progenitor's error shows the whole body.
    #[cold]
    fn undecodable(&self, body: &[u8], cause: serde_json::Error) -> Error<()> {
        let secrets = &self.inner.0.secrets;
        let shown = secrets.conceal(cause.to_string());
        let cause = match shown == cause.to_string() {
            true => cause,
            false => serde::de::Error::custom(shown),
        };
        Error::InvalidResponsePayload(secrets.conceal_bytes(body).into(), cause)
    }
}

/// Returns an id as a path segment, and refuses one that would lead to another path.
#[expect(clippy::result_large_err, reason = "progenitor's error is the error of its methods")]
pub(crate) fn checked_id<E>(id: &str) -> Result<String, Error<E>> {
    match transport::refuse_path_value("id", id) {
        Some(problem) => Err(Error::InvalidRequest(problem)),
        None => transport::fill_path("{id}", &[("id", id.to_owned())]).map_err(Error::InvalidRequest),
    }
}
