//! The data file: the state of the emulator in an embedded, crash-safe database.
//!
//! redb 2 is the newest version that Rust 1.88 builds. Files have format 3, which redb 3 and 4 read as well.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use memchr::memmem;
use redb::backends::FileBackend;
use redb::{Database, DatabaseError, ReadableTable, StorageBackend, TableDefinition, TableHandle};
use serde_json::Value;

use crate::calls::websocket;
use crate::state::State;
use crate::state::events::CallEvent;
use crate::storage::batch::Batch;
use crate::storage::trial::Findings;
use crate::storage::{new_file, trial};

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

const META: TableDefinition<&str, &str> = TableDefinition::new("vapi-emulator");
/// Resources by organization, collection and position.
const RESOURCES: TableDefinition<(&str, &str, u64), &[u8]> = TableDefinition::new("resources");
/// Calls by id.
const CALLS: TableDefinition<&str, &[u8]> = TableDefinition::new("calls");
/// Content type and content of uploaded files, by id.
const UPLOADS: TableDefinition<&str, (&str, &[u8])> = TableDefinition::new("uploads");

pub(crate) struct DataFile {
    path: PathBuf,
    database: Database,
    /// The key of link signatures, constant for the life of the file.
    pub link_key: u64,
    /// The host of links at the last write.
    link_host: Option<String>,
}

/// An error of a data file, with its path and the reason.
#[derive(Debug)]
pub(crate) struct DataFileError(String);

impl DataFileError {
    pub fn new(path: &Path, problem: impl fmt::Display) -> DataFileError {
        DataFileError(format!("the data file {}: {problem}", path.display()))
    }
}

impl fmt::Display for DataFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DataFileError {}

