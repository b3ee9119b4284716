/// The file with the lists.
pub(super) const DOCUMENT: &str = "ARCHITECTURE.md";

/// The layers of a crate.
pub(super) struct Layers {
    folder: String,
    names: Vec<Name>,
}

/// A file or folder in a list.
#[derive(Debug, PartialEq)]
pub(super) struct Name {
    /// The path below the folder of the crate's sources; that of a folder ends with a slash.
    pub(super) path: String,
    /// The number of its layer. The highest layer is 0.
    pub(super) layer: usize,
    /// The line in the document.
    pub(super) line: usize,
}

impl Layers {
    /// Reads the list of the sources in `folder` out of the fenced blocks of a Markdown `text`.
    pub(super) fn parse(text: &str, folder: &str) -> Option<Self> {
        let mut lines = text.lines().zip(1..);
        let fence = format!("```layers {folder}");
        lines.find(|(line, _)| line.trim_end() == fence)?;
        let block = lines.take_while(|(line, _)| line.trim_end() != "```");
        let lines = block
            .map(|(line, number)| (line.split('#').next().unwrap_or_default(), number))
            .filter(|(line, _)| !line.trim().is_empty());
        let names = lines.enumerate().flat_map(|(layer, (names, line))| {
            names.split_whitespace().map(move |path| Name {
                path: path.to_owned(),
                layer,
                line,
            })
        });
        Some(Self {
            folder: folder.to_owned(),
            names: names.collect(),
        })
    }

    /// Returns the folder of the sources.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    /// Returns all names, from the highest layer down.
    pub(super) fn names(&self) -> &[Name] {
        &self.names
    }

    /// Returns the index of the name that stands for the file at `path`: of all that match, the longest.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        let path = path.strip_prefix(&self.folder)?.strip_prefix('/')?;
        let matching = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, name)| match name.path.ends_with('/') {
                true => path.starts_with(&name.path),
                false => path == name.path,
            });
        matching.max_by_key(|(_, name)| name.path.len()).map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# A\n\n```layers b/src\nx.rs\n```\n\n```layers src\nlib.rs\n\na/ b.rs   # two names\n# nothing\na/c.rs\n```\n";

    #[test]
    fn each_line_is_a_layer() {
        let layers = Layers::parse(TEXT, "src").unwrap();
        let names: Vec<_> = layers
            .names()
            .iter()
            .map(|name| (name.path.as_str(), name.layer, name.line))
            .collect();
        assert_eq!(
            names,
            [("lib.rs", 0, 8), ("a/", 1, 10), ("b.rs", 1, 10), ("a/c.rs", 2, 12)]
        );
    }

    #[test]
    fn the_longest_name_stands_for_a_file() {
        let layers = Layers::parse(TEXT, "src").unwrap();
        assert_eq!(layers.find("src/a/d/e.rs"), Some(1));
        assert_eq!(layers.find("src/a/c.rs"), Some(3));
        assert_eq!(layers.find("src/ab.rs"), None);
        assert_eq!(layers.find("src/x/b.rs"), None);
        assert_eq!(layers.find("other/src/b.rs"), None);
    }

    #[test]
    fn a_document_may_lack_a_list() {
        assert!(Layers::parse(TEXT, "c/src").is_none());
    }
}
