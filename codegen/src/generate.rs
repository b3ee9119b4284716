//! Calling progenitor so that whatever it makes of a document is code or an error that names the culprit.
//!
//! progenitor and typify panic on what they do not support, without saying where. A panic is caught here, and the
//! document taken apart until the smallest part that still fails is found.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, HooksMode, InterfaceStyle, TypeImpl};
use serde_json::{Map, Value, json};

use crate::document::{METHODS, pointer};
use crate::openapi;
use crate::prepare::Prepared;
use crate::reference;

/// progenitor's settings for a prepared document.
///
/// Positional methods are the smallest code. Enums, numbers, timestamps and secrets are types of the `vapi` crate.
pub fn settings(prepared: &Prepared) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(crate::raw::Shared))
        .with_map_type("::std::collections::BTreeMap");
    for (schema, path) in [
        (json!({"type": "number"}), "crate::Number"),
        (json!({"type": "string", "format": "date-time"}), "crate::Timestamp"),
        (json!({"type": "string", "format": "secret"}), "crate::Secret"),
    ] {
        // The literals above are schemas.
        if let Ok(schema) = serde_json::from_value(schema) {
            settings.with_conversion(schema, path, [TypeImpl::Display].into_iter());
        }
    }
    for name in prepared.model().enums() {
        settings.with_replacement(name, format!("crate::types::{name}"), [TypeImpl::Display].into_iter());
    }
    settings
}

/// Code cannot be generated from a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateError {
    /// JSON pointer of what is to blame, in the document where it has a name there; empty if no single part is.
    pub pointer: String,
    /// The operation or schema there.
    pub culprit: String,
    /// The message of the generator.
    pub problem: String,
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "no code can be generated from this document: {}", self.problem),
            pointer => write!(
                f,
                "no code can be generated from `{}` ({pointer}): {}",
                self.culprit, self.problem
            ),
        }
    }
}

impl std::error::Error for GenerateError {}

/// Runs `generate` (a call of progenitor) on a prepared document.
///
/// # Errors
///
/// When it fails or panics; the error names the operation or schema at fault, found by generating from parts.
pub fn guarded(
    prepared: &Prepared,
    generate: impl Fn(&OpenAPI, &GenerationSettings) -> Result<TokenStream, progenitor::Error>,
) -> Result<TokenStream, GenerateError> {
    let settings = settings(prepared);
    let attempt = |openapi: &OpenAPI| caught(|| generate(openapi, &settings));
    attempt(prepared.openapi()).map_err(|problem| {
        culprit(prepared.document(), &|part| {
            // A part that cannot even be read says nothing about generating.
            openapi::read(part).ok().and_then(|part| attempt(&part).err())
        })
        .unwrap_or(GenerateError {
            pointer: String::new(),
            culprit: String::new(),
            problem,
        })
    })
}

fn caught(generate: impl FnOnce() -> Result<TokenStream, progenitor::Error>) -> Result<TokenStream, String> {
    match quietly(generate) {
        Ok(Ok(tokens)) => Ok(tokens),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(format!("the generator panicked: {panic}")),
    }
}

/// Finds the schema, else the operation, with which generating begins to fail.
fn culprit(document: &Value, fails: &dyn Fn(&Value) -> Option<String>) -> Option<GenerateError> {
    let mut bare = document.clone();
    bare["paths"] = json!({});
    bare["components"]["schemas"] = json!({});
    if fails(&bare).is_some() {
        return None;
    }
    schema_culprit(document, &bare, fails).or_else(|| operation_culprit(document, &bare, fails))
}

/// Each schema is generated after all that it refers to, so that none is blamed for what it contains.
fn schema_culprit(document: &Value, bare: &Value, fails: &dyn Fn(&Value) -> Option<String>) -> Option<GenerateError> {
    let schemas = document.pointer("/components/schemas")?.as_object()?;
    let mut parts: Vec<(&String, BTreeSet<String>)> = schemas
        .keys()
        .map(|name| (name, reference::reach(vec![name.clone()], schemas)))
        .collect();
    parts.sort_by_key(|(_, reached)| reached.len());
    let (index, problem) = first_failure(parts.len(), &|count| {
        let kept: BTreeSet<&String> = parts[..count].iter().flat_map(|(_, reached)| reached).collect();
        fails(&with_schemas(bare.clone(), schemas, &kept))
    })?;
    let (name, _) = &parts[index];
    // A schema that was inline in the document has no other name than this.
    let name = schemas[*name].get("x-name").and_then(Value::as_str).unwrap_or(name);
    Some(GenerateError {
        pointer: pointer("/components/schemas", name),
        culprit: name.to_owned(),
        problem,
    })
}

