//! Compatibility on the wire: whether a schema allows every value that another one allows.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::document::schemas;
use crate::reference;

/// The reader's view of enums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enums {
    /// Another value than the listed ones is refused, as the API does.
    Closed,
    /// Another value is read as unknown, as the client does.
    Open,
}

/// A schema and the document that it is part of.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    /// The document.
    pub document: &'d Value,
    /// The schema.
    pub schema: &'d Value,
}

impl<'d> Node<'d> {
    fn at(self, schema: &'d Value) -> Self {
        Self {
            document: self.document,
            schema,
        }
    }

    /// Returns the parts of a union, if the schema is one.
    fn branches(self) -> Option<&'d Vec<Value>> {
        ["oneOf", "anyOf"]
            .iter()
            .find_map(|key| self.schema.get(*key)?.as_array())
    }
}

/// Returns whether `reader` allows every value that `writer` allows.
///
/// Circles of references are taken to agree, unless something on the way does not.
pub fn accepts(reader: Node<'_>, writer: Node<'_>, enums: Enums) -> bool {
    Walk {
        seen: BTreeSet::new(),
        enums,
    }
    .accepts(reader, writer)
}

struct Walk {
    /// The pairs of components that were compared already.
    seen: BTreeSet<(String, String)>,
    enums: Enums,
}

impl Walk {
    fn accepts(&mut self, reader: Node<'_>, writer: Node<'_>) -> bool {
        if let (Some(a), Some(b)) = (target(reader.schema), target(writer.schema))
            && !self.seen.insert((a.to_owned(), b.to_owned()))
        {
            return true;
        }
        let component = |node: Node<'_>| target(node.schema).map(str::to_owned);
        if let Some(name) = component(reader) {
            return match schemas(reader.document).and_then(|schemas| schemas.get(&name)) {
                Some(schema) => self.accepts(reader.at(schema), writer),
                None => true,
            };
        }
        if let Some(name) = component(writer) {
            return match schemas(writer.document).and_then(|schemas| schemas.get(&name)) {
                Some(schema) => self.accepts(reader, writer.at(schema)),
                None => true,
            };
        }
        if let Some(branches) = writer.branches() {
            return branches.iter().all(|branch| self.accepts(reader, writer.at(branch)));
        }
        if let Some(branches) = reader.branches() {
            // A branch that fails must not leave its pairs behind as agreed.
            return branches.iter().any(|branch| {
                let before = self.seen.clone();
                let accepted = self.accepts(reader.at(branch), writer);
                if !accepted {
                    self.seen = before;
                }
                accepted
            });
        }
        if is_true(writer.schema, "nullable") && !is_true(reader.schema, "nullable") && says_type(reader.schema) {
            return false;
        }
        let written = json_type(writer.schema);
        match json_type(reader.schema) {
            None if !says_type(reader.schema) => return true,
            None => {}
            Some("number") if matches!(written, Some("number" | "integer")) => {}
            Some(read) if written == Some(read) => {}
            Some(_) => return false,
        }
        if !self.accepts_values(reader, writer) {
            return false;
        }
        match (reader.schema.get("items"), writer.schema.get("items")) {
            (Some(a), Some(b)) if !self.accepts(reader.at(a), writer.at(b)) => return false,
            (Some(a), None) if says_type(a) => return false,
            _ => {}
        }
        self.accepts_properties(reader, writer)
    }

    fn accepts_values(&self, reader: Node<'_>, writer: Node<'_>) -> bool {
        if self.enums == Enums::Open {
            return true;
        }
        let values = |node: Node<'_>| node.schema.get("enum").and_then(Value::as_array).cloned();
        match (values(reader), values(writer)) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(read), Some(written)) => written.iter().all(|value| read.contains(value)),
        }
    }

    fn accepts_properties(&mut self, reader: Node<'_>, writer: Node<'_>) -> bool {
        let none = Map::new();
        let properties = |node: Node<'_>| node.schema.get("properties").and_then(Value::as_object).cloned();
        let (Some(read), written) = (properties(reader), properties(writer)) else {
            return true;
        };
        // An object of anything holds other things than these.
        let Some(written) = written else {
            return read.is_empty();
        };
        let required = |node: Node<'_>| -> Vec<String> {
            let names = node.schema.get("required").and_then(Value::as_array);
            let names = names.into_iter().flatten();
            names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let always = required(writer);
        let closed = self.enums == Enums::Closed;
        if closed && !required(reader).iter().all(|name| always.contains(name)) {
            return false;
        }
        let (from, to) = match closed {
            // The API refuses a property that it does not know; the client misses one that does not come.
            true => (&written, &read),
            false => (&read, &written),
        };
        if !from.keys().all(|name| to.contains_key(name)) {
            return false;
        }
        let shared = read.iter().filter(|(name, _)| written.contains_key(*name));
        let written = if written.is_empty() { &none } else { &written };
        shared
            .into_iter()
            .all(|(name, property)| self.accepts(reader.at(property), writer.at(&written[name])))
    }
}

