//! Says of each operation that lists how to read on where a response ends, and what it lists.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use syn::{Fields, Item, Type};

use super::raw::Signature;
use super::rust_type::{self, without_option};
use crate::operations::{Operation, Transfer};
use crate::reference;

/// More references in a row than any list has.
const DEPTH: usize = 8;

/// The text to append to `operations.rs`: a call of `list!` for each list.
pub fn write(
    operations: &[Operation],
    signatures: &BTreeMap<String, Signature>,
    document: &Value,
    types: &[Item],
) -> String {
    let mut out = String::new();
    for operation in operations {
        if operation.method != "GET" || operation.transfer == Some(Transfer::Download) {
            continue;
        }
        if !success(document, operation).is_some_and(|schema| is_list(document, schema, DEPTH)) {
            continue;
        }
        let style = style(operation);
        let output = signatures
            .get(&operation.id)
            .map_or("", |signature| signature.output.as_str());
        // A list of what has no type of its own is still an operation, only not one that pages by itself.
        let Some(item) = item(output, style == "Pages", types, DEPTH) else {
            continue;
        };
        let _ = writeln!(out, "list!({} {item}, {style});", operation.type_name());
    }
    out
}

/// Returns the way in which an operation's parameters let its list be read on.
fn style(operation: &Operation) -> &'static str {
    let takes = |name: &str| {
        let parameters = operation.parameters.iter().filter(|parameter| !parameter.header);
        parameters.map(|parameter| &parameter.name).any(|given| given == name)
    };
    match (takes("page"), takes("limit"), takes("createdAtLe")) {
        (true, _, _) => "Pages",
        (_, true, true) => "CreatedAt",
        (_, true, false) => "Limited",
        _ => "Whole",
    }
}

/// The schema of an operation's JSON response.
fn success<'d>(document: &'d Value, operation: &Operation) -> Option<&'d Value> {
    let operation = document
        .get("paths")?
        .get(&operation.path)?
        .get(operation.method.to_lowercase())?;
    let responses = operation.get("responses")?.as_object()?;
    let mut successes = responses.iter().filter(|(status, _)| status.starts_with('2'));
    successes.find_map(|(_, response)| {
        let content = response.get("content")?.as_object()?;
        let (_, json) = content.iter().find(|(kind, _)| kind.starts_with("application/json"))?;
        json.get("schema")
    })
}

/// An array, an object with `results` and `metadata`, or the one or the other.
fn is_list(document: &Value, schema: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    if let Some(name) = reference::target(schema) {
        let schemas = document.pointer("/components/schemas");
        let target = schemas.and_then(|schemas| schemas.get(name));
        return target.is_some_and(|target| is_list(document, target, depth));
    }
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        return !branches.is_empty() && branches.iter().all(|branch| is_list(document, branch, depth));
    }
    if schema.get("type") == Some(&Value::from("array")) {
        return true;
    }
    let property = |name: &str| schema.get("properties")?.get(name);
    property("metadata").is_some()
        && property("results").is_some_and(|results| results.get("type") == Some(&Value::from("array")))
}

/// The type of what is listed, from the type of the response. Where that is a choice of two, the one of pages may be wanted.
fn item(output: &str, from_pages: bool, types: &[Item], depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    if let Some(item) = inside(output, "Vec<") {
        return Some(item.to_owned());
    }
    let output = inside(output, "Box<").unwrap_or(output);
    let name = output.strip_prefix("types::")?;
    let written = |ty: &Type| rust_type::write(without_option(ty), "types::", name).ok();
    types.iter().find_map(|declared| match declared {
        Item::Struct(declared) if declared.ident == name => {
            let results = declared
                .fields
                .iter()
                .find(|field| field.ident.as_ref().is_some_and(|ident| ident == "results"))?;
            inside(&written(&results.ty)?, "Vec<").map(str::to_owned)
        }
        Item::Enum(declared) if declared.ident == name => {
            let mut responses: Vec<String> = declared
                .variants
                .iter()
                .filter_map(|variant| match &variant.fields {
                    Fields::Unnamed(fields) => written(&fields.unnamed.first()?.ty),
                    _ => None,
                })
                .collect();
            responses.sort_by_key(|response| response.starts_with("Vec<") == from_pages);
            responses
                .iter()
                .find_map(|response| item(response, from_pages, types, depth))
        }
        _ => None,
    })
}

fn inside<'t>(ty: &'t str, opening: &str) -> Option<&'t str> {
    ty.strip_prefix(opening)?.strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use serde_json::json;

    fn written(parameters: &[&str], schema: Value, output: &str) -> String {
        let parameters: Vec<Value> = parameters
            .iter()
            .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
            .collect();
        let document = json!({
            "paths": {"/thing": {"get": {
                "operationId": "ThingController_findAll",
                "parameters": parameters,
                "responses": {"200": {"content": {"application/json": {"schema": schema}}}}
            }}},
            "components": {"schemas": {
                "Page": {"type": "object", "properties": {
                    "results": {"type": "array", "items": {"type": "string"}},
                    "metadata": {"type": "object"}
                }},
                "Both": {"oneOf": [{"type": "array", "items": {}}, {"$ref": "#/components/schemas/Page"}]},
                "Loop": {"$ref": "#/components/schemas/Loop"}
            }}
        });
        let types: syn::File = syn::parse_quote! {
            pub struct Page { pub results: ::std::vec::Vec<Brief>, pub metadata: Meta }
            pub enum Both { List(::std::vec::Vec<Thing>), Page(Page) }
        };
        let operations = crate::operations::read(&document, &Names::default());
        let signature = Signature {
            output: output.to_owned(),
            ..Signature::default()
        };
        let signatures = BTreeMap::from([(operations[0].id.clone(), signature)]);
        write(&operations, &signatures, &document, &types.items)
    }

    fn implemented(item: &str, style: &str) -> String {
        format!("list!(ThingsList {item}, {style});\n")
    }

    #[test]
    fn an_array_is_read_on_as_its_parameters_allow() {
        let array = json!({"type": "array", "items": {}});
        let style = |parameters: &[&str]| written(parameters, array.clone(), "Vec<types::Thing>");
        assert_eq!(
            style(&["limit", "createdAtLe"]),
            implemented("types::Thing", "CreatedAt")
        );
        assert_eq!(
            style(&["limit", "createdAtLe", "page"]),
            implemented("types::Thing", "Pages")
        );
        assert_eq!(style(&["limit"]), implemented("types::Thing", "Limited"));
        assert_eq!(style(&["purpose"]), implemented("types::Thing", "Whole"));
    }

    #[test]
    fn a_page_lists_what_is_in_its_results() {
        let page = json!({"$ref": "#/components/schemas/Page"});
        assert_eq!(
            written(&["page"], page, "types::Page"),
            implemented("types::Brief", "Pages")
        );
    }

    #[test]
    fn where_the_answer_can_be_either_the_style_decides_whose_items_are_meant() {
        let both = json!({"$ref": "#/components/schemas/Both"});
        assert_eq!(
            written(&["page"], both.clone(), "types::Both"),
            implemented("types::Brief", "Pages")
        );
        assert_eq!(
            written(&["limit", "createdAtLe"], both, "types::Both"),
            implemented("types::Thing", "CreatedAt")
        );
    }

    #[test]
    fn what_is_no_list_stays_as_it_is() {
        assert_eq!(written(&["page"], json!({"type": "object"}), "types::Thing"), "");
        assert_eq!(
            written(&[], json!({"$ref": "#/components/schemas/Loop"}), "types::Loop"),
            ""
        );
        assert_eq!(written(&[], json!({"type": "array"}), "Value"), "");
    }
}
