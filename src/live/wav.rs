//! A WAV file of sound that comes over time.
//!
//! `hound`, the usual crate, blocks while it writes, knows the size in the header only at the end, and overflows beyond 4 GiB. A
//! header is 44 bytes, and here it is right whenever the file is at rest: after each write, and when the recording is dropped.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// The format of the sound of a call: samples of 16 bits, signed, little-endian, one channel after the other.
///
/// # Examples
///
/// ```
/// use vapi::live::PcmFormat;
///
/// let stereo = PcmFormat::new(16_000, 2);
/// assert_eq!(stereo.duration_of(64_000).as_secs(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PcmFormat {
    /// Samples of each channel in a second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u16,
}

impl Default for PcmFormat {
    /// Returns one channel of 16,000 samples a second.
    fn default() -> Self {
        PcmFormat::new(16_000, 1)
    }
}

impl PcmFormat {
    /// Creates a format from samples a second and channels. Neither is less than 1.
    pub fn new(sample_rate: u32, channels: u16) -> Self {
        PcmFormat {
            sample_rate: sample_rate.max(1),
            channels: channels.max(1),
        }
    }

    /// Returns the time that this many bytes last.
    pub fn duration_of(self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Returns the bytes of all channels of one moment.
    fn block(self) -> u64 {
        2 * u64::from(self.channels)
    }

    fn bytes_per_second(self) -> u64 {
        self.block() * u64::from(self.sample_rate)
    }

    /// Returns the bytes that last this time, in whole blocks.
    pub(super) fn bytes_in(self, time: Duration) -> u64 {
        let bytes = u128::from(self.bytes_per_second()) * time.as_nanos() / 1_000_000_000;
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        bytes - bytes % self.block()
    }

    fn header(self, data: u64) -> [u8; HEADER] {
        // A longer file is refused before.
        let data = u32::try_from(data).unwrap_or(u32::MAX);
        let mut header = [0; HEADER];
        let mut rest = &mut header[..];
        let parts: [&[u8]; 13] = [
            b"RIFF",
            &data.saturating_add(36).to_le_bytes(),
            b"WAVE",
            b"fmt ",
            &16_u32.to_le_bytes(),
            &1_u16.to_le_bytes(),
            &self.channels.to_le_bytes(),
            &self.sample_rate.to_le_bytes(),
            &u32::try_from(self.bytes_per_second()).unwrap_or(u32::MAX).to_le_bytes(),
            &u16::try_from(self.block()).unwrap_or(u16::MAX).to_le_bytes(),
            &16_u16.to_le_bytes(),
            b"data",
            &data.to_le_bytes(),
        ];
        for part in parts {
            let (place, after) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = after;
        }
        header
    }
}

const HEADER: usize = 44;
/// The sound that is kept in memory before it is written.
const WRITE_AT: usize = 32 << 10;
/// The most sound that the sizes in a header can say.
const LONGEST: u64 = (u32::MAX - 36) as u64;

/// A WAV file that is being written. It is complete when it is dropped.
pub(super) struct WavFile {
    format: PcmFormat,
    /// Absent while it is written to.
    file: Option<File>,
    /// The bytes of sound in the file.
    written: u64,
    /// Sound that is not in the file yet.
    pending: Vec<u8>,
    longest: u64,
}

impl WavFile {
    /// Creates the file, or replaces it.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) async fn create(path: &Path, format: PcmFormat) -> io::Result<Self> {
        let path = path.to_owned();
        let create = move || {
            let mut file = File::create(path)?;
            store(&mut file, format, 0, &[])?;
            Ok(file)
        };
        let file = blocking(create).await?;
        Ok(WavFile {
            format,
            file: Some(file),
            written: 0,
            pending: Vec::new(),
            longest: LONGEST,
        })
    }

    /// Adds sound.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or would be longer than its header can say. What was added before stays.
    pub(super) async fn add(&mut self, sound: &[u8]) -> io::Result<()> {
        if self.len() + sound.len() as u64 > self.longest {
            let full = "a WAV file cannot have more than 4 GiB";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, full));
        }
        self.pending.extend_from_slice(sound);
        match self.pending.len() >= WRITE_AT {
            true => self.write().await,
            false => Ok(()),
        }
    }

    /// Adds silence.
    ///
    /// # Errors
    ///
    /// The errors of [`add`](Self::add).
    pub(super) async fn add_silence(&mut self, time: Duration) -> io::Result<()> {
        let mut left = self.format.bytes_in(time);
        while left > 0 {
            let part = left.min(WRITE_AT as u64);
            self.add(&vec![0; part as usize]).await?;
            left -= part;
        }
        Ok(())
    }

    /// Completes the file and returns the duration of its sound.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) async fn finish(mut self) -> io::Result<Duration> {
        self.write().await?;
        Ok(self.format.duration_of(self.written))
    }

    fn len(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    async fn write(&mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else {
            return Err(io::Error::other("an earlier write failed"));
        };
        let (sound, format, written) = (self.take_whole(), self.format, self.written);
        let length = sound.len() as u64;
        // If the caller is dropped here, the write still happens, header and all.
        let file = blocking(move || {
            store(&mut file, format, written, &sound)?;
            Ok(file)
        });
        self.file = Some(file.await?);
        self.written += length;
        Ok(())
    }

    /// Takes the pending sound, except the bytes of a sample that is not complete.
    fn take_whole(&mut self) -> Vec<u8> {
        let part = self.pending.len() as u64 % self.format.block();
        let rest = self.pending.split_off(self.pending.len() - part as usize);
        std::mem::replace(&mut self.pending, rest)
    }
}

