//! Authentication of webhooks: the legacy secret, or the server's credential.

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::state::State;
use crate::state::webhook_server::WebhookServer;
use crate::text::ids;
use crate::webhooks::oauth;

/// The resource that a message is about. A header names it, except a campaign and an item of a simulation run.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Call(Arc<str>),
    Chat(Arc<str>),
    Session(Arc<str>),
    Campaign(Arc<str>),
    Simulation(Arc<str>),
}

impl Subject {
    pub fn id(&self) -> &Arc<str> {
        let (Subject::Call(id)
        | Subject::Chat(id)
        | Subject::Session(id)
        | Subject::Campaign(id)
        | Subject::Simulation(id)) = self;
        id
    }

    fn header(&self) -> Option<&'static str> {
        match self {
            Subject::Call(_) => Some("x-call-id"),
            Subject::Chat(_) => Some("x-chat-id"),
            Subject::Session(_) => Some("x-session-id"),
            Subject::Campaign(_) | Subject::Simulation(_) => None,
        }
    }
}

/// Returns the headers of a webhook, or the reason why it cannot be signed by its credential.
pub(crate) async fn headers(
    state: &State,
    organization: &str,
    subject: &Subject,
    server: &WebhookServer,
    body: &[u8],
) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/plain, */*"));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("vapi-emulator/", env!("CARGO_PKG_VERSION"))),
    );
    if let Some(name) = subject.header() {
        set(&mut headers, name, subject.id())?;
    }
    // Sent even without a secret, as by the API.
    set(
        &mut headers,
        "x-vapi-secret",
        server.secret.as_deref().unwrap_or_default(),
    )?;
    for (name, value) in &server.headers {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        set(&mut headers, name, &text)?;
    }
    let Some(id) = &server.credential_id else {
        return Ok(headers);
    };
    let credential = state
        .stored(organization, "/credential", &Value::from(id.as_str()))
        .ok_or_else(|| format!("there is no credential {id}"))?;
    let plan = &credential["authenticationPlan"];
    match plan["type"].as_str() {
        Some("bearer") => bearer(&mut headers, plan)?,
        Some("hmac") => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            // Real time, because the receiver compares it with its own clock.
            let timestamp = now.map_or(0, |since| since.as_secs());
            Signature::of(plan)?.sign(
                &mut headers,
                &server.url,
                body,
                timestamp,
                &format!("msg_{}", ids::uuid()),
            )?;
        }
        Some("oauth2") => {
            let token = oauth::authorization(state, id, plan).await?;
            set(&mut headers, AUTHORIZATION.as_str(), &token)?;
        }
        _ => return Err(format!("credential {id} does not say how to authenticate")),
    }
    Ok(headers)
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), String> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not a valid header name"))?;
    let value = HeaderValue::from_str(value).map_err(|_| format!("the value of header `{name}` is not valid"))?;
    headers.insert(name, value);
    Ok(())
}

fn text<'a>(plan: &'a Value, name: &str) -> Option<&'a str> {
    plan[name].as_str().filter(|text| !text.is_empty())
}

fn bearer(headers: &mut HeaderMap, plan: &Value) -> Result<(), String> {
    let token = text(plan, "token").ok_or("the bearer credential has no token")?;
    let prefix = if plan["bearerPrefixEnabled"] == false {
        ""
    } else {
        "Bearer "
    };
    let name = text(plan, "headerName").unwrap_or("Authorization");
    set(headers, name, &format!("{prefix}{token}"))
}

/// The signature of an HMAC credential.
struct Signature<'a> {
    algorithm: &'a str,
    key: Vec<u8>,
    header: &'a str,
    prefix: &'a str,
    format: &'a str,
    base64: bool,
    timestamp_header: Option<&'a str>,
    id_header: Option<&'a str>,
}

impl<'a> Signature<'a> {
    fn of(plan: &'a Value) -> Result<Signature<'a>, String> {
        let secret = text(plan, "secretKey").ok_or("the hmac credential has no secretKey")?;
        let key = if plan["secretIsBase64"] == true {
            // `whsec_` is the prefix of Svix secrets. It is not part of the key.
            let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
            STANDARD.decode(encoded).map_err(|_| "the secretKey is not base64")?
        } else {
            secret.as_bytes().to_vec()
        };
        let stamped = plan["includeTimestamp"] != false;
        Ok(Signature {
            algorithm: text(plan, "algorithm").unwrap_or("sha256"),
            key,
            header: text(plan, "signatureHeader").unwrap_or("x-signature"),
            prefix: text(plan, "signaturePrefix").unwrap_or_default(),
            format: text(plan, "payloadFormat").unwrap_or(if stamped { "{timestamp}.{body}" } else { "{body}" }),
            base64: plan["signatureEncoding"] == "base64",
            timestamp_header: stamped.then(|| text(plan, "timestampHeader").unwrap_or("x-timestamp")),
            id_header: text(plan, "messageIdHeader"),
        })
    }

    fn sign(&self, headers: &mut HeaderMap, url: &str, body: &[u8], timestamp: u64, id: &str) -> Result<(), String> {
        let timestamp = timestamp.to_string();
        let payload = self.payload(url, body, &timestamp, id);
        let digest = match self.algorithm {
            "sha256" => mac::<Hmac<Sha256>>(&self.key, &payload),
            "sha512" => mac::<Hmac<Sha512>>(&self.key, &payload),
            "sha1" => mac::<Hmac<Sha1>>(&self.key, &payload),
            other => return Err(format!("`{other}` is not an algorithm of hmac credentials")),
        };
        let signature = if self.base64 {
            STANDARD.encode(digest)
        } else {
            hex(&digest)
        };
        set(headers, self.header, &format!("{}{signature}", self.prefix))?;
        if let Some(header) = self.timestamp_header {
            set(headers, header, &timestamp)?;
        }
        if let Some(header) = self.id_header {
            set(headers, header, id)?;
        }
        Ok(())
    }

    /// Fills in the placeholders of the format, each once: `{url}` in a body stays unchanged.
    fn payload(&self, url: &str, body: &[u8], timestamp: &str, id: &str) -> Vec<u8> {
        let parts: [(&str, &[u8]); 5] = [
            ("{body}", body),
            ("{timestamp}", timestamp.as_bytes()),
            ("{method}", b"POST"),
            ("{url}", url.as_bytes()),
            ("{svix-id}", id.as_bytes()),
        ];
        let mut payload = Vec::with_capacity(body.len() + 64);
        let mut rest = self.format;
        while let Some(letter) = rest.chars().next() {
            if let Some((name, value)) = parts.iter().find(|(name, _)| rest.starts_with(name)) {
                payload.extend_from_slice(value);
                rest = rest.strip_prefix(name).unwrap_or_default();
            } else {
                payload.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            }
        }
        payload
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], payload: &[u8]) -> Vec<u8> {
    // HMAC accepts keys of any length.
    <M as KeyInit>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mac| mac.chain_update(payload).finalize().into_bytes().to_vec(),
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::{Value, json};

    use super::Signature;

    fn signed(plan: Value) -> HeaderMap {
        let mut headers = HeaderMap::new();
        Signature::of(&plan)
            .and_then(|signature| {
                let body = br#"{"message":{"type":"hang"}}"#;
                signature.sign(&mut headers, "http://127.0.0.1:9/hook", body, 1_700_000_000, "msg_1")
            })
            .expect("a plan that can be followed");
        headers
    }

    // Expected values are computed with Python's hmac and base64.
    #[test]
    fn a_signature_is_of_time_and_body_unless_said_otherwise() {
        let headers = signed(json!({ "type": "hmac", "secretKey": "topsecret", "algorithm": "sha256" }));
        assert_eq!(
            headers["x-signature"],
            "a1758beabad8c89bca930251a8f61bfa4b447482318e293976b66e1878edc6d3"
        );
        assert_eq!(headers["x-timestamp"], "1700000000");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn header_prefix_and_format_can_be_chosen() {
        let headers = signed(json!({
            "secretKey": "topsecret", "algorithm": "sha1", "signatureHeader": "X-Hub-Signature", "signaturePrefix": "sha1=",
            "includeTimestamp": false, "payloadFormat": "{method} {url}\n{body}",
        }));
        assert_eq!(
            headers["x-hub-signature"],
            "sha1=6b0bff13968318274881888f732de54aa3957dc4"
        );
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn without_a_time_the_body_alone_is_signed() {
        let headers = signed(json!({ "secretKey": "topsecret", "algorithm": "sha512", "includeTimestamp": false }));
        assert_eq!(
            headers["x-signature"],
            "94cd1fd575bff62cb6b24af826125ffe7eeaf6ad0aaf5ff32eb0d3242ab6c6edf90a5359b83490348e487834d5f93096f7d5936916767f05a88f04074aa9813c"
        );
    }

    #[test]
    fn svix_style_has_an_id_and_a_key_in_base64() {
        let headers = signed(json!({
            "secretKey": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "algorithm": "sha256", "secretIsBase64": true,
            "signatureHeader": "svix-signature", "signaturePrefix": "v1,", "signatureEncoding": "base64",
            "timestampHeader": "svix-timestamp", "messageIdHeader": "svix-id",
            "payloadFormat": "{svix-id}.{timestamp}.{body}",
        }));
        assert_eq!(
            headers["svix-signature"],
            "v1,qeMew3pcQSKORiwOApaVbbmeR+G8jWr2O7mkrS9qkR8="
        );
        assert_eq!(headers["svix-timestamp"], "1700000000");
        assert_eq!(headers["svix-id"], "msg_1");
    }

    #[test]
    fn an_unusable_signature_plan_is_an_error() {
        for (plan, problem) in [
            (json!({}), "the hmac credential has no secretKey"),
            (
                json!({ "secretKey": "?", "secretIsBase64": true }),
                "the secretKey is not base64",
            ),
        ] {
            assert_eq!(Signature::of(&plan).err().as_deref(), Some(problem));
        }
    }
}
