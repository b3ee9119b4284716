//! Comparing two schemas, keyword by keyword. A list that is missing is an empty one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::change::{Action, Change, Kind, Place};
use super::wire::{Enums, Node, accepts, is_narrower, json_type, target};

/// The keywords that limit a value.
const LIMITS: [&str; 13] = [
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The keywords that have a comparison of their own.
const OWN: [&str; 14] = [
    "$ref",
    "type",
    "nullable",
    "deprecated",
    "readOnly",
    "writeOnly",
    "enum",
    "required",
    "properties",
    "items",
    "additionalProperties",
    "oneOf",
    "anyOf",
    "allOf",
];

/// Two documents, and the changes between them so far.
///
/// [`Breaks`](super::change::Breaks) of a change says, as long as the use of its place is not known, what it would break if users sent
/// and received the place.
pub struct Comparison<'d> {
    /// The old document.
    pub old: &'d Value,
    /// The new document.
    pub new: &'d Value,
    /// The changes.
    pub changes: Vec<Change>,
}

impl<'d> Comparison<'d> {
    /// Compares the schemas at a place.
    pub fn schemas(&mut self, place: &Place, old: &'d Value, new: &'d Value) {
        if old == new {
            return;
        }
        let is_root = place.at.is_empty();
        let (from, to) = (signature(old), signature(new));
        if from != to {
            let mut change = self.change(Kind::Type, Action::Changed, place, "type");
            change.old = Some(describe(old).into());
            change.new = Some(describe(new).into());
            let (old, new) = (node(self.old, old), node(self.new, new));
            change.breaks.requests = !accepts(new, old, Enums::Closed);
            change.breaks.responses = !accepts(old, new, Enums::Open);
            self.changes.push(change);
        }
        self.values(place, old, new);
        self.variants(place, old, new, from == to);
        self.marks(place, old, new);
        if is_root || (from == "object" && to == "object") {
            self.properties(place, old, new);
        }
        if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
            self.schemas(&place.below("[]", &["items"], &["items"]), old, new);
        }
        self.additional_properties(place, old, new);
    }

    fn change(&self, kind: Kind, action: Action, place: &Place, name: &str) -> Change {
        Change::new(kind, action, place.clone(), name)
    }

    fn properties(&mut self, place: &Place, old: &'d Value, new: &'d Value) {
        let (old_all, new_all) = (members(old, "properties"), members(new, "properties"));
        let (old_required, new_required) = (required(old), required(new));
        for (name, schema) in old_all {
            let place = place.property(name);
            let Some(other) = new_all.get(name) else {
                let mut change = self.change(Kind::Property, Action::Removed, &place, name);
                change.old = Some(property(schema, old_required.contains(name.as_str())));
                change.breaks.requests = true;
                change.breaks.responses = true;
                self.changes.push(change);
                continue;
            };
            let [was, is] = [&old_required, &new_required].map(|required| required.contains(name.as_str()));
            if was != is {
                let mut change = self.change(Kind::Required, Action::Changed, &place, "required");
                change = change.facts(Some(was.into()), Some(is.into()));
                change.breaks.requests = is;
                change.breaks.responses = was;
                self.changes.push(change);
            }
            self.schemas(&place, schema, other);
        }
        for (name, schema) in new_all {
            if !old_all.contains_key(name) {
                let is_required = new_required.contains(name.as_str());
                let mut change = self.change(Kind::Property, Action::Added, &place.property(name), name);
                change.new = Some(property(schema, is_required));
                change.breaks.requests = is_required;
                self.changes.push(change);
            }
        }
    }

    fn values(&mut self, place: &Place, old: &Value, new: &Value) {
        let list = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned();
        let (was, is) = (list(old), list(new));
        let still_closed = is.is_some();
        match (&was, &is) {
            (None, Some(_)) => {
                let mut change = self.change(Kind::Enum, Action::Added, place, "enum");
                change.breaks.requests = true;
                self.changes.push(change);
            }
            (Some(_), None) => {
                let change = self.change(Kind::Enum, Action::Removed, place, "enum");
                self.changes.push(change);
            }
            _ => {}
        }
        let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
        let sets = [&was, &is].map(|values| values.iter().map(Value::to_string).collect::<BTreeSet<_>>());
        for (values, action, others) in [(was, Action::Removed, &sets[1]), (is, Action::Added, &sets[0])] {
            let mut told = BTreeSet::new();
            for value in values {
                let text = value.to_string();
                if others.contains(&text) || !told.insert(text) {
                    continue;
                }
                let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let mut change = self.change(Kind::EnumValue, action, place, &name);
                match action {
                    Action::Removed => change.old = Some(value),
                    _ => change.new = Some(value),
                }
                change.breaks.requests = action == Action::Removed && still_closed;
                self.changes.push(change);
            }
        }
    }

    fn variants(&mut self, place: &Place, old: &'d Value, new: &'d Value, same_type: bool) {
        for key in ["oneOf", "anyOf", "allOf"] {
            let (was, is) = (branches(old, key), branches(new, key));
            // One part of `allOf` is that part.
            if key == "allOf" && was.len().max(is.len()) < 2 {
                if let ([was], [is]) = (&was[..], &is[..])
                    && target(old).is_none()
                    && target(new).is_none()
                {
                    self.schemas(&place.below("", &[key, "0"], &[key, "0"]), was.schema, is.schema);
                }
                continue;
            }
            for branch in &was {
                match is.iter().find(|other| other.name == branch.name) {
                    Some(other) => {
                        let steps = [branch.index.to_string(), other.index.to_string()];
                        let place = place.below(&format!("|{}", branch.name), &[key, &steps[0]], &[key, &steps[1]]);
                        self.schemas(&place, branch.schema, other.schema);
                    }
                    None => {
                        let mut change = self.change(Kind::Variant, Action::Removed, place, &branch.name);
                        change.old = Some(describe(branch.schema).into());
                        change.breaks.requests = same_type && key != "allOf";
                        change.breaks.responses = same_type && key == "allOf";
                        self.changes.push(change);
                    }
                }
            }
            for branch in &is {
                if !was.iter().any(|other| other.name == branch.name) {
                    let mut change = self.change(Kind::Variant, Action::Added, place, &branch.name);
                    change.new = Some(describe(branch.schema).into());
                    change.breaks.requests = same_type && key == "allOf";
                    self.changes.push(change);
                }
            }
        }
    }

    /// Compares the keywords whose value is a fact by itself.
    fn marks(&mut self, place: &Place, old: &Value, new: &Value) {
        let flag = |schema: &Value, key: &str| schema.get(key) == Some(&Value::Bool(true));
        for (key, kind) in [
            ("nullable", Kind::Nullable),
            ("deprecated", Kind::Deprecated),
            ("readOnly", Kind::Access),
            ("writeOnly", Kind::Access),
        ] {
            let (was, is) = (flag(old, key), flag(new, key));
            if was != is {
                let mut change = self.change(kind, Action::Changed, place, key);
                change = change.facts(Some(was.into()), Some(is.into()));
                change.breaks.requests = match key {
                    "nullable" => was,
                    _ => key == "readOnly" && is,
                };
                change.breaks.responses = is && matches!(key, "nullable" | "writeOnly");
                self.changes.push(change);
            }
        }
        let mut keys: BTreeSet<&str> = BTreeSet::new();
        for schema in [old, new] {
            let members = schema.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
            // What begins with `x-` is a mark of the lowering from OpenAPI 3.1.
            keys.extend(members.filter(|key| !OWN.contains(key) && !key.starts_with("x-")));
        }
        for key in keys {
            let (was, is) = (old.get(key), new.get(key));
            if was == is {
                continue;
            }
            let kind = match key {
                "format" => Kind::Format,
                "default" => Kind::Default,
                "discriminator" => Kind::Discriminator,
                key if LIMITS.contains(&key) => Kind::Limit,
                _ => Kind::Keyword,
            };
            let action = match (was, is) {
                (None, _) => Action::Added,
                (_, None) => Action::Removed,
                _ => Action::Changed,
            };
            let mut change = self.change(kind, action, place, key);
            change.breaks.requests = match kind {
                Kind::Format => is.is_some(),
                Kind::Limit => is_narrower(key, was, is),
                _ => false,
            };
            self.changes.push(change.facts(was.cloned(), is.cloned()));
        }
    }

    fn additional_properties(&mut self, place: &Place, old: &'d Value, new: &'d Value) {
        let (was, is) = (old.get("additionalProperties"), new.get("additionalProperties"));
        match (was, is) {
            (Some(was @ Value::Object(_)), Some(is @ Value::Object(_))) => {
                let step = ["additionalProperties"];
                self.schemas(&place.below("{}", &step, &step), was, is);
            }
            // To allow anything is what leaving it out means.
            (was, is) if permission(was) == permission(is) => {}
            (was, is) => {
                let keyword = "additionalProperties";
                let mut change = self.change(Kind::AdditionalProperties, Action::Changed, place, keyword);
                change.breaks.requests = permission(is) != json!(true);
                self.changes.push(change.facts(was.cloned(), is.cloned()));
            }
        }
    }
}

