//! Calling progenitor so that whatever it makes of a document is code or an error that names the culprit.
//!
//! progenitor and typify panic on what they do not support, without saying where. A panic is caught here, and the
//! document taken apart until the smallest part that still fails is found.

use crate::document::{METHODS, pointer};
use crate::passes::{Changes, prune};
use crate::prepare::{self, Prepared};
use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, HooksMode, InterfaceStyle, TypeImpl};
use serde_json::{Map, Value, json};
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

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
    /// JSON pointer into the prepared document; empty if no single part is to blame.
    pub pointer: String,
    /// The operation or schema there.
    pub culprit: String,
    /// What the generator said.
    pub problem: String,
}

impl fmt::Display for GenerateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(
                formatter,
                "no code can be generated from this document: {}",
                self.problem
            ),
            pointer => write!(
                formatter,
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
/// When it fails or panics; the error names the operation or schema at fault, found by generating from each alone.
pub fn guarded(
    prepared: &Prepared,
    generate: impl Fn(&OpenAPI, &GenerationSettings) -> Result<TokenStream, progenitor::Error>,
) -> Result<TokenStream, GenerateError> {
    let settings = settings(prepared);
    let attempt = |openapi: &OpenAPI| caught(|| generate(openapi, &settings));
    attempt(prepared.openapi()).map_err(|problem| {
        culprit(prepared.document(), &|part| {
            // A part that cannot even be read says nothing about generating.
            prepare::read(part).ok().and_then(|part| attempt(&part).err())
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

/// Finds the operation, else the schema, from which alone nothing can be generated either.
fn culprit(document: &Value, fails: &dyn Fn(&Value) -> Option<String>) -> Option<GenerateError> {
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let mut part = document.clone();
            part["paths"] = json!({ path: { method: operation } });
            prune::run(&mut part, &[], &mut Changes::default());
            if let Some(problem) = schema_culprit(&part, fails).or_else(|| {
                fails(&part).map(|problem| GenerateError {
                    pointer: pointer(&pointer("/paths", path), method),
                    culprit: operation
                        .get("operationId")
                        .and_then(Value::as_str)
                        .unwrap_or(path)
                        .to_owned(),
                    problem,
                })
            }) {
                return Some(problem);
            }
        }
    }
    schema_culprit(document, fails)
}

fn schema_culprit(document: &Value, fails: &dyn Fn(&Value) -> Option<String>) -> Option<GenerateError> {
    let mut without_paths = document.clone();
    without_paths["paths"] = Value::Object(Map::new());
    fails(&without_paths)?;
    let names: Vec<String> = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .map(|schemas| schemas.keys().cloned().collect())
        .unwrap_or_default();
    let mut smallest: Option<(usize, GenerateError)> = None;
    for name in names {
        let mut part = without_paths.clone();
        part["paths"] = json!({"/": {"get": {"responses": {"200": {"description": "", "content": {
            "application/json": {"schema": crate::reference::to(&name)}}}}}}});
        prune::run(&mut part, &[], &mut Changes::default());
        part["paths"] = json!({});
        let size = part
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .map_or(0, Map::len);
        if smallest.as_ref().is_some_and(|(least, _)| *least <= size) {
            continue;
        }
        if let Some(problem) = fails(&part) {
            let found = GenerateError {
                pointer: pointer("/components/schemas", &name),
                culprit: name,
                problem,
            };
            smallest = Some((size, found));
        }
    }
    smallest.map(|(_, error)| error)
}

thread_local! {
    /// What the panic on this thread said, while it is being caught.
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
    fn the_culprit_is_the_operation_that_fails_alone() {
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
    fn the_culprit_is_the_schema_that_fails_alone() {
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
