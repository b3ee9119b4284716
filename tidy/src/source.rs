use std::cell::OnceCell;
use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Lit, Meta, MetaList, Token};

/// A Rust file. It is parsed when a check first asks for its content.
pub struct SourceFile {
    path: String,
    text: String,
    syntax: OnceCell<syn::File>,
    tokens: OnceCell<Vec<Token>>,
    test_lines: OnceCell<Vec<RangeInclusive<usize>>>,
}

impl SourceFile {
    /// Makes a file of the path, relative to the root of the repository, and the text.
    pub(crate) fn new(path: String, text: String) -> Self {
        Self {
            path,
            text,
            syntax: OnceCell::new(),
            tokens: OnceCell::new(),
            test_lines: OnceCell::new(),
        }
    }

    /// Returns the path, relative to the root of the repository.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn syntax(&self) -> &syn::File {
        self.syntax.get_or_init(|| {
            let syntax = syn::parse_file(&self.text);
            syntax.unwrap_or_else(|error| panic!("{}: {error}", self.path))
        })
    }

    /// Returns all tokens. Bodies of macros are part of them, and a doc comment is `#[doc = "…"]`.
    pub(crate) fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| {
            let stream = self.text.parse::<TokenStream>();
            let mut tokens = Vec::new();
            flatten(
                stream.unwrap_or_else(|error| panic!("{}: {error}", self.path)),
                &mut tokens,
            );
            tokens
        })
    }

    /// Returns whether a blank line stands between the lines `first` and `last`.
    pub(crate) fn has_blank_line(&self, first: usize, last: usize) -> bool {
        self.text
            .lines()
            .skip(first)
            .take(last.saturating_sub(first + 1))
            .any(|line| line.trim().is_empty())
    }

    /// Returns whether the file lies in a folder of integration tests.
    pub(crate) fn is_test_file(&self) -> bool {
        self.path.split('/').any(|folder| folder == "tests")
    }

    /// Returns whether `line` is part of an item that only tests have.
    pub(crate) fn is_test_code(&self, line: usize) -> bool {
        let test_lines = || {
            let mut items = TestItems::default();
            items.visit_file(self.syntax());
            items.lines
        };
        let contains = |lines: &RangeInclusive<usize>| lines.contains(&line);
        self.is_test_file() || self.test_lines.get_or_init(test_lines).iter().any(contains)
    }
}

/// A token with its line. A group is its opening delimiter, what is between, and its closing delimiter.
#[derive(Debug)]
pub(crate) struct Token {
    kind: TokenKind,
    text: String,
    pub(crate) line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenKind {
    Ident,
    /// An operator of one character, `::`, or a delimiter.
    Punct,
    /// A string, whose value is the text.
    Str,
    OtherLiteral,
}

impl Token {
    fn new(kind: TokenKind, text: String, span: Span) -> Self {
        let line = span.start().line;
        Self { kind, text, line }
    }

    /// Returns the name, if this is an identifier or a keyword.
    pub(crate) fn ident(&self) -> Option<&str> {
        (self.kind == TokenKind::Ident).then_some(&self.text)
    }

    /// Returns the value, if this is a string.
    pub(crate) fn str(&self) -> Option<&str> {
        (self.kind == TokenKind::Str).then_some(&self.text)
    }

    /// Returns whether this is the identifier, operator or delimiter `text`.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, TokenKind::Ident | TokenKind::Punct) && self.text == text
    }
}

/// Returns whether `tokens` begin with the identifiers, operators and delimiters of `pattern`.
pub(crate) fn starts_with(tokens: &[Token], pattern: &[&str]) -> bool {
    tokens.len() >= pattern.len() && tokens.iter().zip(pattern).all(|(token, text)| token.is(text))
}

/// Appends the tokens of `stream`.
pub(crate) fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(ident) => tokens.push(Token::new(TokenKind::Ident, ident.to_string(), ident.span())),
            TokenTree::Punct(punct) => {
                let is_colon = |tree: &TokenTree| matches!(tree, TokenTree::Punct(next) if next.as_char() == ':');
                let mut text = punct.as_char().to_string();
                if text == ":" && punct.spacing() == Spacing::Joint && trees.next_if(is_colon).is_some() {
                    text.push(':');
                }
                tokens.push(Token::new(TokenKind::Punct, text, punct.span()));
            }
            TokenTree::Literal(literal) => {
                let span = literal.span();
                let text = literal.to_string();
                tokens.push(match Lit::new(literal) {
                    Lit::Str(string) => Token::new(TokenKind::Str, string.value(), span),
                    _ => Token::new(TokenKind::OtherLiteral, text, span),
                });
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(Token::new(TokenKind::Punct, open.to_owned(), group.span_open()));
                flatten(group.stream(), tokens);
                tokens.push(Token::new(TokenKind::Punct, close.to_owned(), group.span_close()));
            }
        }
    }
}

/// Returns whether `attributes` restrict an item to builds of tests.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => list.parse_args().is_ok_and(|meta| requires_test(&meta)),
        _ => false,
    })
}

fn requires_test(predicate: &Meta) -> bool {
    let parts = |list: &MetaList| {
        list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .unwrap_or_default()
    };
    match predicate {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => parts(list).iter().any(requires_test),
        Meta::List(list) if list.path.is_ident("any") => parts(list).iter().all(requires_test),
        _ => false,
    }
}

/// Returns the attributes of `item`.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The lines of items that only tests have.
#[derive(Default)]
struct TestItems {
    lines: Vec<RangeInclusive<usize>>,
}

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            let span = item.span();
            self.lines.push(span.start().line..=span.end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceFile {
        SourceFile::new("src/a.rs".to_owned(), text.to_owned())
    }

    #[test]
    fn bodies_of_macros_are_tokens_too() {
        let source = source("vec![crate::a,\n\"b\"];");
        assert!(starts_with(
            source.tokens(),
            &["vec", "!", "[", "crate", "::", "a", ","]
        ));
        let string = source
            .tokens()
            .iter()
            .find_map(|token| Some((token.str()?, token.line)));
        assert_eq!(string, Some(("b", 2)));
    }

    #[test]
    fn test_code_is_found_by_its_cfg() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\nfn b() {}\n}\n#[cfg(all(unix, test))]\nfn c() {}\n\
                    #[cfg(any(unix, test))]\nfn d() {}\n#[cfg(not(test))]\nfn e() {}\n";
        let source = source(text);
        let lines: Vec<_> = (1..=11).filter(|line| source.is_test_code(*line)).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn files_of_test_folders_are_test_code() {
        let source = SourceFile::new("emulator/tests/a.rs".to_owned(), "fn a() {}".to_owned());
        assert!(source.is_test_code(1));
    }

    #[test]
    fn blank_lines_are_found_between_two_lines() {
        let source = source("fn a() {}\n\nfn b() {}\n// c\nfn d() {}\n");
        assert!(source.has_blank_line(1, 3));
        assert!(!source.has_blank_line(3, 5));
    }
}
