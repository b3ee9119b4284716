//! Faults on demand: failures between a client and the API that a test asks for.

pub(crate) mod syntax;

use std::time::Duration;

use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::http::response::Response;
use crate::openapi::document::Operation;

/// A failure of the requests of an operation.
///
/// It has a text form, too, as on the command line: `"POST /call=500,times=2".parse::<Fault>()`.
///
/// ```
/// use std::time::Duration;
/// use vapi_emulator::Fault;
///
/// // The first two attempts get a 429 with a delay of one second.
/// Fault::on("CallController_findOne").rate_limit("1").times(2);
/// // The call is placed, but the client never hears of it.
/// Fault::on("POST /call").reset().after_acting();
/// // Everything is slow.
/// Fault::everywhere().latency(Duration::from_millis(300));
/// ```
///
/// The request is read and logged before the fault occurs. Of several faults for an operation, the oldest applies until
/// its `times` are used up.
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
    /// Creates a fault on one operation, named by its id (`CallController_findOne`) or by its method and path template
    /// (`GET /call/{id}`).
    pub fn on(operation: impl Into<String>) -> Fault {
        Fault {
            target: Some(operation.into()),
            ..Fault::everywhere()
        }
    }

    /// Creates a fault on every operation.
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

    /// Responds with this status, in the API's error format. A number that is not an HTTP status means 500.
    pub fn status(mut self, status: u16) -> Fault {
        self.effect = Some(Effect::Status(status_code(status)));
        self
    }

    /// Responds with this status and body, as proxies in front of the API do: HTML, plain text, nothing.
    pub fn body(mut self, status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Fault {
        let (content_type, body) = (content_type.into(), body.into());
        self.effect = Some(Effect::Body {
            status: status_code(status),
            content_type,
            body,
        });
        self
    }

    /// Responds with 429 and this `Retry-After`: seconds, or an HTTP date.
    pub fn rate_limit(self, retry_after: &str) -> Fault {
        self.status(429).header(RETRY_AFTER.as_str(), retry_after)
    }

    /// Adds a header to the response. A header that HTTP does not allow is ignored, and so is `Transfer-Encoding`. With a
    /// `Content-Length` of its own, the body is cut off there or breaks off too early.
    pub fn header(mut self, name: &str, value: &str) -> Fault {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Delays the response, in real time. Without another effect, the operation is slow only.
    pub fn latency(mut self, latency: Duration) -> Fault {
        self.latency = latency;
        self
    }

    /// Resets the connection (TCP RST) without a response.
    pub fn reset(mut self) -> Fault {
        self.effect = Some(Effect::Reset);
        self
    }

    /// Closes the connection without a response.
    pub fn close(mut self) -> Fault {
        self.effect = Some(Effect::Close);
        self
    }

    /// Sends the headers and half of the body of the real response, then closes the connection.
    pub fn truncate(mut self) -> Fault {
        self.effect = Some(Effect::Truncate);
        self
    }

    /// Limits the fault to this many requests; unlimited by default.
    pub fn times(mut self, times: u64) -> Fault {
        self.left = Some(times);
        self
    }

    /// Performs the operation before the failure: a call is placed although the client sees an error.
    pub fn after_acting(mut self) -> Fault {
        self.acts = true;
        self
    }

    pub(crate) fn applies_to(&self, operation: &Operation) -> bool {
        self.left != Some(0) && self.names(operation)
    }

    /// Returns whether the fault names this operation.
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

    /// Returns whether the response is an error of the server.
    pub(crate) fn is_error_of_server(&self) -> bool {
        matches!(&self.effect, Some(Effect::Status(status) | Effect::Body { status, .. }) if status.is_server_error())
    }

    /// Returns whether the fault needs the real response.
    pub(crate) fn needs_response(&self) -> bool {
        self.acts || matches!(self.effect, None | Some(Effect::Truncate))
    }

    /// Returns the response, or the end of the connection, after this fault.
    pub(crate) fn apply(&self, response: Option<Response>) -> Exchange {
        let response = match (&self.effect, response) {
            (Some(Effect::Reset), _) => return Exchange::Reset,
            (Some(Effect::Close), _) => return Exchange::Close,
            (Some(Effect::Status(status)), _) => Response::error(*status, status.canonical_reason().unwrap_or("Fault")),
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
        Exchange::Response(response.with_headers(self.headers.clone()))
    }
}

/// The end of a request: a response, or a broken connection.
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
