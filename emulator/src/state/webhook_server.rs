//! A user's server, as resources of the API describe it.

use std::time::Duration;

use serde_json::{Map, Value};

/// The default timeout of a server.
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WebhookServer {
    pub url: String,
    pub timeout: Duration,
    pub headers: Map<String, Value>,
    /// The legacy secret. It is sent unchanged.
    pub secret: Option<String>,
    pub credential_id: Option<String>,
    pub backoff: Option<Backoff>,
}

/// The backoff plan for failed deliveries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Backoff {
    pub exponential: bool,
    pub retries: u32,
    pub base: Duration,
    pub excluded: Vec<u64>,
}

impl WebhookServer {
    /// Reads `server` or the older `serverUrl` of a resource; `None` if it has no URL.
    pub fn of(resource: &Value) -> Option<WebhookServer> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let server = &resource["server"];
        let url = text(&server["url"]).or_else(|| text(&resource["serverUrl"]))?;
        let seconds = server["timeoutSeconds"].as_f64();
        Some(WebhookServer {
            url,
            timeout: seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .unwrap_or(TIMEOUT),
            headers: server["headers"].as_object().cloned().unwrap_or_default(),
            secret: text(&server["secret"]).or_else(|| text(&resource["serverUrlSecret"])),
            credential_id: text(&server["credentialId"]),
            backoff: Backoff::of(&server["backoffPlan"]),
        })
    }
}

impl Backoff {
    /// Reads a plan; `None` without one.
    pub fn of(plan: &Value) -> Option<Backoff> {
        let plan = plan.as_object()?;
        let number = |name: &str| plan.get(name).and_then(Value::as_f64).unwrap_or_default();
        let excluded = plan.get("excludedStatusCodes").and_then(Value::as_array);
        Some(Backoff {
            exponential: plan.get("type").is_some_and(|kind| kind == "exponential"),
            // The document allows at most 10 of each.
            retries: number("maxRetries").clamp(0.0, 10.0) as u32,
            base: Duration::from_secs_f64(number("baseDelaySeconds").clamp(0.0, 10.0)),
            excluded: excluded.into_iter().flatten().filter_map(Value::as_u64).collect(),
        })
    }

    /// Returns the delay before the next attempt; `None` if there is no further attempt.
    pub fn delay(&self, attempts: u32, status: Option<u16>) -> Option<Duration> {
        let excluded = status.is_some_and(|status| self.excluded.contains(&u64::from(status)));
        if excluded || attempts > self.retries {
            return None;
        }
        let doubled = if self.exponential {
            attempts.saturating_sub(1)
        } else {
            0
        };
        Some(self.base * 2_u32.saturating_pow(doubled))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::WebhookServer;

    #[test]
    fn a_resource_without_an_address_has_no_server() {
        for resource in [
            json!({}),
            json!({ "server": null }),
            json!({ "server": { "url": "" } }),
            json!({ "server": { "timeoutSeconds": 3 } }),
        ] {
            assert_eq!(WebhookServer::of(&resource), None, "{resource}");
        }
    }

    #[test]
    fn the_older_properties_still_name_a_server() {
        let server = WebhookServer::of(&json!({ "serverUrl": "http://a", "serverUrlSecret": "s" })).unwrap();
        assert_eq!((server.url.as_str(), server.secret.as_deref()), ("http://a", Some("s")));
        assert_eq!(server.timeout, Duration::from_secs(20));
    }

    #[test]
    fn a_backoff_plan_gives_the_delays() {
        let plan = |kind: &str| {
            let plan = json!({ "type": kind, "maxRetries": 3, "baseDelaySeconds": 2, "excludedStatusCodes": [401] });
            let server = json!({ "server": { "url": "http://a", "backoffPlan": plan } });
            WebhookServer::of(&server).unwrap().backoff.unwrap()
        };
        let delays = |kind| [1, 2, 3, 4].map(|attempts| plan(kind).delay(attempts, Some(500)).map(|d| d.as_secs()));
        assert_eq!(delays("fixed"), [Some(2), Some(2), Some(2), None]);
        assert_eq!(delays("exponential"), [Some(2), Some(4), Some(8), None]);
        assert_eq!(plan("fixed").delay(1, Some(401)), None);
        assert_eq!(plan("fixed").delay(1, None), Some(Duration::from_secs(2)));
    }
}
