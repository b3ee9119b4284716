//! Writes conversions from a response to the body that creates the same again: `CreateAssistantDto::from(assistant)`.
//!
//! A create body is made from a response if each of its properties is one of the response with the same Rust type. The other
//! properties of the response are read-only: its id, its times. Variants of unions are paired by their tags.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::raw::Signature;
use super::types::Fields;
use crate::model::{Model, Type, Union};
use crate::operations::Operation;

/// The conversions that a document has.
#[derive(Default)]
pub struct Conversions {
    /// Body and response.
    objects: BTreeSet<(String, String)>,
    unions: BTreeSet<UnionConversion>,
}

/// A conversion of a union.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UnionConversion {
    create: String,
    read: String,
    pairs: Vec<Pair>,
    /// Set if every variant of the response can be created.
    is_whole: bool,
}

/// Finds the conversions between the bodies and the responses of operations that create.
pub fn find(
    operations: &[Operation],
    signatures: &BTreeMap<String, Signature>,
    model: &Model,
    fields: &Fields,
) -> Conversions {
    let mut found = Conversions::default();
    for operation in operations.iter().filter(|operation| operation.name == "create") {
        let signature = &signatures[&operation.id];
        let Some(body) = signature.arguments.get("body") else {
            continue;
        };
        let (Some(body), output) = (body.strip_prefix("types::"), signature.output.as_str()) else {
            continue;
        };
        let Some(output) = output.strip_prefix("types::") else {
            continue;
        };
        match (model.types.get(body), model.types.get(output)) {
            (Some(Type::Object(_)), Some(Type::Object(_))) if is_created_from(body, output, fields) => {
                found.objects.insert((body.to_owned(), output.to_owned()));
            }
            (Some(Type::Union(create)), Some(Type::Union(read))) => {
                let pairs = pair_variants(create, read, fields);
                if pairs.is_empty() {
                    continue;
                }
                let objects = pairs.iter().map(|pair| (pair.create.clone(), pair.read.clone()));
                found.objects.extend(objects);
                found.unions.insert(UnionConversion {
                    create: body.to_owned(),
                    read: output.to_owned(),
                    is_whole: pairs.len() == read.variants.len(),
                    pairs,
                });
            }
            _ => {}
        }
    }
    found
}

impl Conversions {
    /// Returns the conversions as calls of `created_from!`.
    pub fn write(&self) -> String {
        let mut out = String::new();
        for (create, read) in &self.objects {
            let _ = writeln!(out, "created_from! {{ {create} {read} }}");
        }
        for union in &self.unions {
            let how = if union.is_whole { "" } else { "try " };
            let _ = write!(out, "created_from! {{ {how}{} {} {{", union.create, union.read);
            for pair in &union.pairs {
                let _ = write!(out, " {} {}", pair.create_variant, pair.read_variant);
            }
            out.push_str(" } }\n");
        }
        out
    }

    /// Returns a call of a macro `conversions!` that a test defines: the body and the response of each conversion of an object.
    pub fn registry(&self) -> String {
        let mut out = String::from("conversions! {\n");
        for (create, read) in &self.objects {
            let _ = writeln!(out, "    {create} {read};");
        }
        out.push_str("}\n");
        out
    }
}

/// Two variants with the same tag: of the body, and of the response.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    create: String,
    create_variant: String,
    read: String,
    read_variant: String,
}

fn pair_variants(create: &Union, read: &Union, fields: &Fields) -> Vec<Pair> {
    let pair = |from: &crate::model::Variant| {
        let to = create
            .variants
            .iter()
            .find(|to| !to.tags.is_empty() && to.tags == from.tags)?;
        let (create, read) = (to.target.clone()?, from.target.clone()?);
        (create != read && is_created_from(&create, &read, fields)).then(|| Pair {
            create,
            create_variant: to.name.clone(),
            read,
            read_variant: from.name.clone(),
        })
    };
    read.variants.iter().filter_map(pair).collect()
}

/// Returns whether each property of a body is one of the response, with the same type.
fn is_created_from(create: &str, read: &str, fields: &Fields) -> bool {
    let (Some(create_fields), Some(read_fields)) = (fields.get(create), fields.get(read)) else {
        return false;
    };
    let is_read =
        |(wire, field): (&String, &super::types::Field)| read_fields.get(wire).is_some_and(|read| read.ty == field.ty);
    create != read && !create_fields.is_empty() && create_fields.iter().all(is_read)
}
