//! The code as a diff sees it, compared with the code that is generated.

use std::collections::BTreeMap;

use vapi_codegen::diff::surface::{Members, Surface};
use vapi_codegen::prepare::{Config, prepare};
use vapi_codegen::rewrite::code;
use vapi_codegen::source::Source;

use crate::repository;

/// Fields, values and variants of generated types: `Call.id` or `Status::queued`, with the Rust text of each.
type Listing = BTreeMap<String, String>;

/// Reads the types out of the text of `types.rs`.
fn generated_types(text: &str) -> Listing {
    let mut listing = Listing::new();
    let mut kind = "";
    let mut name = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("///")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [macro_name @ ("model!" | "open_enum!" | "tagged_union!"), "{"] => {
                kind = macro_name;
                name.clear();
            }
            [first, ..] if name.is_empty() && !kind.is_empty() => {
                (*first).clone_into(&mut name);
                if kind == "model!" {
                    let tags = line.split_once('{').unwrap().1.trim_end_matches('}').trim();
                    for tag in tags.split("\" \"").filter(|tag| !tag.is_empty()) {
                        let (tag, value) = tag.trim_matches('"').split_once("\" = \"").unwrap();
                        listing.insert(format!("{name}.{tag}"), format!("always {value:?}"));
                    }
                }
            }
            [index, ident, wire, presence, rest @ ..] if kind == "model!" && index.parse::<u32>().is_ok() => {
                let ty = rest.join(" ");
                let (shape, inner) = ty.trim_end_matches(';').split_once(' ').unwrap();
                let inner = unboxed(inner);
                let ty = match shape {
                    "one" => inner,
                    "list" => format!("Vec<{inner}>"),
                    "map" => format!("BTreeMap<String, {inner}>"),
                    _ => format!("Map<String, {inner}>"),
                };
                let ty = match *presence {
                    "req" => ty,
                    "opt" => format!("Option<{ty}>"),
                    _ => format!("Nullable<{ty}>"),
                };
                listing.insert(format!("{name}.{}", wire.trim_matches('"')), format!("{ident}: {ty}"));
            }
            [index, variant, ty @ ..] if kind == "tagged_union!" && index.parse::<u32>().is_ok() => {
                let ty: Vec<&str> = ty.iter().copied().take_while(|word| *word != "=").collect();
                listing.insert(format!("{name}::{variant}"), unboxed(&ty.join(" ")));
            }
            ["}"] if !line.starts_with(' ') => kind = "",
            [index, variant, ..] if kind == "open_enum!" && index.parse::<u32>().is_ok() => {
                let value = line.trim_start().strip_prefix(index).unwrap().trim_start();
                let value = value.strip_prefix(variant).unwrap().trim();
                let value: String = serde_json::from_str(&value.replace("\\'", "'")).unwrap();
                listing.insert(format!("{name}={value}"), (*variant).to_owned());
            }
            _ => {}
        }
    }
    listing
}

/// Returns a type without `Box`, wherever it stands.
fn unboxed(ty: &str) -> String {
    let mut ty = ty.to_owned();
    while let Some(start) = ty.find("Box<") {
        let rest = &ty[start + 4..];
        let mut depth = 1;
        let end = rest
            .find(|c| {
                depth += i32::from(c == '<') - i32::from(c == '>');
                depth == 0
            })
            .unwrap();
        ty = format!("{}{}{}", &ty[..start], &rest[..end], &rest[end + 1..]);
    }
    ty
}

fn surface_types(surface: &Surface) -> Listing {
    let mut listing = Listing::new();
    for (name, shape) in &surface.types {
        match &shape.members {
            Members::Fields(fields) => {
                for (wire, field) in fields {
                    let text = match field.tag {
                        Some(_) => field.text(),
                        None => format!("{}: {}", field.ident, field.text()),
                    };
                    listing.insert(format!("{name}.{wire}"), text);
                }
            }
            Members::Values(values) => {
                for (value, variant) in values {
                    listing.insert(format!("{name}={value}"), variant.clone());
                }
            }
            Members::Variants(variants) => {
                for (target, variant) in variants {
                    let is_type = surface.types.contains_key(target);
                    let ty = if is_type { target } else { "not named" };
                    listing.insert(format!("{name}::{variant}"), ty.to_owned());
                }
            }
        }
    }
    listing
}

/// Reads the methods out of the text of `operations.rs`: the names, and what each returns by its operation.
fn generated_methods(text: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let mut names = Vec::new();
    let mut outputs = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(row) = line.strip_prefix("OperationNames { ") {
            let value = |key: &str| {
                let rest = row.split_once(&format!("{key}: \"")).unwrap().1;
                rest.split_once('"').unwrap().0.to_owned()
            };
            names.push(format!(
                "{} {} {}().{}",
                value("method"),
                value("path"),
                value("handle"),
                value("name")
            ));
        } else if let Some(row) = line.strip_prefix("endpoint!(") {
            let (head, output) = row.trim_end_matches(");").split_once(" -> ").unwrap();
            let words: Vec<&str> = head.split_whitespace().collect();
            let key = format!("{} {}", words[2], words[3].trim_matches('"'));
            outputs.insert(key, unboxed(&output.replace("types::", "")));
        }
    }
    names.sort();
    (names, outputs)
}

#[test]
fn the_surface_is_the_code_that_is_generated() {
    let spec = repository().join("spec");
    let document = Source::Path(spec.join("openapi.json")).load().unwrap();
    let prepared = prepare(document, &Config::read(&spec).unwrap()).unwrap();
    let code = code(&prepared).unwrap();
    let surface = Surface::read(&prepared);

    let generated = generated_types(&code.types);
    let seen = surface_types(&surface);
    assert!(generated.len() > 5000, "{} facts were read", generated.len());
    for (key, text) in &generated {
        let other = seen.get(key).map_or("missing", String::as_str);
        assert!(
            other == text || other == "not named",
            "{key}: {text} is seen as {other}"
        );
    }
    let missed: Vec<&String> = seen.keys().filter(|key| !generated.contains_key(*key)).collect();
    assert_eq!(missed, [""; 0], "they are not generated");

    let (names, outputs) = generated_methods(&code.operations);
    let methods = surface.methods.iter();
    let mut seen: Vec<String> = methods.map(|(key, method)| format!("{key} {}", method.name)).collect();
    seen.sort();
    assert_eq!(seen, names);
    assert!(outputs.len() > 100);
    for (key, output) in outputs {
        assert_eq!(surface.methods[&key].output, output, "{key}");
    }
}
