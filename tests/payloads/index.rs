//! The table that says what each payload is.

use std::path::Path;

/// One line of `index.tsv`.
pub struct Entry {
    /// Relative to the table.
    pub file: String,
    /// `request:<operation>`, `response:<operation or schema>`, `webhook:<type>` and so on.
    pub kind: String,
    /// The schema, as the document names it; `array<…>` and `oneOf<…>` say what their words say.
    pub schema: String,
    /// The origin of the payload.
    pub origin: String,
    /// Set if it is what the document says.
    pub is_valid: bool,
}

/// Reads the table in `directory`, by the names of its columns.
pub fn read(directory: &Path) -> Vec<Entry> {
    let path = directory.join("index.tsv");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let cell = |name: &str| {
                let column = names.iter().position(|known| *known == name);
                let cell = column.and_then(|column| cells.get(column));
                cell.copied().unwrap_or_default().to_owned()
            };
            Entry {
                file: cell("file"),
                kind: cell("kind"),
                schema: cell("schema"),
                origin: cell("origin"),
                is_valid: cell("verdict") == "valid",
            }
        })
        .collect()
}
