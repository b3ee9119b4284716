//! Generates the same types as `serde_derive` makes them: typify's own, with `#[serde(untagged)]` unions.

use std::error::Error;
use std::path::Path;

use vapi_codegen::source::Source;
use vapi_codegen::unrewritten::{only, repaired};

fn main() -> Result<(), Box<dyn Error>> {
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/openapi.json");
    println!("cargo::rerun-if-changed={spec}");
    let mut document = repaired(Source::parse(spec)?.load()?);
    only(&mut document, &["Call"]);
    let openapi = serde_json::from_value(document)?;
    let tokens = progenitor::Generator::default().generate_tokens(&openapi)?;
    let text = prettyplease::unparse(&syn::parse2(tokens)?);
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("untagged.rs"), text)?;
    Ok(())
}
