//! The document that this crate was built from, prepared.

use std::path::Path;
use std::sync::LazyLock;

use vapi_codegen::prepare::{Config, Prepared, prepare};
use vapi_codegen::source::Source;

pub static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let source = match std::env::var("VAPI_OPENAPI") {
        Ok(source) if !source.is_empty() => Source::parse(&source).unwrap(),
        _ => Source::Path(spec.join("openapi.json")),
    };
    prepare(source.load().unwrap(), &Config::read(&spec).unwrap()).unwrap()
});
