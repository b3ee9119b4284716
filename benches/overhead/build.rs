//! Generates the same types as `serde_derive` makes them: typify's own, with `#[serde(untagged)]` unions.

use std::error::Error;
use std::path::Path;

use vapi_codegen::source::Source;
use vapi_codegen::unrewritten::{only, repaired};

fn main() -> Result<(), Box<dyn Error>> {
    let spec = format!("{}/../../spec/openapi.json", std::env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed={spec}");
    let mut document = Source::parse(&spec)?.load()?;
    // What a stored tool is has no name in the document.
    let tools = "/paths/~1tool/get/responses/200/content/application~1json/schema/items";
    let tool = document.pointer(tools).cloned().ok_or("no list of tools")?;
    document["components"]["schemas"]["AnyTool"] = tool;
    let mut document = repaired(document);
    only(&mut document, &["AnyTool", "Assistant", "Call"]);
    let openapi = serde_json::from_value(document)?;
    let tokens = progenitor::Generator::default().generate_tokens(&openapi)?;
    let text = prettyplease::unparse(&syn::parse2(tokens)?);
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("untagged.rs"), text)?;
    Ok(())
}