/// Returns the type of a schema's values, as the generator reads it: the vendor's `type: enum`, and an object that is one of some strings,
/// are strings.
pub fn json_type(schema: &Value) -> Option<&str> {
    let values = schema.get("enum").and_then(Value::as_array);
    let is_string = values.is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_string));
    match schema.get("type").and_then(Value::as_str) {
        Some("enum") => Some("string"),
        Some("object") | None if is_string => Some("string"),
        name => name,
    }
}

/// Returns the component that a schema is, also if it is wrapped in an `allOf` of one.
pub fn target(schema: &Value) -> Option<&str> {
    let only = ["allOf", "oneOf", "anyOf"]
        .iter()
        .find_map(|key| match schema.get(*key)?.as_array()?.as_slice() {
            [only] => Some(only),
            _ => None,
        });
    reference::target(schema).or_else(|| reference::target(only?))
}

fn is_true(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

/// Returns whether a schema restricts the type of its values.
fn says_type(schema: &Value) -> bool {
    ["type", "$ref", "enum", "properties", "items", "oneOf", "anyOf", "allOf"]
        .iter()
        .any(|key| schema.get(*key).is_some())
}

/// Returns whether a limit allows less than before.
pub fn is_narrower(keyword: &str, old: Option<&Value>, new: Option<&Value>) -> bool {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let Some(new_value) = new else {
        return false;
    };
    match (keyword, number(old), number(new)) {
        (keyword, Some(old), Some(new)) if keyword.starts_with("min") || keyword == "exclusiveMinimum" => new > old,
        (keyword, Some(old), Some(new)) if keyword.starts_with("max") || keyword == "exclusiveMaximum" => new < old,
        ("multipleOf", Some(old), Some(new)) => old % new != 0.0,
        (_, None, Some(_)) => true,
        _ => new_value != &Value::Bool(false) && Some(new_value) != old,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn allows(reader: &Value, writer: &Value, enums: Enums) -> bool {
        let document = json!({"components": {"schemas": {
            "A": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}, "next": reference::to("A")}},
            "Same": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}, "next": reference::to("Same")}},
            "B": {"type": "object", "properties": {"x": {"type": "number"}}}
        }}});
        let node = |schema| Node {
            document: &document,
            schema,
        };
        accepts(node(reader), node(writer), enums)
    }

    #[test]
    fn a_wider_type_allows_a_narrower_one() {
        let integer = json!({"type": "integer"});
        let number = json!({"type": "number"});
        assert!(allows(&number, &integer, Enums::Closed));
        assert!(!allows(&integer, &number, Enums::Closed));
        assert!(allows(&json!({}), &number, Enums::Closed));
        assert!(!allows(&number, &json!({}), Enums::Closed));
        let list = |items: &Value| json!({"type": "array", "items": items});
        assert!(allows(&list(&number), &list(&integer), Enums::Closed));
        assert!(!allows(&list(&integer), &list(&number), Enums::Closed));
    }

    #[test]
    fn schemas_of_other_names_are_compared_by_content() {
        let [a, same, b] = ["A", "Same", "B"].map(reference::to);
        assert!(allows(&a, &same, Enums::Closed) && allows(&same, &a, Enums::Closed));
        assert!(!allows(&a, &b, Enums::Closed));
        assert!(allows(&json!({"allOf": [a]}), &same, Enums::Closed));
        let union = json!({"oneOf": [b, a]});
        assert!(allows(&union, &same, Enums::Closed));
        assert!(!allows(&same, &union, Enums::Closed));
    }

    #[test]
    fn only_the_client_allows_other_values_of_an_enum() {
        let one = json!({"type": "string", "enum": ["a"]});
        let any = json!({"type": "string"});
        assert!(allows(&any, &one, Enums::Closed));
        assert!(!allows(&one, &any, Enums::Closed));
        assert!(allows(&one, &any, Enums::Open));
    }

    #[test]
    fn the_api_refuses_and_the_client_misses_properties() {
        let object = |names: &[&str]| {
            let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
            json!({"type": "object", "properties": properties})
        };
        let (less, more) = (object(&["a"]), object(&["a", "b"]));
        assert!(allows(&more, &less, Enums::Closed) && !allows(&less, &more, Enums::Closed));
        assert!(allows(&less, &more, Enums::Open) && !allows(&more, &less, Enums::Open));
        assert!(!allows(&less, &json!({"type": "object"}), Enums::Open));
    }

    #[test]
    fn a_limit_is_narrower_when_it_allows_less() {
        let narrower = |keyword: &str, old: Value, new: Value| {
            let fact = |value: Value| (!value.is_null()).then_some(value);
            is_narrower(keyword, fact(old).as_ref(), fact(new).as_ref())
        };
        assert!(narrower("maximum", json!(10), json!(5)));
        assert!(!narrower("maximum", json!(5), json!(10)));
        assert!(narrower("minLength", json!(1), json!(2)));
        assert!(narrower("minLength", json!(null), json!(2)));
        assert!(!narrower("minLength", json!(1), json!(null)));
        assert!(narrower("pattern", json!("a"), json!("b")));
        assert!(narrower("uniqueItems", json!(null), json!(true)));
        assert!(!narrower("multipleOf", json!(4), json!(2)));
        assert!(narrower("multipleOf", json!(2), json!(4)));
    }
}
