//! The families of [`EndedReason`]: the party or cause that ended a call.
//!
//! The API has hundreds of reasons and adds new ones often. Their names follow a pattern, and
//! [`EndedReason::kind`](crate::types::EndedReason::kind) sorts them by it. The pattern also covers values that this version of the
//! crate does not know.
//!
//! | family | names |
//! | --- | --- |
//! | [`Customer`](EndedReasonKind::Customer) | `customer-ended-call…`, `…-caller-hungup-…`, a refused microphone |
//! | [`Unreached`](EndedReasonKind::Unreached) | `customer-busy`, `customer-did-not-answer`, `…-misdialed` |
//! | [`Assistant`](EndedReasonKind::Assistant) | `assistant-ended-call…`, `assistant-said-…` |
//! | [`Voicemail`](EndedReasonKind::Voicemail) | `voicemail` |
//! | [`Silence`](EndedReasonKind::Silence) | `silence-timed-out` |
//! | [`MaxDuration`](EndedReasonKind::MaxDuration) | `exceeded-max-duration` |
//! | [`Transfer`](EndedReasonKind::Transfer) | `call.forwarding.…`, `…transfer-failed`, `…-warm-transfer-…`, `assistant-forwarded-call` |
//! | [`Hook`](EndedReasonKind::Hook) | `….hook-executed-…` |
//! | [`Canceled`](EndedReasonKind::Canceled) | `manually-canceled`, `…call-deleted` |
//! | [`Setup`](EndedReasonKind::Setup) | `assistant-request-…`, `assistant-not-…`, `call.start.error-get-…` |
//! | [`Account`](EndedReasonKind::Account) | `call.start.error-subscription-…`, limits of Vapi numbers, fraud checks |
//! | [`Pipeline`](EndedReasonKind::Pipeline) | `pipeline-error-…`, `call.in-progress.error-providerfault-…`, `…-vapifault-…` with a provider |
//! | [`Transport`](EndedReasonKind::Transport) | `twilio-…`, `vonage-…`, `…sip-…`, `phone-call-provider-…`, `…-transport-…` |
//! | [`Platform`](EndedReasonKind::Platform) | `worker-…`, `…-vapifault-database-…`, `assistant-join-timed-out` |

use crate::types::EndedReason;

/// The party or cause that ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndedReasonKind<'a> {
    /// The customer hung up, or refused the microphone.
    Customer,
    /// The customer was not reached: busy, no response, or a wrong number.
    Unreached,
    /// The assistant ended the call.
    Assistant,
    /// A voicemail picked up.
    Voicemail,
    /// Nobody spoke for too long.
    Silence,
    /// The call reached its longest allowed duration.
    MaxDuration,
    /// The call was transferred, or a transfer failed.
    Transfer,
    /// A hook of the assistant or phone number ended the call.
    Hook,
    /// Somebody canceled or deleted the call through the API or the dashboard.
    Canceled,
    /// The assistant, customer or phone number of the call could not be determined, or was not valid.
    Setup,
    /// A limit of the organization or its subscription refused the call.
    Account,
    /// The model, voice or transcriber failed.
    Pipeline {
        /// The provider that failed, as the reason spells it (`eleven-labs`), if it names one.
        provider: Option<&'a str>,
    },
    /// The telephony provider or the connection ended the call.
    Transport,
    /// A component of Vapi failed or was stopped.
    Platform,
    /// The name follows no known pattern.
    Other,
}

/// The words that follow the name of a provider.
const AFTER_PROVIDER: &[&str] = &[
    "blocked",
    "invalid",
    "llm",
    "max",
    "missing",
    "out",
    "professional",
    "quota",
    "request",
    "requested",
    "returning",
    "socket",
    "system",
    "transcriber",
    "unauthorized",
    "unexpected",
    "vapi",
    "video",
    "voice",
];

impl EndedReason {
    /// Returns the party or cause that ended the call. The [module](crate::ended_reason) lists the families.
    ///
    /// # Examples
    ///
    /// ```
    /// use vapi::ended_reason::EndedReasonKind;
    /// use vapi::types::EndedReason;
    ///
    /// let reason = EndedReason::from("pipeline-error-openai-voice-failed");
    /// assert_eq!(reason.kind(), EndedReasonKind::Pipeline { provider: Some("openai") });
    /// assert!(reason.is_error());
    /// ```
    pub fn kind(&self) -> EndedReasonKind<'_> {
        kind(self.as_str())
    }

    /// Returns `true` if the call ended because something failed or was refused.
    ///
    /// A party that hangs up, a customer who is not reached, a timeout of silence and a completed transfer are not errors.
    pub fn is_error(&self) -> bool {
        let name = self.as_str();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match self.kind() {
            EndedReasonKind::Pipeline { .. }
            | EndedReasonKind::Account
            | EndedReasonKind::Setup
            | EndedReasonKind::Platform => true,
            EndedReasonKind::Transport => !name.contains("completed"),
            EndedReasonKind::Transfer | EndedReasonKind::Other => has(&["error", "failed"]),
            _ => false,
        }
    }
}