fn operation_culprit(
    document: &Value,
    bare: &Value,
    fails: &dyn Fn(&Value) -> Option<String>,
) -> Option<GenerateError> {
    let schemas = document.pointer("/components/schemas")?.as_object()?;
    let operations: Vec<(&String, &str, &Value)> = document
        .get("paths")?
        .as_object()?
        .iter()
        .flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter_map(move |method| Some((path, *method, item.get(method)?)))
        })
        .collect();
    let (index, problem) = first_failure(operations.len(), &|count| {
        let mut paths = json!({});
        for (path, method, operation) in &operations[..count] {
            paths[path][method] = (*operation).clone();
        }
        let mut open = Vec::new();
        reference::targets(&paths, &mut open);
        let reached = reference::reach(open, schemas);
        let mut part = with_schemas(bare.clone(), schemas, &reached.iter().collect());
        part["paths"] = paths;
        fails(&part)
    })?;
    let (path, method, operation) = operations[index];
    let id = operation.get("operationId").and_then(Value::as_str);
    Some(GenerateError {
        pointer: pointer(&pointer("/paths", path), method),
        culprit: id.unwrap_or(path).to_owned(),
        problem,
    })
}

/// Returns the index of the first of `count` parts with which `fails` begins to return a failure, and that failure. Generating from hundreds
/// of parts one by one would take minutes.
fn first_failure(count: usize, fails: &dyn Fn(usize) -> Option<String>) -> Option<(usize, String)> {
    let mut problem = fails(count)?;
    let (mut sound, mut failing) = (0, count);
    while failing - sound > 1 {
        let middle = usize::midpoint(sound, failing);
        match fails(middle) {
            Some(found) => (failing, problem) = (middle, found),
            None => sound = middle,
        }
    }
    Some((failing.checked_sub(1)?, problem))
}

fn with_schemas(mut part: Value, schemas: &Map<String, Value>, names: &BTreeSet<&String>) -> Value {
    part["components"]["schemas"] = schemas
        .iter()
        .filter(|(name, _)| names.contains(name))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    part
}

thread_local! {
    /// The message of the panic on this thread, while it is being caught.
    static PANIC: RefCell<Option<Option<String>>> = const { RefCell::new(None) };
}

/// Runs `body`, turning a panic into its message without printing it.
fn quietly<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let printing = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let catching = PANIC.with_borrow_mut(|panic| match panic {
                Some(message) => {
                    *message = Some(message_of(info.payload()));
                    true
                }
                None => false,
            });
            if !catching {
                printing(info);
            }
        }));
    });
    PANIC.set(Some(None));
    let result = catch_unwind(AssertUnwindSafe(body));
    let message = PANIC.take().flatten();
    result.map_err(|_| message.unwrap_or_else(|| "no message".to_owned()))
}

fn message_of(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        let said: Result<(), _> = quietly(|| panic!("no {}", "way"));
        assert_eq!(said, Err("no way".to_owned()));
        assert_eq!(quietly(|| 3), Ok(3));
    }

    #[test]
    fn the_culprit_is_the_operation_that_fails() {
        let document = json!({
            "paths": {
                "/good": {"get": {"operationId": "good"}},
                "/bad": {"post": {"operationId": "bad"}}
            },
            "components": {"schemas": {}}
        });
        let fails = |part: &Value| part.to_string().contains("\"bad\"").then(|| "boom".to_owned());
        let error = culprit(&document, &fails).unwrap();
        assert_eq!(
            error.to_string(),
            "no code can be generated from `bad` (/paths/~1bad/post): boom"
        );
    }

    #[test]
    fn the_second_of_two_operations_that_fail_together_is_named() {
        let document = json!({
            "paths": {"/a": {"get": {"operationId": "one"}}, "/b": {"get": {"operationId": "two"}}, "/c": {"get": {}}},
            "components": {"schemas": {}}
        });
        let fails = |part: &Value| {
            let text = part.to_string();
            (text.contains("one") && text.contains("two")).then(|| "clash".to_owned())
        };
        assert_eq!(culprit(&document, &fails).unwrap().culprit, "two");
    }

    #[test]
    fn what_fails_without_any_operation_or_schema_has_no_culprit() {
        let document = json!({"paths": {"/a": {"get": {}}}, "components": {"schemas": {"A": {}}}});
        assert_eq!(culprit(&document, &|_| Some("boom".to_owned())), None);
    }

    #[test]
    fn the_culprit_is_the_schema_that_fails() {
        let document = json!({
            "paths": {"/good": {"get": {"operationId": "good", "responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Outer"}}}}}}}},
            "components": {"schemas": {
                "Outer": {"properties": {"a": {"$ref": "#/components/schemas/Inner"}}},
                "Inner": {"type": "strange"}
            }}
        });
        let fails = |part: &Value| part.to_string().contains("strange").then(|| "boom".to_owned());
        let error = culprit(&document, &fails).unwrap();
        assert_eq!(error.pointer, "/components/schemas/Inner");
    }
}
