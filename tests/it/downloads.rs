//! Artifacts: followed to where they are, without the key, and never left half-written.

use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vapi::Client;
use vapi::{ByteStream, Download};

use crate::support::*;

/// The first bytes of a WAV file, and some more.
const SOUND: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt and so on";

fn recording(vapi: &Client) -> Download {
    Download::new(vapi, "CallController_recording", "/call/{id}/mono-recording").path("id", "c-1")
}

fn sound() -> Reply {
    Reply::new(200, "audio/wav", SOUND)
}

/// Returns the API, and the host that its redirect leads to.
async fn servers(artifact: Reply) -> (Server, Server) {
    let storage = Server::replying([artifact]).await;
    let signed = format!("{}/bucket/c-1.wav?X-Signature=private", storage.url);
    let api = Server::replying([Reply::redirect(signed)]).await;
    (api, storage)
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn the_host_of_the_artifact_never_sees_the_key() {
    let (api, storage) = servers(sound()).await;
    let bytes = recording(&client(&api)).bytes().await.unwrap();
    assert_eq!(bytes, SOUND);
    assert_eq!(api.request().header("authorization"), Some("Bearer sk-test-4f1c2a"));
    let request = storage.request();
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.target, "/bucket/c-1.wav?X-Signature=private");
    assert!(!format!("{request:?}").contains(KEY));
}

#[tokio::test]
async fn a_redirect_on_the_same_host_keeps_the_key() {
    let api = Server::replying([Reply::redirect("/files/c-1.wav"), sound()]).await;
    let bytes = recording(&client(&api)).bytes().await.unwrap();
    assert_eq!(bytes, SOUND);
    let second = &api.received()[1];
    assert_eq!(second.target, "/files/c-1.wav");
    assert_eq!(second.header("authorization"), Some("Bearer sk-test-4f1c2a"));
}

#[tokio::test]
async fn an_artifact_that_comes_at_once_needs_no_redirect() {
    let api = Server::replying([sound()]).await;
    assert_eq!(recording(&client(&api)).bytes().await.unwrap(), SOUND);
}

#[tokio::test]
async fn a_stream_has_a_content_type_and_a_length() {
    let (api, _storage) = servers(sound()).await;
    let vapi = client(&api);
    let mut stream = recording(&vapi).stream().await.unwrap();
    assert_eq!(stream.content_type(), Some("audio/wav"));
    assert_eq!(stream.content_length(), Some(SOUND.len() as u64));
    let mut received = Vec::new();
    while let Some(chunk) = stream.chunk().await.unwrap() {
        received.extend_from_slice(&chunk);
    }
    assert_eq!(received, SOUND);
}

#[tokio::test]
async fn bytes_arrive_before_the_end() {
    let slow = sound().chunked(&[b"first", b"second"], Duration::from_millis(30));
    let (api, _storage) = servers(slow).await;
    let mut stream = recording(&client(&api)).stream().await.unwrap();
    assert_eq!(stream.content_length(), None);
    assert_eq!(next(&mut stream).await.unwrap().unwrap(), "first");
    assert_eq!(next(&mut stream).await.unwrap().unwrap(), "second");
    assert!(next(&mut stream).await.is_none());
}

/// The same as `StreamExt::next`, to show that it is a `Stream`.
async fn next(stream: &mut ByteStream) -> Option<vapi::Result<bytes::Bytes>> {
    use futures_core::Stream;
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

#[tokio::test]
async fn a_stream_may_last_longer_than_the_time_limit() {
    let slow = sound().chunked(&[b"a", b"b", b"c", b"d"], Duration::from_millis(200));
    let (api, _storage) = servers(slow).await;
    let vapi = client(&api);
    let download = recording(&vapi).timeout(Duration::from_millis(500));
    assert_eq!(download.bytes().await.unwrap(), "abcd");
}

#[tokio::test]
async fn a_stream_that_falls_silent_ends_in_a_timeout() {
    let (api, _storage) = servers(sound().stalling_after(4)).await;
    let vapi = builder(&api.url)
        .idle_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let mut stream = recording(&vapi).stream().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "RIFF");
    let error = stream.chunk().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "CallController_recording: the server sent nothing for 200ms"
    );
    assert!(stream.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_slow_reader_is_not_taken_for_a_silent_server() {
    let (api, _storage) = servers(sound().chunked(&[b"a", b"b"], Duration::from_millis(1))).await;
    let vapi = builder(&api.url)
        .idle_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let mut stream = recording(&vapi).stream().await.unwrap();
    stream.chunk().await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "b");
}

