//! One operation as the page shows it: parameters, body, responses, and an example of each that works here.

use serde_json::{Map, Value, json};
use vapi_validator::document;

use crate::openapi::document::Operation;
use crate::openapi::list_style::ListStyle;
use crate::openapi::plan::{Plan, Role};
use crate::state::State;
use crate::text::ids;
use crate::ui::reference::{catalog, example, schema, sentences};

/// Returns an operation; `None` if the document has none with this id.
pub(super) fn operation(state: &State, id: &str) -> Option<Value> {
    let operations = state.document.operations().iter().zip(&state.plans);
    let (operation, plan) = operations.into_iter().find(|(operation, _)| operation.id == id)?;
    let declared = state.document.corrected().operation(id)?;
    let examples = Examples { state, operation, plan };
    let title = catalog::title(operation, plan);
    // The title may have said the first paragraph already.
    let text = sentences::of_operation(id).and_then(|text| match text.split_once("\n\n") {
        _ if !says_all(&title, text) => Some(text),
        Some((_, rest)) => Some(rest),
        None => None,
    });
    Some(json!({
        "id": id,
        "method": operation.method.as_str(),
        "path": operation.path,
        "title": title,
        "text": text,
        "evidence": declared.extensions.get("x-evidence").filter(|_| !operation.documented),
        "documented": operation.documented,
        "key": if operation.wants_public_key { "public" } else { "private" },
        "parameters": parameters(&examples, declared),
        "request": examples.request(),
        "responses": responses(&examples, declared),
    }))
}

/// Returns whether a title has as many words as the first paragraph.
fn says_all(title: &str, text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    title.split_whitespace().count() == first.split_whitespace().count()
}

fn parameters(examples: &Examples, declared: &document::Operation) -> Value {
    let document = examples.state.document.corrected();
    let shown = declared.parameters.iter().map(|parameter| {
        let mut shown = schema::described(document, &parameter.schema);
        shown["name"] = json!(parameter.name);
        shown["in"] = json!(parameter.location);
        if parameter.required {
            shown["required"] = json!(true);
        }
        if let Some(text) = sentences::of_parameter(&parameter.name) {
            shown["text"] = json!(text);
        }
        if parameter.location == "path" {
            shown["value"] = examples.path_value(&parameter.name);
        } else if parameter.required {
            let value = example::of_name(&parameter.schema, &parameter.name);
            shown["value"] = value.unwrap_or_else(|| example::sample(document, &parameter.schema));
        }
        shown
    });
    // The document forgets some of those in paths.
    let words = examples.operation.path.split('/');
    let in_path = words.filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
    let is_forgotten = |name: &&str| !declared.parameters.iter().any(|parameter| parameter.name == *name);
    let forgotten = in_path.filter(is_forgotten).map(|name| {
        json!({
            "name": name, "in": "path", "required": true, "type": "string",
            "text": sentences::of_parameter(name), "value": examples.path_value(name),
        })
    });
    forgotten.chain(shown).collect()
}

/// Returns the responses: those that the document declares, and those of every operation.
fn responses(examples: &Examples, declared: &document::Operation) -> Value {
    let document = examples.state.document.corrected();
    let success = examples.operation.success.status.to_string();
    let mut statuses: Vec<(&str, Option<&Value>)> = Vec::new();
    for (status, schema) in &declared.responses {
        // Two successes are declared where there is one, with a schema in one of them only.
        let is_twin = status.starts_with('2') && *status != success;
        if !is_twin && !statuses.iter().any(|(known, _)| known == status) {
            statuses.push((status, schema.as_ref()));
        }
    }
    for status in ["400", "401", "404"] {
        let applies = match status {
            "400" => examples.operation.request.is_some() || !examples.operation.query.is_empty(),
            "404" => examples.operation.path.contains('{'),
            _ => true,
        };
        if applies && !statuses.iter().any(|(known, _)| *known == status) {
            statuses.push((status, None));
        }
    }
    statuses.sort_by_key(|(status, _)| *status);
    let shown = statuses.into_iter().map(|(status, declared)| {
        let is_success = status == success;
        let schema = if is_success {
            examples.operation.success.schema.as_ref()
        } else {
            declared
        };
        let schema_shown = match (schema, status.starts_with(['4', '5'])) {
            (Some(schema), _) => schema::described(document, schema),
            (None, true) => error_schema(),
            (None, false) => Value::Null,
        };
        json!({
            "status": status,
            "text": meaning(status),
            "schema": schema_shown,
            "example": if is_success { examples.response() } else { examples.error(status) },
        })
    });
    shown.collect()
}

