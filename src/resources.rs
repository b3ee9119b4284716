//! The operations of the API by resource: the types that `vapi.calls()` and the other methods of [`Client`] return.

#[allow(unused_imports)]
use std::collections::BTreeMap;

#[allow(unused_imports)]
use serde_json::{Map, Value};

use crate::Client;
use crate::model::{Decoded, Undecodable};
use crate::operation::Operation;
#[allow(unused_imports)]
use crate::{Number, Secret, Timestamp, types};

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

/// Declares an operation that responds with JSON.
macro_rules! endpoint {
    ($name:ident $id:literal $method:ident $path:literal -> $output:ty) => {
        #[doc = concat!("The operation `", stringify!($method), " ", $path, "`.")]
        #[derive(Debug)]
        pub enum $name {}

        impl crate::operation::Endpoint for $name {
            const ID: &'static str = $id;
            const METHOD: http::Method = http::Method::$method;
            const PATH: &'static str = $path;
            type Output = $output;

            #[inline]
            fn decode(body: &[u8]) -> Result<Decoded<$output>, Undecodable> {
                crate::model::read_body(body)
            }
        }
    };
}

/// Declares an operation whose response has nothing to read.
macro_rules! empty_endpoint {
    ($name:ident $id:literal $method:ident $path:literal) => {
        #[doc = concat!("The operation `", stringify!($method), " ", $path, "`.")]
        #[derive(Debug)]
        pub enum $name {}

        impl crate::operation::Endpoint for $name {
            const ID: &'static str = $id;
            const METHOD: http::Method = http::Method::$method;
            const PATH: &'static str = $path;
            type Output = ();

            fn decode(_: &[u8]) -> Result<Decoded<()>, Undecodable> {
                Ok(().into())
            }
        }
    };
}

/// Declares an operation that lists.
#[allow(unused_macros, reason = "a document may have no lists")]
macro_rules! list {
    ($name:ident $item:ty, $style:ident) => {
        impl crate::operation::Paginated for endpoint::$name {
            type Item = $item;
            const STYLE: crate::operation::PaginationStyle = crate::operation::PaginationStyle::$style;

            #[inline]
            fn decode_item(text: &[u8]) -> Result<Decoded<$item>, Undecodable> {
                crate::model::read_body(text)
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/operations.rs"));