impl DataFile {
    /// Opens the file, or creates it. No other process can open it meanwhile.
    pub fn open(path: &Path) -> Result<DataFile, DataFileError> {
        let failed = |problem: &dyn fmt::Display| DataFileError::new(path, problem);
        if std::fs::metadata(path).map_or(true, |file| file.is_file() && file.len() == 0) {
            let content = DataFile::empty(path)?;
            new_file::create(path, &content).map_err(|error| failed(&error))?;
        }
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path);
        // This locks the file.
        let file = FileBackend::new(file.map_err(|error| failed(&error))?).map_err(|error| explained(path, error))?;
        let findings = trial::examine(&file, |database| match DataFile::new(path, database) {
            Ok(copy) if copy.read_all().is_ok() => Findings::Sound,
            Ok(_) => Findings::Damaged,
            Err(error) => Findings::Refused(error),
        });
        match findings.map_err(|error| failed(&error))? {
            Findings::Sound => {}
            Findings::Foreign => {
                return Err(failed(
                    &"it is something else, not a database of vapi-emulator; name another file",
                ));
            }
            Findings::Refused(error) => return Err(error),
            Findings::Damaged => {
                return Err(failed(
                    &"it is damaged; put a copy in its place, or remove it to start without data",
                ));
            }
        }
        let database = Database::builder().create_with_backend(file);
        let opened = DataFile::new(path, database.map_err(|error| explained(path, error))?)?;
        new_file::sweep(path);
        Ok(opened)
    }

    fn new(path: &Path, database: Database) -> Result<DataFile, DataFileError> {
        let mut file = DataFile {
            path: path.to_owned(),
            database,
            link_key: fastrand::u64(..),
            link_host: None,
        };
        file.recognize()?;
        Ok(file)
    }

    /// Returns the content of a new file.
    fn empty(path: &Path) -> Result<Vec<u8>, DataFileError> {
        let memory = trial::Memory::default();
        let database = Database::builder()
            .create_with_file_format_v3(true)
            .create_with_backend(memory.clone());
        let database = database.map_err(|error| DataFileError::new(path, error))?;
        drop(DataFile::new(path, database)?);
        let length = memory.len().map_err(|error| DataFileError::new(path, error))?;
        let content = memory.read(0, usize::try_from(length).unwrap_or_default());
        content.map_err(|error| DataFileError::new(path, error))
    }

    /// Reads everything, as a start does.
    fn read_all(&self) -> Result<(), Box<dyn std::error::Error>> {
        let transaction = self.database.begin_read()?;
        for entry in transaction.open_table(RESOURCES)?.iter()? {
            let (key, text) = entry?;
            let _ = key.value();
            serde_json::from_slice::<&serde_json::value::RawValue>(text.value())?;
        }
        for entry in transaction.open_table(CALLS)?.iter()? {
            let (id, record) = entry?;
            let _ = id.value();
            serde_json::from_slice::<&serde_json::value::RawValue>(record.value())?;
        }
        for entry in transaction.open_table(UPLOADS)?.iter()? {
            let (id, file) = entry?;
            let _ = (id.value(), file.value());
        }
        Ok(())
    }

    /// Reads the metadata of the file, or writes it into a new file.
    fn recognize(&mut self) -> Result<(), DataFileError> {
        let transaction = self.database.begin_write().map_err(|error| self.failed(error))?;
        let tables = transaction.list_tables().map_err(|error| self.failed(error))?;
        let is_foreign = {
            let names: Vec<String> = tables.map(|table| table.name().to_owned()).collect();
            !names.is_empty() && !names.iter().any(|name| name == META.name())
        };
        if is_foreign {
            return Err(self.failed("it is a database of another program"));
        }
        let mut meta = transaction.open_table(META).map_err(|error| self.failed(error))?;
        let known = |name: &str| -> Result<Option<String>, DataFileError> {
            let value = meta.get(name).map_err(|error| DataFileError::new(&self.path, error))?;
            Ok(value.map(|value| value.value().to_owned()))
        };
        let (format, key, host) = (known("format")?, known("link-key")?, known("link-host")?);
        match format.as_deref().map(str::parse::<u32>) {
            None | Some(Ok(FORMAT)) => {}
            Some(Ok(newer)) => {
                let problem = format!("a newer vapi-emulator wrote it, in format {newer}; this one reads {FORMAT}");
                return Err(self.failed(problem));
            }
            Some(Err(_)) => return Err(self.failed("it does not say which format it is in")),
        }
        self.link_key = key.and_then(|key| key.parse().ok()).unwrap_or(self.link_key);
        self.link_host = host;
        let values = [("format", FORMAT.to_string()), ("link-key", self.link_key.to_string())];
        for (name, value) in values {
            meta.insert(name, value.as_str())
                .map_err(|error| DataFileError::new(&self.path, error))?;
        }
        drop(meta);
        // Existing tables can be read without checks.
        transaction.open_table(RESOURCES).map_err(|error| self.failed(error))?;
        transaction.open_table(CALLS).map_err(|error| self.failed(error))?;
        transaction.open_table(UPLOADS).map_err(|error| self.failed(error))?;
        transaction.commit().map_err(|error| self.failed(error))
    }

    /// Loads the file into an empty state.
    pub fn load(&self, state: &State) -> Result<(), DataFileError> {
        let records = self.read_into(state).map_err(|error| self.failed(error))?;
        state.store.lock().track();
        state.uploads.lock().track();
        for (id, record) in records {
            super::calls::restore(state, &id, &record);
            if record["state"] != websocket::status(state, &id) {
                let _ = state.events.send(CallEvent::Status { call_id: id.into() });
            }
        }
        Ok(())
    }

    /// Reads resources and files into the state and returns the saved calls, which need both.
    fn read_into(&self, state: &State) -> Result<Vec<(String, Value)>, Box<dyn std::error::Error>> {
        let host = state.links.host();
        let moved = self.link_host.as_deref().filter(|before| *before != host);
        let transaction = self.database.begin_write()?;
        let mut records = Vec::new();
        {
            let mut meta = transaction.open_table(META)?;
            if let Some(now) = meta.get("now")?.and_then(|now| now.value().parse().ok()) {
                state.clock.advance_to(now);
            }
            meta.insert("link-host", host.as_str())?;
            let mut resources = transaction.open_table(RESOURCES)?;
            let mut mended = Vec::new();
            let mut store = state.store.lock();
            for entry in resources.iter()? {
                let (key, text) = entry?;
                let (organization, collection, place) = key.value();
                let moved = moved.and_then(|before| moved_links(text.value(), before, &host));
                let resource = serde_json::from_slice(moved.as_deref().unwrap_or(text.value()));
                store.restore(organization, collection, place, resource?);
                if let Some(text) = moved {
                    mended.push((organization.to_owned(), collection.to_owned(), place, text));
                }
            }
            for (organization, collection, place, text) in mended {
                resources.insert((organization.as_str(), collection.as_str(), place), text.as_slice())?;
            }
            for entry in transaction.open_table(CALLS)?.iter()? {
                let (id, record) = entry?;
                records.push((id.value().to_owned(), serde_json::from_slice(record.value())?));
            }
            let mut files = state.uploads.lock();
            for entry in transaction.open_table(UPLOADS)?.iter()? {
                let (id, file) = entry?;
                let (content_type, content) = file.value();
                let file = (content_type.to_owned(), Bytes::copy_from_slice(content));
                files.insert(id.value().to_owned(), file);
            }
        }
        transaction.commit()?;
        Ok(records)
    }

    /// Writes the batches in one transaction and returns when they are durable.
    pub fn write(&self, batches: &[Batch]) -> Result<(), DataFileError> {
        self.write_batches(batches).map_err(|error| self.failed(error))
    }

    fn write_batches(&self, batches: &[Batch]) -> Result<(), Box<dyn std::error::Error>> {
        let transaction = self.database.begin_write()?;
        {
            let mut resources = transaction.open_table(RESOURCES)?;
            let mut calls = transaction.open_table(CALLS)?;
            let mut uploads = transaction.open_table(UPLOADS)?;
            for batch in batches {
                for change in &batch.resources {
                    let key = (change.organization.as_str(), change.collection.as_str(), change.place);
                    match &change.resource {
                        Some(resource) => resources.insert(key, resource.to_string().as_bytes())?,
                        None => resources.remove(key)?,
                    };
                }
                for (id, record) in &batch.calls {
                    match record {
                        Some(record) => calls.insert(id.as_str(), record.to_string().as_bytes())?,
                        None => calls.remove(id.as_str())?,
                    };
                }
                for (id, file) in &batch.uploads {
                    match file {
                        Some((content_type, content)) => {
                            uploads.insert(id.as_str(), (content_type.as_str(), content.as_ref()))?
                        }
                        None => uploads.remove(id.as_str())?,
                    };
                }
            }
            if let Some(batch) = batches.last() {
                transaction
                    .open_table(META)?
                    .insert("now", batch.now.to_string().as_str())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn failed(&self, problem: impl fmt::Display) -> DataFileError {
        DataFileError::new(&self.path, problem)
    }
}

/// Returns what an error of the database means to the user.
fn explained(path: &Path, error: DatabaseError) -> DataFileError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => DataFileError::new(path, "it is in use by another emulator"),
        DatabaseError::UpgradeRequired(format) => {
            let problem = format!("it is in the old database format {format}, which is not read any more");
            DataFileError::new(path, problem)
        }
        other => DataFileError::new(path, other),
    }
}

