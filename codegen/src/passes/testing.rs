//! Running one pass on a small document, for the tests beside each pass.

use serde_json::{Value, json};

use super::Changes;

type Pass = fn(&mut Value, &mut Changes);

/// Returns the document that `pass` makes of `document`, and the places that it reports as changed.
pub(super) fn repair(pass: Pass, mut document: Value) -> (Value, Vec<String>) {
    let mut changes = Changes::default();
    pass(&mut document, &mut changes);
    let places = changes.iter().map(|change| change.pointer.clone()).collect();
    (document, places)
}

/// Like [`repair`], for a document that has nothing but these components.
pub(super) fn repair_schemas(pass: Pass, schemas: Value) -> (Value, Vec<String>) {
    let (mut document, places) = repair(pass, json!({"components": {"schemas": schemas}}));
    (document["components"]["schemas"].take(), places)
}

/// Like [`repair`], for a document whose only operation is `GET /a/{id}` or what `operation` says under it.
pub(super) fn repair_operation(pass: Pass, operation: Value) -> (Value, Vec<String>) {
    let (mut document, places) = repair(pass, json!({"paths": {"/a/{id}": {"get": operation}}}));
    (document["paths"]["/a/{id}"]["get"].take(), places)
}

/// Asserts that `pass` neither changes `document` nor says that it did.
pub(super) fn leaves_alone(pass: Pass, document: Value) {
    let (after, places) = repair(pass, document.clone());
    assert_eq!(after, document);
    assert_eq!(places, Vec::<String>::new());
}

/// Like [`leaves_alone`], for a document that has nothing but these components.
pub(super) fn leaves_schemas_alone(pass: Pass, schemas: Value) {
    leaves_alone(pass, json!({"components": {"schemas": schemas}}));
}
