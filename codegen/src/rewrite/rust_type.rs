//! Writing the Rust types that typify chose, by their short names.

use syn::{GenericArgument, PathArguments, Type};

use super::RewriteError;

/// Returns the text of a generated type where `types` is in scope (`prefix` is empty) or is a module (`types::`).
pub fn write(ty: &Type, prefix: &str, item: &str) -> Result<String, RewriteError> {
    let unexpected = || {
        let text = quote::quote!(#ty).to_string();
        RewriteError::new(item, format!("unexpected type `{text}`"))
    };
    match ty {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Ok("()".to_owned()),
        Type::Reference(reference) => write(&reference.elem, prefix, item),
        Type::Path(path) => {
            let last = path.path.segments.last().ok_or_else(unexpected)?;
            let arguments = match &last.arguments {
                PathArguments::None => Vec::new(),
                PathArguments::AngleBracketed(arguments) => arguments
                    .args
                    .iter()
                    .filter_map(|argument| match argument {
                        GenericArgument::Type(ty) => Some(write(ty, prefix, item)),
                        _ => None,
                    })
                    .collect::<Result<_, _>>()?,
                PathArguments::Parenthesized(_) => return Err(unexpected()),
            };
            let name = last.ident.to_string();
            let known = [
                "Option",
                "Vec",
                "Box",
                "BTreeMap",
                "String",
                "Value",
                "Map",
                "Number",
                "Timestamp",
                "Secret",
                "bool",
                "i64",
                "str",
            ];
            let qualified = path.path.segments.len() > 1;
            let in_types = qualified && path.path.segments.iter().any(|segment| segment.ident == "types");
            let name = match name.as_str() {
                "str" => "String".to_owned(),
                other if !in_types && known.contains(&other) => other.to_owned(),
                other if !qualified || in_types => format!("{prefix}{other}"),
                _ => return Err(unexpected()),
            };
            Ok(match arguments.is_empty() {
                true => name,
                false => format!("{name}<{}>", arguments.join(", ")),
            })
        }
        _ => Err(unexpected()),
    }
}

/// The `T` of an `Option<T>`, or the type itself.
pub fn without_option(ty: &Type) -> &Type {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && last.ident == "Option"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return inner;
    }
    ty
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, prefix: &str) -> String {
        write(&syn::parse_str(text).unwrap(), prefix, "test").unwrap()
    }

    #[test]
    fn types_are_written_by_their_short_names() {
        assert_eq!(written("::std::vec::Vec<::std::string::String>", ""), "Vec<String>");
        assert_eq!(written("::std::boxed::Box<Call>", ""), "Box<Call>");
        assert_eq!(written("crate::types::Status", ""), "Status");
        assert_eq!(written("::std::vec::Vec<types::Call>", "types::"), "Vec<types::Call>");
        assert_eq!(
            written(
                "::std::collections::BTreeMap<::std::string::String, ::serde_json::Value>",
                ""
            ),
            "BTreeMap<String, Value>"
        );
        assert_eq!(written("&'a str", "types::"), "String");
    }

    #[test]
    fn a_type_from_elsewhere_is_an_error_that_names_it() {
        let error = write(&syn::parse_str("::uuid::Uuid").unwrap(), "", "Call.id").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot rewrite the generated `Call.id`: unexpected type `:: uuid :: Uuid`"
        );
    }
}
