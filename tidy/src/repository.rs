use std::fs;
use std::path::{Path, PathBuf};

use crate::source::SourceFile;

/// The files that the checks read: Rust sources and Markdown.
#[derive(Default)]
pub struct Repository {
    sources: Vec<SourceFile>,
    documents: Vec<(String, String)>,
}

impl Repository {
    /// Reads all files below `root`, except those of hidden folders, of `target` and of folders named `generated`.
    ///
    /// # Panics
    ///
    /// If a file cannot be read.
    pub fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        visit_folder(root, &mut files);
        let mut repository = Self::default();
        for file in files {
            let path = file
                .strip_prefix(root)
                .expect("it was found below the root")
                .to_str()
                .expect("paths are UTF-8")
                .replace('\\', "/");
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
            repository.add(path, text);
        }
        repository
    }

    /// Makes a repository of paths and texts.
    pub fn from_texts<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut repository = Self::default();
        for (path, text) in files {
            repository.add(path.to_owned(), text.to_owned());
        }
        repository
    }

    fn add(&mut self, path: String, text: String) {
        if path.ends_with(".rs") {
            self.sources.push(SourceFile::new(path, text));
        } else {
            self.documents.push((path, text));
        }
    }

    /// Returns all Rust files, in the order of their paths.
    pub fn sources(&self) -> &[SourceFile] {
        &self.sources
    }

    /// Returns the path and text of each Markdown file.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &str)> {
        self.documents.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Returns the text of the Markdown file at `path`.
    pub fn document(&self, path: &str) -> Option<&str> {
        self.documents()
            .find_map(|(other, text)| (other == path).then_some(text))
    }
}

fn visit_folder(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = path.extension().unwrap_or_default();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if name != "target" && name != "generated" && !name.starts_with('.') {
                visit_folder(&path, files);
            }
        } else if extension == "rs" || extension == "md" {
            files.push(path);
        }
    }
}
