//! The types of requests, responses, webhooks and messages.
//!
//! All have public fields, `new(…)` with what they must have, and a chainable setter for each field; `extra` holds what
//! the document does not know. Enums and unions have a variant `Unknown` for what came and is not known.

// Which of these a document's types need differs from document to document.
#[allow(unused_imports)]
use std::collections::BTreeMap;

#[allow(unused_imports)]
use serde_json::{Map, Value};

#[allow(unused_imports)]
use crate::model::{
    JsonKind, Nullable, Number, Secret, Shape, Timestamp, boxed_variant, created_from, model, names, open_enum,
    plain_variant, shared_property, tagged_union,
};

include!(concat!(env!("OUT_DIR"), "/types.rs"));