/// One branch of a union.
struct Branch<'d> {
    /// The schema it refers to, else its type: that tells it from the others.
    name: String,
    index: usize,
    schema: &'d Value,
}

fn branches<'d>(schema: &'d Value, key: &str) -> Vec<Branch<'d>> {
    let mut found: Vec<Branch<'d>> = Vec::new();
    let listed = schema.get(key).and_then(Value::as_array).into_iter().flatten();
    for (index, schema) in listed.enumerate() {
        let plain = match target(schema) {
            Some(target) => target.to_owned(),
            None => match json_type(schema) {
                Some("string") => "string".to_owned(),
                _ => describe(schema),
            },
        };
        // A schema that is listed twice is one variant; inline ones of one type are several.
        let is_component = target(schema).is_some();
        let repeats = found
            .iter()
            .filter(|branch| branch.name.split('#').next() == Some(&plain))
            .count();
        let name = match repeats {
            0 => plain,
            _ if is_component => continue,
            _ => format!("{plain}#{}", repeats + 1),
        };
        found.push(Branch { name, index, schema });
    }
    found
}

fn node<'d>(document: &'d Value, schema: &'d Value) -> Node<'d> {
    Node { document, schema }
}

/// Returns the object that a key holds; an empty one if there is none.
pub fn members<'d>(schema: &'d Value, key: &str) -> &'d Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    schema.get(key).and_then(Value::as_object).unwrap_or(&NONE)
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns the facts that are told of a property that came or went.
fn property(schema: &Value, is_required: bool) -> Value {
    json!({"type": describe(schema), "required": is_required})
}

