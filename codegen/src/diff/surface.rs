//! The generated code of a document as its users see it: types, fields, variants, methods.
//!
//! It is read from the prepared document, without running progenitor: a diff is made of two documents, and most of the time of a
//! build is progenitor's. A test compares it with the code that is generated.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::document::schemas;
use crate::model::Type;
use crate::names::is_identifier;
use crate::operations::{Body, Content, Operation, Transfer};
use crate::passes::nullability::NULLABLE;
use crate::passes::property_names::field_name;
use crate::passes::secrets::SECRET;
use crate::prepare::Prepared;
use crate::reference;

/// The types and methods of a document's code.
#[derive(Debug, Default)]
pub struct Surface {
    /// By Rust name.
    pub types: BTreeMap<String, Shape>,
    /// The Rust names of the document's schemas.
    schemas: BTreeMap<String, String>,
    /// By method and path: `GET /call`.
    pub methods: BTreeMap<String, Method>,
}

/// A generated type.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// The places of an inline schema; empty if the schema has a name in the document.
    pub places: BTreeSet<String>,
    /// The parts of the type.
    pub members: Members,
}

/// The parts of a generated type.
#[derive(Debug, PartialEq, Eq)]
pub enum Members {
    /// The fields by name on the wire.
    Fields(BTreeMap<String, Field>),
    /// The variants of an enum by value.
    Values(BTreeMap<String, String>),
    /// The variants of a union by the type in them: the name of each.
    Variants(BTreeMap<String, String>),
}

/// A field of a generated struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The Rust name.
    pub ident: String,
    /// The presence of the property.
    pub presence: Presence,
    /// The Rust type, without what `presence` says and without `Box`.
    pub ty: String,
    /// The only value, if it is a tag: written always, and no field.
    pub tag: Option<String>,
}

/// The presence of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// `T`
    Required,
    /// `Option<T>`
    Optional,
    /// `Nullable<T>`, an argument of `new`.
    RequiredNullable,
    /// `Nullable<T>`
    Nullable,
}

/// A method of a resource handle.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// `calls().list`
    pub name: String,
    /// The arguments and the optional parameters, each by its name in the document.
    pub arguments: BTreeMap<String, String>,
    /// The order of the arguments.
    order: Vec<String>,
    /// The Rust type of the response.
    pub output: String,
}

impl Surface {
    /// Reads what a prepared document offers.
    pub fn read(prepared: &Prepared) -> Self {
        let none = Map::new();
        let schemas = schemas(prepared.document()).unwrap_or(&none);
        let mut surface = Self::default();
        for (name, ty) in &prepared.model().types {
            let schema = schemas.get(name).unwrap_or(&Value::Null);
            if let Some(original) = schema.get("x-name").and_then(Value::as_str) {
                surface.schemas.insert(original.to_owned(), name.clone());
            }
            let of = schema.get("x-of").and_then(Value::as_array);
            let shape = Shape {
                places: of
                    .into_iter()
                    .flatten()
                    .filter_map(|place| place.as_str().map(str::to_owned))
                    .collect(),
                members: members(ty, schema),
            };
            surface.types.insert(name.clone(), shape);
        }
        for operation in prepared.operations() {
            let key = format!("{} {}", operation.method, operation.path);
            surface.methods.insert(key, method(operation, prepared.document()));
        }
        surface
    }

    /// Returns the Rust name of a schema, if code is generated of it.
    pub fn type_of(&self, schema: &str) -> Option<&str> {
        self.schemas.get(schema).map(String::as_str)
    }

    /// Returns the schemas of which code is generated, with their Rust names.
    pub fn schemas(&self) -> impl Iterator<Item = (&str, &str)> {
        self.schemas
            .iter()
            .map(|(schema, name)| (schema.as_str(), name.as_str()))
    }

    /// Returns whether a generated type has no name in the document.
    pub fn is_inline(&self, name: &str) -> bool {
        self.types.contains_key(name) && !self.schemas.values().any(|known| known == name)
    }

    /// Returns the fields of a schema's type by the names on the wire.
    pub fn fields(&self, schema: &str) -> Option<&BTreeMap<String, Field>> {
        match &self.types.get(self.type_of(schema)?)?.members {
            Members::Fields(fields) => Some(fields),
            _ => None,
        }
    }

