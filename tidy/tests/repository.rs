//! The rules of this repository, checked over all its files.

use std::path::Path;

use vapi_tidy::{Repository, assert_none, layers, style};

fn repository() -> Repository {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Repository::read(root.expect("this crate lies in a folder of the repository"))
}

#[test]
fn imports_go_downwards() {
    assert_none(
        "layers in ARCHITECTURE.md",
        layers::check(&repository(), &["src", "codegen/src", "emulator/src"]),
    );
}

#[test]
fn imports_stand_in_three_groups() {
    assert_none("import groups", style::check_imports(&repository()));
}

#[test]
fn summaries_are_noun_phrases_or_verbs() {
    assert_none("summaries", style::check_summaries(&repository()));
}

#[test]
fn formatter_arguments_are_named_f() {
    assert_none("formatter arguments", style::check_formatter(&repository()));
}

#[test]
fn folders_have_a_mod_file() {
    assert_none("folders", style::check_folders(&repository()));
}

#[test]
fn docs_and_errors_have_no_contractions() {
    assert_none("contractions", style::check_contractions(&repository()));
}

#[test]
fn spelling_is_american() {
    assert_none("spelling", style::check_spelling(&repository()));
}

#[test]
fn test_names_have_ten_words_at_most() {
    assert_none("names of tests", style::check_test_names(&repository()));
}
