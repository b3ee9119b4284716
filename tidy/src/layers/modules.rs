use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemUse, UseTree};

use crate::source::{attributes, is_for_tests};
use crate::{Finding, Repository, SourceFile};

/// The modules of a crate's library and of its binaries.
pub(super) struct Modules<'a> {
    modules: Vec<Module<'a>>,
    /// The library as its binaries name it.
    library: Option<(String, usize)>,
}

/// A module: a file, or a part of one.
pub(super) struct Module<'a> {
    pub(super) source: &'a SourceFile,
    pub(super) items: &'a [Item],
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// The names that `use` binds, with their paths.
    bindings: BTreeMap<String, Path>,
    globs: Vec<Path>,
    /// The names of macros, types, functions and other items that stand here.
    definitions: BTreeSet<String>,
}

/// A path as it is written: `crate::pages::Page`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    /// It begins with `::`, and so with the name of a crate.
    pub(super) is_absolute: bool,
}

/// The destination of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Module(usize),
    /// An item of the module.
    Item(usize),
}

impl<'a> Modules<'a> {
    /// Follows the `mod` items from the roots below `folder`. Findings are files to which none leads.
    pub(super) fn read(repository: &'a Repository, folder: &str) -> (Self, Vec<Finding>) {
        let prefix = format!("{folder}/");
        let sources: BTreeMap<&str, &SourceFile> = repository
            .sources()
            .iter()
            .filter_map(|source| Some((source.path().strip_prefix(&prefix)?, source)))
            .collect();
        let mut reader = Reader {
            sources: &sources,
            modules: Vec::new(),
            reached: BTreeSet::new(),
        };
        for path in sources.keys() {
            let is_binary = path
                .strip_prefix("bin/")
                .is_some_and(|name| !name.contains('/') || name.ends_with("/main.rs"));
            if matches!(*path, "lib.rs" | "main.rs") || is_binary {
                reader.read_file(path, None, true);
            }
        }
        let lost = sources.iter().filter(|(path, _)| !reader.reached.contains(**path));
        let findings = lost
            .map(|(_, source)| Finding::new(source.path(), 0, "no `mod` leads to this file"))
            .collect();
        let root = reader
            .modules
            .iter()
            .position(|module| module.parent.is_none() && module.source.path().strip_prefix(&prefix) == Some("lib.rs"));
        // `emulator/src` is the library `vapi_emulator`.
        let name = match folder.rsplit('/').nth(1) {
            Some(name) => format!("vapi_{name}"),
            None => "vapi".to_owned(),
        };
        let modules = Self {
            library: root.map(|root| (name, root)),
            modules: reader.modules,
        };
        (modules, findings)
    }

    /// Returns all modules that are not for tests.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Module<'a>)> {
        self.modules.iter().enumerate()
    }

    /// Returns the files on which `path` in `module` depends: that of the item, and those whose re-exports lead to it, except the root.
    ///
    /// A path that begins with a name bound by `use` depends on what it adds to that: nothing for `Page::new`, a file for `pages::Page`.
    pub(super) fn resolve(&self, module: usize, path: &Path) -> Vec<&'a str> {
        let mut files = self.files(module, path);
        let first = path.segments.first().filter(|_| path.segments.len() > 1);
        let here = &self.modules[module];
        let binding = first.filter(|name| !here.children.contains_key(*name));
        if let Some(binding) = binding.and_then(|name| here.bindings.get(name)) {
            let known = self.files(module, binding);
            files.retain(|file| !known.contains(file));
        }
        files
    }

    fn files(&self, module: usize, path: &Path) -> Vec<&'a str> {
        let mut passed = Vec::new();
        let target = self.follow(module, path, &mut passed, &mut BTreeSet::new());
        let Some(Target::Module(target) | Target::Item(target)) = target else {
            return Vec::new();
        };
        passed.retain(|module| self.modules[*module].parent.is_some());
        passed.push(target);
        passed
            .into_iter()
            .map(|module| self.modules[module].source.path())
            .collect()
    }

    fn follow(
        &self,
        module: usize,
        path: &Path,
        passed: &mut Vec<usize>,
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Target> {
        let (first, rest) = path.segments.split_first()?;
        let library = self.library.as_ref().filter(|(name, _)| name == first);
        let mut target = match (first.as_str(), path.is_absolute) {
            ("crate", _) => Target::Module(self.root(module)),
            ("self", _) => Target::Module(module),
            ("super", _) => Target::Module(self.modules[module].parent?),
            (name, false) if self.modules[module].children.contains_key(name) => {
                Target::Module(self.modules[module].children[name])
            }
            (name, false) if self.modules[module].bindings.contains_key(name) => {
                // A name that is bound here, as by `use crate as root`. The `use` is an import of its own.
                self.find(module, name, &mut Vec::new(), seen)?
            }
            _ => Target::Module(library?.1),
        };
        for segment in rest {
            target = match target {
                Target::Module(module) if segment == "super" => Target::Module(self.modules[module].parent?),
                Target::Module(module) if segment == "self" => Target::Module(module),
                Target::Module(module) => self.find(module, segment, passed, seen)?,
                Target::Item(_) => break,
            };
        }
        Some(target)
    }

    /// Returns the target of `name` in `module`: a child module, an item, or what `use` binds. `None` stands for other crates.
    fn find(
        &self,
        module: usize,
        name: &str,
        passed: &mut Vec<usize>,
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Target> {
        let here = &self.modules[module];
        if let Some(child) = here.children.get(name) {
            return Some(Target::Module(*child));
        }
        if here.definitions.contains(name) {
            return Some(Target::Item(module));
        }
        // `pub use http` binds the name of a crate to itself.
        if !seen.insert((module, name.to_owned())) {
            return None;
        }
        if let Some(path) = here.bindings.get(name) {
            passed.push(module);
            return self.follow(module, path, passed, seen);
        }
        for glob in &here.globs {
            let mut through = vec![module];
            let source = match self.follow(module, glob, &mut through, seen) {
                Some(Target::Module(source)) => source,
                _ => continue,
            };
            if source != module && self.modules[source].names(name) {
                passed.append(&mut through);
                return self.find(source, name, passed, seen);
            }
        }
        // Generated, or made by a macro.
        Some(Target::Item(module))
    }

    fn root(&self, mut module: usize) -> usize {
        while let Some(parent) = self.modules[module].parent {
            module = parent;
        }
        module
    }
}

impl Module<'_> {
    fn names(&self, name: &str) -> bool {
        self.children.contains_key(name) || self.bindings.contains_key(name) || self.definitions.contains(name)
    }
}

