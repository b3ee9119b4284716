//! Writes the types: typify's structs and enums as calls of `model!`, `open_enum!` and `tagged_union!`.
//!
//! The fields and their Rust types are typify's, recursion broken by `Box` included. What typify does not say (tags, what
//! can be `null`, how variants are told apart) comes from the model.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use syn::{Item, ItemEnum, ItemStruct};

use super::rust_type::{self, without_option};
use super::size::Sizes;
use super::{RewriteError, raw};
use crate::docs::{code, comment};
use crate::model::{Enum, Kind, Model, Object, Type, Union, Variant};

/// A field as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The Rust name.
    pub ident: String,
    /// `req`, `opt` or `null`.
    pub presence: &'static str,
    /// The Rust type, without what `presence` says.
    pub ty: String,
}

/// The fields of every object by the object's name, each by its name on the wire.
pub type Fields = BTreeMap<String, BTreeMap<String, Field>>;

/// Returns the text of the types, and the fields in it.
///
/// # Errors
///
/// A type has a form that is not known.
pub fn write(items: &[Item], model: &Model) -> Result<(String, Fields), RewriteError> {
    let mut structs: BTreeMap<String, &ItemStruct> = BTreeMap::new();
    let mut enums: BTreeMap<String, &ItemEnum> = BTreeMap::new();
    for item in items {
        match item {
            Item::Struct(item) => drop(structs.insert(item.ident.to_string(), item)),
            Item::Enum(item) => drop(enums.insert(item.ident.to_string(), item)),
            _ => {}
        }
    }
    let mut sizes = Sizes::new(&structs, model);
    let enums_by_values = enums_by_values(model);
    let mut out = String::new();
    let mut all_fields = BTreeMap::new();
    for (name, ty) in &model.types {
        match ty {
            Type::Object(object) => {
                let fields = write_object(&mut out, name, object, structs.get(name).copied(), &mut sizes)?;
                all_fields.insert(name.clone(), fields);
            }
            Type::Enum(values) => write_enum(&mut out, name, values),
            Type::Union(union) => {
                let item = enums
                    .get(name)
                    .ok_or_else(|| RewriteError::new(name, "typify made no enum of this union"))?;
                write_union(&mut out, name, union, item, &enums_by_values)?;
            }
        }
    }
    Ok((out, all_fields))
}

fn type_comment(name: &str, description: Option<&str>, document_name: Option<&str>) -> String {
    let mut text = match description {
        Some(description) => description.to_owned(),
        None => format!("The type `{name}`."),
    };
    if let Some(original) = document_name.filter(|original| *original != name) {
        let _ = write!(text, "\n\nIn the document: `{}`.", original.replace('`', "'"));
    }
    comment("    ", &text)
}

