//! The trial of a data file: it is opened and read as a copy in memory, and the file is touched only if that goes well.
//!
//! redb asserts much about the content of its files, so a damaged one makes it panic, in a place that depends on the damage. On a
//! copy, a panic is a finding like any other, and the file stays as it is for whoever wants to rescue something.

use std::cell::Cell;
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Once};

use redb::{Database, DatabaseError, StorageBackend};

use crate::state::locked::Locked;

/// The first bytes of a database.
const MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// The result of a trial.
#[derive(Debug)]
pub(crate) enum Findings<E> {
    Sound,
    /// The file is no database.
    Foreign,
    /// The content is readable, and not for this version.
    Refused(E),
    Damaged,
}

/// Opens a copy of a file, checks its checksums, and lets `read` judge it.
///
/// # Errors
///
/// The file cannot be copied.
pub(crate) fn examine<E>(
    file: &impl StorageBackend,
    read: impl FnOnce(Database) -> Findings<E>,
) -> Result<Findings<E>, Error> {
    let length = usize::try_from(file.len()?).map_err(|_| ErrorKind::FileTooLarge)?;
    if length < MAGIC.len() || file.read(0, MAGIC.len())? != MAGIC {
        return Ok(Findings::Foreign);
    }
    let memory = Memory(Arc::new(Locked::new(file.read(0, length)?)));
    let tried = quietly(|| {
        let mut database = match Database::builder().create_with_backend(memory) {
            Ok(database) => database,
            // To open it for real says so again.
            Err(DatabaseError::UpgradeRequired(_)) => return Findings::Sound,
            Err(_) => return Findings::Damaged,
        };
        match database.check_integrity() {
            Ok(true) => read(database),
            _ => Findings::Damaged,
        }
    });
    Ok(tried.unwrap_or(Findings::Damaged))
}

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function and returns `None` if it panics. Nothing is printed about it.
fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                before(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    IS_QUIET.set(false);
    result.ok()
}

/// A file in memory. redb has one, too, but takes it only empty and never gives it back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Locked<Vec<u8>>>);

impl StorageBackend for Memory {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.0.lock().len() as u64)
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let content = self.0.lock();
        let place = place(offset, length).and_then(|place| content.get(place));
        // A length from a damaged file must not be allocated.
        Ok(place.ok_or(ErrorKind::UnexpectedEof)?.to_vec())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let length = usize::try_from(length).map_err(|_| ErrorKind::FileTooLarge)?;
        self.0.lock().resize(length, 0);
        Ok(())
    }

    fn sync_data(&self, _: bool) -> Result<(), Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut content = self.0.lock();
        let place = place(offset, data.len()).and_then(|place| content.get_mut(place));
        place.ok_or(ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        Ok(())
    }
}

fn place(offset: u64, length: usize) -> Option<Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    Some(start..start.checked_add(length)?)
}
