//! A file in a knowledge base, from the disk until the assistants can use it.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::by_name::property;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Object;
use crate::resources::KnowledgeBases;
use crate::transport::Upload;
use crate::types::{AttachKnowledgeBaseV2FileDto, KnowledgeBaseV2File};

impl KnowledgeBases {
    /// Uploads a file, adds it to a knowledge base, and waits until it is indexed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
    /// use vapi::Upload;
    ///
    /// let file = vapi.knowledge_bases().add_file(id, Upload::path("menu.pdf")).await?;
    /// println!("{:?} is ready", file.file_name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_file(&self, id: impl AsRef<str>, upload: Upload) -> AddFile {
        AddFile {
            client: self.client.clone(),
            id: id.as_ref().to_owned(),
            upload: upload.field("purpose", "knowledge-base-v2"),
            interval: None,
            limit: Duration::from_secs(30 * 60),
        }
    }
}

/// A file on its way into a knowledge base, made by [`KnowledgeBases::add_file`]. Await it to get the file when it is indexed.
///
/// # Errors
///
/// The errors of every operation, and of a wait. A file that the API cannot process or index is an error too. The file remains
/// uploaded; the error names it.
#[must_use = "nothing is uploaded until this is awaited"]
pub struct AddFile {
    client: Client,
    id: String,
    upload: Upload,
    interval: Option<Duration>,
    limit: Duration,
}

impl fmt::Debug for AddFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddFile").field("id", &self.id).finish_non_exhaustive()
    }
}

impl AddFile {
    /// Sets a fixed interval between polls instead of growing ones.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets the time limit after the upload, instead of half an hour.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    async fn run(self) -> Result<KnowledgeBaseV2File> {
        let files = self.client.files();
        let uploaded = files.upload(self.upload).await?.id;
        let began = Instant::now();
        let left = || self.limit.saturating_sub(began.elapsed());

        let mut wait = files.wait_until_processed(&uploaded).timeout(left());
        if let Some(interval) = self.interval {
            wait = wait.poll_every(interval);
        }
        check(&wait.await?, &uploaded, "processed")?;

        let bases = self.client.knowledge_bases();
        let attachment = AttachKnowledgeBaseV2FileDto::new(&uploaded);
        bases.attach_file(&self.id, attachment).await?;
        let mut wait = bases.wait_until_file_indexed(&self.id, &uploaded).timeout(left());
        if let Some(interval) = self.interval {
            wait = wait.poll_every(interval);
        }
        let indexed = wait.await?;
        check(&indexed, &uploaded, "indexed")?;
        Ok(indexed)
    }
}

/// Returns an error if the API has failed with a file.
fn check<T: Object>(state: &T, file: &str, what: &str) -> Result<()> {
    match property(state, "status") {
        Some(status) if status == "failed" => {
            let detail = format!("the file {file} could not be {what}");
            Err(Error::new(ErrorKind::Status, detail))
        }
        _ => Ok(()),
    }
}

impl IntoFuture for AddFile {
    type Output = Result<KnowledgeBaseV2File>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