/// The examples of one operation.
struct Examples<'a> {
    state: &'a State,
    operation: &'a Operation,
    plan: &'a Plan,
}

impl Examples<'_> {
    /// Returns the newest resource of a collection, as responses show it.
    fn stored(&self, collection: &str) -> Option<Value> {
        let organization = ids::organization(&self.state.server_address.key);
        let store = self.state.store.lock();
        let mut resource = store
            .collection(&organization, collection)?
            .newest_first()
            .next()?
            .clone();
        if let Value::Object(resource) = &mut resource {
            resource.retain(|name, _| !self.operation.hides.contains(name));
        }
        Some(resource)
    }

    /// Returns the value of a path parameter: the id of what is stored, or one that looks like it.
    fn path_value(&self, name: &str) -> Value {
        let declared = self.state.document.corrected().operation(&self.operation.id);
        let schema = declared.and_then(|declared| declared.parameters.iter().find(|parameter| parameter.name == name));
        let schema = schema.map_or(&Value::Null, |parameter| &parameter.schema);
        let of_parent = self.plan.parents.iter().find(|(_, parameter)| parameter == name);
        let collection = match of_parent {
            Some((collection, _)) => Some(collection),
            None if name == self.plan.item_key => Some(&self.plan.collection),
            None => None,
        };
        // An action below what the document lacks has no collection but its own path.
        let collection = collection.filter(|collection| !collection.contains(&format!("{{{name}}}")));
        let stored = collection.and_then(|collection| self.stored(&self.concrete(collection)));
        let id = stored.map(|stored| match stored.get(name) {
            Some(id) => id.clone(),
            None => stored["id"].clone(),
        });
        id.filter(Value::is_string)
            .or_else(|| example::of_name(schema, name))
            .unwrap_or_else(|| match collection {
                Some(collection) => example::id_of(&noun(collection)),
                None => match example::sample(self.state.document.corrected(), schema) {
                    // Without a schema. A path has texts and numbers.
                    Value::Null | Value::Array(_) | Value::Object(_) => example::id_of(name),
                    value => value,
                },
            })
    }

    /// Returns the path of a collection, with the ids of what is stored above it.
    fn concrete(&self, collection: &str) -> String {
        let words = collection.split('/').map(|word| {
            let name = word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
            let value = name.map(|name| self.path_value(name));
            value.as_ref().and_then(Value::as_str).unwrap_or(word).to_owned()
        });
        words.collect::<Vec<String>>().join("/")
    }

    fn request(&self) -> Option<Value> {
        let request = self.operation.request.as_ref()?;
        let document = self.state.document.corrected();
        let mut body = match example::by_hand(&self.operation.id, "request") {
            Some(by_hand) => by_hand.clone(),
            None => example::sample(document, &request.schema),
        };
        let mut missing = self.refer_to_stored(&request.schema, &mut body);
        if !missing.is_empty() && self.operation.id == "CallController_create" {
            // It needs nothing that is stored.
            body = json!({
                "assistant": { "name": "Ada", "firstMessage": "Hello! How can I help you?" },
                "transport": { "provider": "vapi.websocket" },
            });
            missing.clear();
        }
        Some(json!({
            "contentType": request.content_type,
            "schema": schema::described(document, &request.schema),
            "example": body,
            "missing": missing,
        }))
    }

    /// Replaces ids of the example by those of resources here. Returns the names of properties for which there is none.
    fn refer_to_stored(&self, schema: &Value, body: &mut Value) -> Vec<String> {
        if self.state.settings.allow_unknown_ids || self.state.settings.lenient {
            return Vec::new();
        }
        let found = self.state.references.find(&self.state.document, schema, body);
        let found: Vec<(String, String, String)> = found
            .into_iter()
            .map(|reference| {
                (
                    reference.path,
                    reference.property.to_owned(),
                    reference.collection.to_owned(),
                )
            })
            .collect();
        let mut missing = Vec::new();
        for (path, property, collection) in found {
            let pointer = format!("/{}", path.replace('.', "/"));
            match (self.stored(&collection), body.pointer_mut(&pointer)) {
                (Some(stored), Some(id)) => *id = stored["id"].clone(),
                _ if missing.contains(&property) => {}
                _ => missing.push(property),
            }
        }
        missing
    }

    /// Returns the body of the success: what is stored, what a person wrote, or what the schema allows.
    fn response(&self) -> Option<Value> {
        let schema = self.operation.success.schema.as_ref()?;
        if let Some(by_hand) = example::by_hand(&self.operation.id, "response") {
            return Some(by_hand.clone());
        }
        let sampled = example::sample(self.state.document.corrected(), schema);
        // A stored call lacks what is only known when it is read.
        let stored = self
            .stored(&self.plan.collection)
            .filter(|_| self.plan.collection != "/call");
        Some(match (self.plan.role, stored) {
            (Role::List(ListStyle::Page), Some(stored)) => {
                let mut page = sampled;
                page["results"] = json!([stored]);
                page
            }
            (Role::List(_), Some(stored)) => json!([stored]),
            (Role::Get | Role::Update | Role::Create | Role::Delete | Role::Upload | Role::Chat, Some(stored)) => {
                stored
            }
            (Role::Create | Role::Update, None) => self.with_request(sampled),
            _ => sampled,
        })
    }

    /// Returns a resource with the properties that the example of the request gives it.
    fn with_request(&self, mut resource: Value) -> Value {
        let sent = example::by_hand(&self.operation.id, "request").and_then(Value::as_object);
        if let (Value::Object(resource), Some(sent)) = (&mut resource, sent) {
            resource.extend(sent.clone());
        }
        resource
    }

    fn error(&self, status: &str) -> Option<Value> {
        let (message, error) = match status {
            "400" => (self.problem(), "Bad Request"),
            "401" => (json!(crate::http::api_key::INVALID_KEY), "Unauthorized"),
            "402" => (json!("The wallet has insufficient credits."), "Payment Required"),
            "404" => (
                json!(format!("{} not found", capitalized(&noun(&self.plan.collection)))),
                "Not Found",
            ),
            "409" => return Some(json!({ "error": "assistant_pinned", "message": "A version of it is pinned." })),
            "500" => (json!("Internal Server Error"), "Internal Server Error"),
            "503" => (json!("Failed to erase call recordings; retry"), "Service Unavailable"),
            _ => return None,
        };
        let code: u16 = status.parse().ok()?;
        Some(json!({ "message": message, "error": error, "statusCode": code }))
    }

    /// Returns what the API says about a request that breaks a rule.
    fn problem(&self) -> Value {
        match &self.operation.request {
            Some(_) => json!(["property nam should not exist"]),
            None => json!(["limit must be a number conforming to the specified constraints"]),
        }
    }
}

