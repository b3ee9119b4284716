//! Artifacts on their way down: recordings, logs, captures. The API answers with a redirect to a presigned address on another host,
//! which must not see the key.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, header};
use reqwest::Url;
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::transport::{self, ByteStream, Draft, Job};

/// How many redirects lead to an artifact at most; one is usual.
const MOST_REDIRECTS: usize = 5;

/// A prepared download. Nothing is sent before [`stream`](Self::stream), [`bytes`](Self::bytes) or [`save_to`](Self::save_to).
///
/// An artifact appears about a minute after the end of its call: until then the answer is a 404.
#[must_use = "a download starts when it is streamed, read or saved"]
pub struct Download<'c> {
    client: &'c Client,
    draft: Draft,
    progress: Option<Progress>,
}

type Progress = Box<dyn FnMut(u64, Option<u64>) + Send>;

impl fmt::Debug for Download<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Download").field(&self.draft).finish()
    }
}

impl<'c> Download<'c> {
    #[doc(hidden)]
    pub fn new(client: &'c Client, operation: &'static str, path: &'static str) -> Self {
        let draft = Draft::new(Cow::Borrowed(operation), Method::GET, Cow::Borrowed(path));
        Download {
            client,
            draft,
            progress: None,
        }
    }

    #[doc(hidden)]
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.draft.path(name, value);
        self
    }

    #[doc(hidden)]
    pub fn query_value<V: Serialize>(mut self, name: &'static str, value: V) -> Self {
        self.draft.query(name, &value);
        self
    }

    /// Sets a header of the request to the API. Where that redirects to does not see it.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.draft.header(name, value);
        self
    }

    /// Adds to the query.
    pub fn query<V: Serialize>(mut self, name: &str, value: V) -> Self {
        self.draft.query(name, &value);
        self
    }

    /// The time the server has to begin its answer, instead of the client's limit. The transfer may then take as long as it does not
    /// fall silent.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.draft.timeout(limit);
        self
    }

    /// How often a request that failed is sent again, instead of the client's setting. A transfer that has begun is not repeated.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.draft.max_retries(retries);
        self
    }

    /// Is told the bytes received so far, and how many there are in all if the server says so, by [`bytes`](Self::bytes) and
    /// [`save_to`](Self::save_to).
    pub fn on_progress(mut self, report: impl FnMut(u64, Option<u64>) + Send + 'static) -> Self {
        self.progress = Some(Box::new(report));
        self
    }

    /// The artifact's bytes as they come.
    ///
    /// # Errors
    /// As for every operation; once the answer has begun, the stream itself gives them.
    pub async fn stream(self) -> Result<ByteStream> {
        let shared = self.client.shared();
        let mut job = self.draft.finish(shared)?;
        let origin = job.origin.clone();
        let options = job.options;
        let start = job.request.url().clone();
        for _ in 0..=MOST_REDIRECTS {
            let here = job.request.url().clone();
            let response = transport::open_job(shared, job).await?;
            if !response.status().is_redirection() {
                return Ok(ByteStream::new(response, shared, origin));
            }
            let next = redirect(&here, response.headers()).map_err(|error| error.at(&origin))?;
            job = Job {
                origin: origin.clone(),
                json: None,
                upload: None,
                options,
                request: reqwest::Request::new(Method::GET, next),
            };
            job.options.anonymous = job.request.url().origin() != start.origin();
        }
        Err(Error::redirects(format!("more than {MOST_REDIRECTS} redirects")).at(&origin))
    }

    /// The whole artifact, in memory.
    ///
    /// # Errors
    /// As for every operation, and if the transfer breaks off.
    pub async fn bytes(mut self) -> Result<Bytes> {
        let mut report = self.progress.take();
        let mut stream = self.stream().await?;
        let total = stream.content_length();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = stream.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if let Some(report) = &mut report {
                report(bytes.len() as u64, total);
            }
        }
        Ok(bytes.freeze())
    }

    /// Saves the artifact and gives its length. It is written beside its destination under another name and renamed when it is
    /// whole, so that a file of the given name is always a whole one.
    ///
    /// # Errors
    /// As for every operation, if the transfer breaks off, and if the file can't be written.
    pub async fn save_to(mut self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let mut report = self.progress.take();
        let mut stream = self.stream().await?;
        let total = stream.content_length();
        let refuse = |cause| Error::file(format!("can't write {}", path.display()), cause);
        let partial = Partial::beside(path).map_err(refuse)?;
        let mut file = tokio::fs::File::create_new(&partial.path).await.map_err(refuse)?;
        let mut length = 0;
        while let Some(chunk) = stream.chunk().await? {
            file.write_all(&chunk).await.map_err(refuse)?;
            length += chunk.len() as u64;
            if let Some(report) = &mut report {
                report(length, total);
            }
        }
        file.flush().await.map_err(refuse)?;
        file.sync_data().await.map_err(refuse)?;
        drop(file);
        partial.rename_to(path).await.map_err(refuse)?;
        Ok(length)
    }
}

fn redirect(here: &Url, headers: &HeaderMap) -> Result<Url> {
    let target = headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| Error::redirects("a redirect that says not where to"))?;
    // The target stays out of every error: being presigned, it is a secret.
    let next = here
        .join(target)
        .map_err(|_| Error::redirects("a redirect to an address that can't be read"))?;
    match (here.scheme(), next.scheme()) {
        (_, "https") | ("http", "http") => Ok(next),
        ("https", "http") => Err(Error::redirects("a redirect from https to http")),
        _ => Err(Error::redirects("a redirect to something that is not http")),
    }
}

/// A file that is removed again unless it is renamed.
struct Partial {
    path: PathBuf,
    kept: bool,
}

impl Partial {
    fn beside(path: &Path) -> std::io::Result<Self> {
        let Some(name) = path.file_name() else {
            return Err(std::io::ErrorKind::InvalidFilename.into());
        };
        let mut partial = std::ffi::OsString::from(".");
        partial.push(name);
        partial.push(format!(".{:016x}.part", fastrand::u64(..)));
        Ok(Partial {
            path: path.with_file_name(partial),
            kept: false,
        })
    }

    async fn rename_to(mut self, path: &Path) -> std::io::Result<()> {
        tokio::fs::rename(&self.path, path).await?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // Whatever broke the download off is what the caller needs to hear of.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
