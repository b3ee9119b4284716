//! The changes of Rust code: those that hang on a fact of the document, and those that no fact says.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Action, Change, Kind, Owner, Place, SUCCESS};
use super::side::Side;
use super::surface::{Field, Members, Surface, identifiers};
use crate::document::{pointer, schemas};

/// The new names of generated types that the document does not name.
#[derive(Debug, Default)]
pub struct Renames(BTreeMap<String, String>);

impl Renames {
    /// Finds the types that are called otherwise wherever they were used.
    pub fn find(old: &Surface, new: &Surface) -> Self {
        let mut pairs: BTreeSet<(String, String)> = BTreeSet::new();
        let mut compare = |was: &str, is: &str| {
            let (was, is): (Vec<&str>, Vec<&str>) = (identifiers(was).collect(), identifiers(is).collect());
            if was.len() != is.len() {
                return;
            }
            for (was, is) in was.into_iter().zip(is) {
                let gone = old.is_inline(was) && !new.types.contains_key(was);
                let came = new.is_inline(is) && !old.types.contains_key(is);
                if gone && came {
                    pairs.insert((was.to_owned(), is.to_owned()));
                }
            }
        };
        for (schema, _) in old.schemas() {
            let (Some(was), Some(is)) = (old.fields(schema), new.fields(schema)) else {
                continue;
            };
            for (name, field) in was {
                if let Some(other) = is.get(name) {
                    compare(&field.ty, &other.ty);
                }
            }
        }
        for (key, was) in &old.methods {
            let Some(is) = new.methods.get(key) else {
                continue;
            };
            compare(&was.output, &is.output);
            for (name, argument) in &was.arguments {
                if let Some(other) = is.arguments.get(name) {
                    compare(argument, other);
                }
            }
        }
        let mut renames = BTreeMap::new();
        for (was, is) in &pairs {
            let is_only = pairs.iter().filter(|(a, b)| a == was || b == is).count() == 1;
            if is_only {
                renames.insert(was.clone(), is.clone());
            }
        }
        Self(renames)
    }

    /// Returns a Rust type of the old document with the names of the new one.
    pub fn apply(&self, ty: &str) -> String {
        let mut out = String::new();
        let mut rest = ty;
        while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '_') {
            let (before, word) = rest.split_at(start);
            let end = word
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(word.len());
            out.push_str(before);
            out.push_str(self.0.get(&word[..end]).map_or(&word[..end], String::as_str));
            rest = &word[end..];
        }
        out + rest
    }

    /// Returns the change of each name.
    fn changes(&self) -> impl Iterator<Item = Change> {
        self.0.iter().map(|(was, is)| {
            let place = Place::of(Owner::Type(was.clone()), "");
            rust_only(Kind::RustType, Action::Changed, place, was, Some(was), Some(is))
        })
    }
}

/// Marks the changes that break Rust code and names what they are in Rust, then appends those that no fact explains.
pub fn run(changes: &mut Vec<Change>, old: &Side, new: &Side, renames: &Renames) {
    for change in changes.iter_mut() {
        change.rust = name(change, old, new);
        change.rust_types = [old, new].map(|side| type_text(&change.place, side));
        mark(change, old, new);
    }
    let mut unexplained: Vec<Change> = renames.changes().collect();
    fields(changes, &mut unexplained, old, new, renames);
    methods(changes, &mut unexplained, old, new, renames);
    types(&mut unexplained, old, new);
    variants(&mut unexplained, old, new, renames);
    changes.extend(unexplained);
}

/// Returns the Rust name of what changed: in the new code if that has it, else in the old.
fn name(change: &Change, old: &Side, new: &Side) -> Option<String> {
    let sides = match change.action {
        Action::Removed => [old, new],
        Action::Added | Action::Changed => [new, old],
    };
    let on = |side: &Side| -> Option<String> {
        let ty = side.rust_type(&change.place);
        let place = match (&change.place.owner, &change.place.part) {
            (Owner::Schema(schema), None) => side.surface.type_of(schema)?.to_owned(),
            (Owner::Schema(schema), Some(part)) => {
                let field = side.surface.field(schema, part).filter(|field| field.tag.is_none())?;
                format!("{}.{}", side.surface.type_of(schema)?, field.ident)
            }
            (Owner::Operation(key), _) => side.surface.methods.get(key)?.name.clone(),
            (Owner::Document | Owner::Type(_), _) => return None,
        };
        let inner = match change.kind {
            Kind::EnumValue => ty.and_then(|ty| side.surface.value(&ty, &change.name)),
            Kind::Variant => ty.and_then(|ty| side.surface.variant(&ty, &change.name)),
            _ => None,
        };
        Some(inner.unwrap_or(place))
    };
    match change.action {
        Action::Changed => sides.into_iter().find_map(on),
        Action::Added | Action::Removed => on(sides[0]),
    }
}