#[tokio::test]
async fn an_artifact_that_never_begins_is_a_timeout() {
    let (api, _storage) = servers(Reply::silence()).await;
    let vapi = client(&api);
    let download = recording(&vapi).timeout(Duration::from_millis(50)).max_retries(0);
    assert!(download.stream().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn an_artifact_that_is_not_there_yet_is_a_404() {
    let api = Server::replying([Reply::json(404, r#"{"message":"not yet"}"#)]).await;
    let error = recording(&client(&api)).bytes().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.messages(), ["not yet"]);
}

#[tokio::test]
async fn an_error_of_the_storage_host_hides_its_address() {
    let expired = Reply::new(
        403,
        "application/xml",
        "<Error><Message>Request has expired</Message></Error>",
    );
    let (api, _storage) = servers(expired).await;
    let error = recording(&client(&api)).bytes().await.unwrap_err();
    assert!(error.is_forbidden());
    assert!(error.to_string().contains("Request has expired"));
    assert!(!format!("{error:?}").contains("private"), "{error:?}");
}

#[tokio::test]
async fn an_unreachable_storage_host_keeps_its_address_secret() {
    let signed = format!("{}/c-1.wav?X-Signature=private", nowhere().await);
    let api = Server::replying([Reply::redirect(signed)]).await;
    let error = recording(&client(&api)).bytes().await.unwrap_err();
    assert!(error.is_connect());
    assert!(!format!("{error} {error:?}").contains("private"), "{error:?}");
}

#[tokio::test]
async fn both_hosts_are_asked_again_after_an_error() {
    let storage = Server::replying([Reply::empty(503), sound()]).await;
    let redirect = Reply::redirect(format!("{}/c-1.wav", storage.url));
    let api = Server::replying([Reply::empty(500), redirect]).await;
    assert_eq!(recording(&client(&api)).bytes().await.unwrap(), SOUND);
    assert_eq!((api.received().len(), storage.received().len()), (2, 2));
}

#[tokio::test]
async fn redirects_that_lead_nowhere_are_errors() {
    for (reply, part) in [
        (Reply::redirect("/call/c-1/mono-recording"), "more than 5 redirects"),
        (Reply::empty(302), "a redirect without a target"),
        (
            Reply::redirect("http://["),
            "a redirect to an address that cannot be read",
        ),
        (
            Reply::redirect("file:///etc/passwd"),
            "a redirect to an address that is not http",
        ),
    ] {
        let api = Server::replying([reply]).await;
        let error = recording(&client(&api)).bytes().await.unwrap_err();
        assert!(error.is_decode() && error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn an_artifact_is_saved_whole_under_its_name() {
    let (api, _storage) = servers(sound()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let length = recording(&client(&api)).save_to(&path).await.unwrap();
    assert_eq!(length, SOUND.len() as u64);
    assert_eq!(std::fs::read(&path).unwrap(), SOUND);
    assert_eq!(names_in(folder.path()), ["call.wav"]);
}

#[tokio::test]
async fn a_transfer_that_breaks_off_leaves_the_old_file_whole() {
    let (api, _storage) = servers(sound().cut_after(6)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    std::fs::write(&path, "old").unwrap();
    let error = recording(&client(&api)).save_to(&path).await.unwrap_err();
    assert!(error.is_interrupted());
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["call.wav"]);
}

#[tokio::test]
async fn a_save_that_is_dropped_leaves_nothing_behind() {
    let (api, storage) = servers(sound().stalling_after(4)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let vapi = client(&api);
    let saving = tokio::spawn(async move { recording(&vapi).save_to(path).await });
    storage.has_received(1).await;
    saving.abort();
    storage.was_hung_up_on(1).await;
    assert!(names_in(folder.path()).is_empty());
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_named() {
    let (api, _storage) = servers(sound()).await;
    let error = recording(&client(&api))
        .save_to("/no/such/folder/x.wav")
        .await
        .unwrap_err();
    assert!(error.is_file());
    assert!(
        error.to_string().starts_with("cannot write /no/such/folder/x.wav: "),
        "{error}"
    );
}

#[tokio::test]
async fn progress_is_reported_up_to_the_end() {
    let (api, _storage) = servers(sound()).await;
    let reports = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&reports);
    let vapi = client(&api);
    let download = recording(&vapi).on_progress(move |so_far, total| {
        list.lock().unwrap().push((so_far, total));
    });
    download.bytes().await.unwrap();
    let whole = SOUND.len() as u64;
    assert_eq!(reports.lock().unwrap().last(), Some(&(whole, Some(whole))));
}

#[tokio::test]
async fn an_id_that_would_change_the_route_is_refused() {
    let api = Server::replying([sound()]).await;
    let vapi = client(&api);
    let download = Download::new(&vapi, "CallController_recording", "/call/{id}/pcap").path("id", "..");
    assert!(download.bytes().await.unwrap_err().is_invalid_input());
    assert!(api.received().is_empty());
}

#[tokio::test]
async fn bytes_longer_than_the_limit_are_refused() {
    for reply in [sound(), sound().chunked(&[SOUND], Duration::ZERO)] {
        let (api, _storage) = servers(reply).await;
        let vapi = builder(&api.url).max_response_bytes(SOUND.len() - 1).build().unwrap();
        let error = recording(&vapi).bytes().await.unwrap_err();
        let limit = SOUND.len() - 1;
        assert_eq!(
            error.to_string(),
            format!("CallController_recording: the response (200 OK) is longer than {limit} bytes")
        );
        let folder = tempfile::tempdir().unwrap();
        let saved = recording(&vapi).save_to(folder.path().join("call.wav")).await;
        assert_eq!(saved.unwrap(), SOUND.len() as u64);
    }
}

#[tokio::test]
async fn the_longest_file_name_is_no_problem() {
    let (api, _storage) = servers(sound()).await;
    let folder = tempfile::tempdir().unwrap();
    let name = "n".repeat(255);
    recording(&client(&api))
        .save_to(folder.path().join(&name))
        .await
        .unwrap();
    assert_eq!(names_in(folder.path()), [name]);
}

#[tokio::test]
async fn saves_that_are_dropped_at_any_time_leave_nothing_behind() {
    let (api, storage) = servers(sound()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let vapi = client(&api);
    for round in 0..400 {
        let limit = Duration::from_micros(round * 10);
        let _ = tokio::time::timeout(limit, recording(&vapi).save_to(&path)).await;
    }
    drop((api, storage));
    // A file that is made while its future is dropped is removed by the thread that makes it.
    let is_left = |name: &String| name != "call.wav";
    for _ in 0..100 {
        if !names_in(folder.path()).iter().any(is_left) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", names_in(folder.path()));
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{FileTypeExt, symlink};
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn a_pipe_is_written_to() {
        let (api, _storage) = servers(sound()).await;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = tokio::task::spawn_blocking({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        let length = recording(&client(&api)).save_to(&pipe).await.unwrap();
        assert_eq!(length, SOUND.len() as u64);
        assert_eq!(reader.await.unwrap(), SOUND);
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
        assert_eq!(names_in(folder.path()), ["pipe"]);
    }

    #[tokio::test]
    async fn a_device_is_written_to() {
        let (api, _storage) = servers(sound()).await;
        let folder = tempfile::tempdir().unwrap();
        // By a link, so that a mistake here replaces no device of this machine.
        let link = folder.path().join("null");
        symlink("/dev/null", &link).unwrap();
        let length = recording(&client(&api)).save_to(&link).await.unwrap();
        assert_eq!(length, SOUND.len() as u64);
        assert_eq!(std::fs::read_link(&link).unwrap(), Path::new("/dev/null"));
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert_eq!(names_in(folder.path()), ["null"]);
    }

    #[tokio::test]
    async fn a_link_is_followed_to_its_file() {
        for old in [Some("old"), None] {
            let (api, _storage) = servers(sound()).await;
            let folder = tempfile::tempdir().unwrap();
            let (target, link) = (folder.path().join("target.wav"), folder.path().join("link.wav"));
            if let Some(old) = old {
                std::fs::write(&target, old).unwrap();
            }
            symlink("target.wav", &link).unwrap();
            recording(&client(&api)).save_to(&link).await.unwrap();
            assert_eq!(std::fs::read_link(&link).unwrap(), Path::new("target.wav"));
            assert_eq!(std::fs::read(&target).unwrap(), SOUND, "{old:?}");
            assert_eq!(names_in(folder.path()).len(), 2);
        }
    }

    #[tokio::test]
    async fn a_folder_is_refused() {
        let (api, _storage) = servers(sound()).await;
        let folder = tempfile::tempdir().unwrap();
        let error = recording(&client(&api)).save_to(folder.path()).await.unwrap_err();
        assert!(error.is_file(), "{error}");
        assert!(names_in(folder.path()).is_empty());
    }
}
