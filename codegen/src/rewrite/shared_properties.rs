//! Writes an accessor for each property that all variants of a union share.

use std::fmt::Write as _;

use super::types::{Field, Fields};
use crate::model::{Kind, Model, Type, Union};

/// Returns the accessors of all unions whose variants are objects, as calls of `shared_property!`.
///
/// A property is shared if every variant has it with the same Rust type. It may be required in one variant and optional in another.
pub fn write(model: &Model, fields: &Fields) -> String {
    let mut out = String::new();
    for (name, ty) in &model.types {
        if let Type::Union(union) = ty {
            write_union(&mut out, name, union, fields);
        }
    }
    out
}

fn write_union(out: &mut String, name: &str, union: &Union, fields: &Fields) {
    let variants: Option<Vec<_>> = union
        .variants
        .iter()
        .map(|variant| {
            let target = variant.target.as_ref().filter(|_| variant.kind == Kind::Object)?;
            Some((&variant.name, fields.get(target)?))
        })
        .collect();
    let Some([(_, first), others @ ..]) = variants.as_deref() else {
        return;
    };
    for (wire, field) in first.iter() {
        let same = |other: &Field| other.ty == field.ty && other.ident == field.ident;
        if others.is_empty() || !others.iter().all(|(_, fields)| fields.get(wire).is_some_and(same)) {
            continue;
        }
        let _ = write!(
            out,
            "shared_property! {{ {name} {} {wire:?} {} {{",
            field.ident, field.ty
        );
        for (variant, fields) in variants.iter().flatten() {
            let _ = write!(out, " {variant} {}", fields[wire].presence);
        }
        out.push_str(" } }\n");
    }
}