/// Returns the Rust type of the part of its owner that a place lies in.
fn type_text(place: &Place, side: &Side) -> Option<String> {
    match (&place.owner, &place.part) {
        (Owner::Schema(schema), Some(part)) => side.surface.field(schema, part).map(Field::text),
        (Owner::Operation(_), Some(_)) => side.rust_type(place),
        _ => None,
    }
}

/// Marks a change that breaks Rust code by itself.
fn mark(change: &mut Change, old: &Side, new: &Side) {
    let Owner::Schema(schema) = &change.place.owner else {
        return;
    };
    let is_generated = old.surface.type_of(schema).is_some() && new.surface.type_of(schema).is_some();
    let types = [old, new].map(|side| side.rust_type(&change.place));
    let is_nested = change.pointer().matches("/properties/").count() > 1;
    let gone = |find: &dyn Fn(&Surface, &str) -> Option<String>| {
        let found =
            |side: &Side, ty: &Option<String>| ty.as_deref().is_some_and(|ty| find(&side.surface, ty).is_some());
        found(old, &types[0]) && !found(new, &types[1])
    };
    let field = |side: &Side| -> Option<bool> {
        let field = side.surface.field(schema, change.place.part.as_deref()?)?;
        Some(field.is_argument())
    };
    change.breaks.rust |= match (change.kind, change.action) {
        (Kind::Schema, Action::Removed) => old.surface.type_of(schema).is_some(),
        (Kind::Property, Action::Removed) => is_generated && field(old).is_some() && !tag(old, change),
        (Kind::Property, Action::Added) if is_nested => is_generated && change.breaks.requests,
        (Kind::Property, Action::Added) => is_generated && field(new) == Some(true),
        (Kind::EnumValue, Action::Removed) => gone(&|surface, ty| surface.value(ty, &change.name)),
        (Kind::Variant, Action::Removed) => gone(&|surface, ty| surface.variant(ty, &change.name)),
        (Kind::Type | Kind::Required | Kind::Nullable | Kind::Format, _) => is_nested && is_generated,
        _ => false,
    };
}

fn tag(side: &Side, change: &Change) -> bool {
    let field = change
        .place
        .schema()
        .zip(change.place.part.as_deref())
        .and_then(|(schema, part)| side.surface.field(schema, part));
    field.is_some_and(|field| field.tag.is_some())
}

/// Marks all changes of `part` of `owner` that are of the first of `kinds` that it has any of, and returns whether it has.
fn explain(changes: &mut [Change], owner: &Owner, part: &str, kinds: &[&[Kind]]) -> bool {
    for kinds in kinds {
        let mut found = false;
        for change in changes.iter_mut() {
            let is_part = change.place.part.as_deref() == Some(part) && &change.place.owner == owner;
            if is_part && kinds.contains(&change.kind) {
                change.breaks.rust = true;
                found = true;
            }
        }
        if found {
            return true;
        }
    }
    false
}

/// The kinds that can explain another Rust type, the most telling first. A value or variant more or less is not among them: it leaves
/// the type what it is, and if its name follows, that is a change of its own.
const OF_TYPE: &[&[Kind]] = &[
    &[Kind::Type],
    &[Kind::Format],
    &[Kind::Enum],
    &[Kind::AdditionalProperties],
    &[Kind::Required],
];
/// The kinds that can explain another presence.
const OF_PRESENCE: &[&[Kind]] = &[&[Kind::Required, Kind::Nullable]];
/// The kinds that can explain another argument or result.
const OF_ARGUMENT: &[&[Kind]] = &[
    &[Kind::Type, Kind::Required],
    &[Kind::Format],
    &[Kind::Enum],
    &[Kind::Parameter, Kind::RequestBody, Kind::MediaType],
    &[Kind::Response],
];

fn fields(changes: &mut [Change], unexplained: &mut Vec<Change>, old: &Side, new: &Side, renames: &Renames) {
    // Looking at every change for every field would be quadratic: most fields have none.
    changes.sort_by(|a, b| a.place.owner.cmp(&b.place.owner));
    for (schema, rust) in old.surface.schemas() {
        let (Some(was), Some(is)) = (old.surface.fields(schema), new.surface.fields(schema)) else {
            continue;
        };
        let owner = Owner::Schema(schema.to_owned());
        let start = changes.partition_point(|change| change.place.owner < owner);
        let end = changes.partition_point(|change| change.place.owner <= owner);
        let own = &mut changes[start..end];
        for (name, field) in was {
            let Some(other) = is.get(name) else {
                continue;
            };
            let is_type = renames.apply(&field.ty) == other.ty && field.tag.is_some() == other.tag.is_some();
            let is_presence = field.presence == other.presence || field.tag.is_some() || other.tag.is_some();
            let type_explained = is_type || explain(own, &owner, name, OF_TYPE);
            let presence_explained = is_presence || explain(own, &owner, name, OF_PRESENCE);
            if type_explained && presence_explained {
                continue;
            }
            let at = pointer("/components/schemas", schema);
            let place = Place::of(owner.clone(), &at).property(name);
            let (was, is) = (field.text(), other.text());
            let mut change = rust_only(Kind::RustField, Action::Changed, place, name, Some(&was), Some(&is));
            change.rust = Some(format!("{rust}.{}", other.ident));
            unexplained.push(change);
        }
    }
}