/// Reads files and their modules.
struct Reader<'a, 'b> {
    /// The files by their paths below the folder.
    sources: &'b BTreeMap<&'b str, &'a SourceFile>,
    modules: Vec<Module<'a>>,
    reached: BTreeSet<String>,
}

impl<'a> Reader<'a, '_> {
    fn read_file(&mut self, path: &str, parent: Option<usize>, is_kept: bool) -> Option<usize> {
        let source = *self.sources.get(path)?;
        self.reached.insert(path.to_owned());
        let (folder, file) = path
            .rsplit_once('/')
            .map_or(("", path), |(folder, file)| (folder, file));
        let has_folder = parent.is_some() && file != "mod.rs";
        let folder = match has_folder {
            true => path.strip_suffix(".rs")?.to_owned(),
            false => folder.to_owned(),
        };
        Some(self.read_items(source, &source.syntax().items, &folder, parent, is_kept))
    }

    /// Reads the items of a module whose children have their files in `folder`. A module that is not kept leads to its files, no more.
    fn read_items(
        &mut self,
        source: &'a SourceFile,
        items: &'a [Item],
        folder: &str,
        parent: Option<usize>,
        is_kept: bool,
    ) -> usize {
        let index = self.modules.len();
        let mut module = Module {
            source,
            items: if is_kept { items } else { &[] },
            parent,
            children: BTreeMap::new(),
            bindings: BTreeMap::new(),
            globs: Vec::new(),
            definitions: BTreeSet::new(),
        };
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            match item {
                Item::Use(item) => {
                    for import in flatten(item) {
                        match import.name {
                            Some(name) => drop(module.bindings.insert(name, import.path)),
                            None => module.globs.push(import.path),
                        }
                    }
                }
                _ => module.definitions.extend(definition(item)),
            }
        }
        self.modules.push(module);
        for item in items {
            let Item::Mod(item) = item else { continue };
            let name = item.ident.to_string();
            let below = |file: &str| match folder {
                "" => file.to_owned(),
                folder => format!("{folder}/{file}"),
            };
            let is_kept = is_kept && !is_for_tests(&item.attrs);
            let child = match &item.content {
                Some((_, items)) => Some(self.read_items(source, items, &below(&name), Some(index), is_kept)),
                None => self
                    .read_file(&below(&format!("{name}.rs")), Some(index), is_kept)
                    .or_else(|| self.read_file(&below(&format!("{name}/mod.rs")), Some(index), is_kept)),
            };
            if let Some(child) = child.filter(|_| is_kept) {
                self.modules[index].children.insert(name, child);
            }
        }
        index
    }
}

fn definition(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// One path of a `use`, and the name that it binds; a glob binds none.
pub(super) struct UsePath {
    pub(super) path: Path,
    pub(super) name: Option<String>,
    pub(super) line: usize,
}

/// Returns the paths of a `use` with its groups taken apart.
pub(super) fn flatten(item: &ItemUse) -> Vec<UsePath> {
    let mut paths = Vec::new();
    let prefix = Path {
        segments: Vec::new(),
        is_absolute: item.leading_colon.is_some(),
    };
    flatten_tree(&item.tree, &prefix, &mut paths);
    paths
}

fn flatten_tree(tree: &UseTree, prefix: &Path, paths: &mut Vec<UsePath>) {
    let mut path = prefix.clone();
    let (ident, name) = match tree {
        UseTree::Path(tree) => {
            path.segments.push(tree.ident.to_string());
            return flatten_tree(&tree.tree, &path, paths);
        }
        UseTree::Group(group) => {
            return group.items.iter().for_each(|tree| flatten_tree(tree, prefix, paths));
        }
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            return paths.push(UsePath { path, name: None, line });
        }
        UseTree::Name(tree) => (&tree.ident, tree.ident.to_string()),
        UseTree::Rename(tree) => (&tree.ident, tree.rename.to_string()),
    };
    // `pages::{self}` is `pages`, by its name.
    let is_parent = ident == "self" && !path.segments.is_empty();
    let name = match path.segments.last() {
        Some(last) if is_parent && name == "self" => last.clone(),
        _ => name,
    };
    if !is_parent {
        path.segments.push(ident.to_string());
    }
    paths.push(UsePath {
        path,
        name: Some(name),
        line: ident.span().start().line,
    });
}
