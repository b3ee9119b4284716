//! A request that the transport can send, and the options that it has.

use std::time::Duration;

use bytes::Bytes;

use super::settings::Shared;
use super::upload::Upload;
use crate::error::{Error, Origin, Result};

/// A request that is complete but for the key.
pub(crate) struct Job {
    pub origin: Origin,
    /// Without its body, which every try gets anew.
    pub request: reqwest::Request,
    pub json: Option<Bytes>,
    pub upload: Option<Upload>,
    pub options: Options,
}

/// What a single request asks for instead of the client's settings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub timeout: Option<Duration>,
    pub max_retries: Option<u32>,
    /// The request goes to a host that must not see the key.
    pub anonymous: bool,
}

/// A copy of the job's request with its body.
pub(super) async fn complete(job: &mut Job, shared: &Shared) -> Result<reqwest::Request> {
    let mut copy = reqwest::Request::new(job.request.method().clone(), job.request.url().clone());
    *copy.headers_mut() = job.request.headers().clone();
    let Some(upload) = &mut job.upload else {
        *copy.body_mut() = job.json.clone().map(Into::into);
        return Ok(copy);
    };
    let form = upload.form().await?;
    reqwest::RequestBuilder::from_parts(shared.http.clone(), copy)
        .multipart(form)
        .build()
        .map_err(|error| Error::transport(error, None))
}
