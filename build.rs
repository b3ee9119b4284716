//! Generates the client: load -> prepare -> progenitor -> rewrite -> write.
//!
//! The document is `spec/openapi.json`, or what `VAPI_OPENAPI` names: a path, or with the feature `fetch` a URL. Without the feature
//! `full`, only the resources whose features are enabled are generated, with the types that they reach.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};

use vapi_codegen::prepare::{CONFIG_FILES, Config, for_validation, prepare};
use vapi_codegen::{generate, rewrite, slice::Slice, source::Source};

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let spec = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("spec");
    let source = match std::env::var("VAPI_OPENAPI") {
        Ok(source) if !source.is_empty() => Source::parse(&source)?,
        _ => Source::Path(spec.join("openapi.json")),
    };
    rerun_if_changed(&source, &spec);

    let document = source.load()?;
    let config = Config {
        slice: enabled_slice(),
        ..Config::read(&spec)?
    };
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    if std::env::var_os("CARGO_FEATURE_VALIDATE").is_some() {
        // The document that requests and responses are judged by, at run time.
        let judge = for_validation(document.clone(), &config.additions, &config.corrections)?;
        std::fs::write(out.join("validation.json"), judge.to_string())?;
    }
    let prepared = prepare(document, &config)?;
    let tokens = generate::guarded(&prepared, |openapi, settings| {
        progenitor::Generator::new(settings).generate_tokens(openapi)
    })?;
    let code = rewrite::rewrite(tokens, &prepared)?;
    code.write(&out)?;

    // Hand-written code that needs an operation or a type is compiled only where the document has it.
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
    println!("cargo::rustc-check-cfg=cfg(vapi_op, values(any()))");
    println!("cargo::rustc-check-cfg=cfg(vapi_download, values(any()))");
    println!("cargo::rustc-check-cfg=cfg(vapi_type, values(any()))");
    for id in &code.operation_ids {
        println!("cargo::rustc-cfg=vapi_op={id:?}");
    }
    for id in &code.downloads {
        println!("cargo::rustc-cfg=vapi_download={id:?}");
    }
    for name in &code.type_names {
        println!("cargo::rustc-cfg=vapi_type={name:?}");
    }
    Ok(())
}

/// The part of the API that the features of this build ask for. A resource's feature has the name of its handle.
fn enabled_slice() -> Option<Slice> {
    let features: BTreeSet<String> = std::env::vars_os()
        .filter_map(|(name, _)| Some(name.to_str()?.strip_prefix("CARGO_FEATURE_")?.to_lowercase()))
        .collect();
    (!features.contains("full")).then(|| Slice {
        messages: features.contains("messages"),
        handles: features,
    })
}

/// The inputs, exactly: an unchanged document never runs the generator again.
fn rerun_if_changed(source: &Source, spec: &Path) {
    println!("cargo::rerun-if-env-changed=VAPI_OPENAPI");
    let inputs = CONFIG_FILES.map(|file| spec.join(file));
    for path in inputs.iter().map(PathBuf::as_path).chain(source.path()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