fn write_object(
    out: &mut String,
    name: &str,
    object: &Object,
    item: Option<&ItemStruct>,
    sizes: &mut Sizes<'_>,
) -> Result<BTreeMap<String, Field>, RewriteError> {
    let fields = match item.map(|item| &item.fields) {
        Some(syn::Fields::Named(fields)) => fields.named.iter().collect(),
        // Without properties typify makes a wrapper of a map, or nothing.
        _ if object.properties.is_empty() => Vec::new(),
        _ => return Err(RewriteError::new(name, "typify made no struct of this object")),
    };
    let mut written = BTreeMap::new();
    let mut arguments = Vec::new();
    for field in fields {
        let mut ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let wire = raw::serde_rename(&field.attrs).unwrap_or_else(|| ident.trim_start_matches("r#").to_owned());
        // Every type has a field `extra` and a function `new` already.
        if matches!(ident.as_str(), "extra" | "new") {
            ident.push('_');
        }
        let Some(property) = object.properties.get(&wire) else {
            // The catch-all of `additionalProperties`: every type here keeps what it does not know.
            continue;
        };
        let place = format!("{name}.{wire}");
        let mut ty = rust_type::write(without_option(&field.ty), "", &place)?;
        if sizes.is_large(&ty) {
            ty = format!("Box<{ty}>");
        }
        let presence = match (property.required, property.nullable) {
            (_, true) => "null",
            (true, false) => "req",
            (false, false) => "opt",
        };
        if property.required {
            arguments.push(match property.nullable {
                true => format!("{ident}: one Nullable<{ty}>"),
                false => format!("{ident}: {}", shaped(&ty)),
            });
        }
        let field = Field { ident, presence, ty };
        written.insert(wire, field);
    }
    if written.len() < object.properties.len() {
        return Err(RewriteError::new(name, "typify dropped a property"));
    }
    out.push_str("model! {\n");
    out.push_str(&type_comment(
        name,
        object.description.as_deref(),
        object.document_name.as_deref(),
    ));
    if object.deprecated {
        out.push_str("    ///\n    /// Deprecated by the API.\n");
    }
    let tags: Vec<String> = object
        .tags
        .iter()
        .map(|(tag, value)| format!("{tag:?} = {value:?}"))
        .collect();
    let _ = writeln!(out, "    {name} {{ {} }}", tags.join(" "));
    let _ = writeln!(out, "    new {{ {} }}", arguments.join(", "));
    let sorted = in_order_of_responses(&written);
    let numbered = sorted.iter().enumerate();
    let required = numbered.filter(|(_, (wire, _))| object.properties[*wire].required);
    let required: Vec<String> = required.map(|(index, _)| index.to_string()).collect();
    let _ = writeln!(out, "    required [{}]", required.join(" "));
    for (index, (wire, Field { ident, presence, ty })) in sorted.into_iter().enumerate() {
        let property = &object.properties[wire];
        out.push_str(&comment("    ", property.description.as_deref().unwrap_or_default()));
        if property.deprecated {
            out.push_str("    ///\n    /// Deprecated by the API.\n");
        }
        let _ = writeln!(out, "    {index} {ident} {wire:?} {presence} {};", shaped(ty));
    }
    out.push_str("}\n\n");
    Ok(written)
}

/// Returns fields in the order in which the API sends what it has stored, which is that of PostgreSQL's `jsonb`: the shortest name first.
/// The one that is read next is then mostly one of the next.
fn in_order_of_responses(fields: &BTreeMap<String, Field>) -> Vec<(&String, &Field)> {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by_key(|(wire, _)| wire.len());
    fields
}

/// Writes a field's type by its shape and the type that its setter takes or takes many of.
fn shaped(ty: &str) -> String {
    let inside = |prefix: &str| ty.strip_prefix(prefix)?.strip_suffix('>');
    if let Some(item) = inside("Vec<") {
        format!("list {item}")
    } else if let Some(value) = inside("BTreeMap<String, ") {
        format!("map {value}")
    } else if let Some(value) = inside("Map<String, ") {
        format!("json {value}")
    } else {
        format!("one {ty}")
    }
}

fn write_enum(out: &mut String, name: &str, values: &Enum) {
    out.push_str("open_enum! {\n");
    out.push_str(&type_comment(name, values.description.as_deref(), None));
    let _ = writeln!(out, "    {name} {{");
    for (index, (variant, wire)) in values.variants.iter().enumerate() {
        let _ = writeln!(out, "        {index} {variant} {wire:?}");
    }
    out.push_str("    }\n}\n\n");
}

/// The enums of a document, by their sorted values. Of two with the same values, it has one.
type EnumsByValues<'a> = BTreeMap<Vec<&'a str>, &'a str>;

fn enums_by_values(model: &Model) -> EnumsByValues<'_> {
    let enums = model.types.iter().filter_map(|(name, ty)| match ty {
        Type::Enum(values) => Some((
            values.variants.iter().map(|(_, value)| value.as_str()).collect(),
            name.as_str(),
        )),
        _ => None,
    });
    enums.collect()
}