/// Returns the schema of errors, which the document lacks.
fn error_schema() -> Value {
    let property = |name: &str, kind: &str, text: &str| json!({ "name": name, "type": kind, "text": text });
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert(
        "properties".to_owned(),
        json!([
            property(
                "message",
                "string or list of string",
                "What is wrong: a sentence, or a list of them for a request that breaks rules."
            ),
            property("error", "string", "The name of the status."),
            property("statusCode", "number", "The status."),
        ]),
    );
    Value::Object(schema)
}

/// Returns the noun of a collection in the form of a property: `phoneNumber` for `/phone-number`.
fn noun(collection: &str) -> String {
    let last = collection
        .rsplit('/')
        .find(|word| !word.starts_with('{'))
        .unwrap_or("resource");
    let mut words = last.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |noun, word| noun + &capitalized(word))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Returns what a status means here.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done.",
        "201" => "Created.",
        "302" => "The file is elsewhere: a link that is valid for a short time, and must be fetched without the key.",
        "400" => "The request breaks a rule; nothing was done.",
        "401" => "The key is missing or wrong.",
        "402" => "The account cannot pay for it.",
        "403" => "The key may not do this.",
        "404" => "There is no such resource.",
        "409" => "The state of the resource does not allow it.",
        _ if status.starts_with('5') => "The API failed.",
        _ => "",
    }
}
