//! What progenitor makes of a document that is only repaired: the baseline of `benches/compile.sh`.
//!
//! Usage: `unrewritten DOCUMENT OUT`. Writes progenitor's Builder-style client to OUT, formatted and otherwise untouched.

use std::collections::BTreeSet;
use std::error::Error;
use vapi_codegen::document::for_each_schema;
use vapi_codegen::names;
use vapi_codegen::passes::corrections::Corrections;
use vapi_codegen::prepare::repair;
use vapi_codegen::reference;
use vapi_codegen::source::Source;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [document, out] = &arguments[..] else {
        return Err("usage: unrewritten DOCUMENT OUT".into());
    };
    let mut document = Source::parse(document)?.load()?;
    repair(&mut document, &Corrections::default(), &mut Vec::new());

    // typify panics on values that give the same variant name; this crate's own enums do not go through typify.
    for_each_schema(&mut document, &mut |_, schema| {
        if let Some(values) = schema.get_mut("enum").and_then(|values| values.as_array_mut()) {
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

    let openapi = serde_json::from_value(document)?;
    let mut settings = progenitor::GenerationSettings::new();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    let tokens = progenitor::Generator::new(&settings).generate_tokens(&openapi)?;
    let text = prettyplease::unparse(&syn::parse2(tokens)?);
    println!("{} lines", text.lines().count());
    std::fs::write(out, text)?;
    Ok(())
}
