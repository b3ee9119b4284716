use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Item, ItemMod, ItemUse, Stmt, UseTree, Visibility};

use crate::{Finding, Repository, SourceFile};

/// The group of an import. The order of the variants is that of the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Std,
    Crates,
    Own,
}

/// Finds imports that do not stand in three groups: `std`, crates, and `crate`, `super` or child modules.
///
/// A blank line separates groups, and nothing else. Re-exports are not imports.
pub fn check_imports(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in repository.sources() {
        let mut imports = Imports {
            source,
            findings: &mut findings,
        };
        imports.check_items(&source.syntax().items);
        imports.visit_file(source.syntax());
    }
    findings
}

struct Imports<'a> {
    source: &'a SourceFile,
    findings: &'a mut Vec<Finding>,
}

impl Imports<'_> {
    fn check_items(&mut self, items: &[Item]) {
        let children: BTreeSet<_> = items
            .iter()
            .filter_map(|item| match item {
                Item::Mod(module) => Some(module.ident.to_string()),
                _ => None,
            })
            .collect();
        self.check(items.iter().map(Some), &children);
    }

    /// Compares each import with the one before it. `None` stands for what is not an item.
    fn check<'ast>(&mut self, items: impl Iterator<Item = Option<&'ast Item>>, children: &BTreeSet<String>) {
        let mut highest: Option<Group> = None;
        let mut previous: Option<(&ItemUse, Group)> = None;
        for item in items {
            let Some(Item::Use(import)) = item.filter(|item| is_import(item)) else {
                previous = None;
                continue;
            };
            let line = import.span().start().line;
            let group = group(import, children);
            if highest.is_some_and(|highest| group < highest) {
                let message = format!("the import of {} belongs above", describe(group));
                self.findings.push(Finding::new(self.source.path(), line, message));
            } else if let Some((before, group_before)) = previous {
                let is_separate = self.source.has_blank_line(before.span().end().line, line);
                let message = match (group == group_before, is_separate) {
                    (true, true) => Some(format!("a blank line parts the imports of {}", describe(group))),
                    (false, false) => Some(format!(
                        "a blank line is missing above the imports of {}",
                        describe(group)
                    )),
                    _ => None,
                };
                let finding = message.map(|message| Finding::new(self.source.path(), line, message));
                self.findings.extend(finding);
            }
            highest = highest.max(Some(group));
            previous = Some((import, group));
        }
    }
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if let Some((_, items)) = &module.content {
            self.check_items(items);
        }
        visit::visit_item_mod(self, module);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items = block.stmts.iter().map(|statement| match statement {
            Stmt::Item(item) => Some(item),
            _ => None,
        });
        self.check(items, &BTreeSet::new());
        visit::visit_block(self, block);
    }
}

fn is_import(item: &Item) -> bool {
    matches!(item, Item::Use(import) if matches!(import.vis, Visibility::Inherited))
}

fn group(import: &ItemUse, children: &BTreeSet<String>) -> Group {
    let first = match &import.tree {
        UseTree::Path(path) => path.ident.to_string(),
        UseTree::Name(name) => name.ident.to_string(),
        UseTree::Rename(rename) => rename.ident.to_string(),
        UseTree::Glob(_) | UseTree::Group(_) => return Group::Crates,
    };
    match first.as_str() {
        "std" | "core" | "alloc" => Group::Std,
        "crate" | "super" | "self" => Group::Own,
        // `::name` is a crate, whatever modules there are.
        name if children.contains(name) && import.leading_colon.is_none() => Group::Own,
        _ => Group::Crates,
    }
}

fn describe(group: Group) -> &'static str {
    match group {
        Group::Std => "`std`",
        Group::Crates => "crates",
        Group::Own => "`crate`, `super` or child modules",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let repository = Repository::from_texts([("src/a.rs", text)]);
        let findings = check_imports(&repository);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn three_groups_are_accepted() {
        let text = "use std::fmt;\nuse std::io;\n\nuse bytes::Bytes;\nuse http::Uri;\n\nuse crate::a;\nuse super::b;\n";
        assert!(findings(text).is_empty());
    }

    #[test]
    fn std_comes_first() {
        let expected = ["src/a.rs:3: the import of `std` belongs above"];
        assert_eq!(findings("use bytes::Bytes;\n\nuse std::fmt;\n"), expected);
        assert_eq!(findings("use crate::a;\n\nuse std::fmt;\n"), expected);
    }

    #[test]
    fn groups_are_parted_by_a_blank_line() {
        assert_eq!(
            findings("use std::fmt;\nuse bytes::Bytes;\n"),
            ["src/a.rs:2: a blank line is missing above the imports of crates"]
        );
        assert_eq!(
            findings("use std::fmt;\n\nuse std::io;\n"),
            ["src/a.rs:3: a blank line parts the imports of `std`"]
        );
    }

    #[test]
    fn child_modules_count_as_own() {
        let text = "mod pages;\n\nuse std::fmt;\n\nuse bytes::Bytes;\n\nuse self::pages::A;\nuse pages::B;\n";
        assert!(findings(text).is_empty());
        assert_eq!(findings("mod http;\n\nuse http::A;\nuse ::http::B;\n").len(), 1);
    }

    #[test]
    fn re_exports_are_not_grouped() {
        assert!(findings("pub use crate::a::A;\nuse std::fmt;\n\npub use http;\nuse crate::b;\n").is_empty());
    }

    #[test]
    fn inline_modules_and_functions_are_checked() {
        assert_eq!(findings("mod tests {\nuse super::*;\nuse std::fmt;\n}\n").len(), 1);
        assert_eq!(findings("fn a() {\nuse crate::b;\nuse std::fmt;\n}\n").len(), 1);
    }
}
