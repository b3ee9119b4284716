//! Reading a document from a path or a URL, and refusing what is no OpenAPI 3.0 document.
//!
//! Every failure is one sentence that names where the document was to come from and what is wrong there. What is wrong
//! *in* a readable document is for the passes.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

/// The source of a document.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    Path(PathBuf),
    /// An `http` or `https` URL.
    Url(String),
}

/// The limits of time and size for reading a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest time to connect to a server. Files do not know it.
    pub connect: Duration,
    /// The longest time for a fetch from start to end. Files do not know it.
    pub total: Duration,
    /// The largest document, in bytes.
    pub bytes: u64,
}

impl Default for Limits {
    /// 10 s to connect, 60 s in all, 64 MiB: twenty times the largest document known.
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(60),
            bytes: 64 * 1024 * 1024,
        }
    }
}

/// A document cannot be read. The sentence names its source and the cause.
#[derive(Debug)]
pub struct SourceError {
    source: String,
    cause: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.source, self.cause)
    }
}

impl std::error::Error for SourceError {}

/// Returns the reason why a JSON value is not a document that can be read, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is an array, a string, a number, a boolean or `null`.
    NotAnObject,
    /// It has no `openapi` that is a string.
    NoVersion,
    /// It is of a version other than 3.0.
    Version(String),
    /// It has no object `paths`.
    NoPaths,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::NotAnObject => {
                write!(f, "is JSON but no OpenAPI document: it is no object")
            }
            Unreadable::NoVersion => write!(
                f,
                "is JSON but no OpenAPI document: it has no `openapi` with a version such as \"3.0.0\""
            ),
            Unreadable::Version(version) => {
                write!(f, "is an OpenAPI {version} document, and only 3.0 and 3.1 can be read")
            }
            Unreadable::NoPaths => write!(f, "is no OpenAPI document: it has no object `paths`"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// Checks that `document` is an OpenAPI 3.0 or 3.1 document as far as its outermost object tells.
///
/// # Errors
///
/// For another version (2.0 and 3.2 among them), and for JSON that is no OpenAPI document.
pub fn check_openapi(document: &Value) -> Result<(), Unreadable> {
    let document = document.as_object().ok_or(Unreadable::NotAnObject)?;
    let version = match (document.get("openapi"), document.get("swagger")) {
        (Some(Value::String(version)), _) => version,
        (None, Some(Value::String(version))) => return Err(Unreadable::Version(version.clone())),
        _ => return Err(Unreadable::NoVersion),
    };
    let is = |known: &str| {
        version
            .strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if !is("3.0") && !is("3.1") {
        return Err(Unreadable::Version(version.clone()));
    }
    match document.get("paths") {
        Some(Value::Object(_)) => Ok(()),
        // A document of 3.1 may describe nothing but webhooks or components.
        None if is("3.1") => Ok(()),
        _ => Err(Unreadable::NoPaths),
    }
}

impl Source {
    /// Reads `text` as a URL if it has a scheme, else as a path.
    ///
    /// # Errors
    ///
    /// When `text` is empty, or a URL of another scheme than `http` and `https`.
    pub fn parse(text: &str) -> Result<Source, SourceError> {
        if text.trim().is_empty() {
            return Err(SourceError {
                source: text.into(),
                cause: "names no document: give a path or an http(s) URL".into(),
            });
        }
        match text.split_once("://") {
            Some((scheme, _)) if ["http", "https"].contains(&&*scheme.to_ascii_lowercase()) => {
                Ok(Source::Url(text.into()))
            }
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Err(SourceError {
                source: Source::Url(text.into()).to_string(),
                cause: format!("has the scheme `{scheme}`: give a path or an http(s) URL"),
            }),
            _ => Ok(Source::Path(text.into())),
        }
    }

    /// Returns the file, when the document is in one: what a build script re-runs for.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Path(path) => Some(path),
            Source::Url(_) => None,
        }
    }

    /// Returns whether the document is read over the network.
    pub fn is_url(&self) -> bool {
        matches!(self, Source::Url(_))
    }

    /// Reads the document within the default [`Limits`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`load_within`](Source::load_within).
    pub fn load(&self) -> Result<Value, SourceError> {
        self.load_within(Limits::default())
    }

    /// Reads the document.
    ///
    /// # Errors
    ///
    /// When it cannot be had (no file, no server, another status than 200, too slow, too large), is no JSON, or does not
    /// pass [`check_openapi`]. A URL needs the cargo feature `fetch`.
    pub fn load_within(&self, limits: Limits) -> Result<Value, SourceError> {
        let bytes = match self {
            Source::Path(path) => self.read(path, limits)?,
            Source::Url(url) => self.fetch(url, limits)?,
        };
        self.decode(&bytes)
    }

    /// Reads the document from bytes that are already here. The source names them in errors, and its ending tells YAML from JSON.
    ///
    /// # Errors
    ///
    /// When they are no JSON or YAML, or do not pass [`check_openapi`].
    pub fn decode(&self, bytes: &[u8]) -> Result<Value, SourceError> {
        let document = match self.is_yaml(bytes) {
            true => self.parse_yaml(bytes)?,
            false => self.parse_json(bytes)?,
        };
        check_openapi(&document).map_err(|unreadable| self.error(unreadable))?;
        Ok(document)
    }

    fn read(&self, path: &Path, limits: Limits) -> Result<Vec<u8>, SourceError> {
        let unreadable = |error| self.error(format_args!("cannot be read: {error}"));
        // Opening a pipe would wait for somebody to write, and a device may never end.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(self.error("is not a file: a directory, a pipe or a device cannot be a document"));
        }
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let read = file
            .take(limits.bytes.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if read as u64 > limits.bytes {
            return Err(self.too_large(limits));
        }
        Ok(bytes)
    }

    #[cfg(not(feature = "fetch"))]
    fn fetch(&self, _: &str, _: Limits) -> Result<Vec<u8>, SourceError> {
        Err(self.error(format_args!(
            "is a URL, and this build cannot fetch: enable the cargo feature `fetch`, or save a snapshot with \
             `vapi-spec pull {self}` and give its path"
        )))
    }

    #[cfg(feature = "fetch")]
    fn fetch(&self, url: &str, limits: Limits) -> Result<Vec<u8>, SourceError> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_connect(Some(limits.connect))
            .timeout_global(Some(limits.total))
            .http_status_as_error(false)
            .user_agent(concat!("vapi-rust/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build()
            .into();
        let mut response = agent.get(url).call().map_err(|error| self.fetch_error(error, limits))?;
        let status = response.status();
        if status != ureq::http::StatusCode::OK {
            return Err(self.error(format_args!("responded with status {status}, not 200")));
        }
        response
            .body_mut()
            .with_config()
            .limit(limits.bytes)
            .read_to_vec()
            .map_err(|error| self.fetch_error(error, limits))
    }

    #[cfg(feature = "fetch")]
    fn fetch_error(&self, error: ureq::Error, limits: Limits) -> SourceError {
        use std::io::ErrorKind;
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                self.error(format_args!("could not be connected to within {:?}", limits.connect))
            }
            ureq::Error::Timeout(_) => self.error(format_args!("was not read within {:?}", limits.total)),
            ureq::Error::BodyExceedsLimit(_) => self.too_large(limits),
            ureq::Error::HostNotFound => self.error("names a host that was not found"),
            ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
                self.error("cannot be fetched: the connection was refused")
            }
            ureq::Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
                self.error("was cut short: the connection ended before the document did")
            }
            ureq::Error::Io(error) => self.error(format_args!("cannot be fetched: {error}")),
            error => self.error(format_args!("cannot be fetched: {error}")),
        }
    }

    /// Returns whether the document is in YAML: by its name, or by how it begins.
    fn is_yaml(&self, bytes: &[u8]) -> bool {
        let name = match self {
            Source::Path(path) => path.to_string_lossy().into_owned(),
            Source::Url(url) => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
        };
        let is_named = [".yaml", ".yml"]
            .iter()
            .any(|ending| name.to_ascii_lowercase().ends_with(ending));
        let begins = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        is_named
            || ["openapi:", "swagger:", "---", "%YAML"]
                .iter()
                .any(|start| begins.starts_with(start.as_bytes()))
    }

    #[cfg(feature = "yaml")]
    fn parse_yaml(&self, bytes: &[u8]) -> Result<Value, SourceError> {
        let text = std::str::from_utf8(bytes).map_err(|error| self.error(format_args!("is not UTF-8: {error}")))?;
        crate::yaml::parse(text).map_err(|problem| self.error(format_args!("is not YAML that can be read: {problem}")))
    }

    #[cfg(not(feature = "yaml"))]
    fn parse_yaml(&self, _: &[u8]) -> Result<Value, SourceError> {
        Err(self.error("is YAML, and this build cannot read it: enable the cargo feature `yaml`, or save it as JSON"))
    }

    fn parse_json(&self, bytes: &[u8]) -> Result<Value, SourceError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            None => return Err(self.error("is empty")),
            Some(b'<') => return Err(self.error("is HTML or XML, not JSON")),
            Some(_) => {}
        }
        serde_json::from_slice(bytes).map_err(|error| {
            if error.is_eof() {
                self.error(format_args!("is JSON that was cut short: {error}"))
            } else {
                self.error(format_args!("is not JSON: {error}"))
            }
        })
    }

    fn too_large(&self, limits: Limits) -> SourceError {
        self.error(format_args!("is larger than {} bytes", limits.bytes))
    }

    fn error(&self, cause: impl fmt::Display) -> SourceError {
        SourceError {
            source: self.to_string(),
            cause: cause.to_string(),
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Source, SourceError> {
        Source::parse(text)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({self})")
    }
}

impl fmt::Display for Source {
    /// Returns the path or URL, without the user and password that a URL can carry: this ends up in build logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = match self {
            Source::Path(path) => return write!(f, "{}", path.display()),
            Source::Url(url) => url,
        };
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        match rest[..authority].rfind('@') {
            Some(at) => write!(f, "{scheme}://…{}", &rest[at..]),
            None => f.write_str(url),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_url_is_told_from_a_path_by_its_scheme() {
        let url = Source::parse("HTTPS://api.vapi.ai/api-json").unwrap();
        assert!(url.is_url());
        assert_eq!(url.path(), None);

        for text in ["spec/openapi.json", "C:\\spec\\openapi.json", "a b://c"] {
            let path = Source::parse(text).unwrap();
            assert!(!path.is_url());
            assert_eq!(path.path(), Some(Path::new(text)));
        }
    }

    #[test]
    fn a_url_of_another_scheme_is_refused() {
        let error = Source::parse("ftp://api.vapi.ai/openapi.json").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ftp://api.vapi.ai/openapi.json` has the scheme `ftp`: give a path or an http(s) URL"
        );
        assert!(Source::parse(" ").is_err());
    }

    #[test]
    fn the_password_of_a_url_is_never_shown() {
        let source = Source::parse("https://me:hunter2@example.com/@x?y=a@b").unwrap();
        assert_eq!(source.to_string(), "https://…@example.com/@x?y=a@b");
        assert!(!format!("{source:?}").contains("hunter2"));
    }

    #[test]
    fn only_openapi_3_0_and_3_1_are_readable() {
        let readable = |document| check_openapi(&document);
        assert_eq!(readable(json!({"openapi": "3.0.0", "paths": {}})), Ok(()));
        assert_eq!(readable(json!({"openapi": "3.0.3", "paths": {}})), Ok(()));

        let version = |version: &str| Err(Unreadable::Version(version.into()));
        assert_eq!(readable(json!({"openapi": "3.1.0", "webhooks": {}})), Ok(()));
        assert_eq!(readable(json!({"openapi": "3.2.0", "paths": {}})), version("3.2.0"));
        assert_eq!(readable(json!({"openapi": "3.01", "paths": {}})), version("3.01"));
        assert_eq!(readable(json!({"swagger": "2.0", "paths": {}})), version("2.0"));

        assert_eq!(readable(json!([])), Err(Unreadable::NotAnObject));
        assert_eq!(readable(json!({"message": "Not Found"})), Err(Unreadable::NoVersion));
        assert_eq!(
            readable(json!({"openapi": 3.0, "paths": {}})),
            Err(Unreadable::NoVersion)
        );
        assert_eq!(readable(json!({"openapi": "3.0.0"})), Err(Unreadable::NoPaths));
        assert_eq!(
            readable(json!({"openapi": "3.0.0", "paths": []})),
            Err(Unreadable::NoPaths)
        );
    }

    #[cfg(not(feature = "fetch"))]
    #[test]
    fn without_the_feature_a_url_names_the_two_ways_out() {
        let source = Source::parse("http://127.0.0.1:9/openapi.json").unwrap();
        assert_eq!(
            source.load().unwrap_err().to_string(),
            "`http://127.0.0.1:9/openapi.json` is a URL, and this build cannot fetch: enable the cargo feature \
             `fetch`, or save a snapshot with `vapi-spec pull http://127.0.0.1:9/openapi.json` and give its path"
        );
    }
}
