//! Does a JSON value fit a schema of the document, and if not, what would the API say?
//!
//! Whitelist style, one sentence per problem, each naming the field. The document is known to be wrong in places, so
//! this is lenient where it is: `pattern` and `format` are never checked, an enum on an array is meant for its items, an
//! enum on an object means a string, an optional property may be `null`, and `MISTYPED` in [`crate::shape`] lists the rest.

use serde_json::{Map, Value};

use crate::document::Document;
use crate::shape::{Shape, accepts, branches, enum_values, is_open_object, tag_values, tags_agree};

/// How deep a value is followed; a JSON body can't be deeper than this anyway.
const DEEPEST: usize = 128;

/// How many values are looked at, those of a union once for each branch that may be meant. Real requests take a few
/// thousand; one made to be expensive is not checked to its end.
const MOST_STEPS: usize = 200_000;

/// Every problem of the value, in the order of the document.
pub(crate) fn problems(document: &Document, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check {
        document,
        problems: Vec::new(),
        depth: 0,
        steps: 0,
    };
    check.value(schema, value, &Path::Root);
    check.problems
}

/// The branch of a union that the value means: the first whose tags agree, and of those the one with fewest problems.
pub(crate) fn branch<'a>(document: &'a Document, branches: &'a [Value], value: &Value) -> Option<&'a Value> {
    let agreeing = branches.iter().filter(|branch| tags_agree(document, branch, value));
    agreeing.min_by_key(|branch| problems(document, branch, value).len())
}

struct Check<'a> {
    document: &'a Document,
    problems: Vec<String>,
    depth: usize,
    steps: usize,
}

/// Where in the body: `customers.0.number`.
enum Path<'a> {
    Root,
    Property(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn joined(&self, name: &str) -> String {
        match self {
            Path::Root => name.to_owned(),
            _ => format!("{self}.{name}"),
        }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Path::Root => f.write_str("body"),
            Path::Property(parent, name) => f.write_str(&parent.joined(name)),
            Path::Index(parent, index) => f.write_str(&parent.joined(&index.to_string())),
        }
    }
}

