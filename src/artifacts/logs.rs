//! Call logs: gzipped JSON lines, unpacked and read while they are downloaded. This is the cargo feature `logs`.

use std::fmt;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use flate2::write::MultiGzDecoder;
use futures_core::Stream;
use serde_json::{Map, Value};

use crate::download::Download;
use crate::error::{Error, ErrorKind, RequestContext, Result, without_bom};
use crate::transport::ByteStream;

/// Longest line that is held in memory.
const LONGEST_LINE: usize = 8 << 20;
/// The first byte of gzip data. No text begins with it.
const GZIP: u8 = 0x1f;

/// One line of a call's log.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LogEntry {
    /// The time of the entry, in milliseconds since 1970.
    pub time: Option<i64>,
    /// The text of the entry, such as `Voice input`.
    pub body: Option<String>,
    /// The details: `category`, and depending on it `event`, `text`, `input`, `latency` and others.
    pub attributes: Map<String, Value>,
    /// The other properties of the line.
    pub extra: Map<String, Value>,
}

impl LogEntry {
    fn read(mut fields: Map<String, Value>) -> Self {
        let mut entry = LogEntry::default();
        if let Some(time) = fields.get("time").and_then(Value::as_i64) {
            fields.remove("time");
            entry.time = Some(time);
        }
        if let Some(Value::String(body)) = fields.get_mut("body") {
            entry.body = Some(std::mem::take(body));
            fields.remove("body");
        }
        if let Some(Value::Object(attributes)) = fields.get_mut("attributes") {
            entry.attributes = std::mem::take(attributes);
            fields.remove("attributes");
        }
        entry.extra = fields;
        entry
    }

    /// Returns the part of the call that the entry is about: `system`, `voice`, `transcriber`.
    pub fn category(&self) -> Option<&str> {
        self.attributes.get("category")?.as_str()
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "logs")))]
impl Download {
    /// Downloads a log and returns its lines, unpacked, as a stream.
    ///
    /// # Errors
    ///
    /// The errors of every operation. Once the log has begun, the stream returns the errors.
    pub async fn lines(self) -> Result<LogLines> {
        let bytes = self.stream().await?;
        Ok(LogLines {
            context: bytes.context.clone(),
            bytes: Some(bytes),
            chunk: Bytes::new(),
            packing: Packing::Undecided,
            text: BytesMut::new(),
            searched: 0,
            number: 0,
        })
    }

    /// Downloads a log and returns its entries as a stream. A download that is not a log, such as a recording, gives errors.
    ///
    /// # Errors
    ///
    /// The errors of every operation. Once the log has begun, the stream returns the errors.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(logs: vapi::Download) -> vapi::Result<()> {
    /// // let logs = vapi.calls().logs(id);
    /// let mut entries = logs.entries().await?;
    /// while let Some(entry) = entries.next().await {
    ///     let entry = entry?;
    ///     println!("{:?} {:?}", entry.time, entry.body);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn entries(self) -> Result<LogEntries> {
        let lines = self.lines().await?;
        Ok(LogEntries { lines })
    }
}

/// A stream of the lines of a log, without empty lines.
///
/// It ends in an error if the transfer breaks off, if the log cannot be unpacked, or if a line is longer than 8 MiB. It holds one
/// line in memory, however long the log is.
pub struct LogLines {
    context: RequestContext,
    /// `None` after the last byte.
    bytes: Option<ByteStream>,
    /// Bytes that are not unpacked yet.
    chunk: Bytes,
    packing: Packing,
    /// Unpacked text that is not split into lines yet.
    text: BytesMut,
    /// The length of its start that has no line feed.
    searched: usize,
    /// The number of lines so far, empty ones included.
    number: u64,
}

enum Packing {
    /// Nothing has come yet.
    Undecided,
    /// The HTTP client has unpacked the log, or the server never packed it.
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLines")
            .field("lines", &self.number)
            .finish_non_exhaustive()
    }
}

