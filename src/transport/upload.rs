//! Files on their way up, as `multipart/form-data`, streamed from where they are.

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

/// How much of a file is read, and reported to a progress callback, at a time.
const CHUNK: usize = 64 << 10;

type Progress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxStream = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, BoxError>> + Send>>;

/// A file to upload, and the text fields that go with it.
///
/// ```
/// use vapi::Upload;
/// let menu = Upload::path("menu.pdf").field("purpose", "assistant");
/// let note = Upload::bytes("note.txt", "Closed on Mondays.").content_type("text/plain");
/// ```
#[must_use]
pub struct Upload {
    source: Source,
    name: Option<String>,
    content_type: Option<String>,
    fields: Vec<(String, String)>,
    progress: Option<Progress>,
}

enum Source {
    Path(PathBuf),
    Bytes(Bytes),
    Stream(BoxStream, Option<u64>),
    /// A stream that has been sent.
    Spent,
}

/// Shows the file's name, not what is in it.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file_name", &self.file_name_or_default())
            .field("replayable", &self.is_replayable())
            .finish_non_exhaustive()
    }
}

impl Upload {
    fn new(source: Source, name: Option<String>) -> Self {
        Upload {
            source,
            name,
            content_type: None,
            fields: Vec::new(),
            progress: None,
        }
    }

    /// A file on disk. It is opened when the upload is sent, and read as it goes.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Upload::new(Source::Path(path.into()), None)
    }

    /// Bytes in memory, under a file name.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Upload::new(Source::Bytes(bytes.into()), Some(name.into()))
    }

    /// A stream, under a file name. It can be sent only once, so an upload of it is never retried. Give its length if it is known.
    pub fn stream<S, B, E>(name: impl Into<String>, stream: S, length: Option<u64>) -> Self
    where
        S: Stream<Item = std::result::Result<B, E>> + Send + 'static,
        B: Into<Bytes> + 'static,
        E: Into<BoxError> + 'static,
    {
        let stream = Box::pin(Mapped(Box::pin(stream)));
        Upload::new(Source::Stream(stream, length), Some(name.into()))
    }

    /// The file name that the server is told, instead of the path's last part.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The content type, instead of a guess by the file name.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// A text field of the form, such as `purpose` or `metadata`.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Is told the bytes handed to the connection so far, and how many there are in all if that is known. A retry starts over.
    pub fn on_progress(mut self, report: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(report));
        self
    }

    /// Whether the upload can be sent again.
    pub(crate) fn is_replayable(&self) -> bool {
        matches!(self.source, Source::Path(_) | Source::Bytes(_))
    }

    fn file_name_or_default(&self) -> String {
        let last = match &self.source {
            Source::Path(path) => path.file_name(),
            _ => None,
        };
        match (&self.name, last) {
            (Some(name), _) => name.clone(),
            (None, Some(last)) => last.to_string_lossy().into_owned(),
            (None, None) => "file".to_owned(),
        }
    }

    /// The form for one try.
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
            Source::Bytes(bytes) if self.progress.is_none() => {
                let length = bytes.len() as u64;
                return Ok(Part::stream_with_length(bytes.clone(), length));
            }
            Source::Bytes(bytes) => {
                let length = bytes.len() as u64;
                (Box::pin(Slices(bytes.clone())), Some(length))
            }
            Source::Path(path) => {
                let (file, length) = open(path).await?;
                // A file that grows meanwhile must not make the body longer than it was said to be.
                let stream = ReaderStream::with_capacity(file.take(length), CHUNK);
                (Box::pin(Mapped(Box::pin(stream))), Some(length))
            }
            source => match std::mem::replace(source, Source::Spent) {
                Source::Stream(stream, length) => (stream, length),
                _ => return Err(Error::input("the stream of this upload was sent already")),
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
    let refuse = |cause| Error::file(format!("can't read {}", path.display()), cause);
    let file = tokio::fs::File::open(path).await.map_err(refuse)?;
    let metadata = file.metadata().await.map_err(refuse)?;
    if metadata.is_dir() {
        let cause = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(refuse(cause));
    }
    Ok((file, metadata.len()))
}

/// A stream with its items and errors turned into the common types.
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

/// Bytes in memory, a chunk at a time.
struct Slices(Bytes);

impl Stream for Slices {
    type Item = std::result::Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let length = self.0.len().min(CHUNK);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

/// A stream that reports how much of it has passed.
struct Counted {
    stream: BoxStream,
    sent: u64,
    length: Option<u64>,
    report: Progress,
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