    /// Returns the field of a schema's property.
    pub fn field(&self, schema: &str, property: &str) -> Option<&Field> {
        self.fields(schema)?.get(property)
    }

    /// Returns the generated types that the Rust type `ty` names, unions replaced by what is in them.
    fn named<'s>(&'s self, ty: &'s str) -> Vec<&'s str> {
        let mut found = Vec::new();
        let mut open: Vec<&str> = identifiers(ty).collect();
        while let Some(name) = open.pop() {
            if found.contains(&name) {
                continue;
            }
            if let Some((name, shape)) = self.types.get_key_value(name) {
                found.push(name);
                if let Members::Variants(variants) = &shape.members {
                    open.extend(variants.keys().map(String::as_str));
                }
            }
        }
        found
    }

    /// Returns whether there is an enum in the Rust type `ty`.
    pub fn has_values(&self, ty: &str) -> bool {
        let is_enum = |name: &&str| matches!(self.types[*name].members, Members::Values(_));
        self.named(ty).iter().any(is_enum)
    }

    /// Returns the Rust name of a value of an enum in the Rust type `ty`: `CallStatus::Queued`.
    pub fn value(&self, ty: &str, value: &str) -> Option<String> {
        self.named(ty)
            .into_iter()
            .find_map(|name| match &self.types[name].members {
                Members::Values(values) => values.get(value).map(|variant| format!("{name}::{variant}")),
                _ => None,
            })
    }

    /// Returns the Rust name of a schema's variant of a union in the Rust type `ty`: `Voice::Azure`.
    pub fn variant(&self, ty: &str, schema: &str) -> Option<String> {
        let target = self.type_of(schema)?;
        self.named(ty)
            .into_iter()
            .find_map(|name| match &self.types[name].members {
                Members::Variants(variants) => variants.get(target).map(|variant| format!("{name}::{variant}")),
                _ => None,
            })
    }
}

impl Field {
    /// Returns the Rust type with what the presence makes of it.
    pub fn text(&self) -> String {
        match (&self.tag, self.presence) {
            (Some(tag), _) => format!("always {tag:?}"),
            (None, Presence::Required) => self.ty.clone(),
            (None, Presence::Optional) => format!("Option<{}>", self.ty),
            (None, Presence::RequiredNullable | Presence::Nullable) => format!("Nullable<{}>", self.ty),
        }
    }

    /// Returns whether `new` takes the field as an argument.
    pub fn is_argument(&self) -> bool {
        self.tag.is_none() && matches!(self.presence, Presence::Required | Presence::RequiredNullable)
    }
}

impl Method {
    /// Returns the method as it is declared: `calls().get(id: impl AsRef<str>) -> Call`.
    pub fn text(&self) -> String {
        let arguments: Vec<String> = self
            .order
            .iter()
            .filter_map(|argument| Some(format!("{argument}: {}", self.arguments.get(argument)?)))
            .collect();
        format!("{}({}) -> {}", self.name, arguments.join(", "), self.output)
    }
}

/// Returns the identifiers in a Rust type.
pub fn identifiers(ty: &str) -> impl Iterator<Item = &str> {
    ty.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

fn members(ty: &Type, schema: &Value) -> Members {
    match ty {
        Type::Enum(values) => Members::Values(
            values
                .variants
                .iter()
                .map(|(variant, value)| (value.clone(), variant.clone()))
                .collect(),
        ),
        Type::Union(union) => Members::Variants(
            union
                .variants
                .iter()
                .map(|variant| {
                    let kind = || format!("{:?}", variant.kind);
                    (variant.target.clone().unwrap_or_else(kind), variant.name.clone())
                })
                .collect(),
        ),
        Type::Object(object) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let mut fields = BTreeMap::new();
            for (name, property) in &object.properties {
                let schema = properties.and_then(|properties| properties.get(name));
                let presence = match (property.required, property.nullable) {
                    (true, true) => Presence::RequiredNullable,
                    (false, true) => Presence::Nullable,
                    (true, false) => Presence::Required,
                    (false, false) => Presence::Optional,
                };
                let field = Field {
                    ident: ident(name),
                    presence,
                    ty: rust_type(schema.unwrap_or(&Value::Null)),
                    tag: None,
                };
                fields.insert(name.clone(), field);
            }
            for (name, value) in &object.tags {
                let field = Field {
                    ident: ident(name),
                    presence: Presence::Required,
                    ty: String::new(),
                    tag: Some(value.clone()),
                };
                fields.insert(name.clone(), field);
            }
            Members::Fields(fields)
        }
    }
}