fn kind(name: &str) -> EndedReasonKind<'_> {
    use EndedReasonKind::*;

    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    match name {
        "voicemail" => return Voicemail,
        "silence-timed-out" => return Silence,
        "exceeded-max-duration" => return MaxDuration,
        "assistant-join-timed-out" => return Platform,
        "assistant-forwarded-call" | "assistant-request-returned-forwarding-phone-number" => return Transfer,
        _ => {}
    }
    if let Some(fault) = fault(name) {
        return fault_kind(fault);
    }
    if begins(&["customer-ended", "customer-did-not-give"]) || has(&["caller-hungup"]) {
        Customer
    } else if begins(&["customer-busy", "customer-did-not-answer"]) || has(&["misdialed"]) {
        Unreached
    } else if has(&["hook-executed"]) {
        Hook
    } else if begins(&["call.forwarding."]) || has(&["error-transfer-", "error-warm-transfer-"]) {
        Transfer
    } else if begins(&["manually-canceled"]) || has(&["call-deleted"]) {
        Canceled
    } else if has(&[
        "error-subscription-",
        "error-enterprise-feature-",
        "error-fraud-",
        "error-vapi-number-",
    ]) {
        Account
    } else if begins(&[
        "assistant-request-",
        "assistant-not-",
        "call-start-error-",
        "call.start.",
    ]) {
        Setup
    } else if begins(&["assistant-"]) {
        Assistant
    } else if has(&["error-pipeline-"]) {
        Pipeline { provider: None }
    } else if begins(&["twilio-", "vonage-", "phone-call-provider-"])
        || has(&["sip-", "twilio-", "did-not-receive-customer-audio"])
    {
        Transport
    } else if begins(&["worker-"]) {
        Platform
    } else {
        Other
    }
}

/// Returns the part of a name that begins with the component at fault.
fn fault(name: &str) -> Option<&str> {
    name.strip_prefix("pipeline-error-").or_else(|| {
        ["error-providerfault-", "error-vapifault-"]
            .iter()
            .find_map(|mark| Some(name.split_once(mark)?.1))
    })
}

fn fault_kind(fault: &str) -> EndedReasonKind<'_> {
    let begins = |words: &[&str]| words.iter().any(|word| fault.starts_with(word));
    if begins(&["transport-", "outbound-sip-", "call-started-"]) {
        EndedReasonKind::Transport
    } else if begins(&["worker-", "database-", "get-"]) {
        EndedReasonKind::Platform
    } else if begins(&["chat-pipeline-"]) {
        EndedReasonKind::Pipeline { provider: None }
    } else {
        EndedReasonKind::Pipeline {
            provider: provider(fault),
        }
    }
}

