//! Writes progenitor's client, without the `api-version` header and without the constructor that makes its own
//! `reqwest::Client`: the `vapi` crate configures one.

use std::collections::BTreeMap;

use syn::{Attribute, Block, Expr, ImplItem, ImplItemFn, Item, ReturnType, Stmt, Type};

use super::{RewriteError, rust_type};
use crate::names::progenitor_name;
use crate::operations::{Content, Operation, Parameter, QueryStyle, Transfer};

/// The types that progenitor gave an operation's arguments and response, as written beside a `types` module.
#[derive(Debug, Default, Clone)]
pub struct Signature {
    /// By argument name; never `Option`.
    pub arguments: BTreeMap<String, String>,
    /// `()` for an empty response, `String` for text, `Bytes` for what is neither text nor JSON.
    pub output: String,
}

/// Returns the signatures of all operations, by operation id.
pub fn signatures(items: &[Item], operations: &[Operation]) -> Result<BTreeMap<String, Signature>, RewriteError> {
    let mut by_method = BTreeMap::new();
    for method in methods(items) {
        by_method.insert(method.sig.ident.to_string(), method);
    }
    let mut out = BTreeMap::new();
    for operation in operations {
        let method = by_method
            .get(&progenitor_name(&operation.id))
            .ok_or_else(|| RewriteError::new(&operation.id, "progenitor made no method of this operation"))?;
        let mut signature = signature(&operation.id, method)?;
        // progenitor gives all of these as a stream of bytes.
        match operation.content {
            Content::Json => {}
            Content::Text => signature.output = "String".to_owned(),
            Content::Bytes => signature.output = "Bytes".to_owned(),
        }
        out.insert(operation.id.clone(), signature);
    }
    Ok(out)
}

fn methods(items: &[Item]) -> impl Iterator<Item = &ImplItemFn> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Impl(item) if item.trait_.is_none() => Some(&item.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
            _ => None,
        })
}

fn signature(id: &str, method: &ImplItemFn) -> Result<Signature, RewriteError> {
    let mut out = Signature::default();
    for input in &method.sig.inputs {
        if let syn::FnArg::Typed(argument) = input
            && let syn::Pat::Ident(name) = &*argument.pat
        {
            let name = name.ident.to_string();
            // A body that is not JSON is generic: `body: B`.
            let generic = matches!(&*argument.ty, Type::Path(path) if path.path.is_ident("B"));
            if !generic {
                let ty = rust_type::without_option(&argument.ty);
                let ty = argument_type(ty, &format!("{id} {name}"))?;
                out.arguments.insert(name, ty);
            }
        }
    }
    out.output = output(id, &method.sig.output)?;
    Ok(out)
}

fn argument_type(ty: &Type, item: &str) -> Result<String, RewriteError> {
    // `&'a [T]` and `&'a Vec<T>` are both lists to the caller.
    if let Type::Reference(reference) = ty
        && let Type::Slice(slice) = &*reference.elem
    {
        return Ok(format!("Vec<{}>", rust_type::write(&slice.elem, "types::", item)?));
    }
    rust_type::write(ty, "types::", item)
}

/// Returns the `T` of `Result<ResponseValue<T>, Error<E>>`.
fn output(id: &str, output: &ReturnType) -> Result<String, RewriteError> {
    let unexpected = || RewriteError::new(id, "its method does not return Result<ResponseValue<_>, _>");
    let ReturnType::Type(_, result) = output else {
        return Err(unexpected());
    };
    let value = first_argument(result).ok_or_else(unexpected)?;
    let value = first_argument(value).ok_or_else(unexpected)?;
    if matches!(value, Type::Path(path) if path.path.is_ident("ByteStream")) {
        return Ok("ByteStream".to_owned());
    }
    rust_type::write(value, "types::", id)
}

fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// Returns the text of `raw.rs`.
pub fn write(mut items: Vec<Item>, operations: &[Operation]) -> Result<String, RewriteError> {
    let uploads: Vec<String> = operations
        .iter()
        .filter(|operation| operation.transfer == Some(Transfer::Upload))
        .map(|operation| progenitor_name(&operation.id))
        .collect();
    let styled: BTreeMap<String, Vec<&Parameter>> = operations
        .iter()
        .map(|operation| {
            let parameters = operation.parameters.iter();
            let styled = parameters.filter(|parameter| !parameter.header && parameter.style != QueryStyle::Repeated);
            (progenitor_name(&operation.id), styled.collect())
        })
        .collect();
    for item in &mut items {
        if let Item::Use(import) = item {
            *import = without_encode_path(import.clone());
        }
        let Item::Impl(item) = item else { continue };
        item.items
            .retain(|item| !matches!(item, ImplItem::Fn(method) if method.sig.ident == "new"));
        for method in item.items.iter_mut() {
            if let ImplItem::Fn(method) = method {
                drop_api_version(&mut method.block);
                share_the_end(method);
                if let Some(parameters) = styled.get(&method.sig.ident.to_string()) {
                    write_styles(&mut method.block, parameters);
                }
                // Compiled where it is called, if it is: the future of each names most of the types.
                method.attrs.push(syn::parse_quote!(#[inline]));
                if uploads.iter().any(|upload| method.sig.ident == upload) {
                    take_form(method)?;
                }
            }
        }
    }
    let text = prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items,
    });
    Ok(check_ids(&text))
}

/// progenitor's `encode_path` lets `..` and `\\` through, which URL parsing then acts on: ids are checked instead.
fn check_ids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("encode_path(") {
        let (before, call) = rest.split_at(at);
        let mut depth = 0;
        let end = call.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            c == ')' && depth == 0
        });
        let Some(end) = end else { break };
        out.push_str(before);
        out.push_str("crate::raw::checked_id");
        out.push_str(&call["encode_path".len()..=end]);
        out.push('?');
        rest = &call[end + 1..];
    }
    out + rest
}

fn without_encode_path(mut import: syn::ItemUse) -> syn::ItemUse {
    fn clean(tree: &mut syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => clean(&mut path.tree),
            syn::UseTree::Group(group) => {
                group.items = std::mem::take(&mut group.items)
                    .into_iter()
                    .filter(|item| !matches!(item, syn::UseTree::Name(name) if name.ident == "encode_path"))
                    .collect();
            }
            _ => {}
        }
    }
    clean(&mut import.tree);
    import
}

/// Calls `change` with each call of `let request = self.client.get(url)….build()?;`, in the order in which they are made.
fn for_each_request_call(block: &mut Block, change: &mut dyn FnMut(&mut Expr)) {
    fn visit(expression: &mut Expr, change: &mut dyn FnMut(&mut Expr)) {
        match expression {
            Expr::Try(attempt) => visit(&mut attempt.expr, change),
            Expr::MethodCall(call) => {
                visit(&mut call.receiver, change);
                change(expression);
            }
            _ => {}
        }
    }

    for statement in &mut block.stmts {
        if declares(statement, "request")
            && let Stmt::Local(local) = statement
            && let Some(init) = &mut local.init
        {
            visit(&mut init.expr, change);
        }
    }
}

