use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, ItemMod, ItemUse, Macro, Meta, Visibility};

use super::modules::{self, Modules, Path};
use crate::source::{self, Token, attributes, is_for_tests};
use crate::{Finding, Repository};

/// Macros whose arguments are code of another crate.
const TEMPLATES: [&str; 4] = ["parse_quote", "parse_quote_spanned", "quote", "quote_spanned"];

/// A path in one file that leads to another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) from: String,
    pub(super) line: usize,
    pub(super) to: String,
    /// The path as it is written.
    pub(super) path: String,
}

/// Returns all imports below `folder`. Findings are files that cannot be judged.
pub(super) fn imports(repository: &Repository, folder: &str) -> (Vec<Import>, Vec<Finding>) {
    let (modules, findings) = Modules::read(repository, folder);
    let mut imports = BTreeSet::new();
    for (index, module) in modules.iter() {
        let mut visitor = Paths::default();
        module.items.iter().for_each(|item| visitor.visit_item(item));
        for (path, is_glob, line) in visitor.paths {
            for to in modules.resolve(index, &path) {
                if to != module.source.path() {
                    imports.insert(Import {
                        from: module.source.path().to_owned(),
                        line,
                        to: to.to_owned(),
                        path: path.segments.join("::") + if is_glob { "::*" } else { "" },
                    });
                }
            }
        }
    }
    (imports.into_iter().collect(), findings)
}

/// The paths in the items of a module: each with its line, and whether all of its names are meant.
#[derive(Default)]
struct Paths {
    paths: Vec<(Path, bool, usize)>,
}

impl Paths {
    fn push(&mut self, segments: Vec<String>, line: usize) {
        let path = Path {
            segments,
            is_absolute: false,
        };
        self.paths.push((path, false, line));
    }

    fn read_tokens(&mut self, stream: TokenStream) {
        let mut tokens = Vec::new();
        source::flatten(stream, &mut tokens);
        for (index, token) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).map(|index| &tokens[index]);
            // `$name` is an argument of the macro, but `$crate` is this crate.
            let is_argument = before.is_some_and(|token| token.is("$")) && !token.is("crate");
            let is_inside = before.is_some_and(|token| token.is("::") || token.is("."));
            if !is_argument && !is_inside {
                let segments = path(&tokens[index..]);
                if segments.len() > 1 {
                    self.push(segments, token.line);
                }
            }
        }
    }
}

/// Returns the segments of the path with which `tokens` begin.
fn path(tokens: &[Token]) -> Vec<String> {
    let mut segments = Vec::new();
    let mut tokens = tokens.iter();
    while let Some(name) = tokens.next().and_then(Token::ident) {
        segments.push(name.to_owned());
        if !tokens.next().is_some_and(|token| token.is("::")) {
            break;
        }
    }
    segments
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    /// Inline modules are modules of their own.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    /// `pub(super)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for import in modules::flatten(item) {
            self.paths.push((import.path, import.name.is_none(), import.line));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string());
            self.push(segments.collect(), path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last().map(|segment| segment.ident.to_string());
        if !name.is_some_and(|name| TEMPLATES.contains(&name.as_str())) {
            self.read_tokens(call.tokens.clone());
        }
        visit::visit_macro(self, call);
    }

    /// Attributes name functions and modules as strings: `#[serde(with = "crate::text")]`.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let Meta::List(list) = &attribute.meta else { return };
        let mut tokens = Vec::new();
        source::flatten(list.tokens.clone(), &mut tokens);
        for token in tokens {
            if let Some(path) = token.str().and_then(|text| syn::parse_str::<syn::Path>(text).ok()) {
                let segments = path.segments.iter().map(|segment| segment.ident.to_string());
                let segments: Vec<_> = segments.collect();
                if segments.len() > 1 {
                    self.push(segments, token.line);
                }
            }
        }
    }
}
