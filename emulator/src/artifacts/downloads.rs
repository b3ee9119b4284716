//! Downloads of the second listener, which stands for the API's storage host: artifacts behind signed links, and
//! uploaded files. Links need no token; requests with one are refused, as by the storage host.

use http::header::{AUTHORIZATION, CONTENT_DISPOSITION};
use http::{HeaderMap, StatusCode};

use crate::artifacts::{call_log, media, recording};
use crate::calls::view;
use crate::http::response::Response;
use crate::state::State;

/// Responds to a request for an artifact or an uploaded file.
pub(crate) fn respond(state: &State, uri: &http::Uri, headers: &HeaderMap) -> Response {
    let path = uri.path();
    let Some((id, what)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return Response::not_found(path);
    };
    if headers.contains_key(AUTHORIZATION) {
        let message = "Only one auth mechanism allowed; the link is signed, send no Authorization header";
        return Response::bytes(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", message);
    }
    if !state.links.allows(path, uri.query().unwrap_or_default()) {
        return Response::bytes(
            StatusCode::FORBIDDEN,
            "text/plain; charset=utf-8",
            "Access denied: the signature does not match",
        );
    }
    artifact(state, id, what).with_header(CONTENT_DISPOSITION, &format!("attachment; filename=\"{id}-{what}\""))
}

fn artifact(state: &State, id: &str, file: &str) -> Response {
    let wav =
        |channels: &[media::Channel]| Response::bytes(StatusCode::OK, "audio/wav", recording::wav(state, id, channels));
    if let Some((content_type, bytes)) = state.uploads.lock().get(id) {
        let response = Response::bytes(StatusCode::OK, "application/octet-stream", bytes.clone());
        return response.with_header(http::header::CONTENT_TYPE, content_type);
    }
    if !view::has_artifacts(state, id) {
        return Response::not_found(file);
    }
    match file {
        "mono-recording.wav" => wav(&[media::Channel::Both]),
        "stereo-recording.wav" => wav(&[media::Channel::Customer, media::Channel::Assistant]),
        "customer-recording.wav" => wav(&[media::Channel::Customer]),
        "assistant-recording.wav" => wav(&[media::Channel::Assistant]),
        "video-recording.mp4" => Response::bytes(StatusCode::OK, "video/mp4", media::mp4()),
        "pcap.pcap" => Response::bytes(StatusCode::OK, "application/vnd.tcpdump.pcap", media::pcap()),
        "call-logs.jsonl.gz" => Response::bytes(StatusCode::OK, "application/gzip", call_log::call_logs(state, id)),
        _ => Response::not_found(file),
    }
}
