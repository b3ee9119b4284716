//! Uploaded files, byte for byte.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

/// The content types and contents of files, by id.
#[derive(Default)]
pub(crate) struct Uploads {
    files: HashMap<String, (String, Bytes)>,
    /// The ids of files that changed since [`Uploads::take_changes`], if changes are tracked.
    changed: Option<HashSet<String>>,
}

impl Uploads {
    pub fn get(&self, id: &str) -> Option<&(String, Bytes)> {
        self.files.get(id)
    }

    pub fn insert(&mut self, id: String, file: (String, Bytes)) {
        if let Some(changed) = &mut self.changed {
            changed.insert(id.clone());
        }
        self.files.insert(id, file);
    }

    pub fn remove(&mut self, id: &str) {
        if self.files.remove(id).is_some()
            && let Some(changed) = &mut self.changed
        {
            changed.insert(id.to_owned());
        }
    }

    /// Removes all files.
    pub fn clear(&mut self) {
        let ids: Vec<String> = self.files.keys().cloned().collect();
        for id in ids {
            self.remove(&id);
        }
    }

    /// Starts tracking changes for [`Uploads::take_changes`].
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn track(&mut self) {
        self.changed.get_or_insert_default();
    }

    /// Returns the changes since the last call; `None` stands for a removed file.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn take_changes(&mut self) -> Vec<(String, Option<(String, Bytes)>)> {
        let Some(changed) = self.changed.as_mut().map(std::mem::take) else {
            return Vec::new();
        };
        let file = |id: String| {
            let file = self.files.get(&id).cloned();
            (id, file)
        };
        changed.into_iter().map(file).collect()
    }
}
