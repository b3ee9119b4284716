//! Storage on disk: changes of the state are collected, written by one thread, and read back when an emulator starts.

#[cfg(feature = "data")]
mod batch;
#[cfg(feature = "data")]
mod calls;
#[cfg(feature = "data")]
pub(crate) mod data_file;
#[cfg(feature = "data")]
mod journal;
#[cfg(feature = "data")]
mod new_file;
#[cfg(feature = "data")]
mod trial;

use crate::http::response::Response;
use crate::state::State;

/// The storage of one emulator: its data file, if it has one.
#[derive(Default)]
pub(crate) struct Storage {
    #[cfg(feature = "data")]
    journal: Option<journal::Journal>,
}

#[cfg(feature = "data")]
impl Storage {
    /// Reads a data file into the state and writes to the file what changes from now on.
    pub fn open(file: data_file::DataFile, state: &State) -> Result<Storage, data_file::DataFileError> {
        let journal = journal::Journal::start(file, state)?;
        Ok(Storage { journal: Some(journal) })
    }

    /// Returns the response once all changes that it reports are on disk.
    pub async fn saved(&self, state: &State, response: Response) -> Response {
        let Some(journal) = &self.journal else {
            return response;
        };
        match journal.settle(state).await {
            Ok(()) => response,
            Err(failure) => Response::error(http::StatusCode::INTERNAL_SERVER_ERROR, &*failure),
        }
    }

    /// Writes changes that no request made, for as long as it is polled.
    pub async fn keep_writing(&self, state: &State) {
        let Some(journal) = &self.journal else {
            return std::future::pending().await;
        };
        loop {
            journal.hand_over(state);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Writes the remaining changes and closes the data file.
    pub fn close(&self, state: &State) -> Result<(), String> {
        match &self.journal {
            Some(journal) => journal.close(state).map_err(|failure| failure.to_string()),
            None => Ok(()),
        }
    }
}

/// Without the feature `data` nothing is stored.
#[cfg(not(feature = "data"))]
impl Storage {
    pub async fn saved(&self, _: &State, response: Response) -> Response {
        response
    }

    pub async fn keep_writing(&self, _: &State) {
        std::future::pending().await
    }

    pub fn close(&self, _: &State) -> Result<(), String> {
        Ok(())
    }
}
