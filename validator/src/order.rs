//! The order of problems: first all properties that should not exist, then by property in the document's order, as
//! class-validator reports them.

use serde_json::Value;

use crate::document::Document;
use crate::errors::unescaped;
use crate::problem::Problem;
use crate::schema::{ObjectSchema, branches, tags_agree};

/// The position of a place that the schema does not declare.
const UNDECLARED: usize = usize::MAX;

/// Sorts the problems of a value and removes repetitions.
pub(crate) fn sort(document: &Document, schema: &Value, value: &Value, problems: &mut Vec<Problem>) {
    if problems.len() < 2 {
        return;
    }
    let mut ranked: Vec<_> = std::mem::take(problems)
        .into_iter()
        .map(|problem| (rank(document, schema, value, &problem), problem))
        .collect();
    // The sort is stable: several problems of one place stay in the order of its rules.
    ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
    ranked.dedup_by(|(_, one), (_, other)| one == other);
    problems.extend(ranked.into_iter().map(|(_, problem)| problem));
}

fn rank(document: &Document, schema: &Value, value: &Value, problem: &Problem) -> (bool, Vec<usize>) {
    let exists = problem.message.ends_with(" should not exist");
    let mut positions = Vec::new();
    let mut at = Some((schema, value));
    for token in problem.path.split('/').skip(1) {
        let Some((schema, value)) = at else {
            positions.push(UNDECLARED);
            break;
        };
        let name = unescaped(token);
        let (position, next) = step(document, schema, value, &name);
        positions.push(position);
        at = next;
    }
    (!exists, positions)
}

/// Returns the position of a member within its parent, and the member with its schema.
fn step<'a>(
    document: &'a Document,
    schema: &'a Value,
    value: &'a Value,
    name: &str,
) -> (usize, Option<(&'a Value, &'a Value)>) {
    if let Value::Array(items) = value {
        let index = name.parse().unwrap_or(UNDECLARED);
        return (index, item_schema(document, schema).zip(items.get(index)));
    }
    let mut meant = meant_by(document, schema, value);
    meant.extend(std::iter::once(schema));
    for branch in meant {
        let shape = ObjectSchema::of(document, branch);
        if let Some(position) = shape.properties.iter().position(|property| property.name == name) {
            let schema = shape.properties[position].schema;
            return (position, value.get(name).map(|value| (schema, value)));
        }
    }
    // Behind all that is declared. Such problems come in the order of the value, and stay in it.
    (UNDECLARED, None)
}

/// Returns the branches of a schema that a value may mean; none if it is not a union.
fn meant_by<'a>(document: &'a Document, schema: &'a Value, value: &Value) -> Vec<&'a Value> {
    let mut meant = Vec::new();
    let mut left = vec![schema];
    let mut seen = 0;
    while let Some(part) = left.pop() {
        seen += 1;
        let Some(resolved) = document.resolve(part).filter(|_| seen < 512) else {
            continue;
        };
        let single = resolved["allOf"].as_array().filter(|parts| parts.len() == 1);
        match branches(resolved).or(single) {
            Some(branches) => left.extend(branches.iter().rev()),
            None if tags_agree(document, part, value) => meant.push(part),
            None => {}
        }
    }
    meant
}

fn item_schema<'a>(document: &'a Document, schema: &'a Value) -> Option<&'a Value> {
    let schema = document.resolve(schema)?;
    match branches(schema) {
        Some(branches) => branches.iter().find_map(|branch| item_schema(document, branch)),
        None => schema.get("items"),
    }
}