fn methods(changes: &mut [Change], unexplained: &mut Vec<Change>, old: &Side, new: &Side, renames: &Renames) {
    for (key, was) in &old.surface.methods {
        let Some(is) = new.surface.methods.get(key) else {
            continue;
        };
        let owner = Owner::Operation(key.clone());
        let mut all_explained = was.name == is.name;
        let names: BTreeSet<&String> = was.arguments.keys().chain(is.arguments.keys()).collect();
        for name in names {
            let (before, after) = (was.arguments.get(name), is.arguments.get(name));
            let is_new_setter = before.is_none() && after.is_some_and(|ty| ty.starts_with("Option<"));
            let is_same = before.map(|ty| renames.apply(ty)).as_ref() == after;
            if !is_same && !is_new_setter {
                all_explained &= explain(changes, &owner, name, OF_ARGUMENT);
            }
        }
        if renames.apply(&was.output) != is.output {
            all_explained &= explain(changes, &owner, SUCCESS, OF_ARGUMENT);
        }
        if !all_explained {
            let (before, after) = (was.text(), is.text());
            let place = Place::of(owner, &operation_pointer(key));
            let mut change = rust_only(
                Kind::RustMethod,
                Action::Changed,
                place,
                &was.name,
                Some(&before),
                Some(&after),
            );
            change.rust = Some(is.name.clone());
            unexplained.push(change);
        }
    }
}

/// Returns the JSON pointer of an operation, `GET /call`.
fn operation_pointer(key: &str) -> String {
    let (method, path) = key.split_once(' ').unwrap_or_default();
    pointer(&pointer("/paths", path), &method.to_lowercase())
}

/// Tells of schemas that stay in the document while their types come and go.
fn types(unexplained: &mut Vec<Change>, old: &Side, new: &Side) {
    let stays = |schema: &str| {
        let has = |side: &Side| schemas(&side.facts).is_some_and(|schemas| schemas.contains_key(schema));
        has(old) && has(new)
    };
    let place = |schema: &str| {
        Place::of(
            Owner::Schema(schema.to_owned()),
            &pointer("/components/schemas", schema),
        )
    };
    for (schema, was) in old.surface.schemas().filter(|(schema, _)| stays(schema)) {
        match new.surface.type_of(schema) {
            Some(is) if is == was => {}
            Some(is) => unexplained.push(rust_only(
                Kind::RustType,
                Action::Changed,
                place(schema),
                was,
                Some(was),
                Some(is),
            )),
            None => unexplained.push(rust_only(
                Kind::RustType,
                Action::Removed,
                place(schema),
                was,
                Some(was),
                None,
            )),
        }
    }
    for (schema, is) in new.surface.schemas().filter(|(schema, _)| stays(schema)) {
        if old.surface.type_of(schema).is_none() {
            let mut change = rust_only(Kind::RustType, Action::Added, place(schema), is, None, Some(is));
            change.breaks.rust = false;
            unexplained.push(change);
        }
    }
}

/// Tells of variants that are called otherwise, though their value or schema is the same.
fn variants(unexplained: &mut Vec<Change>, old: &Side, new: &Side, renames: &Renames) {
    for (was_name, was) in &old.surface.types {
        let is_name = renames.apply(was_name);
        let Some(is) = new.surface.types.get(&is_name) else {
            continue;
        };
        let (was, is, is_enum) = match (&was.members, &is.members) {
            (Members::Values(was), Members::Values(is)) => (was, is, true),
            (Members::Variants(was), Members::Variants(is)) => (was, is, false),
            _ => continue,
        };
        for (key, before) in was {
            let other = match is_enum {
                true => is.get(key),
                false => is.get(&renames.apply(key)),
            };
            let Some(after) = other.filter(|after| *after != before) else {
                continue;
            };
            let place = Place::of(Owner::Type(is_name.clone()), "");
            let (before, after) = (format!("{was_name}::{before}"), format!("{is_name}::{after}"));
            let mut change = rust_only(
                Kind::RustVariant,
                Action::Changed,
                place,
                key,
                Some(&before),
                Some(&after),
            );
            change.rust = Some(after);
            unexplained.push(change);
        }
    }
}

fn rust_only(kind: Kind, action: Action, place: Place, name: &str, old: Option<&str>, new: Option<&str>) -> Change {
    let mut change = Change::new(kind, action, place, name).facts(old.map(Into::into), new.map(Into::into));
    change.rust = new.or(old).map(str::to_owned);
    change.breaks.rust = true;
    change
}
