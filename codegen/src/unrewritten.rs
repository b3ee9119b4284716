//! Documents for progenitor as it is: only repaired, with unions and enums left to typify. What the benchmarks compare with.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::document::for_each_schema;
use crate::names;
use crate::passes::corrections::Corrections;
use crate::passes::{Changes, prune};
use crate::prepare::repair;
use crate::reference;

/// Repairs a document, and renames what typify itself stumbles over.
pub fn repaired(mut document: Value) -> Value {
    repair(&mut document, &Corrections::default(), &mut Vec::new());

    // typify panics on values that give the same variant name; this project's own enums do not go through typify.
    for_each_schema(&mut document, &mut |_, schema| {
        if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            let mut seen = BTreeSet::new();
            values.retain(|value| {
                let name = names::pascal(value.as_str().unwrap_or_default());
                !name.is_empty() && seen.insert(name)
            });
            if values.is_empty() {
                schema.as_object_mut().map(|schema| schema.shift_remove("enum"));
            }
        }
    });

    // typify names an inline schema after its place, and takes no notice of a component that is called so already.
    let mut places = BTreeSet::new();
    let components = document["components"]["schemas"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (name, schema) in &components {
        for property in schema["properties"].as_object().into_iter().flatten() {
            places.insert(names::pascal(&format!("{name} {}", property.0)));
        }
    }
    let renamed = |name: &str| {
        places
            .contains(&names::pascal(name))
            .then(|| format!("{name} Component"))
    };
    reference::rewrite(&mut document, &renamed);
    let renaming = components.keys().filter_map(|name| Some((name, renamed(name)?)));
    for (name, new) in renaming {
        if let Some(schemas) = document["components"]["schemas"].as_object_mut()
            && let Some(schema) = schemas.shift_remove(name)
        {
            schemas.insert(new, schema);
        }
    }
    document
}

/// Leaves these schemas and what they need, and no operations.
pub fn only(document: &mut Value, schemas: &[&str]) {
    document["paths"] = json!({});
    let roots: Vec<String> = schemas.iter().map(|name| (*name).to_owned()).collect();
    prune::run(document, &roots, &mut Changes::default());
}
