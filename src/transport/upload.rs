//! Uploads: a file as `multipart/form-data`, streamed from disk, memory or a stream.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::multipart::{Form, Part};
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::error::{Error, Result};

/// Bytes of a file that are read, and reported to the progress callback, at a time.
const CHUNK: usize = 64 << 10;

type OnProgress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxStream = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, BoxError>> + Send>>;

/// A file to upload, with the text fields of its form.
///
/// ```
/// use vapi::Upload;
/// let menu = Upload::path("menu.pdf").field("purpose", "assistant");
/// let note = Upload::bytes("note.txt", "Closed on Mondays.").content_type("text/plain");
/// ```
#[must_use]
pub struct Upload {
    source: UploadSource,
    name: Option<String>,
    content_type: Option<String>,
    fields: Vec<(String, String)>,
    progress: Option<OnProgress>,
}

enum UploadSource {
    Path(PathBuf),
    Bytes(Bytes),
    Stream(BoxStream, Option<u64>),
    /// A stream that has been sent.
    Spent,
}

/// Shows the file name, not the content.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file_name", &self.file_name_or_default())
            .field("replayable", &self.is_replayable())
            .finish_non_exhaustive()
    }
}

impl Upload {
    fn new(source: UploadSource, name: Option<String>) -> Self {
        Upload {
            source,
            name,
            content_type: None,
            fields: Vec::new(),
            progress: None,
        }
    }

    /// Creates an upload of a file on disk. The file is opened when the upload is sent, and is not held in memory.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Upload::new(UploadSource::Path(path.into()), None)
    }

    /// Creates an upload of bytes in memory, under a file name.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Upload::new(UploadSource::Bytes(bytes.into()), Some(name.into()))
    }

    /// Creates an upload of a stream, under a file name. Give its length if it is known.
    ///
    /// A stream can be sent only once, so this upload is never retried.
    pub fn stream<S, B, E>(name: impl Into<String>, stream: S, length: Option<u64>) -> Self
    where
        S: Stream<Item = std::result::Result<B, E>> + Send + 'static,
        B: Into<Bytes> + 'static,
        E: Into<BoxError> + 'static,
    {
        let stream = Box::pin(Mapped(Box::pin(stream)));
        Upload::new(UploadSource::Stream(stream, length), Some(name.into()))
    }

    /// Sets the file name that is sent, instead of the last part of the path.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the content type, instead of a guess from the file name.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Adds a text field to the form, such as `purpose` or `metadata`.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Sets a callback that receives the number of bytes sent so far, and the total if it is known. A retry starts over.
    pub fn on_progress(mut self, report: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(report));
        self
    }

    /// Returns whether the upload can be sent again.
    pub(crate) fn is_replayable(&self) -> bool {
        matches!(self.source, UploadSource::Path(_) | UploadSource::Bytes(_))
    }

    fn file_name_or_default(&self) -> String {
        let last = match &self.source {
            UploadSource::Path(path) => path.file_name(),
            _ => None,
        };
        match (&self.name, last) {
            (Some(name), _) => name.clone(),
            (None, Some(last)) => last.to_string_lossy().into_owned(),
            (None, None) => "file".to_owned(),
        }
    }

    /// Returns the form for one attempt.
    pub(crate) async fn form(&mut self) -> Result<Form> {
        let name = self.file_name_or_default();
        let content_type = match &self.content_type {
            Some(given) => given.clone(),
            None => mime_guess::from_path(&name)
                .first_or_octet_stream()
                .essence_str()
                .to_owned(),
        };
        let part = self
            .part()
            .await?
            .file_name(name)
            .mime_str(&content_type)
            .map_err(|_| Error::input(format!("{content_type:?} is not a content type")))?;
        // The fields come first, so that a server which streams the file has them by then.
        let fields = self.fields.iter().cloned();
        let form = fields.fold(Form::new(), |form, (name, value)| form.text(name, value));
        Ok(form.part("file", part))
    }

    async fn part(&mut self) -> Result<Part> {
        let (stream, length): (BoxStream, Option<u64>) = match &mut self.source {
            UploadSource::Bytes(bytes) if self.progress.is_none() => {
                let length = bytes.len() as u64;
                return Ok(Part::stream_with_length(bytes.clone(), length));
            }
            UploadSource::Bytes(bytes) => {
                let length = bytes.len() as u64;
                (Box::pin(Slices(bytes.clone())), Some(length))
            }
            UploadSource::Path(path) => {
                let (file, length) = open(path).await?;
                // A file that grows meanwhile must not make the body longer than its declared length.
                let stream = ReaderStream::with_capacity(file.take(length), CHUNK);
                (Box::pin(Mapped(Box::pin(stream))), Some(length))
            }
            source => match std::mem::replace(source, UploadSource::Spent) {
                UploadSource::Stream(stream, length) => (stream, length),
                _ => return Err(Error::input("the stream of this upload was already sent")),
            },
        };
        let stream = match &self.progress {
            Some(report) => Box::pin(Counted {
                stream,
                sent: 0,
                length,
                report: Arc::clone(report),
            }),
            None => stream,
        };
        let body = reqwest::Body::wrap_stream(stream);
        Ok(match length {
            Some(length) => Part::stream_with_length(body, length),
            None => Part::stream(body),
        })
    }
}

async fn open(path: &PathBuf) -> Result<(tokio::fs::File, u64)> {
    let refuse = |cause| Error::file(format!("cannot read {}", path.display()), cause);
    let file = tokio::fs::File::open(path).await.map_err(refuse)?;
    let metadata = file.metadata().await.map_err(refuse)?;
    if metadata.is_dir() {
        let cause = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(refuse(cause));
    }
    Ok((file, metadata.len()))
}

/// A stream whose items and errors are converted into the common types.
struct Mapped<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Mapped<S>
where
    S: Stream<Item = std::result::Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    type Item = std::result::Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.0.as_mut().poll_next(cx);
        item.map(|item| item.map(|item| item.map(Into::into).map_err(Into::into)))
    }
}

/// Bytes in memory, one chunk at a time.
struct Slices(Bytes);

impl Stream for Slices {
    type Item = std::result::Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let length = self.0.len().min(CHUNK);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

/// A stream that reports the number of bytes that have passed.
struct Counted {
    stream: BoxStream,
    sent: u64,
    length: Option<u64>,
    report: OnProgress,
}

impl Stream for Counted {
    type Item = std::result::Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.stream.as_mut().poll_next(cx);
        if let Poll::Ready(Some(Ok(chunk))) = &item {
            self.sent += chunk.len() as u64;
            (self.report)(self.sent, self.length);
        }
        item
    }
}