/// Returns the field name that typify makes of a property, and the rewrite of that.
fn ident(property: &str) -> String {
    let mut ident = field_name(property);
    // The rewrite keeps these two for itself.
    if !is_identifier(&ident) || matches!(ident.as_str(), "extra" | "new") {
        ident.push('_');
    }
    ident
}

/// Returns the Rust type that typify makes of a schema of a prepared document, without `Box`.
fn rust_type(schema: &Value) -> String {
    if let Some(target) = reference::target(schema) {
        return target.to_owned();
    }
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    match (text("type"), text("format")) {
        (Some("string"), Some("date-time")) => "Timestamp".to_owned(),
        (Some("string"), Some(SECRET)) => "Secret".to_owned(),
        (Some("string"), _) => "String".to_owned(),
        (Some("number"), _) => "Number".to_owned(),
        (Some("integer"), _) => "i64".to_owned(),
        (Some("boolean"), _) => "bool".to_owned(),
        (Some("array"), _) => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            match schema.get("items").and_then(|items| items.get(NULLABLE)) {
                Some(Value::Bool(true)) => format!("Vec<Option<{}>>", rust_type(items)),
                _ => format!("Vec<{}>", rust_type(items)),
            }
        }
        (Some("object"), _) => match schema.get("additionalProperties") {
            Some(values @ Value::Object(members)) if !members.is_empty() => {
                format!("BTreeMap<String, {}>", rust_type(values))
            }
            _ => "Map<String, Value>".to_owned(),
        },
        _ => "Value".to_owned(),
    }
}

fn method(operation: &Operation, document: &Value) -> Method {
    let facts = document
        .get("paths")
        .and_then(|paths| paths.get(&operation.path)?.get(operation.method.to_lowercase()))
        .unwrap_or(&Value::Null);
    let declared = facts.get("parameters").and_then(Value::as_array);
    let schema_of = |name: &str| {
        declared
            .into_iter()
            .flatten()
            .find(|parameter| parameter.get("name").and_then(Value::as_str) == Some(name))
            .and_then(|parameter| parameter.get("schema"))
            .unwrap_or(&Value::Null)
    };
    let mut arguments = BTreeMap::new();
    let mut order = Vec::new();
    for name in &operation.path_parameters {
        order.push(name.clone());
        arguments.insert(name.clone(), "impl AsRef<str>".to_owned());
    }
    for parameter in &operation.parameters {
        let ty = rust_type(schema_of(&parameter.name));
        if parameter.required {
            order.push(parameter.name.clone());
            arguments.insert(parameter.name.clone(), ty);
        } else {
            arguments.insert(parameter.name.clone(), format!("Option<{ty}>"));
        }
    }
    let body = content(facts.get("requestBody")).map_or_else(|| "Value".to_owned(), rust_type);
    match (operation.body, operation.transfer) {
        (_, Some(Transfer::Upload)) => {
            order.push("body".to_owned());
            arguments.insert("body".to_owned(), "Upload".to_owned());
        }
        (Some(Body::Required), _) => {
            order.push("body".to_owned());
            arguments.insert("body".to_owned(), body);
        }
        (Some(Body::Optional), _) => {
            arguments.insert("body".to_owned(), format!("Option<{body}>"));
        }
        (None, _) => {}
    }
    let response = facts
        .get("responses")
        .and_then(Value::as_object)
        .and_then(|responses| responses.values().next());
    let output = match (operation.transfer, operation.content) {
        (Some(Transfer::Download), _) => "Download".to_owned(),
        (_, Content::Text) => "String".to_owned(),
        (_, Content::Bytes) => "Bytes".to_owned(),
        (_, Content::Json) => content(response).map_or_else(|| "()".to_owned(), rust_type),
    };
    Method {
        name: format!("{}().{}", operation.handle, operation.name),
        arguments,
        order,
        output,
    }
}

/// Returns the schema of a body or response.
fn content(holder: Option<&Value>) -> Option<&Value> {
    let content = holder?.get("content")?.as_object()?;
    content.values().next()?.get("schema")
}