fn write_union(
    out: &mut String,
    name: &str,
    union: &Union,
    item: &ItemEnum,
    enums_by_values: &EnumsByValues<'_>,
) -> Result<(), RewriteError> {
    if item.variants.len() != union.variants.len() {
        return Err(RewriteError::new(
            name,
            format!(
                "typify made {} variants of {} branches",
                item.variants.len(),
                union.variants.len()
            ),
        ));
    }
    let mut lines = String::new();
    let mut types = Vec::new();
    for (index, (variant, generated)) in union.variants.iter().zip(&item.variants).enumerate() {
        let place = format!("{name}::{}", variant.name);
        let ty = match &generated.fields {
            syn::Fields::Unnamed(fields) if fields.unnamed.len() == 1 => &fields.unnamed[0].ty,
            _ => return Err(RewriteError::new(place, "not a variant with one value")),
        };
        let ty = variant_type(rust_type::write(ty, "", &place)?, variant);
        let _ = writeln!(lines, "    /// {}", variant_doc(variant));
        let _ = writeln!(
            lines,
            "    {index} {} {ty} = {};",
            variant.name,
            shape(variant, enums_by_values)
        );
        types.push((variant.name.clone(), ty));
    }
    out.push_str("tagged_union! {\n");
    out.push_str(&type_comment(name, union.description.as_deref(), None));
    let tag = match &union.tag {
        Some(tag) => format!("Some({tag:?})"),
        None => "None".to_owned(),
    };
    let _ = writeln!(out, "    {name} tag {tag};");
    out.push_str(&lines);
    out.push_str("}\n");
    for (index, (variant, ty)) in types.iter().enumerate() {
        let unique = types
            .iter()
            .enumerate()
            .all(|(other, (_, t))| other == index || t != ty);
        // A union can be a variant of itself.
        let is_itself = ty.trim_start_matches("Box<").trim_end_matches('>') == name;
        if unique && ty != "Value" && !is_itself {
            out.push_str(&from_variant(name, variant, ty));
        }
    }
    out.push('\n');
    Ok(())
}

/// Objects are boxed: a union is as large as its largest variant, and some of these are kilobytes.
fn variant_type(ty: String, variant: &Variant) -> String {
    match (variant.kind, &variant.target) {
        (Kind::Object, Some(_)) if !ty.starts_with("Box<") => format!("Box<{ty}>"),
        _ => ty,
    }
}

fn from_variant(union: &str, variant: &str, ty: &str) -> String {
    match ty.strip_prefix("Box<").and_then(|ty| ty.strip_suffix('>')) {
        Some(inner) => format!("boxed_variant! {{ {union} {variant} {inner} }}\n"),
        None => format!("plain_variant! {{ {union} {variant} {ty} }}\n"),
    }
}

fn variant_doc(variant: &Variant) -> String {
    let tags: Vec<String> = variant
        .tags
        .iter()
        .filter(|(_, values)| values.len() == 1)
        .map(|(tag, values)| format!("{} is {}", code(tag), code(&values[0])))
        .collect();
    match (tags.is_empty(), variant.kind) {
        (false, _) => format!("The variant in which {}.", tags.join(" and ")),
        (true, Kind::Object) => "An object.".to_owned(),
        (true, Kind::Array) => "A list.".to_owned(),
        (true, Kind::String) => "A string.".to_owned(),
        (true, Kind::Number) => "A number.".to_owned(),
        (true, Kind::Bool) => "A boolean.".to_owned(),
        (true, Kind::Any) => "Any value.".to_owned(),
    }
}

fn shape(variant: &Variant, enums_by_values: &EnumsByValues<'_>) -> String {
    let tags = variant.tags.iter();
    let tags: Vec<String> = tags
        .map(|(tag, values)| format!("({tag:?}, {})", names(values, enums_by_values)))
        .collect();
    let object = match (variant.kind, &variant.target) {
        (Kind::Object, Some(target)) => format!("Some(<{target} as crate::model::Object>::TABLE)"),
        _ => "None".to_owned(),
    };
    format!(
        "Shape {{ kind: JsonKind::{:?}, tags: &[{}], object: {object} }}",
        variant.kind,
        tags.join(", "),
    )
}

/// Writes the values of a tag, as those of an enum if there is one that has the same.
fn names(values: &[String], enums_by_values: &EnumsByValues<'_>) -> String {
    let mut sorted: Vec<&str> = values.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    match enums_by_values.get(&sorted) {
        Some(name) => format!("<{name} as crate::model::OpenEnum>::TEXTS"),
        None => {
            let literals: Vec<String> = sorted.iter().map(|value| format!("{value:?}")).collect();
            format!("names![{}]", literals.join(" "))
        }
    }
}