/// Rewrites links to the current host; `None` if there are none. The second listener has another port each time.
fn moved_links(text: &[u8], before: &str, now: &str) -> Option<Vec<u8>> {
    let before = format!("//{before}/");
    let mut moved = Vec::new();
    let mut rest = text;
    while let Some(at) = memmem::find(rest, before.as_bytes()) {
        moved.extend_from_slice(rest.get(..at)?);
        moved.extend_from_slice(format!("//{now}/").as_bytes());
        rest = rest.get(at + before.len()..)?;
    }
    (!moved.is_empty()).then(|| [moved.as_slice(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::store::ResourceChange;

    /// Returns the content of a file with some resources.
    fn filled(path: &Path) -> Vec<u8> {
        let file = DataFile::open(path).unwrap();
        let resources = (0..40).map(|place| ResourceChange {
            organization: "o".to_owned(),
            collection: "/assistant".to_owned(),
            place,
            resource: Some(serde_json::json!({ "firstMessage": "Hello. ".repeat(100), "id": place })),
        });
        let uploads = vec![(
            "f".to_owned(),
            Some(("text/plain".to_owned(), Bytes::from_static(b"menu"))),
        )];
        let batch = Batch {
            number: 1,
            resources: resources.collect(),
            calls: vec![("c".to_owned(), Some(serde_json::json!({ "state": "ended" })))],
            uploads,
            now: 1,
        };
        file.write(&[batch]).unwrap();
        drop(file);
        std::fs::read(path).unwrap()
    }

    /// Damages a file: it ends too early, or some of its bits are others.
    fn damage(content: &mut Vec<u8>, random: &mut fastrand::Rng) {
        if random.u8(..3) == 0 {
            content.truncate(random.usize(1..content.len()));
            return;
        }
        // The first page says where all others are. The rest is empty for the most part.
        let used = content.iter().rposition(|byte| *byte != 0).unwrap();
        let among = if random.bool() { 320 } else { used };
        for _ in 0..random.u8(1..=8) {
            content[random.usize(..among)] ^= 1 << random.u8(..8);
        }
    }

    #[test]
    fn a_damaged_file_is_named_and_left_as_it_is() {
        let directory = std::env::temp_dir().join(format!("vapi-emulator-damage-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("vapi.redb");
        let content = filled(&path);
        let mut random = fastrand::Rng::with_seed(0x5eed);
        let mut refused = 0;
        let prefix = format!("the data file {}: it is ", path.display());
        for _ in 0..200 {
            let mut damaged = content.clone();
            damage(&mut damaged, &mut random);
            std::fs::write(&path, &damaged).unwrap();
            // What nobody reads may be damaged.
            let Err(error) = DataFile::open(&path) else { continue };
            refused += 1;
            let error = error.to_string();
            let problem = error.strip_prefix(&prefix).unwrap_or_default();
            let known = problem.starts_with("damaged; ") || problem.starts_with("something else, ");
            assert!(known, "{error}");
            assert!(std::fs::read(&path).unwrap() == damaged, "the file has changed");
        }
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(refused > 100, "{refused} of 200 were refused");
    }
}
