//! The file that a download is saved to, and the partial file beside it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;

/// The most symbolic links that are followed, as in Linux.
const MOST_LINKS: usize = 40;

/// Opens the file for a download: a partial file beside it, or itself if it is not a regular file.
///
/// # Errors
///
/// The file cannot be opened.
pub(super) async fn open(path: &Path) -> io::Result<(File, Option<PartialFile>)> {
    let path = path.to_owned();
    // The partial file and its guard come into being together, in one step. If the caller is dropped during that step, the
    // runtime drops the result, and the guard removes the file.
    let (file, partial) = tokio::task::spawn_blocking(move || open_blocking(&path))
        .await
        .map_err(io::Error::other)??;
    Ok((File::from_std(file), partial))
}

fn open_blocking(path: &Path) -> io::Result<(fs::File, Option<PartialFile>)> {
    match fs::metadata(path) {
        // A device or a pipe is written to. To rename a file to its name would replace it.
        Ok(metadata) if !metadata.is_file() => return Ok((OpenOptions::new().write(true).open(path)?, None)),
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        Ok(_) | Err(_) => {}
    }
    let target = follow_links(path)?;
    if target.file_name().is_none() {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    // The name is of its own: one made from the target's could be too long.
    let partial = target.with_file_name(format!(".vapi-{:016x}.part", fastrand::u64(..)));
    let file = fs::File::create_new(&partial)?;
    let guard = PartialFile {
        path: partial,
        target,
        renamed: false,
    };
    Ok((file, Some(guard)))
}

/// Returns the path that symbolic links lead to, whether or not there is a file.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else {
            return Ok(path);
        };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A file that is removed when it is dropped, unless it was renamed.
pub(super) struct PartialFile {
    path: PathBuf,
    target: PathBuf,
    renamed: bool,
}

impl PartialFile {
    /// Gives the file the name of its target, and so replaces what had that name.
    pub(super) async fn rename(mut self) -> io::Result<()> {
        tokio::fs::rename(&self.path, &self.target).await?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.renamed {
            // The caller gets the error that ended the download; one of removing the file would hide it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
