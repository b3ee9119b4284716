//! Faults on demand: what can go wrong between a client and the API, asked for by a test.

pub(crate) mod syntax;

use std::time::Duration;

use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::http::response::Response;
use crate::openapi::document::Operation;

/// Something that goes wrong with the requests of an operation.
///
/// It can be said in a line too, as on the command line: `"POST /call=500,times=2".parse::<Fault>()`.
///
/// ```
/// use std::time::Duration;
/// use vapi_emulator::Fault;
///
/// // The first two attempts are told to wait a second.
/// Fault::on("CallController_findOne").rate_limit("1").times(2);
/// // The call is placed, but the client never hears of it.
/// Fault::on("POST /call").reset().after_acting();
/// // Everything is slow.
/// Fault::everywhere().latency(Duration::from_millis(300));
/// ```
///
/// The request is read whole and recorded before the fault shows. Of several faults for an operation the one that was
/// added first applies until its `times` are used up.
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    pub(crate) target: Option<String>,
    pub(crate) left: Option<u64>,
    pub(crate) latency: Duration,
    pub(crate) effect: Option<Effect>,
    pub(crate) headers: HeaderMap,
    pub(crate) acts: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Status(StatusCode),
    Body {
        status: StatusCode,
        content_type: String,
        body: String,
    },
    Reset,
    Close,
    Truncate,
}

impl Fault {
    /// A fault on one operation, named by its id (`CallController_findOne`) or by its method and path template
    /// (`GET /call/{id}`).
    pub fn on(operation: impl Into<String>) -> Fault {
        Fault {
            target: Some(operation.into()),
            ..Fault::everywhere()
        }
    }

    /// A fault on every operation.
    pub fn everywhere() -> Fault {
        Fault {
            target: None,
            left: None,
            latency: Duration::ZERO,
            effect: None,
            headers: HeaderMap::new(),
            acts: false,
        }
    }

    /// Answers with this status, in the API's error shape. A number that is no HTTP status means 500.
    pub fn status(mut self, status: u16) -> Fault {
        self.effect = Some(Effect::Status(status_code(status)));
        self
    }

    /// Answers with this status and body, for what proxies in front of the API send: HTML, plain text, nothing.
    pub fn body(mut self, status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Fault {
        let (content_type, body) = (content_type.into(), body.into());
        self.effect = Some(Effect::Body {
            status: status_code(status),
            content_type,
            body,
        });
        self
    }

    /// Answers 429 with this `Retry-After`: seconds, or an HTTP date.
    pub fn rate_limit(self, retry_after: &str) -> Fault {
        self.status(429).header(RETRY_AFTER.as_str(), retry_after)
    }

    /// Adds a header to the answer. One that HTTP does not allow is left out.
    pub fn header(mut self, name: &str, value: &str) -> Fault {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Waits this long before answering, in real time. Alone, it only makes the operation slow.
    pub fn latency(mut self, latency: Duration) -> Fault {
        self.latency = latency;
        self
    }

    /// Resets the connection (TCP RST) instead of answering.
    pub fn reset(mut self) -> Fault {
        self.effect = Some(Effect::Reset);
        self
    }

    /// Closes the connection instead of answering.
    pub fn close(mut self) -> Fault {
        self.effect = Some(Effect::Close);
        self
    }

    /// Sends the headers and half of the real answer's body, then closes the connection.
    pub fn truncate(mut self) -> Fault {
        self.effect = Some(Effect::Truncate);
        self
    }

    /// Applies to this many requests, then never again. Without it, to all.
    pub fn times(mut self, times: u64) -> Fault {
        self.left = Some(times);
        self
    }

    /// The operation is carried out before it goes wrong: a call is placed although the client sees a failure.
    pub fn after_acting(mut self) -> Fault {
        self.acts = true;
        self
    }

    pub(crate) fn applies_to(&self, operation: &Operation) -> bool {
        self.left != Some(0) && self.names(operation)
    }

    /// Whether it is about this operation.
    pub(crate) fn names(&self, operation: &Operation) -> bool {
        let by_path = |target: &str| {
            target.split_once(' ').is_some_and(|(method, path)| {
                method.eq_ignore_ascii_case(operation.method.as_str()) && path == operation.path
            })
        };
        self.target
            .as_deref()
            .is_none_or(|target| target == operation.id || by_path(target))
    }

    /// Whether the real answer is needed.
    pub(crate) fn needs_response(&self) -> bool {
        self.acts || matches!(self.effect, None | Some(Effect::Truncate))
    }

    /// What is left of the answer, or of the connection.
    pub(crate) fn apply(&self, response: Option<Response>) -> Exchange {
        let mut response = match (&self.effect, response) {
            (Some(Effect::Reset), _) => return Exchange::Reset,
            (Some(Effect::Close), _) => return Exchange::Close,
            (Some(Effect::Status(status)), _) => {
                Response::error(*status, status.canonical_reason().unwrap_or("A fault was asked for"))
            }
            (
                Some(Effect::Body {
                    status,
                    content_type,
                    body,
                }),
                _,
            ) => Response::bytes(*status, "text/plain", body.clone())
                .with_header(http::header::CONTENT_TYPE, content_type),
            (Some(Effect::Truncate), Some(response)) => Response {
                body: response.body.cut_in_half(),
                ..response
            },
            (None, Some(response)) => response,
            (None | Some(Effect::Truncate), None) => return Exchange::Close,
        };
        response.headers.extend(self.headers.clone());
        Exchange::Response(response)
    }
}

/// What happens to a request in the end.
pub(crate) enum Exchange {
    Response(Response),
    /// The connection is reset.
    Reset,
    /// The connection is closed.
    Close,
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status)
        .ok()
        .filter(|s| s.as_u16() >= 200)
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
