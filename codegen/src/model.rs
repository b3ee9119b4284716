//! The prepared document as types, read once, for the rewrite.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::document::schemas;
use crate::names::{self, Names, common_affix};
use crate::passes::nullability::NULLABLE;
use crate::reference;

/// The components of a prepared document, by Rust name.
#[derive(Debug, Default)]
pub struct Model {
    /// By Rust name.
    pub types: BTreeMap<String, Type>,
}

/// One component.
#[derive(Debug)]
pub enum Type {
    /// A struct.
    Object(Object),
    /// An enum of strings.
    Enum(Enum),
    /// A choice of types.
    Union(Union),
}

/// A component that is a struct.
#[derive(Debug)]
pub struct Object {
    /// The schema's name in the document, unless the schema was inline there.
    pub document_name: Option<String>,
    /// The text of its rustdoc.
    pub description: Option<String>,
    /// Set if the document marks it as deprecated.
    pub deprecated: bool,
    /// Properties that can only have one value.
    pub tags: Vec<(String, String)>,
    /// The values that string properties can have, tags included.
    pub values: BTreeMap<String, Vec<String>>,
    /// By name on the wire.
    pub properties: BTreeMap<String, Property>,
}

/// One property of an object.
#[derive(Debug)]
pub struct Property {
    /// Set if the property is required.
    pub required: bool,
    /// Set if `null` is a value of the property.
    pub nullable: bool,
    /// Set if the document marks it as deprecated.
    pub deprecated: bool,
    /// The text of its rustdoc.
    pub description: Option<String>,
}

/// A component that is an enum of strings.
#[derive(Debug)]
pub struct Enum {
    /// The text of its rustdoc.
    pub description: Option<String>,
    /// The variants' names and their values, sorted by value.
    pub variants: Vec<(String, String)>,
}

/// A component that is a union.
#[derive(Debug)]
pub struct Union {
    /// The text of its rustdoc.
    pub description: Option<String>,
    /// The property that alone tells the object variants apart.
    pub tag: Option<String>,
    /// In the document's order.
    pub variants: Vec<Variant>,
}

/// One variant of a union.
#[derive(Debug, Clone)]
pub struct Variant {
    /// The Rust name.
    pub name: String,
    /// The kind of JSON value that it is.
    pub kind: Kind,
    /// The component that the variant is, if it is one.
    pub target: Option<String>,
    /// Properties that can only have certain values, where that tells variants apart.
    pub tags: BTreeMap<String, Vec<String>>,
    /// Properties that can be there.
    pub fields: Vec<String>,
}

/// The kinds of JSON value that a variant can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// `1`
    Number,
    /// `true`
    Bool,
    /// Not known.
    Any,
}

impl Model {
    /// Reads the components of a prepared document.
    pub fn read(document: &Value, names: &Names) -> Self {
        let none = Map::new();
        let schemas = schemas(document).unwrap_or(&none);
        let mut types = BTreeMap::new();
        for (name, schema) in schemas {
            let read = if schema.get("enum").is_some() {
                Type::Enum(read_enum(name, schema, names))
            } else if schema.get("oneOf").is_some() {
                Type::Union(read_union(name, schema, schemas, names))
            } else {
                Type::Object(read_object(schema))
            };
            types.insert(name.clone(), read);
        }
        Self { types }
    }

    /// Returns the names of all enums.
    pub fn enums(&self) -> impl Iterator<Item = &str> {
        self.types
            .iter()
            .filter(|(_, ty)| matches!(ty, Type::Enum(_)))
            .map(|(name, _)| name.as_str())
    }
}

