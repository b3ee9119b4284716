//! The data file: the state of the emulator in an embedded, crash-safe database.
//!
//! redb 2 is the newest version that Rust 1.88 builds. Files have format 3, which redb 3 and 4 read as well.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use memchr::memmem;
use redb::{Database, DatabaseError, ReadableTable, TableDefinition, TableHandle};
use serde_json::Value;

use crate::calls::websocket;
use crate::state::State;
use crate::state::events::CallEvent;
use crate::storage::batch::Batch;

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
        let database = Database::builder()
            .create_with_file_format_v3(true)
            .create(path)
            .map_err(|error| match error {
                DatabaseError::DatabaseAlreadyOpen => failed(&"it is in use by another emulator"),
                DatabaseError::UpgradeRequired(format) => failed(&format!(
                    "it is in the old database format {format}, which is not read any more"
                )),
                DatabaseError::Storage(redb::StorageError::Io(error))
                    if error.kind() == std::io::ErrorKind::InvalidData =>
                {
                    failed(&"it is something else, not a database of vapi-emulator")
                }
                other => failed(&other),
            })?;
        let mut file = DataFile {
            path: path.to_owned(),
            database,
            link_key: fastrand::u64(..),
            link_host: None,
        };
        file.recognize()?;
        Ok(file)
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
