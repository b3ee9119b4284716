//! Rules of writing. Each function checks one rule over all files of a repository.

mod folders;
mod formatter;
mod imports;
mod summaries;
mod test_names;
mod words;

pub use folders::check_folders;
pub use formatter::check_formatter;
pub use imports::check_imports;
pub use summaries::check_summaries;
pub use test_names::check_test_names;
pub use words::{check_contractions, check_spelling};
