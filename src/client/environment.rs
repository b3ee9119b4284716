//! The environment variables of a client.

use std::env::VarError;

use super::builder::ClientBuilder;
use crate::error::{Error, Result};

impl ClientBuilder {
    /// Creates a builder from the environment: `VAPI_API_KEY`, else `VAPI_TOKEN`; `VAPI_BASE_URL`; `VAPI_REGION`.
    ///
    /// Settings that are made on the builder afterwards replace those of the environment.
    ///
    /// # Errors
    ///
    /// A variable is empty or not Unicode, or the region is unknown. A missing key is an error of [`build`](Self::build).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> vapi::Result<()> {
    /// use std::time::Duration;
    /// let vapi = vapi::ClientBuilder::from_env()?
    ///     .timeout(Duration::from_secs(30))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self> {
        Self::from_variables(|name| std::env::var(name))
    }

    fn from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self> {
        let read = |name: &str| match read(name) {
            Ok(value) if value.trim().is_empty() => Err(Error::config(format!("{name} is set but empty"))),
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(Error::config(format!("{name} is set but is not Unicode"))),
        };
        let mut builder = ClientBuilder::default();
        let key = match read("VAPI_API_KEY")? {
            Some(key) => Some(key),
            None => read("VAPI_TOKEN")?,
        };
        if let Some(key) = key {
            builder = builder.api_key(key);
        }
        if let Some(url) = read("VAPI_BASE_URL")? {
            builder = builder.base_url(url);
        }
        if let Some(name) = read("VAPI_REGION")? {
            let region = name
                .parse()
                .map_err(|refusal| Error::config(format!("VAPI_REGION: {refusal}")))?;
            builder = builder.region(region);
        }
        Ok(builder)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::Client;
    use crate::transport::Credentials;

    fn key_of(client: &Client) -> &HeaderValue {
        match &client.settings().credentials {
            Credentials::Key(value) => value,
            Credentials::Tokens(_) => panic!("the environment has a key"),
        }
    }

    fn build(variables: &[(&str, &str)]) -> Result<Client> {
        ClientBuilder::from_variables(|name| {
            let found = variables.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })?
        .build()
    }

    #[track_caller]
    fn refused(variables: &[(&str, &str)], sentence: &str) {
        let error = build(variables).unwrap_err();
        assert!(error.is_config());
        assert_eq!(error.to_string(), sentence);
    }

    #[test]
    fn the_key_comes_from_vapi_api_key_before_vapi_token() {
        let client = build(&[("VAPI_TOKEN", "second"), ("VAPI_API_KEY", "first")]).unwrap();
        assert_eq!(*key_of(&client), "Bearer first");
        let client = build(&[("VAPI_TOKEN", "second")]).unwrap();
        assert_eq!(*key_of(&client), "Bearer second");
    }

    #[test]
    fn the_region_chooses_the_address() {
        let client = build(&[("VAPI_API_KEY", "k"), ("VAPI_REGION", "EU")]).unwrap();
        assert_eq!(client.base_url(), "https://api.eu.vapi.ai");
        let client = build(&[("VAPI_API_KEY", "k")]).unwrap();
        assert_eq!(client.base_url(), "https://api.vapi.ai");
    }

    #[test]
    fn a_base_url_takes_precedence_over_the_region() {
        let client = build(&[
            ("VAPI_API_KEY", "k"),
            ("VAPI_REGION", "eu"),
            ("VAPI_BASE_URL", "http://127.0.0.1:8080/api/"),
        ]);
        assert_eq!(client.unwrap().base_url(), "http://127.0.0.1:8080/api");
    }

    #[test]
    fn each_mistake_in_the_environment_has_its_sentence() {
        refused(
            &[],
            "no API key: set VAPI_API_KEY (or VAPI_TOKEN), or call `.api_key(..)` on the builder",
        );
        refused(&[("VAPI_API_KEY", "")], "VAPI_API_KEY is set but empty");
        refused(&[("VAPI_TOKEN", " ")], "VAPI_TOKEN is set but empty");
        refused(
            &[("VAPI_API_KEY", "k"), ("VAPI_REGION", "mars")],
            "VAPI_REGION: `mars` is not a region: give `us` or `eu`",
        );
        refused(
            &[("VAPI_API_KEY", "k"), ("VAPI_BASE_URL", "")],
            "VAPI_BASE_URL is set but empty",
        );
        refused(
            &[("VAPI_API_KEY", "\"sk-quoted\"")],
            "the API key has quotes around it: give the key alone",
        );
    }

    #[test]
    fn a_variable_that_is_not_unicode_is_named() {
        let error = ClientBuilder::from_variables(|_| Err(VarError::NotUnicode("x".into())));
        assert_eq!(error.unwrap_err().to_string(), "VAPI_API_KEY is set but is not Unicode");
    }
}
