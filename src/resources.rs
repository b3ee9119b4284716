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

/// Declares the type that stands for an operation. The block decodes the body of a response.
macro_rules! declare_endpoint {
    ($name:ident $id:literal $method:ident $path:literal -> $output:ty, |$body:ident| $decode:expr) => {
        #[doc = concat!("The operation `", stringify!($method), " ", $path, "`.")]
        #[derive(Debug)]
        pub enum $name {}

        impl crate::operation::Endpoint for $name {
            const ID: &'static str = $id;
            const METHOD: http::Method = http::Method::$method;
            const PATH: &'static str = $path;
            type Output = $output;

            #[inline]
            fn decode($body: &[u8]) -> Result<Decoded<$output>, Undecodable> {
                $decode
            }
        }
    };
}

/// Declares an operation that responds with JSON.
#[allow(unused_macros, reason = "a document may have no such operation")]
macro_rules! endpoint {
    ($name:ident $id:literal $method:ident $path:literal -> $output:ty) => {
        declare_endpoint!($name $id $method $path -> $output, |body| crate::model::read_body(body));
    };
}

/// Declares an operation whose response has nothing to read.
#[allow(unused_macros, reason = "a document may have no such operation")]
macro_rules! empty_endpoint {
    ($name:ident $id:literal $method:ident $path:literal) => {
        declare_endpoint!($name $id $method $path -> (), |_body| Ok(().into()));
    };
}

/// Declares an operation that responds with text.
#[allow(unused_macros, reason = "a document may have no such operation")]
macro_rules! text_endpoint {
    ($name:ident $id:literal $method:ident $path:literal) => {
        declare_endpoint!($name $id $method $path -> String, |body| Ok(String::from_utf8_lossy(body).into_owned().into()));
    };
}

/// Declares an operation that responds with bytes.
#[allow(unused_macros, reason = "a document may have no such operation")]
macro_rules! bytes_endpoint {
    ($name:ident $id:literal $method:ident $path:literal) => {
        declare_endpoint!($name $id $method $path -> bytes::Bytes, |body| Ok(bytes::Bytes::copy_from_slice(body).into()));
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
