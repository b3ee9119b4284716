//! The creation of a data file: written beside its place and moved there when it is whole, so that a kill leaves either no file or
//! a good one.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The end of the name of a file that is being written.
const UNFINISHED: &str = ".new";

/// Creates a file that only its owner can read. If another process creates it meanwhile, that file stays.
pub(crate) fn create(path: &Path, content: &[u8]) -> Result<(), Error> {
    let unfinished = beside(path, std::process::id());
    let moved = write(&unfinished, content).and_then(|()| put_in_place(&unfinished, path));
    let _ = std::fs::remove_file(&unfinished);
    moved?;
    // The new name is durable when its directory is. Not every system can open one.
    if let Ok(directory) = File::open(directory(path)) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// Removes what killed processes left beside a file that exists.
pub(crate) fn sweep(path: &Path) {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return;
    };
    for entry in std::fs::read_dir(directory(path)).into_iter().flatten().flatten() {
        let other = entry.file_name();
        let process = other.to_str().and_then(|other| {
            let rest = other.strip_prefix(name)?.strip_prefix('.')?;
            rest.strip_suffix(UNFINISHED)
        });
        if process.is_some_and(|process| process.parse::<u32>().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives a whole file its name, unless another process has been faster.
fn put_in_place(unfinished: &Path, path: &Path) -> Result<(), Error> {
    let is_empty = std::fs::metadata(path).is_ok_and(|file| file.len() == 0);
    if is_empty {
        return std::fs::rename(unfinished, path);
    }
    match std::fs::hard_link(unfinished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // The other process has swept its directory.
        Err(_) if path.exists() => Ok(()),
        // Not every file system has links.
        Err(_) => std::fs::rename(unfinished, path),
        Ok(()) => Ok(()),
    }
}

/// Returns the name that a file has while this process writes it.
fn beside(path: &Path, process: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{process}{UNFINISHED}"));
    PathBuf::from(name)
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