/// Returns the leading words of `fault` up to a status code or a word that follows a provider.
fn provider(fault: &str) -> Option<&str> {
    let mut end = 0;
    for word in fault.split('-') {
        let ends = end > 0 && AFTER_PROVIDER.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit());
        if ends {
            break;
        }
        end += word.len() + 1;
    }
    let name = fault[..end.min(fault.len())].trim_end_matches('-');
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::OpenEnum;

    fn reason(text: &str) -> EndedReason {
        EndedReason::from(text)
    }

    fn all(wanted: impl Fn(EndedReasonKind<'_>) -> bool) -> Vec<&'static str> {
        let texts = EndedReason::TEXTS.iter();
        texts.filter(|text| wanted(kind(text))).collect()
    }

    #[test]
    fn every_value_of_the_document_has_a_family() {
        assert_eq!(all(|kind| kind == EndedReasonKind::Other), Vec::<&str>::new());
    }

    #[test]
    fn every_name_that_says_error_is_an_error() {
        for text in EndedReason::TEXTS.iter() {
            let says = text.contains("error") || text.contains("fault");
            assert!(!says || reason(text).is_error(), "{text}");
        }
    }

    #[test]
    fn these_values_are_not_errors() {
        let calm: Vec<&str> = EndedReason::TEXTS
            .iter()
            .filter(|text| !reason(text).is_error())
            .collect();
        assert_eq!(calm, CALM);
    }

    const CALM: &[&str] = &[
        "assistant-ended-call",
        "assistant-ended-call-after-message-spoken",
        "assistant-ended-call-with-hangup-task",
        "assistant-forwarded-call",
        "assistant-request-returned-forwarding-phone-number",
        "assistant-said-end-call-phrase",
        "call-deleted",
        "call.ending.hook-executed-say",
        "call.ending.hook-executed-transfer",
        "call.forwarding.no-answer",
        "call.forwarding.operator-busy",
        "call.in-progress.sip-completed-call",
        "call.in-progress.twilio-completed-call",
        "call.ringing.hook-executed-say",
        "call.ringing.hook-executed-transfer",
        "call.ringing.sip-inbound-caller-hungup-before-call-connect",
        "customer-busy",
        "customer-did-not-answer",
        "customer-did-not-give-microphone-permission",
        "customer-ended-call",
        "customer-ended-call-after-warm-transfer-attempt",
        "customer-ended-call-before-warm-transfer",
        "customer-ended-call-during-transfer",
        "exceeded-max-duration",
        "manually-canceled",
        "scheduled-call-deleted",
        "silence-timed-out",
        "twilio-reported-customer-misdialed",
        "voicemail",
        "vonage-completed",
    ];

    #[test]
    fn providers_are_read_out_of_the_names() {
        let mut providers = BTreeSet::new();
        for text in EndedReason::TEXTS.iter() {
            if let EndedReasonKind::Pipeline { provider: Some(name) } = kind(text) {
                providers.insert(name);
            }
        }
        let expected = [
            "anthropic",
            "anthropic-bedrock",
            "anthropic-vertex",
            "anyscale",
            "assembly-ai",
            "azure",
            "azure-openai",
            "azure-speech",
            "baseten",
            "cartesia",
            "cerebras",
            "custom",
            "deep-seek",
            "deepgram",
            "deepinfra",
            "eleven-labs",
            "gladia",
            "google",
            "groq",
            "hume",
            "inflection-ai",
            "inworld",
            "lmnt",
            "microsoft",
            "minimax",
            "mistral",
            "neuphonic",
            "openai",
            "openrouter",
            "perplexity-ai",
            "playht",
            "rime-ai",
            "runpod",
            "sesame",
            "smallest-ai",
            "soniox",
            "speechmatics",
            "talkscriber",
            "tavus",
            "together-ai",
            "vapi",
            "wellsaid",
            "xai",
        ];
        assert_eq!(providers, BTreeSet::from(expected));
    }

    #[test]
    fn families_without_a_provider_have_these_values() {
        use EndedReasonKind::*;

        let families: &[(EndedReasonKind<'_>, &[&str])] = &[
            (
                Account,
                &[
                    "call.start.error-enterprise-feature-not-available-recording-consent",
                    "call.start.error-fraud-check-failed",
                    "call.start.error-subscription-concurrency-limit-reached",
                    "call.start.error-subscription-frozen",
                    "call.start.error-subscription-insufficient-credits",
                    "call.start.error-subscription-upgrade-failed",
                    "call.start.error-subscription-wallet-does-not-exist",
                    "call.start.error-vapi-number-international",
                    "call.start.error-vapi-number-outbound-daily-limit",
                ],
            ),
            (
                Assistant,
                &[
                    "assistant-ended-call",
                    "assistant-ended-call-after-message-spoken",
                    "assistant-ended-call-with-hangup-task",
                    "assistant-said-end-call-phrase",
                ],
            ),
            (
                Canceled,
                &["call-deleted", "manually-canceled", "scheduled-call-deleted"],
            ),
            (
                Customer,
                &[
                    "call.ringing.sip-inbound-caller-hungup-before-call-connect",
                    "customer-did-not-give-microphone-permission",
                    "customer-ended-call",
                    "customer-ended-call-after-warm-transfer-attempt",
                    "customer-ended-call-before-warm-transfer",
                    "customer-ended-call-during-transfer",
                ],
            ),
            (
                Hook,
                &[
                    "call.ending.hook-executed-say",
                    "call.ending.hook-executed-transfer",
                    "call.ringing.hook-executed-say",
                    "call.ringing.hook-executed-transfer",
                ],
            ),
            (MaxDuration, &["exceeded-max-duration"]),
            (
                Pipeline { provider: None },
                &[
                    "call.in-progress.error-pipeline-no-available-llm-model",
                    "call.in-progress.error-pipeline-ws-model-connection-failed",
                    "call.in-progress.error-vapifault-chat-pipeline-failed-to-start",
                ],
            ),
            (
                Platform,
                &[
                    "assistant-join-timed-out",
                    "call.in-progress.error-vapifault-worker-died",
                    "call.in-progress.error-vapifault-worker-not-available",
                    "call.start.error-vapifault-database-error",
                    "call.start.error-vapifault-get-org",
                    "call.start.error-vapifault-get-subscription",
                    "worker-shutdown",
                ],
            ),
            (
                Setup,
                &[
                    "assistant-not-found",
                    "assistant-not-valid",
                    "assistant-request-failed",
                    "assistant-request-returned-error",
                    "assistant-request-returned-invalid-assistant",
                    "assistant-request-returned-no-assistant",
                    "assistant-request-returned-unspeakable-error",
                    "call-start-error-neither-assistant-nor-server-set",
                    "call.start.assistant-version-error-validation",
                    "call.start.error-get-assistant",
                    "call.start.error-get-customer",
                    "call.start.error-get-phone-number",
                    "call.start.error-get-resources-validation",
                    "call.start.error-get-transport",
                ],
            ),
            (Silence, &["silence-timed-out"]),
            (
                Transfer,
                &[
                    "assistant-forwarded-call",
                    "assistant-request-returned-forwarding-phone-number",
                    "call.forwarding.no-answer",
                    "call.forwarding.operator-busy",
                    "call.in-progress.error-transfer-failed",
                    "call.in-progress.error-warm-transfer-assistant-cancelled",
                    "call.in-progress.error-warm-transfer-max-duration",
                    "call.in-progress.error-warm-transfer-microphone-timeout",
                    "call.in-progress.error-warm-transfer-silence-timeout",
                ],
            ),
            (
                Transport,
                &[
                    "call.in-progress.error-assistant-did-not-receive-customer-audio",
                    "call.in-progress.error-providerfault-outbound-sip-403-forbidden",
                    "call.in-progress.error-providerfault-outbound-sip-407-proxy-authentication-required",
                    "call.in-progress.error-providerfault-outbound-sip-408-request-timeout",
                    "call.in-progress.error-providerfault-outbound-sip-480-temporarily-unavailable",
                    "call.in-progress.error-providerfault-outbound-sip-503-service-unavailable",
                    "call.in-progress.error-providerfault-transport-never-connected",
                    "call.in-progress.error-sip-inbound-call-failed-to-connect",
                    "call.in-progress.error-sip-outbound-call-failed-to-connect",
                    "call.in-progress.error-vapifault-call-started-but-connection-to-transport-missing",
                    "call.in-progress.error-vapifault-transport-connected-but-call-not-active",
                    "call.in-progress.error-vapifault-transport-never-connected",
                    "call.in-progress.sip-completed-call",
                    "call.in-progress.twilio-completed-call",
                    "call.ringing.error-sip-inbound-call-failed-to-connect",
                    "phone-call-provider-bypass-enabled-but-no-call-received",
                    "phone-call-provider-closed-websocket",
                    "twilio-failed-to-connect-call",
                    "vonage-completed",
                    "vonage-disconnected",
                    "vonage-failed-to-connect-call",
                    "vonage-rejected",
                ],
            ),
            (
                Unreached,
                &[
                    "customer-busy",
                    "customer-did-not-answer",
                    "twilio-reported-customer-misdialed",
                ],
            ),
            (Voicemail, &["voicemail"]),
        ];
        for &(family, values) in families {
            assert_eq!(all(|kind| kind == family), values, "{family:?}");
        }
        let sorted: usize = families.iter().map(|(_, values)| values.len()).sum();
        let with_provider = all(|kind| matches!(kind, Pipeline { provider: Some(_) })).len();
        assert_eq!(sorted + with_provider, EndedReason::TEXTS.len());
    }

    #[test]
    fn unknown_values_are_sorted_too() {
        use EndedReasonKind::*;

        let cases = [
            (
                "pipeline-error-newcomer-voice-failed",
                Pipeline {
                    provider: Some("newcomer"),
                },
                true,
            ),
            (
                "call.in-progress.error-providerfault-new-lab-500-x",
                Pipeline {
                    provider: Some("new-lab"),
                },
                true,
            ),
            ("pipeline-error-500", Pipeline { provider: None }, true),
            ("customer-ended-call-in-a-new-way", Customer, false),
            ("call.start.error-of-tomorrow", Setup, true),
            ("some-new-error", Other, true),
            ("something-else", Other, false),
            ("", Other, false),
        ];
        for (text, kind, is_error) in cases {
            let reason = reason(text);
            assert_eq!((reason.kind(), reason.is_error()), (kind, is_error), "{text}");
        }
    }
}
