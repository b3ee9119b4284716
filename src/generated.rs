//! What build.rs generated: the types, and a resource handle for every group of operations.

/// The types of requests, responses, webhooks and messages.
///
/// All have public fields, `new(…)` with what they must have, and a chainable setter for each field; `extra` holds what
/// the document does not know. Enums and unions have a variant `Unknown` for what came and is not known.
#[allow(clippy::all, deprecated, rustdoc::all)]
pub mod types {
    // Which of these a document's types need differs from document to document.
    #[allow(unused_imports)]
    use crate::model::{
        Kind, Nullable, Number, Secret, Shape, Timestamp, boxed_variant, model, open_enum, plain_variant, tagged_union,
    };
    #[allow(unused_imports)]
    use serde_json::{Map, Value};
    #[allow(unused_imports)]
    use std::collections::BTreeMap;

    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

/// The operations by resource: what [`Client::calls`](crate::Client) and its like return.
#[allow(clippy::all, rustdoc::all)]
pub mod resources {
    use crate::Client;
    use crate::generated::{empty_endpoint, endpoint, list};
    use crate::operation::Operation;
    #[allow(unused_imports)]
    use crate::{Number, Secret, Timestamp, types};
    #[allow(unused_imports)]
    use serde_json::{Map, Value};
    #[allow(unused_imports)]
    use std::collections::BTreeMap;

    include!(concat!(env!("OUT_DIR"), "/operations.rs"));
}

/// The names that one operation has in the document and in this crate.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct OperationNames {
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub handle: &'static str,
    pub name: &'static str,
    pub raw: &'static str,
}

/// Declares an operation that answers with JSON.
macro_rules! endpoint {
    ($name:ident $id:literal $method:ident $path:literal -> $output:ty) => {
        #[doc = concat!("`", stringify!($method), " ", $path, "`")]
        #[derive(Debug)]
        pub enum $name {}

        impl crate::operation::Endpoint for $name {
            const ID: &'static str = $id;
            const METHOD: http::Method = http::Method::$method;
            const PATH: &'static str = $path;
            type Output = $output;

            #[inline]
            fn decode(body: &[u8]) -> Result<$output, serde_json::Error> {
                crate::model::read_body(body)
            }
        }
    };
}

/// Declares an operation whose answer has nothing to read.
macro_rules! empty_endpoint {
    ($name:ident $id:literal $method:ident $path:literal) => {
        #[doc = concat!("`", stringify!($method), " ", $path, "`")]
        #[derive(Debug)]
        pub enum $name {}

        impl crate::operation::Endpoint for $name {
            const ID: &'static str = $id;
            const METHOD: http::Method = http::Method::$method;
            const PATH: &'static str = $path;
            type Output = ();

            fn decode(_: &[u8]) -> Result<(), serde_json::Error> {
                Ok(())
            }
        }
    };
}

/// Declares an operation that lists.
#[allow(unused_macros, reason = "a document may have no lists")]
macro_rules! list {
    ($name:ident $item:ty, $style:ident) => {
        impl crate::pages::Paginated for endpoint::$name {
            type Item = $item;
            const STYLE: crate::pages::Style = crate::pages::Style::$style;

            #[inline]
            fn decode_item(text: &[u8]) -> Result<$item, serde_json::Error> {
                crate::model::read_body(text)
            }
        }
    };
}

#[allow(unused_imports, reason = "a document may have no lists")]
use list;
use {empty_endpoint, endpoint};
