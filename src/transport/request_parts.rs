//! A request while it is put together.
//!
//! Operations, downloads and untyped requests are typed builders over [`RequestParts`]. It is not generic, so it is compiled
//! once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::Url;
use serde::Serialize;
use serde_json::value::RawValue;

use super::prepared_request::{PreparedRequest, RequestOptions};
use super::query::QueryStyle;
use super::settings::Settings;
use super::upload::Upload;
use super::{path, query};
use crate::error::{Error, RequestContext, Result, Secrets};

/// Adds setters to a builder that keeps a [`RequestParts`] in its field `parts`.
///
/// The setters are `timeout`, `max_retries`, `header` and `query`. Each is named once, with its documentation, because the
/// options of a download mean something else than those of an operation:
///
/// ```ignore
/// impl Download {
///     request_setters! {
///         /// Sets the time until the response must have begun.
///         timeout
///     }
/// }
/// ```
///
/// becomes
///
/// ```ignore
/// impl Download {
///     /// Sets the time until the response must have begun.
///     pub fn timeout(mut self, limit: Duration) -> Self {
///         self.parts.timeout(limit);
///         self
///     }
/// }
/// ```
macro_rules! request_setters {
    ($($(#[$doc:meta])+ $setter:ident)+) => {
        $($crate::transport::request_setters!(@$setter $(#[$doc])+);)+
    };
    (@timeout $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.parts.timeout(limit);
            self
        }
    };
    (@max_retries $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn max_retries(mut self, retries: u32) -> Self {
            self.parts.max_retries(retries);
            self
        }
    };
    (@header $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn header(mut self, name: &str, value: &str) -> Self {
            self.parts.header(name, value);
            self
        }
    };
    (@query $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn query<V: serde::Serialize>(mut self, name: &str, value: V) -> Self {
            self.parts.query(name, &value);
            self
        }
    };
}

pub(crate) use request_setters;

/// The parts of a request, in the order in which the caller gives them.
pub(crate) struct RequestParts {
    context: RequestContext,
    method: Method,
    /// The URL, if it is one that the API gave and not a path of the API.
    target: Option<Url>,
    path_values: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    /// Query parameters with delimiters that must not be encoded, written as they are sent.
    delimited: Vec<String>,
    headers: HeaderMap,
    json: Option<Bytes>,
    upload: Option<Upload>,
    options: RequestOptions,
    /// The first mistake in the parts; sending reports it.
    refusal: Option<String>,
}

/// Shows names and options, but no values: ids, queries and bodies can be private.
impl fmt::Debug for RequestParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts")
            .field("operation", &self.context.operation)
            .field("method", &self.method)
            .field("path", &self.context.path)
            .field("body_len", &self.json.as_ref().map(Bytes::len))
            .field("upload", &self.upload.is_some())
            .finish_non_exhaustive()
    }
}

impl RequestParts {
    pub(crate) fn new(operation: Cow<'static, str>, method: Method, path: Cow<'static, str>) -> Self {
        RequestParts {
            context: RequestContext {
                operation,
                path,
                secrets: Secrets::default(),
            },
            method,
            target: None,
            path_values: Vec::new(),
            query: Vec::new(),
            delimited: Vec::new(),
            headers: HeaderMap::new(),
            json: None,
            upload: None,
            options: RequestOptions::default(),
            refusal: None,
        }
    }

    /// Creates a request to a URL that the API gave. The URL is a secret, and takes the place of the key. `name` stands for it in
    /// errors and traces.
    #[cfg(any(feature = "live", feature = "audio"))]
    pub(crate) fn to_url(operation: &'static str, method: Method, name: &'static str, url: Url) -> Self {
        let mut parts = RequestParts::new(Cow::Borrowed(operation), method, Cow::Borrowed(name));
        parts.target = Some(url);
        parts.options.anonymous = true;
        parts
    }

    pub(crate) fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Returns a copy, unless there is an upload: sending may use that up.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        if self.upload.is_some() {
            return None;
        }
        Some(RequestParts {
            context: self.context.clone(),
            method: self.method.clone(),
            target: self.target.clone(),
            path_values: self.path_values.clone(),
            query: self.query.clone(),
            delimited: self.delimited.clone(),
            headers: self.headers.clone(),
            json: self.json.clone(),
            upload: None,
            options: self.options,
            refusal: self.refusal.clone(),
        })
    }

    /// Returns the text in the query under a name.
    pub(crate) fn query_text(&self, name: &str) -> Option<&str> {
        let (_, text) = self.query.iter().find(|(given, _)| given == name)?;
        Some(text)
    }

    /// Replaces the text in the query under a name; `None` removes it.
    pub(crate) fn set_query(&mut self, name: &str, text: Option<String>) {
        self.query.retain(|(given, _)| given != name);
        self.query.extend(text.map(|text| (name.to_owned(), text)));
    }

    /// Makes errors about this request hide the client's key, and one that the caller gives instead.
    pub(super) fn hide_secrets(&mut self, settings: &Settings) {
        self.context.secrets = settings.secrets.with_headers(&self.headers);
        if let Some(url) = &self.target {
            self.context.secrets = self.context.secrets.with_url(url);
        }
    }

    fn refuse(&mut self, why: impl Into<String>) {
        self.refusal.get_or_insert_with(|| why.into());
    }

    pub(crate) fn check_path(&mut self) {
        if let Some(why) = path::refuse_path(&self.context.path) {
            self.refuse(why);
        }
    }

    pub(crate) fn path(&mut self, name: &'static str, value: &str) {
        if let Some(why) = path::refuse_value(name, value) {
            self.refuse(why);
        }
        self.path_values.push((name, value.to_owned()));
    }

    pub(crate) fn query_styled<V: Serialize + ?Sized>(&mut self, name: &str, value: &V, style: QueryStyle) {
        match serde_json::to_value(value) {
            Ok(value) => match query::delimited(name, &value, style) {
                Some(part) => self.delimited.push(part),
                None => self.query.extend(query::styled_pairs(name, value, style)),
            },
            Err(cause) => self.refuse(format!("the query parameter `{name}` cannot be sent: {cause}")),
        }
    }

    pub(crate) fn query<V: Serialize + ?Sized>(&mut self, name: &str, value: &V) {
        match serde_json::to_value(value) {
            Ok(value) => query::append(&mut self.query, name, value),
            Err(cause) => self.refuse(format!("the query parameter `{name}` cannot be sent: {cause}")),
        }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            return self.refuse(format!("{name:?} is not a header name"));
        };
        if name == header::CONTENT_LENGTH || name == header::TRANSFER_ENCODING {
            return self.refuse(format!(
                "the header `{name}` says how the body is sent, which this crate decides: leave it out"
            ));
        }
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(_) => self.refuse(format!(
                "the header `{name}` has a character in its value that a header cannot have"
            )),
        }
    }

    pub(crate) fn json<B: Serialize + ?Sized>(&mut self, body: &B) {
        match serde_json::to_vec(body) {
            Ok(json) => self.json_text(json),
            Err(cause) => self.refuse(format!("the body cannot be written as JSON: {cause}")),
        }
    }

    pub(crate) fn json_text(&mut self, json: Vec<u8>) {
        self.json = Some(json.into());
    }

    /// Sets one property of the body, which is an object, and leaves the text of the others as it is.
    pub(crate) fn json_property(&mut self, name: &str, value: serde_json::Value) {
        let body = self.json.take().unwrap_or_else(|| Bytes::from_static(b"{}"));
        let set = || -> serde_json::Result<Vec<u8>> {
            let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(&body)?;
            fields.insert(name.to_owned(), serde_json::value::to_raw_value(&value)?);
            serde_json::to_vec(&fields)
        };
        match set() {
            Ok(json) => self.json = Some(json.into()),
            Err(cause) => self.refuse(format!("`{name}` cannot be set in the body: {cause}")),
        }
    }

    pub(crate) fn upload(&mut self, upload: Upload) {
        self.upload = Some(upload);
    }

    pub(crate) fn timeout(&mut self, limit: Duration) {
        self.options.timeout = Some(limit);
    }

    pub(crate) fn max_retries(&mut self, retries: u32) {
        self.options.max_retries = Some(retries);
    }

    /// Returns the request that the transport can send.
    ///
    /// # Errors
    ///
    /// The first mistake that was made in the parts.
    pub(crate) fn prepare(mut self, settings: &Settings) -> Result<PreparedRequest> {
        self.hide_secrets(settings);
        let url = self
            .url(settings)
            .map_err(|why| Error::input(why).for_request(&self.context))?;
        #[cfg(feature = "validate")]
        settings
            .validation
            .check_request(&self.context, &self.query, self.json.as_ref())
            .map_err(|error| error.for_request(&self.context))?;
        let mut request = reqwest::Request::new(self.method, url);
        if self.json.is_some() {
            self.headers
                .entry(header::CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("application/json"));
        }
        *request.headers_mut() = self.headers;
        Ok(PreparedRequest {
            context: self.context,
            request,
            json: self.json,
            upload: self.upload,
            options: self.options,
        })
    }

    fn url(&mut self, settings: &Settings) -> Result<Url, String> {
        if let Some(why) = self.refusal.take() {
            return Err(why);
        }
        let mut url = match self.target.take() {
            Some(url) => url,
            None => {
                let path = path::fill(&self.context.path, &self.path_values)?;
                Url::parse(&format!("{}{path}", settings.base_url))
                    .map_err(|cause| format!("the URL cannot be made: {cause}"))?
            }
        };
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        for part in &self.delimited {
            let query = match url.query() {
                Some(query) => format!("{query}&{part}"),
                None => part.clone(),
            };
            url.set_query(Some(&query));
        }
        Ok(url)
    }
}
