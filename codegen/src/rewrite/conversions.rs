//! Writes conversions from a response to the body that creates the same again: `CreateAssistantDto::from(assistant)`.
//!
//! An operation creates a resource if it is a POST on a collection and its response is the resource as it is stored: the type
//! that GET of one item returns, or that GET of the collection lists. A response that only reports on the request is not one.
//!
//! The body of such an operation is made from its response if each property of the body is one of the response with the same
//! Rust type. The other properties of the response are read-only: its id, its times. Variants of unions are paired by their
//! tags.

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

/// Finds the conversions between the bodies and the responses of operations that create a resource.
pub fn find(
    operations: &[Operation],
    signatures: &BTreeMap<String, Signature>,
    model: &Model,
    fields: &Fields,
) -> Conversions {
    let mut found = Conversions::default();
    for (body, output) in creations(operations, signatures) {
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

/// Returns the names of the body and the response of each operation that creates a resource.
fn creations<'s>(
    operations: &[Operation],
    signatures: &'s BTreeMap<String, Signature>,
) -> impl Iterator<Item = (&'s str, &'s str)> {
    let posts = operations.iter().filter(|operation| operation.method == "POST");
    posts.filter_map(|post| {
        let signature = &signatures[&post.id];
        let body = signature.arguments.get("body")?.strip_prefix("types::")?;
        let stored = signature.output.strip_prefix("types::")?;
        let gets = operations.iter().filter(|operation| operation.method == "GET");
        let mut outputs = gets.map(|get| (get.path.as_str(), signatures[&get.id].output.as_str()));
        let list = format!("Vec<{}>", signature.output);
        outputs
            .any(|(path, output)| {
                is_item_of(path, &post.path) && output == signature.output || path == post.path && output == list
            })
            .then_some((body, stored))
    })
}

/// Returns whether a path is that of one item of a collection: `/robot/{id}` of `/robot`.
fn is_item_of(path: &str, collection: &str) -> bool {
    let item = path.strip_prefix(collection).and_then(|rest| rest.strip_prefix("/{"));
    item.is_some_and(|item| !item.contains('/'))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::Names;
    use crate::operations;

    /// Returns the creations of a document with `POST /robot`, and a GET of `path` with this output.
    fn creations_beside(path: &str, output: &str) -> Vec<(String, String)> {
        let mut document = json!({"paths": {path: {"get": {"operationId": "read"}}}});
        document["paths"]["/robot"]["post"] = json!({"operationId": "build"});
        let operations = operations::read(&document, &Names::default());
        let body = ("body".to_owned(), "types::CreateRobotDto".to_owned());
        let build = Signature {
            arguments: BTreeMap::from([body]),
            output: "types::Robot".to_owned(),
        };
        let read = Signature {
            arguments: BTreeMap::new(),
            output: output.to_owned(),
        };
        let signatures = BTreeMap::from([("build".to_owned(), build), ("read".to_owned(), read)]);
        let found = creations(&operations, &signatures);
        found
            .map(|(body, output)| (body.to_owned(), output.to_owned()))
            .collect()
    }

    #[test]
    fn an_operation_creates_what_a_get_returns_or_lists() {
        let expected = [("CreateRobotDto".to_owned(), "Robot".to_owned())];
        assert_eq!(creations_beside("/robot/{id}", "types::Robot"), expected);
        assert_eq!(creations_beside("/robot", "Vec<types::Robot>"), expected);
    }

    #[test]
    fn an_operation_that_stores_something_else_creates_nothing() {
        assert!(creations_beside("/robot/{id}", "types::RobotReport").is_empty());
        assert!(creations_beside("/robot/{id}/arm", "types::Robot").is_empty());
        assert!(creations_beside("/robots/{id}", "types::Robot").is_empty());
    }
}
