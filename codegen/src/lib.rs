//! Turns the Vapi OpenAPI document into the code of the `vapi` crate.
//!
//! Data flows one way: a [`source`] is read, the [`passes`] repair and prepare the document ([`prepare`]), progenitor
//! generates a client from it (`generate`), and the `rewrite` turns that client's tokens into the files that the
//! `vapi` crate includes. The last two are compiled with the feature `generate`.
//! What only the command `vapi-spec` needs is compiled with the feature `cli`, and not in the build of a client.

#[cfg(feature = "cli")]
pub mod collection;
#[cfg(feature = "cli")]
pub mod diff;
pub mod docs;
pub mod document;
#[cfg(feature = "cli")]
pub mod embedded;
#[cfg(feature = "cli")]
pub mod export;
#[cfg(feature = "cli")]
pub mod facts;
#[cfg(feature = "generate")]
pub mod generate;
pub mod limits;
pub mod model;
pub mod names;
mod openapi;
pub mod operations;
pub mod passes;
pub mod prepare;
pub mod reference;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "generate")]
pub mod rewrite;
pub mod slice;
pub mod source;
pub mod unrewritten;
#[cfg(feature = "cli")]
pub mod validate;
#[cfg(feature = "yaml")]
mod yaml;
