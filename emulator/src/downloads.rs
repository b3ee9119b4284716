//! The second listener: what the API's storage and call hosts are to the API. Artifacts behind signed links, uploaded
//! files, and the control address of a call. Links are good without a token; with one, the storage host refuses them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

use http::header::{AUTHORIZATION, CONTENT_DISPOSITION};
use http::{HeaderMap, Method, StatusCode};

use crate::answer::Answer;
use crate::calls;
use crate::media;
use crate::world::World;

/// Makes links to the second listener and knows its own signatures again.
pub(crate) struct Links {
    address: SocketAddr,
    key: u64,
}

impl Links {
    /// Links to an address, signed with a key that is kept as long as they are to be good.
    pub fn to(address: SocketAddr, key: u64) -> Links {
        Links { address, key }
    }

    /// Host and port, as they are in every link.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn plain(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn websocket(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// A link that carries its own permission.
    pub fn signed(&self, path: &str) -> String {
        format!("{}?X-Amz-Signature={}", self.plain(path), self.signature(path))
    }

    fn signature(&self, path: &str) -> String {
        let mut hasher = DefaultHasher::new();
        (self.key, path).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    fn allows(&self, path: &str, query: &str) -> bool {
        query
            .split('&')
            .any(|pair| pair.strip_prefix("X-Amz-Signature=") == Some(self.signature(path).as_str()))
    }
}

/// The call that is controlled by a request to `/{id}/control`.
pub(crate) fn controlled_call<'a>(method: &Method, path: &'a str) -> Option<&'a str> {
    let id = path.strip_prefix('/')?.strip_suffix("/control")?;
    (*method == Method::POST && !id.contains('/')).then_some(id)
}

pub(crate) fn answer(world: &World, uri: &http::Uri, headers: &HeaderMap) -> Answer {
    let path = uri.path();
    let Some((id, what)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return Answer::not_found(path);
    };
    if headers.contains_key(AUTHORIZATION) {
        let message = "Only one auth mechanism allowed; the link is signed, send no Authorization header";
        return Answer::bytes(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", message);
    }
    if !world.links.allows(path, uri.query().unwrap_or_default()) {
        return Answer::bytes(
            StatusCode::FORBIDDEN,
            "text/plain; charset=utf-8",
            "Access denied: the signature does not match",
        );
    }
    artifact(world, id, what).with_header(CONTENT_DISPOSITION, &format!("attachment; filename=\"{id}-{what}\""))
}

fn artifact(world: &World, id: &str, file: &str) -> Answer {
    let wav = |channels: &[media::Voice]| Answer::bytes(StatusCode::OK, "audio/wav", calls::wav(world, id, channels));
    if let Some((content_type, bytes)) = world.uploads.lock().get(id) {
        let answer = Answer::bytes(StatusCode::OK, "application/octet-stream", bytes.clone());
        return answer.with_header(http::header::CONTENT_TYPE, content_type);
    }
    if !calls::has_artifacts(world, id) {
        return Answer::not_found(file);
    }
    match file {
        "mono-recording.wav" => wav(&[media::Voice::Both]),
        "stereo-recording.wav" => wav(&[media::Voice::Customer, media::Voice::Assistant]),
        "customer-recording.wav" => wav(&[media::Voice::Customer]),
        "assistant-recording.wav" => wav(&[media::Voice::Assistant]),
        "video-recording.mp4" => Answer::bytes(StatusCode::OK, "video/mp4", media::mp4()),
        "pcap.pcap" => Answer::bytes(StatusCode::OK, "application/vnd.tcpdump.pcap", media::pcap()),
        "call-logs.jsonl.gz" => Answer::bytes(StatusCode::OK, "application/gzip", calls::call_logs(world, id)),
        _ => Answer::not_found(file),
    }
}
