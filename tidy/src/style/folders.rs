use std::collections::BTreeSet;

use crate::{Finding, Repository};

/// Finds modules that are a file beside a folder, `pages.rs` and `pages/`, in place of `pages/mod.rs`.
pub fn check_folders(repository: &Repository) -> Vec<Finding> {
    let paths = || repository.sources().iter().map(|source| source.path());
    let folders: BTreeSet<&str> = paths()
        .flat_map(|path| path.match_indices('/').map(move |(end, _)| &path[..end]))
        .collect();
    paths()
        .filter_map(|path| path.strip_suffix(".rs"))
        .filter(|path| folders.contains(path))
        .map(|path| {
            Finding::new(
                &format!("{path}.rs"),
                0,
                format!("the module belongs into `{path}/mod.rs`"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beside_its_folder_is_found() {
        let files = [
            "src/lib.rs",
            "src/pages.rs",
            "src/pages/walk.rs",
            "src/wait/mod.rs",
            "src/wait/deep/a.rs",
            "src/wait/deep.rs",
        ];
        let repository = Repository::from_texts(files.map(|path| (path, "")));
        let findings = check_folders(&repository);
        let findings: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            findings,
            [
                "src/pages.rs: the module belongs into `src/pages/mod.rs`",
                "src/wait/deep.rs: the module belongs into `src/wait/deep/mod.rs`",
            ]
        );
    }
}