fn text(schema: &Value, key: &str) -> Option<String> {
    let text = schema.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn is_true(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

fn read_object(schema: &Value) -> Object {
    let required = strings(schema.get("required"));
    let properties = schema.get("properties").and_then(Value::as_object);
    let tags = schema.get("x-tags").and_then(Value::as_object);
    let values = schema.get("x-values").and_then(Value::as_object);
    Object {
        document_name: text(schema, "x-name"),
        description: text(schema, "description"),
        deprecated: is_true(schema, "deprecated"),
        tags: tags
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect(),
        values: values
            .into_iter()
            .flatten()
            .map(|(name, values)| (name.clone(), strings(Some(values))))
            .collect(),
        properties: properties
            .into_iter()
            .flatten()
            .map(|(name, property)| {
                let read = Property {
                    required: required.contains(name),
                    nullable: is_true(property, NULLABLE),
                    deprecated: is_true(property, "deprecated"),
                    description: text(property, "description"),
                };
                (name.clone(), read)
            })
            .collect(),
    }
}

fn read_enum(name: &str, schema: &Value, names: &Names) -> Enum {
    let mut values = strings(schema.get("enum"));
    values.sort();
    values.dedup();
    let variants = names::variants(name, &values, names);
    Enum {
        description: text(schema, "description"),
        variants: variants.into_iter().zip(values).collect(),
    }
}

fn read_union(name: &str, schema: &Value, schemas: &Map<String, Value>, names: &Names) -> Union {
    let branches = schema.get("oneOf").and_then(Value::as_array);
    let mut variants: Vec<Variant> = branches
        .into_iter()
        .flatten()
        .map(|branch| read_variant(branch, schemas))
        .collect();
    name_variants(name, &mut variants, names);
    let mut preferred = Vec::new();
    if let Some(discriminator) = schema.get("x-discriminator") {
        let property = text(discriminator, "propertyName").unwrap_or_default();
        apply_mapping(&property, discriminator, &mut variants);
        preferred.push(property);
    }
    preferred.push("type".to_owned());
    keep_telling(&mut variants);
    Union {
        description: text(schema, "description"),
        tag: tag(&variants, preferred),
        variants,
    }
}

fn read_variant(branch: &Value, schemas: &Map<String, Value>) -> Variant {
    let mut variant = Variant {
        name: String::new(),
        kind: Kind::Any,
        target: None,
        tags: BTreeMap::new(),
        fields: Vec::new(),
    };
    match reference::target(branch) {
        Some(target) => {
            variant.target = Some(target.to_owned());
            let schema = schemas.get(target).unwrap_or(&Value::Null);
            if schema.get("enum").is_some() {
                variant.kind = Kind::String;
            } else if schema.get("oneOf").is_none() {
                let object = read_object(schema);
                variant.kind = Kind::Object;
                variant.fields = object.properties.into_keys().collect();
                variant.fields.extend(object.tags.into_iter().map(|(tag, _)| tag));
                variant.tags = object.values;
            }
        }
        None => {
            variant.kind = match branch.get("type").and_then(Value::as_str) {
                Some("string") => Kind::String,
                Some("number" | "integer") => Kind::Number,
                Some("boolean") => Kind::Bool,
                Some("array") => Kind::Array,
                Some("object") => Kind::Object,
                _ => Kind::Any,
            };
        }
    }
    variant
}

/// A discriminator's mapping says which values its property has in each variant, where the variants do not.
fn apply_mapping(property: &str, discriminator: &Value, variants: &mut [Variant]) {
    let mapping = discriminator.get("mapping").and_then(Value::as_object);
    let mut mapped: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (value, target) in mapping.into_iter().flatten() {
        if let Some(target) = target.as_str() {
            mapped.entry(target).or_default().push(value.clone());
        }
    }
    for variant in variants {
        let values = variant.target.as_deref().and_then(|target| mapped.remove(target));
        if let (Some(values), true) = (values, variant.fields.iter().any(|field| field == property)) {
            variant.tags.entry(property.to_owned()).or_insert(values);
        }
    }
}

/// Forgets what has the same values in all variants that have it: it tells none apart.
fn keep_telling(variants: &mut [Variant]) {
    let all: Vec<BTreeMap<String, Vec<String>>> = variants.iter().map(|variant| variant.tags.clone()).collect();
    for variant in variants {
        variant.tags.retain(|property, values| {
            let own: BTreeSet<&String> = values.iter().collect();
            let mut others = all.iter().filter_map(|tags| tags.get(property));
            !values.is_empty() && others.any(|other| other.iter().collect::<BTreeSet<_>>() != own)
        });
    }
}

/// Returns the property whose values differ between all the object variants.
fn tag(variants: &[Variant], preferred: Vec<String>) -> Option<String> {
    let objects: Vec<&Variant> = variants.iter().filter(|v| v.kind == Kind::Object).collect();
    let first = objects.first()?;
    let tells_apart = |property: &String| {
        let mut seen = Vec::new();
        objects.len() > 1
            && objects.iter().all(|variant| {
                variant.tags.get(property).is_some_and(|values| {
                    let new = values.iter().all(|value| !seen.contains(value));
                    seen.extend(values.iter().cloned());
                    new && !values.is_empty()
                })
            })
    };
    preferred
        .into_iter()
        .chain(first.tags.keys().cloned())
        .find(tells_apart)
}

fn name_variants(union: &str, variants: &mut [Variant], names: &Names) {
    let is_object = |variant: &&Variant| variant.kind == Kind::Object;
    let targets: Vec<String> = variants
        .iter()
        .filter(is_object)
        .filter_map(|v| v.target.clone())
        .collect();
    let (prefix, suffix) = match targets.len() {
        0 | 1 => Default::default(),
        _ => common_affix(&targets),
    };
    let mut taken = vec!["Unknown".to_owned()];
    for variant in variants {
        let chosen = variant
            .target
            .as_ref()
            .and_then(|target| names.variants.get(&format!("{union}.{target}")));
        let mut name = match (&variant.target, variant.kind) {
            (Some(target), Kind::Object) => {
                let words = names::words(target);
                match words[prefix.len()..words.len() - suffix.len()].concat() {
                    middle if middle.is_empty() => target.clone(),
                    middle => middle,
                }
            }
            (Some(target), _) if target.ends_with("Keyword") => "Keyword".to_owned(),
            (Some(target), _) => target.clone(),
            (None, Kind::Object) => "Map".to_owned(),
            (None, Kind::Array) => "List".to_owned(),
            (None, kind) => format!("{kind:?}"),
        };
        if let Some(chosen) = chosen {
            name.clone_from(chosen);
        }
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            name.insert(0, 'N');
        }
        if taken.contains(&name) || name == "Self" {
            let base = variant.target.clone().unwrap_or(name);
            name = std::iter::once(base.clone())
                .chain((2..).map(|n| format!("{base}{n}")))
                .find(|name| !taken.contains(name))
                .unwrap_or(base);
        }
        taken.push(name.clone());
        variant.name = name;
    }
}