impl Check<'_> {
    fn value(&mut self, named: &Value, value: &Value, path: &Path<'_>) {
        let Some(schema) = self.document.resolve(named) else {
            return;
        };
        self.steps += 1;
        if self.depth >= DEEPEST || self.steps > MOST_STEPS || (value.is_null() && schema["nullable"] == true) {
            return;
        }
        self.depth += 1;
        if let Some(branches) = branches(schema) {
            self.union(branches, value, path);
        } else if let Value::Array(items) = value {
            self.array(schema, items, path);
        } else if let Value::Object(object) = value {
            self.object(named, object, path);
        } else {
            self.scalar(schema, value, path);
        }
        self.depth -= 1;
    }

    fn union(&mut self, branches: &[Value], value: &Value, path: &Path<'_>) {
        let agreeing: Vec<&Value> = branches
            .iter()
            .filter(|b| tags_agree(self.document, b, value))
            .collect();
        if agreeing.is_empty() {
            let (tag, values) = tag_values(self.document, branches);
            self.say(
                &path.joined(&tag),
                &format!("must be one of the following values: {}", values.join(", ")),
            );
            return;
        }
        let mut fewest: Option<Vec<String>> = None;
        for branch in agreeing {
            let before = std::mem::take(&mut self.problems);
            self.value(branch, value, path);
            let found = std::mem::replace(&mut self.problems, before);
            if found.is_empty() {
                return;
            }
            if fewest.as_ref().is_none_or(|fewest| found.len() < fewest.len()) {
                fewest = Some(found);
            }
        }
        self.problems.extend(fewest.unwrap_or_default());
    }

    fn array(&mut self, schema: &Value, items: &[Value], path: &Path<'_>) {
        if !accepts(schema, "array") {
            return self.wrong_type(schema, path);
        }
        if let Some(most) = schema["maxItems"].as_u64().filter(|most| items.len() as u64 > *most) {
            self.say(&path.to_string(), &format!("must contain no more than {most} elements"));
        }
        for (index, item) in items.iter().enumerate() {
            let path = Path::Index(path, index);
            if let Some(values) = enum_values(schema) {
                self.one_of(&values, item, &path);
            }
            let item_schema = &schema["items"];
            // Items declared as bare objects are scalars on the wire (`BackoffPlan.excludedStatusCodes`).
            if !item_schema.is_null() && !is_open_object(item_schema) {
                self.value(item_schema, item, &path);
            }
        }
    }

    fn object(&mut self, named: &Value, object: &Map<String, Value>, path: &Path<'_>) {
        let Some(schema) = self.document.resolve(named) else {
            return;
        };
        if !accepts(schema, "object") || enum_values(schema).is_some() {
            return self.wrong_type(schema, path);
        }
        let shape = Shape::of(self.document, named);
        for (name, value) in object {
            match shape.properties.iter().find(|property| property.name == name) {
                Some(property) => {
                    let optional = !shape.required.contains(&name.as_str());
                    if !(property.mistyped || (value.is_null() && optional)) {
                        self.value(property.schema, value, &Path::Property(path, name));
                    }
                }
                None if shape.open => {}
                None => {
                    let place = if matches!(path, Path::Root) {
                        String::new()
                    } else {
                        format!("{path}.")
                    };
                    self.problems.push(format!("{place}property {name} should not exist"));
                }
            }
        }
        for name in shape.required.iter().filter(|name| !object.contains_key(**name)) {
            self.say(&path.joined(name), "should not be null or undefined");
        }
    }

    fn scalar(&mut self, schema: &Value, value: &Value, path: &Path<'_>) {
        if let Some(values) = enum_values(schema) {
            return self.one_of(&values, value, path);
        }
        let kind = match value {
            Value::String(_) => "string",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            _ => "null",
        };
        if !accepts(schema, kind) {
            return self.wrong_type(schema, path);
        }
        if let Value::String(text) = value {
            let length = text.chars().count() as u64;
            self.bound(
                schema,
                "minLength",
                path,
                |least| (length as f64) < least,
                "be longer than or equal to",
                " characters",
            );
            self.bound(
                schema,
                "maxLength",
                path,
                |most| length as f64 > most,
                "be shorter than or equal to",
                " characters",
            );
        } else if let Some(number) = value.as_f64() {
            self.bound(schema, "minimum", path, |least| number < least, "not be less than", "");
            self.bound(schema, "maximum", path, |most| number > most, "not be greater than", "");
        }
    }

    fn bound(
        &mut self,
        schema: &Value,
        key: &str,
        path: &Path<'_>,
        broken: impl Fn(f64) -> bool,
        rule: &str,
        unit: &str,
    ) {
        if let Some(bound) = schema[key].as_f64().filter(|bound| broken(*bound)) {
            self.say(&path.to_string(), &format!("must {rule} {bound}{unit}"));
        }
    }

    fn one_of(&mut self, values: &[&str], value: &Value, path: &Path<'_>) {
        if !value.as_str().is_some_and(|value| values.contains(&value)) {
            self.say(
                &path.to_string(),
                &format!("must be one of the following values: {}", values.join(", ")),
            );
        }
    }

    fn wrong_type(&mut self, schema: &Value, path: &Path<'_>) {
        let expected = match schema["type"].as_str() {
            _ if enum_values(schema).is_some() && schema["type"] != "array" => "a string",
            Some("string") => "a string",
            Some("boolean") => "a boolean value",
            Some("integer") => "an integer number",
            Some("number") => "a number conforming to the specified constraints",
            Some("array") => "an array",
            _ => "an object",
        };
        self.say(&path.to_string(), &format!("must be {expected}"));
    }

    fn say(&mut self, place: &str, problem: &str) {
        self.problems.push(format!("{place} {problem}"));
    }
}