impl Drop for WavFile {
    fn drop(&mut self) {
        let sound = self.take_whole();
        if let Some(file) = &mut self.file
            && !sound.is_empty()
            && let Err(cause) = store(file, self.format, self.written, &sound)
        {
            tracing::warn!(%cause, "the end of a recording cannot be written");
        }
    }
}

/// Writes sound after what there is, and then the header.
fn store(file: &mut File, format: PcmFormat, written: u64, sound: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(HEADER as u64 + written))?;
    file.write_all(sound)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&format.header(written + sound.len() as u64))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::path::PathBuf;
    use std::task::Poll;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        (folder, path)
    }

    /// Returns the sizes in the header, and the sound.
    fn read(path: &Path) -> (u32, u32, Vec<u8>) {
        let bytes = std::fs::read(path).unwrap();
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        (number(4), number(40), bytes[HEADER..].to_vec())
    }

    #[test]
    fn the_header_is_that_of_the_standard() {
        let expected = [
            b"RIFF".as_slice(),
            &[0x24, 0xfa, 0, 0],
            b"WAVEfmt ",
            &[16, 0, 0, 0, 1, 0, 2, 0],
            &[0x40, 0x1f, 0, 0],
            &[0, 0x7d, 0, 0],
            &[4, 0, 16, 0],
            b"data",
            &[0, 0xfa, 0, 0],
        ]
        .concat();
        assert_eq!(PcmFormat::new(8000, 2).header(64_000).to_vec(), expected);
    }

    #[tokio::test]
    async fn a_finished_file_has_all_sound() {
        let (_folder, path) = folder();
        let mut file = WavFile::create(&path, PcmFormat::default()).await.unwrap();
        let frame: Vec<u8> = (0..640).map(|at| at as u8).collect();
        for _ in 0..150 {
            file.add(&frame).await.unwrap();
        }
        assert_eq!(file.finish().await.unwrap(), Duration::from_secs(3));
        let (riff, data, sound) = read(&path);
        assert_eq!((riff, data), (96_036, 96_000));
        assert_eq!(sound, frame.repeat(150));
    }

    #[tokio::test]
    async fn a_dropped_file_has_all_whole_samples() {
        let (_folder, path) = folder();
        let mut file = WavFile::create(&path, PcmFormat::new(8000, 2)).await.unwrap();
        assert_eq!(read(&path), (36, 0, vec![]));
        file.add(&[1, 2, 3]).await.unwrap();
        file.add(&[4, 5, 6]).await.unwrap();
        drop(file);
        assert_eq!(read(&path), (40, 4, vec![1, 2, 3, 4]));
    }

    #[test]
    fn a_write_whose_caller_is_dropped_is_complete() {
        // With one thread for blocking work, the write waits for as long as that thread is held.
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(1).build().unwrap();
        let (_folder, path) = folder();
        let sound = vec![7; WRITE_AT];
        runtime.block_on(async {
            let mut file = WavFile::create(&path, PcmFormat::default()).await.unwrap();
            let (release, held) = std::sync::mpsc::channel::<()>();
            tokio::task::spawn_blocking(move || held.recv());
            {
                let mut add = std::pin::pin!(file.add(&sound));
                let polled = poll_fn(|cx| Poll::Ready(add.as_mut().poll(cx).is_pending()));
                assert!(polled.await);
            }
            drop(file);
            assert_eq!(read(&path).1, 0);
            release.send(()).unwrap();
            // The thread takes work in order, so after this the write is done.
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        });
        assert_eq!(read(&path), (WRITE_AT as u32 + 36, WRITE_AT as u32, sound));
    }

    #[tokio::test]
    async fn a_file_that_no_header_can_describe_is_refused() {
        let (_folder, path) = folder();
        let mut file = WavFile::create(&path, PcmFormat::default()).await.unwrap();
        file.longest = 1000;
        file.add(&[1; 998]).await.unwrap();
        let refused = file.add(&[2; 3]).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
        file.add(&[3; 2]).await.unwrap();
        drop(file);
        assert_eq!(read(&path).1, 1000);
    }

    #[tokio::test]
    async fn silence_lasts_as_long_as_asked() {
        let (_folder, path) = folder();
        let mut file = WavFile::create(&path, PcmFormat::new(8000, 1)).await.unwrap();
        file.add_silence(Duration::from_millis(2500)).await.unwrap();
        assert_eq!(file.finish().await.unwrap(), Duration::from_millis(2500));
        assert_eq!(read(&path).2, vec![0; 40_000]);
    }
}