impl LogLines {
    /// Returns the next line, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<String>> {
        std::future::poll_fn(|cx| self.poll_line(cx)).await
    }

    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String>>> {
        loop {
            if let Some(line) = self.take_line() {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return Poll::Ready(Some(Ok(String::from_utf8_lossy(&line).into_owned())));
            }
            let Some(bytes) = &mut self.bytes else {
                return Poll::Ready(None);
            };
            let step = if self.text.len() > LONGEST_LINE {
                Err(Error::item_too_long("a line", LONGEST_LINE))
            } else if !self.chunk.is_empty() {
                self.unpack()
            } else {
                match ready!(Pin::new(bytes).poll_next(cx)) {
                    Some(Ok(chunk)) => {
                        self.chunk = chunk;
                        Ok(())
                    }
                    Some(Err(error)) => Err(error),
                    None => {
                        let finished = self.finish();
                        if finished.is_ok() {
                            self.bytes = None;
                        }
                        finished
                    }
                }
            };
            if let Err(error) = step {
                self.bytes = None;
                self.text.clear();
                self.searched = 0;
                return Poll::Ready(Some(Err(error.for_request(&self.context))));
            }
        }
    }

    /// Takes the next complete line, without its line ending.
    fn take_line(&mut self) -> Option<BytesMut> {
        let end = self.text[self.searched..].iter().position(|byte| *byte == b'\n');
        let mut line = match end {
            Some(end) => {
                let line = self.text.split_to(self.searched + end);
                self.text.advance(1);
                line
            }
            // The last line needs no line ending.
            None if self.bytes.is_none() && !self.text.is_empty() => self.text.split(),
            None => {
                self.searched = self.text.len();
                return None;
            }
        };
        self.searched = 0;
        self.number += 1;
        if self.number == 1 {
            line.advance(line.len() - without_bom(&line).len());
        }
        if line.ends_with(b"\r") {
            line.truncate(line.len() - 1);
        }
        Some(line)
    }

    /// Unpacks some of the bytes. Each step is small, even if the data is highly compressed.
    fn unpack(&mut self) -> Result<()> {
        if let Packing::Undecided = self.packing {
            self.packing = match self.chunk.first() {
                Some(&GZIP) => Packing::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
                _ => Packing::Plain,
            };
        }
        let Packing::Gzip(decoder) = &mut self.packing else {
            self.text.extend_from_slice(&self.chunk);
            self.chunk.clear();
            return Ok(());
        };
        // The decoder stops when its buffer, which has a fixed size, is full.
        let taken = decoder.write(&self.chunk).map_err(damaged)?;
        if taken == 0 {
            return Err(damaged(std::io::ErrorKind::InvalidData.into()));
        }
        self.chunk.advance(taken);
        if self.chunk.is_empty() {
            decoder.flush().map_err(damaged)?;
        }
        take_unpacked(decoder, &mut self.text);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if let Packing::Gzip(decoder) = &mut self.packing {
            let finished = decoder.try_finish();
            take_unpacked(decoder, &mut self.text);
            finished.map_err(|_| Error::truncated())?;
        }
        Ok(())
    }
}

fn take_unpacked(decoder: &mut MultiGzDecoder<Vec<u8>>, text: &mut BytesMut) {
    text.extend_from_slice(decoder.get_ref());
    decoder.get_mut().clear();
}

fn damaged(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Decode, format!("the log cannot be unpacked: {cause}")).caused_by(cause)
}

impl Stream for LogLines {
    type Item = Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_line(cx)
    }
}

/// A stream of the entries of a log.
///
/// A line that is not an entry is an error with the number of the line, and the stream goes on after it. Every other error ends the
/// stream, as with [`LogLines`].
#[derive(Debug)]
pub struct LogEntries {
    lines: LogLines,
}

impl LogEntries {
    /// Returns the next entry, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<LogEntry>> {
        std::future::poll_fn(|cx| self.poll_entry(cx)).await
    }

    fn poll_entry(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<LogEntry>>> {
        let line = ready!(self.lines.poll_line(cx));
        Poll::Ready(line.map(|line| {
            let fields = serde_json::from_str(&line?).map_err(|cause| {
                let detail = format!("line {} of the log is not an entry: {cause}", self.lines.number);
                Error::new(ErrorKind::Decode, detail)
                    .caused_by(cause)
                    .for_request(&self.lines.context)
            })?;
            Ok(LogEntry::read(fields))
        }))
    }
}

impl Stream for LogEntries {
    type Item = Result<LogEntry>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_entry(cx)
    }
}
