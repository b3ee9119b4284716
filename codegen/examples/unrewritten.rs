//! progenitor's own output for a document that is only repaired: the baseline of `benches/compile.sh`.
//!
//! Usage: `unrewritten DOCUMENT OUT`. Writes progenitor's Builder-style client to OUT, formatted and otherwise untouched.

use std::error::Error;
use vapi_codegen::source::Source;
use vapi_codegen::unrewritten::repaired;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [document, out] = &arguments[..] else {
        return Err("usage: unrewritten DOCUMENT OUT".into());
    };
    let openapi = serde_json::from_value(repaired(Source::parse(document)?.load()?))?;
    let mut settings = progenitor::GenerationSettings::new();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    let tokens = progenitor::Generator::new(&settings).generate_tokens(&openapi)?;
    let text = prettyplease::unparse(&syn::parse2(tokens)?);
    println!("{} lines", text.lines().count());
    std::fs::write(out, text)?;
    Ok(())
}