fn permission(value: Option<&Value>) -> Value {
    match value {
        None => json!(true),
        Some(Value::Object(members)) if members.is_empty() => json!(true),
        Some(value) => value.clone(),
    }
}

/// Returns the type of a schema, without what is compared by itself: items, variants, properties.
fn signature(schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target.rsplit('/').next().unwrap_or(target).to_owned();
    }
    for (key, name) in [("oneOf", "one of"), ("anyOf", "any of")] {
        if schema.get(key).is_some() {
            return name.to_owned();
        }
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        return match &parts[..] {
            [only] => signature(only),
            _ => "all of".to_owned(),
        };
    }
    match schema.get("type") {
        Some(Value::String(name)) if name == "array" => "list".to_owned(),
        Some(Value::String(name)) => name.clone(),
        Some(other) => other.to_string(),
        None if schema.get("properties").is_some() => "object".to_owned(),
        None => "anything".to_owned(),
    }
}

/// Returns the type of a schema in words: `list of Call`, `one of AzureVoice, VapiVoice`.
pub fn describe(schema: &Value) -> String {
    let signature = signature(schema);
    match signature.as_str() {
        "list" => match schema.get("items") {
            Some(items) => format!("list of {}", describe(items)),
            None => signature,
        },
        "one of" | "any of" | "all of" => {
            let parts = ["oneOf", "anyOf", "allOf"]
                .iter()
                .find_map(|key| schema.get(*key)?.as_array());
            let part = |part: &Value| match describe(part) {
                part if part.contains(", ") => format!("({part})"),
                part => part,
            };
            let parts: Vec<String> = parts.into_iter().flatten().map(part).collect();
            format!("{signature} {}", parts.join(", "))
        }
        "object" if members(schema, "properties").is_empty() => match schema.get("additionalProperties") {
            Some(values @ Value::Object(inner)) if !inner.is_empty() => format!("map of {}", describe(values)),
            _ => signature,
        },
        _ => signature,
    }
}
