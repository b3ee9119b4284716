//! Schemes from the authentication plans of credentials.
//!
//! Plans are read by the names of their properties, so that this compiles with any document.

use serde_json::Value;

use super::{BearerScheme, HmacAlgorithm, HmacScheme};

/// Returns a property that is text. The API treats an empty text as absent.
fn text<'a>(plan: &'a Value, name: &str) -> Option<&'a str> {
    plan.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn flag(plan: &Value, name: &str) -> Option<bool> {
    plan.get(name)?.as_bool()
}

#[allow(dead_code, reason = "a document may have no such plan")]
pub(super) fn bearer(plan: &Value) -> BearerScheme {
    let mut scheme = BearerScheme::new(text(plan, "token").unwrap_or_default());
    if let Some(header) = text(plan, "headerName") {
        scheme = scheme.header(header);
    }
    if flag(plan, "bearerPrefixEnabled") == Some(false) {
        scheme = scheme.prefix("");
    }
    scheme
}

/// A setter of a scheme.
type Setter = fn(HmacScheme, String) -> HmacScheme;

#[allow(dead_code, reason = "a document may have no such plan")]
pub(super) fn hmac(plan: &Value) -> HmacScheme {
    let secret = text(plan, "secretKey").unwrap_or_default();
    let mut scheme = match text(plan, "algorithm") {
        Some(name) => HmacScheme::with_algorithm_named(name, secret),
        None => HmacScheme::new(HmacAlgorithm::Sha256, secret),
    };
    if let Some(encoding) = text(plan, "signatureEncoding") {
        scheme = scheme.encoding_named(encoding);
    }
    if flag(plan, "secretIsBase64") == Some(true) {
        scheme = scheme.secret_is_base64();
    }
    if flag(plan, "includeTimestamp") == Some(false) {
        scheme = scheme.without_timestamp();
    }
    let setters: [(&str, Setter); 5] = [
        ("signatureHeader", HmacScheme::signature_header),
        ("timestampHeader", HmacScheme::timestamp_header),
        ("signaturePrefix", HmacScheme::signature_prefix),
        ("payloadFormat", HmacScheme::payload_format),
        ("messageIdHeader", HmacScheme::message_id_header),
    ];
    for (name, set) in setters {
        if let Some(text) = text(plan, name) {
            scheme = set(scheme, text.to_owned());
        }
    }
    scheme
}

// A macro, since rustdoc would show the `cfg` of an impl: "available on vapi_type=HmacAuthenticationPlan only".
#[allow(unused_macros, reason = "a document may have no such plan")]
macro_rules! scheme_from_plan {
    ($plan:ident, $scheme:ident, $read:ident) => {
        impl From<&crate::types::$plan> for $scheme {
            fn from(plan: &crate::types::$plan) -> Self {
                $read(&crate::by_name::to_value(plan).unwrap_or_default())
            }
        }
    };
}

#[cfg(vapi_type = "BearerAuthenticationPlan")]
scheme_from_plan!(BearerAuthenticationPlan, BearerScheme, bearer);
#[cfg(vapi_type = "HmacAuthenticationPlan")]
scheme_from_plan!(HmacAuthenticationPlan, HmacScheme, hmac);
