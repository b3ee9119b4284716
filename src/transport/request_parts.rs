//! A request that is being put together. Operations, downloads and the escape hatch are typed faces of this one type, which is
//! not generic, so that it is compiled once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::Url;
use serde::Serialize;
use serde_json::value::RawValue;

use super::prepared_request::{Job, Options};
use super::settings::Shared;
use super::upload::Upload;
use super::{path, query};
use crate::error::{Error, Origin, Result};

pub(crate) struct Draft {
    origin: Origin,
    method: Method,
    path_values: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    json: Option<Bytes>,
    upload: Option<Upload>,
    options: Options,
    /// The first mistake made while this was put together; sending reports it.
    refusal: Option<String>,
}

/// Names and options, no values: ids, queries and bodies can be private.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("operation", &self.origin.operation)
            .field("method", &self.method)
            .field("path", &self.origin.path)
            .field("body_len", &self.json.as_ref().map(Bytes::len))
            .field("upload", &self.upload.is_some())
            .finish_non_exhaustive()
    }
}

impl Draft {
    pub(crate) fn new(operation: Cow<'static, str>, method: Method, path: Cow<'static, str>) -> Self {
        Draft {
            origin: Origin { operation, path },
            method,
            path_values: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            json: None,
            upload: None,
            options: Options::default(),
            refusal: None,
        }
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Another one to send, unless it has an upload, which may be used up by sending it.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        if self.upload.is_some() {
            return None;
        }
        Some(Draft {
            origin: self.origin.clone(),
            method: self.method.clone(),
            path_values: self.path_values.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            json: self.json.clone(),
            upload: None,
            options: self.options,
            refusal: self.refusal.clone(),
        })
    }

    /// What the query says under a name, if it does.
    pub(crate) fn query_text(&self, name: &str) -> Option<&str> {
        let (_, text) = self.query.iter().find(|(given, _)| given == name)?;
        Some(text)
    }

    /// Replaces what the query says under a name; `None` takes it out.
    pub(crate) fn set_query(&mut self, name: &str, text: Option<String>) {
        self.query.retain(|(given, _)| given != name);
        self.query.extend(text.map(|text| (name.to_owned(), text)));
    }

    fn refuse(&mut self, why: impl Into<String>) {
        self.refusal.get_or_insert_with(|| why.into());
    }

    pub(crate) fn check_path(&mut self) {
        if let Some(why) = path::refuse_path(&self.origin.path) {
            self.refuse(why);
        }
    }

    pub(crate) fn path(&mut self, name: &'static str, value: &str) {
        if let Some(why) = path::refuse_value(name, value) {
            self.refuse(why);
        }
        self.path_values.push((name, value.to_owned()));
    }

    pub(crate) fn query<V: Serialize + ?Sized>(&mut self, name: &str, value: &V) {
        match serde_json::to_value(value) {
            Ok(value) => query::append(&mut self.query, name, value),
            Err(cause) => self.refuse(format!("the query parameter `{name}` can't be sent: {cause}")),
        }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            return self.refuse(format!("{name:?} is not a header's name"));
        };
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(_) => self.refuse(format!(
                "the header `{name}` has a character in its value that a header can't have"
            )),
        }
    }

    pub(crate) fn json<B: Serialize + ?Sized>(&mut self, body: &B) {
        match serde_json::to_vec(body) {
            Ok(json) => self.json = Some(json.into()),
            Err(cause) => self.refuse(format!("the body can't be written as JSON: {cause}")),
        }
    }

    /// Sets one property of the body, which is an object, and leaves the others as they are written.
    pub(crate) fn json_property(&mut self, name: &str, value: serde_json::Value) {
        let body = self.json.take().unwrap_or_else(|| Bytes::from_static(b"{}"));
        let set = || -> serde_json::Result<Vec<u8>> {
            let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(&body)?;
            fields.insert(name.to_owned(), serde_json::value::to_raw_value(&value)?);
            serde_json::to_vec(&fields)
        };
        match set() {
            Ok(json) => self.json = Some(json.into()),
            Err(cause) => self.refuse(format!("`{name}` can't be set in the body: {cause}")),
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

    /// What the transport can send, or the first mistake.
    pub(crate) fn finish(mut self, shared: &Shared) -> Result<Job> {
        let url = self.url(shared).map_err(|why| Error::input(why).at(&self.origin))?;
        let mut request = reqwest::Request::new(self.method, url);
        if self.json.is_some() {
            self.headers
                .entry(header::CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("application/json"));
        }
        *request.headers_mut() = self.headers;
        Ok(Job {
            origin: self.origin,
            request,
            json: self.json,
            upload: self.upload,
            options: self.options,
        })
    }

    fn url(&mut self, shared: &Shared) -> Result<Url, String> {
        if let Some(why) = self.refusal.take() {
            return Err(why);
        }
        let path = path::fill(&self.origin.path, &self.path_values)?;
        let mut url = Url::parse(&format!("{}{path}", shared.base_url))
            .map_err(|cause| format!("the URL can't be made: {cause}"))?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}