/// progenitor knows no multipart bodies: the method gets a form to send.
fn take_form(method: &mut ImplItemFn) -> Result<(), RewriteError> {
    let mut sends = false;
    for_each_request_call(&mut method.block, &mut |expression| {
        if let Expr::MethodCall(call) = expression
            && ["post", "put", "patch"].iter().any(|method| call.method == method)
        {
            *expression = syn::parse_quote!(#expression.multipart(form));
            sends = true;
        }
    });
    if !sends {
        let name = method.sig.ident.to_string();
        return Err(RewriteError::new(name, "found no place for the multipart form"));
    }
    method
        .sig
        .inputs
        .push(syn::parse_quote!(form: ::reqwest::multipart::Form));
    Ok(())
}

/// The end of nearly every method of progenitor's, spaces and commas aside. `info` is declared before it.
const ENDING: &str = "self.pre(&mutrequest&info).await?;letresult=self.exec(request&info).await;\
                      self.post(&result&info).await?;letresponse=result?;matchresponse.status().as_u16(){\
                      200..=299=>{ResponseValue::from_response(response).await}_=>Err(Error::UnexpectedResponse(response))}";

/// Sending and reading JSON, which progenitor writes out in each method, becomes a call of `Client::exec_and_decode`: compiling 137 futures
/// that wait in four places was a fifth of the cost of checking the crate. A method that ends in another way stays as it is.
fn share_the_end(method: &mut ImplItemFn) {
    let statements = &mut method.block.stmts;
    let Some(at) = statements.iter().position(|statement| declares(statement, "info")) else {
        return;
    };
    let ending = &statements[at + 1..];
    let mut ending = quote::quote!(#(#ending)*).to_string();
    ending.retain(|c| !c.is_whitespace() && c != ',');
    let (ENDING, Some(id)) = (ending.as_str(), operation_id(&statements[at])) else {
        return;
    };
    statements.truncate(at);
    statements.push(Stmt::Expr(
        syn::parse_quote!(self.exec_and_decode(request, #id).await),
        None,
    ));
    for statement in statements {
        if let Stmt::Local(local) = statement
            && let syn::Pat::Ident(name) = &mut local.pat
            && name.ident == "request"
        {
            name.mutability = None;
            local.attrs.clear();
        }
    }
}

/// Returns the text in `let info = OperationInfo { operation_id: ".." };`
fn operation_id(info: &Stmt) -> Option<syn::LitStr> {
    let Stmt::Local(local) = info else { return None };
    let Expr::Struct(info) = &*local.init.as_ref()?.expr else {
        return None;
    };
    match &info.fields.first()?.expr {
        Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(id), ..
        }) => Some(id.clone()),
        _ => None,
    }
}

/// Writes query parameters in their styles: progenitor repeats the names of lists and of objects.
fn write_styles(block: &mut Block, parameters: &[&Parameter]) {
    for_each_request_call(block, &mut |expression| {
        // `.query(&QueryParam::new("name", &value))`
        let Expr::MethodCall(call) = expression else { return };
        let Some(Expr::Reference(argument)) = call.args.first_mut() else {
            return;
        };
        let Expr::Call(new) = &*argument.expr else { return };
        let is_new = matches!(&*new.func, Expr::Path(path)
            if path.path.segments.iter().any(|segment| segment.ident == "QueryParam"));
        let Some(Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(name),
            ..
        })) = new.args.first()
        else {
            return;
        };
        let parameter = parameters.iter().find(|parameter| parameter.name == name.value());
        if let (true, Some(parameter), Some(value)) = (is_new, parameter, new.args.get(1)) {
            let style = quote::format_ident!("{}", format!("{:?}", parameter.style));
            *argument.expr = syn::parse_quote!(crate::raw::styled(#name, #value, crate::operation::QueryStyle::#style));
        }
    });
}

/// Removes the header that progenitor always sends, and the map that held nothing else.
fn drop_api_version(block: &mut Block) {
    let statements = block.stmts.len();
    block.stmts.retain(|statement| !mentions_api_version(statement));
    let appends = block.stmts.iter().any(appends_header);
    if block.stmts.len() < statements && !appends {
        block.stmts.retain(|statement| !declares(statement, "header_map"));
        for_each_request_call(block, &mut |expression| {
            if let Expr::MethodCall(call) = expression
                && call.method == "headers"
            {
                *expression = (*call.receiver).clone();
            }
        });
    }
}

fn mentions_api_version(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(..)) && quote::quote!(#statement).to_string().contains("\"api-version\"")
}

fn appends_header(statement: &Stmt) -> bool {
    quote::quote!(#statement).to_string().contains("header_map . append")
}

fn declares(statement: &Stmt, name: &str) -> bool {
    matches!(statement, Stmt::Local(local)
        if matches!(&local.pat, syn::Pat::Ident(declared) if declared.ident == name))
}

/// Returns the name in `#[serde(rename = "…")]`.
pub fn serde_rename(attributes: &[Attribute]) -> Option<String> {
    let mut renamed = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other serde attributes have other forms; only the name matters here.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                renamed = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<Expr>()?;
            }
            Ok(())
        });
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(body: &str) -> String {
        let mut method: ImplItemFn = syn::parse_str(&format!("async fn get(&self) -> R {{ {body} }}")).unwrap();
        share_the_end(&mut method);
        let block = &method.block;
        quote::quote!(#block).to_string()
    }

    const BEGINNING: &str = "#[allow(unused_mut)] let mut request = self.client.get(url).build()?;
        let info = OperationInfo { operation_id: \"get\", };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;";

    #[test]
    fn sending_and_reading_json_is_left_to_one_function() {
        let body = format!(
            "{BEGINNING} match response.status().as_u16() {{
                200..=299 => {{ ResponseValue::from_response(response).await }}
                _ => Err(Error::UnexpectedResponse(response)),
            }}"
        );
        assert_eq!(
            shared(&body),
            "{ let request = self . client . get (url) . build () ? ; self . exec_and_decode (request , \"get\") . await }"
        );
    }

    #[test]
    fn a_method_that_ends_otherwise_stays_as_it_is() {
        let body = format!(
            "{BEGINNING} match response.status().as_u16() {{
                200..=299 => Ok(ResponseValue::empty(response)),
                _ => Err(Error::UnexpectedResponse(response)),
            }}"
        );
        assert!(shared(&body).contains("self . exec"));
    }
}
